// What the service's API takes and answers. Written by `cargo lab clients` from openapi/openapi.json: not by hand.

/** An account as the hub keeps it. */
export type AccountRequest = {
  /** When the hub made the oldest of all its accounts: in another database, everybody's account is new. */
  hub_since: string;
  /** When the hub made it. */
  made_at: string;
};

/** Who did it. */
export type Actor = {
  /** `user`, `service`, `operator` (on the command line), or `erased`. */
  kind: string;
  /** Of an erased person, a pseudonym that leads nowhere. */
  name: string;
};

/** A preset that people may take for another one. */
export type Alike = {
  id: string;
  title: string;
};

/** How far one option may be changed; nothing said: as far as the limits allow. */
export type Ask = {
  max?: Value | null;
  min?: Value | null;
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
  /** What was left after this link, in words. */
  left: string;
  /** `the catalogue`, `the site`, `this preset`, or the title of a group or an event. */
  owner: string;
  /** The owner's reason. */
  reason: string;
  /** The rule that says so, where it is one. */
  rule?: string | null;
  /** Until when, in words, where it ends. */
  until?: string | null;
};

/** How much breaks, by whose it is. */
export type BreaksOf = {
  /** People whose default would be gone. */
  defaults: number;
  /** Events that have some of them. */
  events: number;
  /** Groups that have some of them. */
  groups: number;
  /** People whose last start would not be had any more as it was. */
  last_used: number;
  /** People that have some of them. */
  people: number;
  presets: number;
  /** Of these, the site's. */
  site: number;
};

/** A preset that does not start any more as it was saved. */
export type BreaksPreset = {
  id: string;
  owner: Owner;
  title: string;
  /** For people. */
  why: Array<string>;
};

/** What the site offers. */
export type Catalogue = {
  /** The hub's own name of each backend's spawner, by key. How a backend is set up is not told. */
  backends: Record<string, Backend>;
  /** Whom to ask. */
  contact?: string | null;
  /** By key. */
  options: Record<string, Opt>;
  /** In the site's order. */
  profiles: Array<Profile>;
  /** Counts up with each change; the `ETag` in quotation marks. */
  version: number;
};

/** What came of it, or would. */
export type CatalogueRestored = {
  /** Presets that started before, and do not any more as they were saved. */
  breaks: Array<BreaksPreset>;
  /** What else does not fit any more. */
  breaks_elsewhere: Array<Fault>;
  breaks_of: BreaksOf;
  changes: Array<ChangedPlace>;
  /** Whether it was done. */
  done: boolean;
  revision: number;
  /** Of the catalogue that is there now; the `ETag` in quotation marks. */
  version: number;
};

/** One catalogue as it was applied. */
export type CatalogueVersion = {
  applied_at: string;
  /** Who applied it. */
  applied_by: string;
  /** The document as it was applied; in a list it is left out. */
  document?: Record<string, unknown> | null;
  version: number;
};

/** Part of the catalogue's history, latest first. */
export type CatalogueVersionPage = {
  items: Array<CatalogueVersion>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
};

/** One change of what the site offers. */
export type Change = {
  /** `add`, `change` or `remove`. */
  action: string;
  at: string;
  id: string;
  /** `catalogue`, `group`, `event` or `preset`. */
  kind: string;
  /** The revision it made; one revision may have many changes. */
  revision: number;
  sequence: number;
  /** After the change; of what was removed, its last. */
  version: number;
};

/** Part of the feed. */
export type ChangePage = {
  items: Array<Change>;
  /** Goes on behind these; null where this is all up to `revision`. */
  next?: string | null;
  /** The revision now; the `ETag` in quotation marks. */
  revision: number;
};

/** One place that differs. */
export type ChangedPlace = {
  after?: Value | null;
  before?: Value | null;
  /** JSON Pointer (RFC 6901) into the document. */
  pointer: string;
};

export type Choice = {
  /** Of modules: what cannot be loaded beside it. */
  conflicts?: Array<string>;
  /** Keys of the groups whose members alone may choose it. */
  groups?: Array<string>;
  help?: string | null;
  label: string;
  /** Of modules: what is loaded before it. */
  needs?: Array<string>;
  value: string;
};

/** How the hub is set up for this service. */
export type Configuration = {
  checked_at: string;
  /** What to put right; empty where all is in order. */
  findings: Array<ConfigurationFinding>;
  /** `answering` or `away`. */
  hub: string;
  /** `seen`, or `unseen` while it has not called since this process began: then only part of what could be found was looked for. */
  plugin: string;
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
  choices_in_catalogue: number;
  /** Values in the lists among them. */
  choices_shown: number;
  fields_in_catalogue: number;
  /** Options to fill in. */
  fields_shown: number;
};

/** One decision about a start. */
export type Decision = {
  /** What the hub sent, unread. */
  asked: Value;
  at: string;
  /** What the hub started. */
  given?: Record<string, unknown> | null;
  /** The groups that counted. */
  groups: Array<GroupThen>;
  id: string;
  /** Each limit with its option, its owner and its reason; of a refusal, what was wrong. */
  limits: Array<Record<string, unknown>>;
  /** `given` or `refused`. */
  outcome: string;
  /** Who wanted a server. */
  person: string;
  /** As in the log. */
  request_id?: string | null;
  /** Of the site's content it was decided by. */
  revision?: number | null;
  /** Empty for the default server. */
  server_name: string;
  /** How well each source of groups answered. */
  sources: Array<SourceThen>;
  /** What counted where nothing was asked for. */
  usual: UsualThen;
};

/** What one person may start, with every limit and its reason. */
export type EffectiveForm = {
  /** The instant the form is of. */
  at: string;
  /** The chosen one first. */
  cards: Array<FormCard>;
  /** What Enter starts; none where nothing can be started. */
  chosen?: string | null;
  context?: FormContext | null;
  /** What they could act in instead, with this one. */
  contexts: Array<FormContext>;
  /** Of the chosen card. */
  counts: Counts;
  /** Those of the site that they are in: the first stands highest. */
  groups: Array<FormGroup>;
  /** How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`. */
  groups_standing: string;
  /** What to know of how this came about, for people. */
  notes: Array<string>;
  profiles: Array<FormProfile>;
  /** Of the site's content. */
  revision: number;
  /** Empty for the default server. */
  server: string;
  user: string;
};

/** One change, or one refusal. */
export type Entry = {
  /** `add`, `change`, `remove`, `erase`, `set-aside`, `give-back`; `refuse` for what was not done. */
  action: string;
  actor: Actor;
  /** None for what was removed, and where it was the own of somebody who was erased since. */
  after?: Record<string, unknown> | null;
  at: string;
  /** None for what was added, and where it was the own of somebody who was erased since. */
  before?: Record<string, unknown> | null;
  object_id: string;
  /** `catalogue`, `group`, `event`, `preset`, `preferences`, `selections`, `person`; `request`, for a refusal. */
  object_kind: string;
  /** As in the log. */
  request_id?: string | null;
  /** The revision that a change of the site's content made. */
  revision?: number | null;
  /** Rises with each entry, whatever the clock does. */
  sequence: number;
  /** The hub's id of the token it was done with. */
  token?: string | null;
  /** The object's version after the change; of a removed one, its last; 0 of what has none. */
  version: number;
};

/** A course, a workshop or a hackathon, as it stands now for whoever asks. */
export type Event = {
  /** Whom to ask. */
  contact?: string | null;
  created_at: string;
  key: string;
  kind: EventKind;
  /** From when nothing starts any more; what runs should end by then. */
  last_stop?: string | null;
  /** It comes from the site file: it is changed there, and not here. */
  managed: boolean;
  /** Whether one may change and remove it. */
  may_change: boolean;
  /** Whether one may start its presets now. */
  may_start: boolean;
  /** For those who take part. */
  message?: string | null;
  /** When the state is another; null where it stays. */
  next_change?: string | null;
  /** How many presets it has. */
  presets: number;
  /** Whether people who do not take part see that there is such an event. */
  public: boolean;
  role: EventRole;
  /** `draft`, `preview`, `open`, `closed`, `grace`, `archived` or `deleted`; null where it does not fit the catalogue of today, and nothing starts in it until its organisers have mended it. */
  state?: string | null;
  title: string;
  updated_at: string;
  /** Counts up with each change; the `ETag` in quotation marks. */
  version: number;
  /** When participants may start: ascending, each from `opens` on and before `closes`. */
  windows: Array<EventWindow>;
  /** The same for people: `open until 17:00 (Europe/Berlin)`. */
  words: string;
  /** All of it as it was written, for its organisers and whoever reads everybody's: what a change sends back. */
  written?: EventToKeep;
  /** The zone in which it is told: an IANA name. */
  zone: string;
};

/** Who takes part; at least one name or group in all. */
export type EventAudiences = {
  helper?: EventMembers | null;
  instructor?: EventMembers | null;
  participant?: EventMembers | null;
};

/** How much more; a missing side is the site's ceiling. */
export type EventGrant = {
  max?: Value | null;
  min?: Value | null;
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
  audience?: Audience | null;
  /** Its owner or one of its managers. */
  organiser: boolean;
};

/** An event to make, or to put in place of one. Its times are what clocks in its zone show. */
export type EventToKeep = {
  /** When it is deleted; nothing said: never. */
  archive?: string | null;
  audiences?: EventAudiences;
  contact?: string | null;
  daily?: EventHours | null;
  /** The first opening. */
  from: string;
  grace?: Value | null;
  kind: EventKind;
  managers?: Array<string>;
  message?: string | null;
  /** The caller where nothing is said; only an administrator says otherwise. */
  owner?: string | null;
  /** From when those who prepare it may try it; nothing said: from when it is published. */
  preview?: string | null;
  /** Higher stands first. */
  priority?: number;
  public?: boolean;
  /** `false`: a draft, which only its organisers see. */
  published?: boolean;
  /** Values that everybody in it starts with, by option: a reservation, an account. */
  sets?: Record<string, unknown>;
  /** Days off: `2026-11-24`. */
  skip?: Array<string>;
  title: string;
  /** The end, which no longer belongs to it. */
  to: string;
  /** Limits for all audiences, by option. */
  trims?: Record<string, EventTrim>;
  zone: string;
};

/** What an event says about one option. */
export type EventTrim = {
  absent?: boolean;
  /** Why: it is what people are told. */
  because: string;
  default?: Value | null;
  except?: Array<Value> | null;
  fixed?: Value | null;
  grant?: EventGrant | null;
  hidden?: boolean;
  max?: Value | null;
  min?: Value | null;
  only?: Array<Value> | null;
  required?: boolean;
  /** RFC 3339 with an offset: it says nothing any more from then on. */
  until?: string | null;
};

/** A time in which it is open. */
export type EventWindow = {
  closes: string;
  opens: string;
};

/** Everything kept about one person. */
export type Export = {
  /** When the hub made the account that all this is of, as far as it told. */
  account_made_at?: string | null;
  /** What they did, and what was done to what is theirs, newest first. */
  changes: Array<Entry>;
  /** What was decided about their starts, newest first. */
  decisions: Array<Decision>;
  /** The courses, workshops and hackathons that name them. */
  events: Array<NamedIn>;
  /** What they last started, for each server and context. */
  last_used: Array<LastUsed>;
  name: string;
  /** What they set for themselves, as it is kept. */
  preferences?: Record<string, unknown> | null;
  /** Their own presets. */
  presets: Array<KeptPreset>;
  /** Their sessions in browsers. What each is kept under, and its token, are nobody's to see. */
  sessions: Array<KeptSession>;
  /** Every version of everything that was ever their own. */
  versions: Array<KeptVersion>;
};

/** One field at fault. */
export type Fault = {
  /** What may be sent. */
  allowed?: unknown;
  /** A word that never changes. */
  code: string;
  detail: string;
  /** JSON Pointer (RFC 6901) into the options, or the request body. */
  pointer: string;
  /** What was sent. */
  value?: unknown;
};

/** A preset as they may use it; or, by `~` and a profile's key, every option chosen by hand. */
export type FormCard = {
  /** What it had to give up to fit, for people. */
  changes: Array<string>;
  context?: FormContext | null;
  counts: Counts;
  description?: string | null;
  from?: FormContext | null;
  /** They hid it: it starts all the same. */
  hidden: boolean;
  id: string;
  /** What holds although somebody says otherwise, for people. */
  notes: Array<string>;
  /** Every option of the profile, in its order; empty where the card is unavailable. */
  options: Array<FormOption>;
  profile: string;
  /** `ok`; `adjusted`: it starts, with `changes`; `unavailable`: it does not, `why` says why. */
  state: string;
  title: string;
  /** Of the preset; 0 where every option is chosen by hand. */
  version: number;
  why?: string | null;
};

/** A value to choose. */
export type FormChoice = {
  help?: string | null;
  label: string;
  value: string;
};

/** What somebody acts in. */
export type FormContext = {
  /** As the query names it. */
  key: string;
  /** `group`, `course`, `workshop` or `hackathon`. */
  kind: string;
  /** Of an event: where it stands, as `open until 17:00 (Europe/Berlin)`. */
  state?: string | null;
  title: string;
};

/** A group that counts. */
export type FormGroup = {
  /** How long ago that was, in seconds. */
  age?: number | null;
  /** When it said so; none for what came with the request. */
  checked_at?: string | null;
  key: string;
  /** Where its members are listed: `ldap`, `hub` or `file`. */
  source: string;
  /** How well the source answered: `fresh`, or `stale` where it does not answer now. */
  standing: string;
  title: string;
};

/** One option of a card. */
export type FormOption = {
  /** Neither offered nor set. */
  absent: boolean;
  /** What may be sent: a list of values, `min`, `max` and `step`, a `pattern`, or `items` and how many; null where it is absent. */
  allowed: Value;
  /** The same for people. */
  allowed_words: string;
  /** How it came to what is left, broadest first; never empty where it is fixed, hidden, absent or narrowed. */
  because: Array<Because>;
  /** The choices that are left, with their labels. */
  choices?: Array<FormChoice>;
  editable: boolean;
  /** Set to `value`: another one is refused. */
  fixed: boolean;
  help?: string | null;
  /** A constant that is not even shown. */
  hidden: boolean;
  key: string;
  /** `choice`, `multi`, `modules`, `integer`, `decimal`, `duration`, `memory`, `boolean` or `text`. */
  kind: string;
  label: string;
  link?: string | null;
  /** Less is left than the catalogue has. */
  narrowed: boolean;
  /** Nothing is not enough. */
  required: boolean;
  section?: string | null;
  unit?: string | null;
  /** What it holds unless somebody changes it; null where it is absent. */
  value: Value;
  /** The same for people. */
  value_label?: string | null;
};

/** A profile of the catalogue. */
export type FormProfile = {
  key: string;
  /** Whether any of the cards starts it. */
  offered: boolean;
  /** Whether every option of it may be chosen by hand. */
  open: boolean;
  title: string;
};

/** A fragment for the hub's spawn page. */
export type FormReply = {
  /** HTML that stands inside the hub's own form. */
  html: string;
  protocol: number;
  /** Of the site's content. */
  revision: number;
};

/** Somebody at the hub looks at the spawn page. */
export type FormRequest = {
  account?: AccountRequest | null;
  attempt?: AttemptRequest | null;
  /** The group or event that the address of the page names, as a link in the form does; empty: none of them. */
  context?: string | null;
  /** Groups the hub itself keeps for this person. */
  hub_groups?: Array<string>;
  /** What else stands in that address and stays there when another one is chosen, as a query holds it. */
  keep?: string | null;
  /** The language the person's browser prefers. */
  language?: string | null;
  /** The version the plugin speaks. */
  protocol: number;
  /** Empty for the default server. */
  server_name?: string;
  user: string;
};

/** A group of this site. What it is called in a directory is not told. */
export type Group = {
  /** When the source said so, for a member. */
  checked_at?: string | null;
  /** Whom to ask about it. */
  contact?: string | null;
  is_manager: boolean;
  is_member: boolean;
  key: string;
  /** Told to its managers, and to whoever reads everybody's. */
  managers?: Array<string> | null;
  /** How many presets it has. */
  presets: number;
  /** Where its members are listed: `ldap`, `hub` or `file`. */
  source: string;
  /** How well that is known, for a member: `fresh`, or `stale` where the source does not answer now. */
  standing?: string | null;
  title: string;
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
  /** `answering`, `away` or `unprepared`. */
  database: string;
  /** One word for each directory, in the order configured: `answering`, `away` or `unasked`. */
  directories: Array<string>;
  /** `ready`, `starting` or `degraded`. */
  status: string;
};

/** A preset as it is kept. */
export type KeptPreset = {
  created_at: string;
  document: Record<string, unknown>;
  id: string;
  /** It comes from the site file. */
  managed: boolean;
  updated_at: string;
  version: number;
};

/** A session in a browser. */
export type KeptSession = {
  created_at: string;
  expires_at: string;
  /** When it was last used, as far as that was written down. */
  seen_at: string;
};

/** What a preset said once. */
export type KeptVersion = {
  changed_at: string;
  document: Record<string, unknown>;
  id: string;
  version: number;
};

/** What somebody last started in one place. */
export type LastUsed = {
  at: string;
  /** The group it was started for; none for none. */
  context?: string | null;
  /** A preset's id, or `~` and a profile of which every option was chosen by hand. */
  preset: string;
  /** Empty for the default server. */
  server_name: string;
  /** The values they chose. */
  values: Record<string, unknown>;
};

/** All that somebody last started. */
export type LastUsedPage = {
  items: Array<LastUsed>;
  /** Always null: this is all. */
  next?: string | null;
};

/** What becomes of what was used last. */
export type LastUsedToKeep = {
  owner?: Owner | null;
  /** The name of the server it was used on; nothing said: the default one. */
  server?: string;
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
  /** What a start of theirs without any choice means: their own default, else the site's. */
  default_preset?: string | null;
  /** The groups of this site they are in or manage, by key. */
  groups: Array<Group>;
  /** How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`. */
  groups_standing: string;
  /** `user` or `service`. */
  kind: string;
  /** What they last started, for each server and context, the newest first. */
  last_used: Array<LastUsed>;
  name: string;
  /** What they may do beyond what is their own: `read`, `events`, `admin`, `resolve`. */
  rights: Array<string>;
};

/** An event that names somebody. Whom else it names is not theirs to know. */
export type NamedIn = {
  key: string;
  /** It comes from the site file. */
  managed: boolean;
  /** `owner`, `managers`, or the audience: `audiences › participant`. */
  places: Array<string>;
  title: string;
  version: number;
};

/** A value that was left out. */
export type NotSaved = {
  label: string;
  option: string;
  /** For people. */
  why: string;
};

/** One field of a form. */
export type Opt = {
  /** Of a choice, in the order shown. */
  choices?: Array<Choice>;
  default: Value;
  help?: string | null;
  label: string;
  /** Where people read more. */
  link?: string | null;
  max?: Value | null;
  /** Of a text, in characters. */
  max_length?: number | null;
  min?: Value | null;
  /** Of several: how many at most. */
  most?: number | null;
  /** What a text matches, from its first character to its last. */
  pattern?: string | null;
  /** `always`; `session`: kept in no preset; `never`: not even until the next start. */
  persist: string;
  /** The heading it stands under. */
  section?: string | null;
  step?: Value | null;
  /** `choice`, `multi`, `integer`, `decimal`, `duration`, `memory`, `boolean`, `text` or `modules`. */
  type: string;
  /** What follows a number. */
  unit?: string | null;
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
  /** What the form leaves out. It can be started all the same, by link or by name. */
  hidden: Array<string>;
  /** What stands first in the form, in this order. */
  order: Array<string>;
  /** The same for single servers, by name. */
  servers: Record<string, string>;
  /** Of all that is named here: what they have not, or not any more. */
  unavailable: Array<string>;
  /** Counts up with each change, from 0; the `ETag` in quotation marks. */
  version: number;
};

/** What somebody wants to set for themselves, the whole of it. A preset is named by its id, a profile of which every option is chosen by hand by `~` and its key. */
export type PreferencesToKeep = {
  default?: string | null;
  /** Each only once, and no default among them. */
  hidden?: Array<string>;
  /** Each only once. */
  order?: Array<string>;
  /** At most 64 servers; names have 1 to 255 characters. */
  servers?: Record<string, string>;
};

/** A named start. */
export type Preset = {
  /** The options that may be changed at the start, and how far. */
  ask: Record<string, Ask>;
  /** Of an event's: whom it is for; none: all who take part. */
  audiences?: Array<Audience>;
  /** Whether a link alone does not start it: it is started on the page. */
  confirm: boolean;
  created_at: string;
  description?: string | null;
  id: string;
  /** Of what was sent just now: another preset of the same owner with a title that looks the same, so that nobody can tell the two cards apart. */
  looks_like?: Alike;
  /** It comes from the site file: it is changed there, and not here. */
  managed: boolean;
  /** Of what was sent just now: values that no preset keeps. */
  not_saved?: Array<NotSaved>;
  owner: Owner;
  /** The profile it starts. */
  profile: string;
  title: string;
  updated_at: string;
  /** Values of the profile's options; an option that is not here has its default. */
  values: Record<string, unknown>;
  /** Counts up with each change; the `ETag` in quotation marks. */
  version: number;
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
  ask?: Record<string, Ask>;
  /** Of an event's: whom it is for; nothing said: all who take part. */
  audiences?: Array<Audience>;
  /** Whether a link alone does not start it: it is started on the page. */
  confirm?: boolean;
  /** At most 2,000 characters. */
  description?: string | null;
  owner?: Owner | null;
  profile: string;
  /** 1 to 100 characters that can be seen, kept composed (NFC) and without spaces around it. */
  title: string;
  values?: Record<string, unknown>;
};

/** What a preset said at one version. */
export type PresetVersion = {
  ask: Record<string, Ask>;
  audiences?: Array<Audience>;
  changed_at: string;
  /** Who made it so; told to those who may change the preset, or see everybody's. */
  changed_by?: string | null;
  /** Whether a link alone does not start it: it is started on the page. */
  confirm: boolean;
  description?: string | null;
  profile: string;
  title: string;
  values: Record<string, unknown>;
  version: number;
};

/** Part of a preset's history, latest first. */
export type PresetVersionPage = {
  items: Array<PresetVersion>;
  /** Goes on behind these; null at the end. */
  next?: string | null;
};

/** What went wrong, for programs and people. */
export type Problem = {
  /** The version that is there, where another was expected. */
  current?: number | null;
  /** One sentence about this occurrence; for a refusal, the sentence the person reads. */
  detail?: string | null;
  /** One entry for each field at fault. */
  errors?: Array<Fault>;
  /** Names this occurrence, and nothing else. */
  instance?: string | null;
  /** The same for whoever reads the log. */
  request_id?: string | null;
  status: number;
  title: string;
  /** The kind of problem, as a path that never changes. */
  type: string;
};

/** Something that can be started. */
export type Profile = {
  backend: string;
  key: string;
  /** Whether every option may be chosen by hand, without a preset. */
  open: boolean;
  /** Keys of options, in the order they are asked. */
  options: Array<string>;
  title: string;
};

/** What the hub starts, and nothing else. */
export type ResolveReply = {
  /** The hub's own name of a spawner class. */
  backend: string;
  /** The record of this decision. */
  decision: string;
  environment: Record<string, string>;
  /** What was changed to fit, for the person; none if nothing was. */
  message?: string | null;
  /** The options to keep: checked, and enough to start the same again. */
  options: Record<string, unknown>;
  preset: PresetName;
  protocol: number;
  traits: Record<string, unknown>;
};

/** Somebody wants a server. */
export type ResolveRequest = {
  account?: AccountRequest | null;
  hub_groups?: Array<string>;
  /** The user options as the hub holds them, whatever they are. Of a link they say `link`: `own` where it was followed from a page of the hub's own origin, else `foreign`. */
  options?: Value;
  protocol: number;
  server_name?: string;
  user: string;
};

/** A server that runs, or is on its way. */
export type ServerStarted = {
  /** Where a browser finds it, or sees it start; also in `Location`. */
  page: string;
  /** What it was asked to start. */
  started: WouldStart;
  /** `ready`, or `pending`: it starts. */
  state: string;
};

/** A link to a preset as it is now, whatever becomes of it later. */
export type ShareLink = {
  /** What it names: `me/effective?card=` shows what one's own limits change of it, and why. */
  card: string;
  /** Opens the hub's page for whoever may use it, within their own limits. Followed from a page of the hub's own address it starts at once, unless the preset says `confirm`; from anywhere else it is chosen there, and starts by one press of Start. */
  link: string;
  /** Who gets something by it, for people. */
  reaches: string;
  version: number;
};

/** How well a source answered when it was decided. */
export type SourceThen = {
  /** Its last complete answer about the person. */
  checked_at?: string | null;
  source: string;
  /** `fresh`, `stale` or `unknown`. */
  standing: string;
};

/** What is to be started, and where. */
export type StartToTry = {
  /** The group or event to act in, as `contexts` of `me/effective` names it; empty: in none of them; nothing said: the one they would be in. A preset of a group or event starts in its own whatever is said. */
  context?: string | null;
  /** A preset's id, or `~` and a profile's key to choose every option by hand; nothing said: one's default. */
  preset?: string | null;
  /** The name of the server; nothing said: the default one. */
  server?: string;
  /** Values of options, as `me/effective` and `me/schema` say they may be. */
  values?: Record<string, unknown>;
};

/** What is started. */
export type StartedPreset = {
  id: string;
  title: string;
  /** 0 where every option is chosen by hand. */
  version: number;
};

/** What somebody would have been given without a choice. */
export type UsualThen = {
  /** The group or event that they had started it in. */
  context?: string | null;
  /** The default that they set for that server. */
  default?: string | null;
  /** What they had started there before. */
  last_used?: string | null;
};

export type Value = unknown;

/** What differs between two versions. */
export type VersionDifference = {
  after: number;
  before: number;
  changes: Array<ChangedPlace>;
};

/** What a start would give. */
export type WouldStart = {
  /** What a saved preset would have to give up to fit, for people. */
  changes: Array<string>;
  /** Of these, what would be remembered as chosen. */
  chosen: Record<string, unknown>;
  /** The group or event it would start for; none for none. */
  context?: string | null;
  preset: StartedPreset;
  /** Every option, checked. */
  values: Record<string, unknown>;
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
  /** Removes an event, as it was at the version that `If-Match` names, and the presets made for it. */
  delete_event: {
    method: "DELETE";
    path: "/api/v1/events/{key}";
    parameters: { key: string };
    headers: { "If-Match": string };
    answer: null;
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
  /** Forgets what one last started: the form begins with one's default again. */
  forget_selections: {
    method: "DELETE";
    path: "/api/v1/me/selections";
    answer: null;
  };
  /** What one last started, for each server and context, the newest first. */
  list_selections: {
    method: "GET";
    path: "/api/v1/me/selections";
    answer: LastUsedPage;
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
  /** Removes a preset, as it was at the version that `If-Match` names. */
  delete_preset: {
    method: "DELETE";
    path: "/api/v1/presets/{id}";
    parameters: { id: string };
    headers: { "If-Match": string };
    answer: null;
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
  /** The same of anybody, at any instant and in any context of theirs: what they would see. */
  show_effective_form_of: {
    method: "GET";
    path: "/api/v1/users/{name}/effective";
    parameters: { name: string };
    query: { at?: string; context?: string };
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
