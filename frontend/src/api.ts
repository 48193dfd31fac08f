// What the service's API takes and answers. Written by `cargo lab clients` from openapi/openapi.json: not by hand.

/** How far one option may be changed; nothing said: as far as the limits allow. */
export type Ask = {
  min?: Value | null;
  max?: Value | null;
  /** One of these. */
  only?: Array<Value>;
};

export type AttemptRequest = {
  /** The options as the hub held them. */
  options: Value;
};

/** How the hub is set up for this service. */
export type Configuration = {
  checked_at: string;
  /** `answering` or `away`. */
  hub: string;
  /** `seen`, or `unseen` while it has not called since this process began: then only part of what could be found was looked for. */
  plugin: string;
  /** What to put right; empty where all is in order. */
  findings: Array<ConfigurationFinding>;
};

/** One thing to put right in the configuration of the hub or of this service. */
export type ConfigurationFinding = {
  /** A word that never changes. */
  code: string;
  /** What is wrong, whom it concerns, and what to do. */
  detail: string;
};

/** What becomes of a copy. */
export type CopyToMake = {
  owner?: Owner | null;
  /** The original's where nothing is said. */
  title?: string | null;
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

/** Whose it is: everybody sees the site's, its members a group's, and one person their own. */
export type Owner = {
  kind: OwnerKind;
  /** A group's key or a person's name; the site has none. */
  name?: string;
};

export type OwnerKind = "site" | "group" | "user";

/** A named start. */
export type Preset = {
  id: string;
  title: string;
  description?: string | null;
  owner: Owner;
  /** The profile it starts. */
  profile: string;
  /** Values of the profile's options; an option that is not here has its default. */
  values: Record<string, unknown>;
  /** The options that may be changed at the start, and how far. */
  ask: Record<string, Ask>;
  /** Counts up with each change; the `ETag` in quotation marks. */
  version: number;
  /** It comes from the site file: it is changed there, and not here. */
  managed: boolean;
  created_at: string;
  updated_at: string;
};

export type PresetName = {
  id: string;
  title: string;
  /** 0 where every option was chosen by hand. */
  version: number;
};

/** Part of a list of presets. */
export type PresetPage = {
  items: Array<Preset>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
};

/** A preset to make, or to put in place of one. */
export type PresetToKeep = {
  /** 1 to 100 characters that can be seen, kept composed (NFC) and without spaces around it. */
  title: string;
  /** At most 2,000 characters. */
  description?: string | null;
  owner?: Owner | null;
  profile: string;
  values?: Record<string, unknown>;
  ask?: Record<string, Ask>;
};

/** What a preset said at one version. */
export type PresetVersion = {
  version: number;
  title: string;
  description?: string | null;
  profile: string;
  values: Record<string, unknown>;
  ask: Record<string, Ask>;
  changed_at: string;
  /** Who made it so; told to those who may change the preset, or see everybody's. */
  changed_by?: string | null;
};

/** Part of a preset's history, latest first. */
export type PresetVersionPage = {
  items: Array<PresetVersion>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
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
  /** The version that is there, where another was expected. */
  current?: number | null;
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
  /** Whether hub and service are set up for each other. */
  configuration: {
    method: "GET";
    path: "/api/v1/health/config";
    answer: Configuration;
  };
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
  /** The presets one may see: one's own, those of one's groups, the site's. In the order they were made. */
  list: {
    method: "GET";
    path: "/api/v1/presets";
    query: { limit?: number; cursor?: string; owner_kind?: "site" | "group" | "user"; owner?: string };
    answer: PresetPage;
  };
  /** Makes a preset: one's own, a group's one manages, or the site's as an administrator. */
  create: {
    method: "POST";
    path: "/api/v1/presets";
    headers: { "Idempotency-Key"?: string | null };
    body: PresetToKeep;
    answer: Preset;
  };
  /** One preset. */
  show: {
    method: "GET";
    path: "/api/v1/presets/{id}";
    parameters: { id: string };
    answer: Preset;
  };
  /** Puts another preset in place of one, as it was at the version that `If-Match` names. */
  replace: {
    method: "PUT";
    path: "/api/v1/presets/{id}";
    parameters: { id: string };
    headers: { "If-Match": string };
    body: PresetToKeep;
    answer: Preset;
  };
  /** Removes a preset, as it was at the version that `If-Match` names. */
  remove: {
    method: "DELETE";
    path: "/api/v1/presets/{id}";
    parameters: { id: string };
    headers: { "If-Match": string };
    answer: null;
  };
  /** Copies a preset one sees to oneself, or to a group one manages. */
  copy: {
    method: "POST";
    path: "/api/v1/presets/{id}/copy";
    parameters: { id: string };
    headers: { "Idempotency-Key"?: string | null };
    body: CopyToMake;
    answer: Preset;
  };
  /** What a preset said before, latest first. */
  versions: {
    method: "GET";
    path: "/api/v1/presets/{id}/versions";
    parameters: { id: string };
    query: { limit?: number; cursor?: string };
    answer: PresetVersionPage;
  };
  /** What a preset said at one version. */
  version: {
    method: "GET";
    path: "/api/v1/presets/{id}/versions/{version}";
    parameters: { id: string; version: number };
    answer: PresetVersion;
  };
}
