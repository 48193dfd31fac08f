// What the service's API takes and answers. Written by `cargo lab clients` from openapi/openapi.json: not by hand.

export type AttemptRequest = {
  /** The options as the hub held them. */
  options: Value;
};

/** One field at fault. */
export type Fault = {
  /** JSON Pointer (RFC 6901) into the options, or the request body. */
  pointer: string;
  /** A word that never changes. */
  code: string;
  detail: string;
  /** What was sent. */
  value?: unknown;
  /** What may be sent. */
  allowed?: unknown;
};

/** A fragment for the hub's spawn page. */
export type FormReply = {
  protocol: number;
  /** Of the site's content. */
  revision: number;
  /** HTML that stands inside the hub's own form. */
  html: string;
};

/** Somebody at the hub looks at the spawn page. */
export type FormRequest = {
  /** The version the plugin speaks. */
  protocol: number;
  user: string;
  /** Empty for the default server. */
  server_name?: string;
  /** Groups the hub itself keeps for this person. */
  hub_groups?: Array<string>;
  /** The language the person's browser prefers. */
  language?: string | null;
  attempt?: AttemptRequest | null;
};

/** How the parts stand. */
export type Health = {
  /** `ready`, `starting` or `degraded`. */
  status: string;
  /** `answering`, `away` or `unprepared`. */
  database: string;
  /** One word for each directory, in the order configured: `answering`, `away` or `unasked`. */
  directories: Array<string>;
};

/** That the process answers. */
export type Life = {
  /** `alive`. */
  status: string;
};

export type PresetName = {
  id: string;
  title: string;
  /** 0 where every option was chosen by hand. */
  version: number;
};

/** What went wrong, for programs and people. */
export type Problem = {
  /** The kind of problem, as a path that never changes. */
  type: string;
  title: string;
  status: number;
  /** One sentence about this occurrence; for a refusal, the sentence the person reads. */
  detail?: string | null;
  /** One entry for each field at fault. */
  errors?: Array<Fault>;
};

/** What the hub starts, and nothing else. */
export type ResolveReply = {
  protocol: number;
  /** The record of this decision. */
  decision: string;
  preset: PresetName;
  /** The hub's own name of a spawner class. */
  backend: string;
  traits: Record<string, unknown>;
  environment: Record<string, string>;
  /** The options to keep: checked, and enough to start the same again. */
  options: Record<string, unknown>;
  /** What was changed to fit, for the person; none if nothing was. */
  message?: string | null;
};

/** Somebody wants a server. */
export type ResolveRequest = {
  protocol: number;
  user: string;
  server_name?: string;
  hub_groups?: Array<string>;
  /** The user options as the hub holds them, whatever they are. */
  options?: Value;
};

export type Value = unknown;

/** Each operation by its name. */
export interface Operations {
  /** Whether the process answers. Asks nothing and nobody. */
  live: {
    method: "GET";
    path: "/api/v1/health/live";
    answer: Life;
  };
  /** Whether forms and starts can be served now. */
  ready: {
    method: "GET";
    path: "/api/v1/health/ready";
    answer: Health;
  };
  /** The form for one person, as it stands this moment. */
  form: {
    method: "POST";
    path: "/api/v1/hub/form";
    body: FormRequest;
    answer: FormReply;
  };
  /** What a start means for one person, this moment. Recorded before it is answered. */
  resolve: {
    method: "POST";
    path: "/api/v1/hub/resolve";
    body: ResolveRequest;
    answer: ResolveReply;
  };
  /** The description of this API. */
  description: {
    method: "GET";
    path: "/api/v1/openapi.json";
    answer: Record<string, unknown>;
  };
}
