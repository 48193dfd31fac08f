// What the service's API takes and answers. Written by `cargo lab clients` from openapi/openapi.json: not by hand.

/** Who did it. */
export type Actor = {
  /** `user`, `service`, `operator` (on the command line), or `erased`. */
  kind: string;
  /** Of an erased person, a pseudonym that leads nowhere. */
  name: string;
};

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

/** As what somebody takes part in an event. */
export type Audience = "participant" | "helper" | "instructor";

/** Part of the audit, newest first. */
export type AuditPage = {
  items: Array<Entry>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
};

export type Backend = {
  spawner: string;
};

/** One link of the chain that explains a limit. */
export type Because = {
  /** `the catalogue`, `the site`, `this preset`, or the title of a group or an event. */
  owner: string;
  /** What was left after this link, in words. */
  left: string;
  /** The owner's reason. */
  reason: string;
  /** The rule that says so, where it is one. */
  rule?: string | null;
  /** Until when, in words, where it ends. */
  until?: string | null;
};

/** How much breaks, by whose it is. */
export type BreaksOf = {
  presets: number;
  /** Of these, the site's. */
  site: number;
  /** Groups that have some of them. */
  groups: number;
  /** Events that have some of them. */
  events: number;
  /** People that have some of them. */
  people: number;
};

/** A preset that does not start any more as it was saved. */
export type BreaksPreset = {
  id: string;
  title: string;
  owner: Owner;
  /** For people. */
  why: Array<string>;
};

/** What the site offers. */
export type Catalogue = {
  /** Counts up with each change; the `ETag` in quotation marks. */
  version: number;
  /** Whom to ask. */
  contact?: string | null;
  /** By key. */
  options: Record<string, Opt>;
  /** In the site's order. */
  profiles: Array<Profile>;
  /** The hub's own name of each backend's spawner, by key. How a backend is set up is not told. */
  backends: Record<string, Backend>;
};

/** What came of it, or would. */
export type CatalogueRestored = {
  /** Whether it was done. */
  done: boolean;
  /** Of the catalogue that is there now; the `ETag` in quotation marks. */
  version: number;
  revision: number;
  changes: Array<ChangedPlace>;
  /** Presets that started before, and do not any more as they were saved. */
  breaks: Array<BreaksPreset>;
  /** What else does not fit any more. */
  breaks_elsewhere: Array<Fault>;
  breaks_of: BreaksOf;
};

/** One catalogue as it was applied. */
export type CatalogueVersion = {
  version: number;
  applied_at: string;
  /** Who applied it. */
  applied_by: string;
  /** The document as it was applied; in a list it is left out. */
  document?: Record<string, unknown> | null;
};

/** Part of the catalogue's history, latest first. */
export type CatalogueVersionPage = {
  items: Array<CatalogueVersion>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
};

/** One change of what the site offers. */
export type Change = {
  sequence: number;
  /** The revision it made; one revision may have many changes. */
  revision: number;
  at: string;
  /** `catalogue`, `group`, `event` or `preset`. */
  kind: string;
  id: string;
  /** `add`, `change` or `remove`. */
  action: string;
  /** After the change; of what was removed, its last. */
  version: number;
};

/** Part of the feed. */
export type ChangePage = {
  /** The revision now; the `ETag` in quotation marks. */
  revision: number;
  items: Array<Change>;
  /** Goes on behind these; null where this is all up to `revision`. */
  next?: string | null;
};

/** One place that differs. */
export type ChangedPlace = {
  /** JSON Pointer (RFC 6901) into the document. */
  pointer: string;
  before?: Value | null;
  after?: Value | null;
};

export type Choice = {
  value: string;
  label: string;
  help?: string | null;
  /** Keys of the groups whose members alone may choose it. */
  groups?: Array<string>;
  /** Of modules: what is loaded before it. */
  needs?: Array<string>;
  /** Of modules: what cannot be loaded beside it. */
  conflicts?: Array<string>;
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

/** How much there is to look at, of how much there is. */
export type Counts = {
  /** Options to fill in. */
  fields_shown: number;
  fields_in_catalogue: number;
  /** Values in the lists among them. */
  choices_shown: number;
  choices_in_catalogue: number;
};

/** One decision about a start. */
export type Decision = {
  id: string;
  at: string;
  /** Who wanted a server. */
  person: string;
  /** Empty for the default server. */
  server_name: string;
  /** `given` or `refused`. */
  outcome: string;
  /** What the hub sent, unread. */
  asked: Value;
  /** What the hub started. */
  given?: Record<string, unknown> | null;
  /** Of the site's content it was decided by. */
  revision?: number | null;
  /** The groups that counted. */
  groups: Array<GroupThen>;
  /** How well each source of groups answered. */
  sources: Array<SourceThen>;
  /** Each limit with its option, its owner and its reason; of a refusal, what was wrong. */
  limits: Array<Record<string, unknown>>;
  /** As in the log. */
  request_id?: string | null;
};

/** What one person may start, with every limit and its reason. */
export type EffectiveForm = {
  user: string;
  /** Empty for the default server. */
  server: string;
  /** The instant the form is of. */
  at: string;
  /** What to know of how this came about, for people. */
  notes: Array<string>;
  /** Of the site's content. */
  revision: number;
  /** How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`. */
  groups_standing: string;
  /** Those of the site that they are in: the first stands highest. */
  groups: Array<FormGroup>;
  context?: FormContext | null;
  /** What they could act in instead, with this one. */
  contexts: Array<FormContext>;
  profiles: Array<FormProfile>;
  /** What Enter starts; none where nothing can be started. */
  chosen?: string | null;
  /** The chosen one first. */
  cards: Array<FormCard>;
  /** Of the chosen card. */
  counts: Counts;
};

/** One change, or one refusal. */
export type Entry = {
  /** Rises with each entry, whatever the clock does. */
  sequence: number;
  at: string;
  actor: Actor;
  /** The hub's id of the token it was done with. */
  token?: string | null;
  /** `add`, `change`, `remove`, `erase`; `refuse` for what was not done. */
  action: string;
  /** `catalogue`, `group`, `event`, `preset`, `preferences`, `selections`, `person`; `request`, for a refusal. */
  object_kind: string;
  object_id: string;
  /** The object's version after the change; of a removed one, its last; 0 of what has none. */
  version: number;
  /** None for what was added, and where it was the own of somebody who was erased since. */
  before?: Record<string, unknown> | null;
  /** None for what was removed, and where it was the own of somebody who was erased since. */
  after?: Record<string, unknown> | null;
  /** As in the log. */
  request_id?: string | null;
  /** The revision that a change of the site's content made. */
  revision?: number | null;
};

/** A course, a workshop or a hackathon, as it stands now for whoever asks. */
export type Event = {
  key: string;
  title: string;
  kind: EventKind;
  /** The zone in which it is told: an IANA name. */
  zone: string;
  /** `draft`, `preview`, `open`, `closed`, `grace`, `archived` or `deleted`; null where it does not fit the catalogue of today, and nothing starts in it until its organisers have mended it. */
  state?: string | null;
  /** The same for people: `open until 17:00 (Europe/Berlin)`. */
  words: string;
  /** When the state is another; null where it stays. */
  next_change?: string | null;
  /** When participants may start: ascending, each from `opens` on and before `closes`. */
  windows: Array<EventWindow>;
  /** From when nothing starts any more; what runs should end by then. */
  last_stop?: string | null;
  /** For those who take part. */
  message?: string | null;
  /** Whom to ask. */
  contact?: string | null;
  /** Whether people who do not take part see that there is such an event. */
  public: boolean;
  role: EventRole;
  /** Whether one may start its presets now. */
  may_start: boolean;
  /** Whether one may change and remove it. */
  may_change: boolean;
  /** How many presets it has. */
  presets: number;
  /** Counts up with each change; the `ETag` in quotation marks. */
  version: number;
  /** It comes from the site file: it is changed there, and not here. */
  managed: boolean;
  created_at: string;
  updated_at: string;
  /** All of it as it was written, for its organisers and whoever reads everybody's: what a change sends back. */
  written?: EventToKeep;
};

/** Who takes part; at least one name or group in all. */
export type EventAudiences = {
  participant?: EventMembers | null;
  instructor?: EventMembers | null;
  helper?: EventMembers | null;
};

/** How much more; a missing side is the site's ceiling. */
export type EventGrant = {
  min?: Value | null;
  max?: Value | null;
  only?: Array<Value> | null;
};

/** Hours of the day on the wall; `24:00` is the end of the day. */
export type EventHours = {
  from: string;
  to: string;
};

/** What it is called in front of people. */
export type EventKind = "course" | "workshop" | "hackathon";

/** Who belongs to one audience, and what holds for it alone. */
export type EventMembers = {
  /** Keys of the site's groups. */
  groups?: Array<string>;
  names?: Array<string>;
  trims?: Record<string, EventTrim>;
};

/** Part of a list of events, by key. */
export type EventPage = {
  items: Array<Event>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
};

/** What one is in it. */
export type EventRole = {
  /** Its owner or one of its managers. */
  organiser: boolean;
  audience?: Audience | null;
};

/** An event to make, or to put in place of one. Its times are what clocks in its zone show. */
export type EventToKeep = {
  title: string;
  kind: EventKind;
  zone: string;
  /** The first opening. */
  from: string;
  /** The end, which no longer belongs to it. */
  to: string;
  daily?: EventHours | null;
  /** Days off: `2026-11-24`. */
  skip?: Array<string>;
  /** From when those who prepare it may try it; nothing said: from when it is published. */
  preview?: string | null;
  grace?: Value | null;
  /** When it is deleted; nothing said: never. */
  archive?: string | null;
  /** `false`: a draft, which only its organisers see. */
  published?: boolean;
  public?: boolean;
  /** Higher stands first. */
  priority?: number;
  message?: string | null;
  contact?: string | null;
  /** The caller where nothing is said; only an administrator says otherwise. */
  owner?: string | null;
  managers?: Array<string>;
  audiences?: EventAudiences;
  /** Limits for all audiences, by option. */
  trims?: Record<string, EventTrim>;
  /** Values that everybody in it starts with, by option: a reservation, an account. */
  sets?: Record<string, unknown>;
};

/** What an event says about one option. */
export type EventTrim = {
  default?: Value | null;
  min?: Value | null;
  max?: Value | null;
  only?: Array<Value> | null;
  except?: Array<Value> | null;
  fixed?: Value | null;
  required?: boolean;
  hidden?: boolean;
  absent?: boolean;
  grant?: EventGrant | null;
  /** Why: it is what people are told. */
  because: string;
  /** RFC 3339 with an offset: it says nothing any more from then on. */
  until?: string | null;
};

/** A time in which it is open. */
export type EventWindow = {
  opens: string;
  closes: string;
};

/** Everything kept about one person. */
export type Export = {
  name: string;
  /** What they set for themselves, as it is kept. */
  preferences?: Record<string, unknown> | null;
  /** Their sessions in browsers. What each is kept under, and its token, are nobody's to see. */
  sessions: Array<KeptSession>;
  /** What they last started, for each server and context. */
  last_used: Array<LastUsed>;
  /** Their own presets. */
  presets: Array<KeptPreset>;
  /** The courses, workshops and hackathons that name them. */
  events: Array<NamedIn>;
  /** Every version of everything that was ever their own. */
  versions: Array<KeptVersion>;
  /** What was decided about their starts, newest first. */
  decisions: Array<Decision>;
  /** What they did, and what was done to what is theirs, newest first. */
  changes: Array<Entry>;
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

/** A preset as they may use it; or, by `~` and a profile's key, every option chosen by hand. */
export type FormCard = {
  id: string;
  title: string;
  description?: string | null;
  from?: FormContext | null;
  context?: FormContext | null;
  profile: string;
  /** Of the preset; 0 where every option is chosen by hand. */
  version: number;
  /** `ok`; `adjusted`: it starts, with `changes`; `unavailable`: it does not, `why` says why. */
  state: string;
  /** What it had to give up to fit, for people. */
  changes: Array<string>;
  why?: string | null;
  /** What holds although somebody says otherwise, for people. */
  notes: Array<string>;
  /** They hid it: it starts all the same. */
  hidden: boolean;
  /** Every option of the profile, in its order; empty where the card is unavailable. */
  options: Array<FormOption>;
  counts: Counts;
};

/** A value to choose. */
export type FormChoice = {
  value: string;
  label: string;
  help?: string | null;
};

/** What somebody acts in. */
export type FormContext = {
  /** As the query names it. */
  key: string;
  /** `group`, `course`, `workshop` or `hackathon`. */
  kind: string;
  title: string;
  /** Of an event: where it stands, as `open until 17:00 (Europe/Berlin)`. */
  state?: string | null;
};

/** A group that counts. */
export type FormGroup = {
  key: string;
  title: string;
  /** Where its members are listed: `ldap`, `hub` or `file`. */
  source: string;
  /** How well the source answered: `fresh`, or `stale` where it does not answer now. */
  standing: string;
  /** When it said so; none for what came with the request. */
  checked_at?: string | null;
  /** How long ago that was, in seconds. */
  age?: number | null;
};

/** One option of a card. */
export type FormOption = {
  key: string;
  /** `choice`, `multi`, `modules`, `integer`, `decimal`, `duration`, `memory`, `boolean` or `text`. */
  kind: string;
  label: string;
  help?: string | null;
  link?: string | null;
  section?: string | null;
  unit?: string | null;
  /** What it holds unless somebody changes it; null where it is absent. */
  value: Value;
  /** The same for people. */
  value_label?: string | null;
  /** What may be sent: a list of values, `min`, `max` and `step`, a `pattern`, or `items` and how many; null where it is absent. */
  allowed: Value;
  /** The same for people. */
  allowed_words: string;
  /** The choices that are left, with their labels. */
  choices?: Array<FormChoice>;
  editable: boolean;
  /** A constant that is not even shown. */
  hidden: boolean;
  /** Neither offered nor set. */
  absent: boolean;
  /** Nothing is not enough. */
  required: boolean;
  /** Set to `value`: another one is refused. */
  fixed: boolean;
  /** Less is left than the catalogue has. */
  narrowed: boolean;
  /** How it came to what is left, broadest first; never empty where it is fixed, hidden, absent or narrowed. */
  because: Array<Because>;
};

/** A profile of the catalogue. */
export type FormProfile = {
  key: string;
  title: string;
  /** Whether every option of it may be chosen by hand. */
  open: boolean;
  /** Whether any of the cards starts it. */
  offered: boolean;
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
  /** The group or event that the address of the page names, as a link in the form does; empty: none of them. */
  context?: string | null;
  /** What else stands in that address and stays there when another one is chosen, as a query holds it. */
  keep?: string | null;
  attempt?: AttemptRequest | null;
};

/** A group of this site. What it is called in a directory is not told. */
export type Group = {
  key: string;
  title: string;
  /** Whom to ask about it. */
  contact?: string | null;
  /** Where its members are listed: `ldap`, `hub` or `file`. */
  source: string;
  is_member: boolean;
  is_manager: boolean;
  /** How well that is known, for a member: `fresh`, or `stale` where the source does not answer now. */
  standing?: string | null;
  /** When the source said so, for a member. */
  checked_at?: string | null;
  /** How many presets it has. */
  presets: number;
  /** Told to its managers, and to whoever reads everybody's. */
  managers?: Array<string> | null;
};

/** Part of a list of groups, by key. */
export type GroupPage = {
  items: Array<Group>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
};

/** A group that counted in a decision. */
export type GroupThen = {
  key: string;
  /** Where its members are listed: `ldap`, `hub` or `file`. */
  source: string;
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

/** A preset as it is kept. */
export type KeptPreset = {
  id: string;
  document: Record<string, unknown>;
  version: number;
  /** It comes from the site file. */
  managed: boolean;
  created_at: string;
  updated_at: string;
};

/** A session in a browser. */
export type KeptSession = {
  created_at: string;
  /** When it was last used, as far as that was written down. */
  seen_at: string;
  expires_at: string;
};

/** What a preset said once. */
export type KeptVersion = {
  id: string;
  version: number;
  document: Record<string, unknown>;
  changed_at: string;
};

/** What somebody last started in one place. */
export type LastUsed = {
  /** Empty for the default server. */
  server_name: string;
  /** The group it was started for; none for none. */
  context?: string | null;
  /** A preset's id, or `~` and a profile of which every option was chosen by hand. */
  preset: string;
  /** The values they chose. */
  values: Record<string, unknown>;
  at: string;
};

/** All that somebody last started. */
export type LastUsedPage = {
  items: Array<LastUsed>;
  /** Always null: this is all. */
  next?: string | null;
};

/** What becomes of what was used last. */
export type LastUsedToKeep = {
  /** The name of the server it was used on; nothing said: the default one. */
  server?: string;
  owner?: Owner | null;
  /** That of what was used where nothing is said. */
  title?: string | null;
};

/** That the process answers. */
export type Life = {
  /** `alive`. */
  status: string;
};

/** Who somebody is here. */
export type Me = {
  name: string;
  /** `user` or `service`. */
  kind: string;
  /** What they may do beyond what is their own: `read`, `events`, `admin`, `resolve`. */
  rights: Array<string>;
  /** The groups of this site they are in or manage, by key. */
  groups: Array<Group>;
  /** How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`. */
  groups_standing: string;
  /** What a start of theirs without any choice means: their own default, else the site's. */
  default_preset?: string | null;
  /** What they last started, for each server and context, the newest first. */
  last_used: Array<LastUsed>;
};

/** An event that names somebody. Whom else it names is not theirs to know. */
export type NamedIn = {
  key: string;
  title: string;
  /** `owner`, `managers`, or the audience: `audiences › participant`. */
  places: Array<string>;
  /** It comes from the site file. */
  managed: boolean;
  version: number;
};

/** A value that was left out. */
export type NotSaved = {
  option: string;
  label: string;
  /** For people. */
  why: string;
};

/** One field of a form. */
export type Opt = {
  /** `choice`, `multi`, `integer`, `decimal`, `duration`, `memory`, `boolean`, `text` or `modules`. */
  type: string;
  label: string;
  help?: string | null;
  /** What follows a number. */
  unit?: string | null;
  /** Of a choice, in the order shown. */
  choices?: Array<Choice>;
  min?: Value | null;
  max?: Value | null;
  step?: Value | null;
  /** What a text matches, from its first character to its last. */
  pattern?: string | null;
  /** Of a text, in characters. */
  max_length?: number | null;
  /** Of several: how many at most. */
  most?: number | null;
  /** Where people read more. */
  link?: string | null;
  /** The heading it stands under. */
  section?: string | null;
  /** `always`; `session`: kept in no preset; `never`: not even until the next start. */
  persist: string;
  default: Value;
};

/** Whose it is: everybody sees the site's, its members a group's, those who take part an event's, and one person their own. */
export type Owner = {
  kind: OwnerKind;
  /** A group's or an event's key, or a person's name; the site has none. */
  name?: string;
};

export type OwnerKind = "site" | "group" | "event" | "user";

/** What somebody set for themselves. */
export type Preferences = {
  /** What a start without any choice means; none: the site's default. */
  default?: string | null;
  /** The same for single servers, by name. */
  servers: Record<string, string>;
  /** What stands first in the form, in this order. */
  order: Array<string>;
  /** What the form leaves out. It can be started all the same, by link or by name. */
  hidden: Array<string>;
  /** Of all that is named here: what they have not, or not any more. */
  unavailable: Array<string>;
  /** Counts up with each change, from 0; the `ETag` in quotation marks. */
  version: number;
};

/** What somebody wants to set for themselves, the whole of it. A preset is named by its id, a profile of which every option is chosen by hand by `~` and its key. */
export type PreferencesToKeep = {
  default?: string | null;
  /** At most 64 servers; names have 1 to 255 characters. */
  servers?: Record<string, string>;
  /** Each only once. */
  order?: Array<string>;
  /** Each only once, and no default among them. */
  hidden?: Array<string>;
};

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
  /** Of an event's: whom it is for; none: all who take part. */
  audiences?: Array<Audience>;
  /** Counts up with each change; the `ETag` in quotation marks. */
  version: number;
  /** It comes from the site file: it is changed there, and not here. */
  managed: boolean;
  created_at: string;
  updated_at: string;
  /** Of what was sent just now: values that no preset keeps. */
  not_saved?: Array<NotSaved>;
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
  /** Of an event's: whom it is for; nothing said: all who take part. */
  audiences?: Array<Audience>;
};

/** What a preset said at one version. */
export type PresetVersion = {
  version: number;
  title: string;
  description?: string | null;
  profile: string;
  values: Record<string, unknown>;
  ask: Record<string, Ask>;
  audiences?: Array<Audience>;
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
  /** Names this occurrence, and nothing else. */
  instance?: string | null;
  /** The same for whoever reads the log. */
  request_id?: string | null;
  /** The version that is there, where another was expected. */
  current?: number | null;
};

/** Something that can be started. */
export type Profile = {
  key: string;
  title: string;
  backend: string;
  /** Keys of options, in the order they are asked. */
  options: Array<string>;
  /** Whether every option may be chosen by hand, without a preset. */
  open: boolean;
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

/** A server that runs, or is on its way. */
export type ServerStarted = {
  /** `ready`, or `pending`: it starts. */
  state: string;
  /** Where a browser finds it, or sees it start; also in `Location`. */
  page: string;
  /** What it was asked to start. */
  started: WouldStart;
};

/** A link that starts a preset as it is now, whatever becomes of it later. */
export type ShareLink = {
  /** Opens the hub's page and starts it, for whoever may use it, within their own limits. */
  link: string;
  /** What it names: `me/effective?card=` shows what one's own limits change of it, and why. */
  card: string;
  version: number;
  /** Who gets something by it, for people. */
  reaches: string;
};

/** How well a source answered when it was decided. */
export type SourceThen = {
  source: string;
  /** `fresh`, `stale` or `unknown`. */
  standing: string;
  /** Its last complete answer about the person. */
  checked_at?: string | null;
};

/** What is to be started, and where. */
export type StartToTry = {
  /** A preset's id, or `~` and a profile's key to choose every option by hand; nothing said: one's default. */
  preset?: string | null;
  /** Values of options, as `me/effective` and `me/schema` say they may be. */
  values?: Record<string, unknown>;
  /** The group or event to act in, as `contexts` of `me/effective` names it; empty: in none of them; nothing said: the one they would be in. A preset of a group or event starts in its own whatever is said. */
  context?: string | null;
  /** The name of the server; nothing said: the default one. */
  server?: string;
};

/** What is started. */
export type StartedPreset = {
  id: string;
  title: string;
  /** 0 where every option is chosen by hand. */
  version: number;
};

export type Value = unknown;

/** What differs between two versions. */
export type VersionDifference = {
  before: number;
  after: number;
  changes: Array<ChangedPlace>;
};

/** What a start would give. */
export type WouldStart = {
  preset: StartedPreset;
  /** The group or event it would start for; none for none. */
  context?: string | null;
  /** Every option, checked. */
  values: Record<string, unknown>;
  /** Of these, what would be remembered as chosen. */
  chosen: Record<string, unknown>;
  /** What a saved preset would have to give up to fit, for people. */
  changes: Array<string>;
};

/** Each operation by its name. */
export interface Operations {
  /** The audit, newest first. It goes on; what was written is never changed. */
  list_audit: {
    method: "GET";
    path: "/api/v1/audit";
    query: { limit?: number; cursor?: string; actor?: string; object_kind?: string; object_id?: string; from?: string; until?: string };
    answer: AuditPage;
  };
  /** What the site offers now: options, profiles, backends. */
  show_catalogue: {
    method: "GET";
    path: "/api/v1/catalogue";
    headers: { "If-None-Match"?: string | null };
    answer: Catalogue;
  };
  /** The catalogues that were applied, latest first. */
  list_catalogue_versions: {
    method: "GET";
    path: "/api/v1/catalogue/versions";
    query: { limit?: number; cursor?: string };
    answer: CatalogueVersionPage;
  };
  /** One catalogue, as it was applied. */
  show_catalogue_version: {
    method: "GET";
    path: "/api/v1/catalogue/versions/{version}";
    parameters: { version: number };
    answer: CatalogueVersion;
  };
  /** What differs between two catalogues. */
  compare_catalogue_versions: {
    method: "GET";
    path: "/api/v1/catalogue/versions/{version}/diff/{other}";
    parameters: { version: number; other: number };
    answer: VersionDifference;
  };
  /** Puts an earlier catalogue in place of the one that `If-Match` names, as a new version; groups and presets stay. The next `apply` of a site file puts the file's in place again. */
  restore_catalogue: {
    method: "POST";
    path: "/api/v1/catalogue/versions/{version}/restore";
    parameters: { version: number };
    query: { dry_run?: boolean; accept?: boolean };
    headers: { "If-Match": string };
    answer: CatalogueRestored;
  };
  /** What changed in the catalogue, in groups and in presets, oldest first, as far as one may see it. */
  list_changes: {
    method: "GET";
    path: "/api/v1/changes";
    query: { limit?: number; cursor?: string; since?: number };
    headers: { "If-None-Match"?: string | null };
    answer: ChangePage;
  };
  /** One decision about a start, as it was recorded: what was asked, what was given, and why. */
  show_decision: {
    method: "GET";
    path: "/api/v1/decisions/{id}";
    parameters: { id: string };
    answer: Decision;
  };
  /** The events that show themselves to one: those one takes part in or organises, and public ones. */
  list_events: {
    method: "GET";
    path: "/api/v1/events";
    query: { limit?: number; cursor?: string; all?: boolean };
    answer: EventPage;
  };
  /** Makes an event of one's own. */
  create_event: {
    method: "POST";
    path: "/api/v1/events";
    headers: { "Idempotency-Key"?: string | null };
    body: EventToKeep;
    answer: Event;
  };
  /** One event. */
  show_event: {
    method: "GET";
    path: "/api/v1/events/{key}";
    parameters: { key: string };
    answer: Event;
  };
  /** Puts another event in place of one, as it was at the version that `If-Match` names. */
  replace_event: {
    method: "PUT";
    path: "/api/v1/events/{key}";
    parameters: { key: string };
    headers: { "If-Match": string };
    body: EventToKeep;
    answer: Event;
  };
  /** Removes an event, as it was at the version that `If-Match` names, and the presets made for it. */
  delete_event: {
    method: "DELETE";
    path: "/api/v1/events/{key}";
    parameters: { key: string };
    headers: { "If-Match": string };
    answer: null;
  };
  /** The groups one is in or manages; all of the site's for whoever reads everybody's. */
  list_groups: {
    method: "GET";
    path: "/api/v1/groups";
    query: { limit?: number; cursor?: string };
    answer: GroupPage;
  };
  /** One group. */
  show_group: {
    method: "GET";
    path: "/api/v1/groups/{key}";
    parameters: { key: string };
    answer: Group;
  };
  /** Whether hub and service are set up for each other. */
  show_configuration: {
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
  /** Who one is here: name, rights, groups, defaults, and what one started last. */
  me: {
    method: "GET";
    path: "/api/v1/me";
    answer: Me;
  };
  /** What one may start, now: groups, context, presets, and for each option what may be chosen and why no more. */
  show_effective_form: {
    method: "GET";
    path: "/api/v1/me/effective";
    query: { server?: string; context?: string; card?: string };
    answer: EffectiveForm;
  };
  /** What one set for oneself: a default, an order, what is hidden, defaults for single servers. */
  show_preferences: {
    method: "GET";
    path: "/api/v1/me/preferences";
    answer: Preferences;
  };
  /** Puts other preferences in place of one's own, as they were at the version that `If-Match` names (`"0"` where nothing was ever set). */
  replace_preferences: {
    method: "PUT";
    path: "/api/v1/me/preferences";
    headers: { "If-Match": string };
    body: PreferencesToKeep;
    answer: Preferences;
  };
  /** What may be sent to start, as JSON Schema (draft 2020-12): of one card, or of any of them. */
  show_schema: {
    method: "GET";
    path: "/api/v1/me/schema";
    query: { server?: string; context?: string; card?: string };
    answer: string;
  };
  /** What one last started, for each server and context, the newest first. */
  list_selections: {
    method: "GET";
    path: "/api/v1/me/selections";
    answer: LastUsedPage;
  };
  /** Forgets what one last started: the form begins with one's default again. */
  forget_selections: {
    method: "DELETE";
    path: "/api/v1/me/selections";
    answer: null;
  };
  /** Starts a server of one's own by the name of a preset, through the hub and with one's own token: it needs the hub's scope `servers`. */
  start_server: {
    method: "POST";
    path: "/api/v1/me/start";
    body: StartToTry;
    answer: ServerStarted;
  };
  /** Whether a start would be accepted: what each option would hold then, or one error for each field at fault. Nothing is started, and nothing written down. */
  validate_start: {
    method: "POST";
    path: "/api/v1/me/validate";
    body: StartToTry;
    answer: WouldStart;
  };
  /** The description of this API. */
  description: {
    method: "GET";
    path: "/api/v1/openapi.json";
    answer: Record<string, unknown>;
  };
  /** The presets one may see: one's own, those of one's groups and events, the site's. In the order they were made. */
  list_presets: {
    method: "GET";
    path: "/api/v1/presets";
    query: { limit?: number; cursor?: string; owner_kind?: "site" | "group" | "event" | "user"; owner?: string };
    answer: PresetPage;
  };
  /** Makes a preset: one's own, a group's one manages, an event's one organises, or the site's as an administrator. */
  create_preset: {
    method: "POST";
    path: "/api/v1/presets";
    headers: { "Idempotency-Key"?: string | null };
    body: PresetToKeep;
    answer: Preset;
  };
  /** Makes a preset of what one used last: the same values, ready to be started again. */
  save_last_used: {
    method: "POST";
    path: "/api/v1/presets/from-last";
    headers: { "Idempotency-Key"?: string | null };
    body: LastUsedToKeep;
    answer: Preset;
  };
  /** Makes a preset of a file, as `export` writes it. */
  import_preset: {
    method: "POST";
    path: "/api/v1/presets/import";
    headers: { "Idempotency-Key"?: string | null };
    body: unknown;
    answer: Preset;
  };
  /** One preset. */
  show_preset: {
    method: "GET";
    path: "/api/v1/presets/{id}";
    parameters: { id: string };
    answer: Preset;
  };
  /** Puts another preset in place of one, as it was at the version that `If-Match` names. */
  replace_preset: {
    method: "PUT";
    path: "/api/v1/presets/{id}";
    parameters: { id: string };
    headers: { "If-Match": string };
    body: PresetToKeep;
    answer: Preset;
  };
  /** Removes a preset, as it was at the version that `If-Match` names. */
  delete_preset: {
    method: "DELETE";
    path: "/api/v1/presets/{id}";
    parameters: { id: string };
    headers: { "If-Match": string };
    answer: null;
  };
  /** Copies a preset one sees to oneself, to a group one manages, or to an event one organises. */
  copy_preset: {
    method: "POST";
    path: "/api/v1/presets/{id}/copy";
    parameters: { id: string };
    headers: { "Idempotency-Key"?: string | null };
    body: CopyToMake;
    answer: Preset;
  };
  /** One preset as a file, without whose it is: what `import` reads. */
  export_preset: {
    method: "GET";
    path: "/api/v1/presets/{id}/export";
    parameters: { id: string };
    answer: string;
  };
  /** A link to a preset as it is now: it stays at this version. */
  share_preset: {
    method: "GET";
    path: "/api/v1/presets/{id}/share";
    parameters: { id: string };
    answer: ShareLink;
  };
  /** What a preset said before, latest first. */
  list_preset_versions: {
    method: "GET";
    path: "/api/v1/presets/{id}/versions";
    parameters: { id: string };
    query: { limit?: number; cursor?: string };
    answer: PresetVersionPage;
  };
  /** What a preset said at one version. */
  show_preset_version: {
    method: "GET";
    path: "/api/v1/presets/{id}/versions/{version}";
    parameters: { id: string; version: number };
    answer: PresetVersion;
  };
  /** What differs between two versions of a preset. */
  compare_preset_versions: {
    method: "GET";
    path: "/api/v1/presets/{id}/versions/{version}/diff/{other}";
    parameters: { id: string; version: number; other: number };
    answer: VersionDifference;
  };
  /** Puts what a preset said at an earlier version in place of what it says, as a new version. */
  restore_preset: {
    method: "POST";
    path: "/api/v1/presets/{id}/versions/{version}/restore";
    parameters: { id: string; version: number };
    headers: { "If-Match": string };
    answer: Preset;
  };
  /** Erases a person: presets, preferences, selections and sessions go; decisions and the audit stay, under a pseudonym that leads nowhere. What is gone already is erased again without complaint. */
  erase_person: {
    method: "DELETE";
    path: "/api/v1/users/{name}";
    parameters: { name: string };
    answer: null;
  };
  /** The same of anybody, at any instant: what they would see. */
  show_effective_form_of: {
    method: "GET";
    path: "/api/v1/users/{name}/effective";
    parameters: { name: string };
    query: { at?: string };
    answer: EffectiveForm;
  };
  /** Everything kept about a person: about oneself, or about anybody for whoever reads everybody's. */
  export_person: {
    method: "GET";
    path: "/api/v1/users/{name}/export";
    parameters: { name: string };
    answer: Export;
  };
}
