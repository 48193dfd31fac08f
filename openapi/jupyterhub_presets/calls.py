"""What the service's API takes and answers: types, and one function for each operation that makes its call.

Written by `cargo lab clients` from openapi/openapi.json: not by hand. A call does nothing by itself; `Session.send`
of `jupyterhub_presets.session` sends it, and so does the plugin's own client.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Generic, List, Literal, Optional, TypedDict, TypeVar, Union
from urllib.parse import quote

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """A request to the service, below its prefix; `Answer` is the type of what it answers."""

    method: str
    path: str
    query: Dict[str, Any] = field(default_factory=dict)
    headers: Dict[str, str] = field(default_factory=dict)
    body: Any = None


def _given(**values: Any) -> Dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class AccountRequest(TypedDict):
    """An account as the hub keeps it."""

    # When the hub made the oldest of all its accounts: in another database, everybody's account is new.
    hub_since: str
    # When the hub made it.
    made_at: str


class Actor(TypedDict):
    """Who did it."""

    # `user`, `service`, `operator` (on the command line), or `erased`.
    kind: str
    # Of an erased person, a pseudonym that leads nowhere.
    name: str


class Alike(TypedDict):
    """A preset that people may take for another one."""

    id: str
    title: str


class Ask(TypedDict, total=False):
    """How far one option may be changed; nothing said: as far as the limits allow."""

    max: Optional[Value]
    min: Optional[Value]
    # One of these.
    only: List[Value]


class AttemptRequest(TypedDict):
    # The options as the hub held them.
    options: Value


class _AuditPage(TypedDict):
    items: List[Entry]


class AuditPage(_AuditPage, total=False):
    """Part of the audit, newest first."""

    # Goes on behind these; null at the end.
    next: Optional[str]


class Backend(TypedDict):
    spawner: str


class _Because(TypedDict):
    # What was left after this link, in words.
    left: str
    # `the catalogue`, `the site`, `this preset`, or the title of a group or an event.
    owner: str
    # The owner's reason.
    reason: str


class Because(_Because, total=False):
    """One link of the chain that explains a limit."""

    # The rule that says so, where it is one.
    rule: Optional[str]
    # Until when, in words, where it ends.
    until: Optional[str]


class BreaksOf(TypedDict):
    """How much breaks, by whose it is."""

    # People whose default would be gone.
    defaults: int
    # Events that have some of them.
    events: int
    # Groups that have some of them.
    groups: int
    # People whose last start would not be had any more as it was.
    last_used: int
    # People that have some of them.
    people: int
    presets: int
    # Of these, the site's.
    site: int


class BreaksPreset(TypedDict):
    """A preset that does not start any more as it was saved."""

    id: str
    owner: Owner
    title: str
    # For people.
    why: List[str]


class _Catalogue(TypedDict):
    # The hub's own name of each backend's spawner, by key. How a backend is set up is not told.
    backends: Dict[str, Backend]
    # By key.
    options: Dict[str, Opt]
    # In the site's order.
    profiles: List[Profile]
    # Counts up with each change; the `ETag` in quotation marks.
    version: int


class Catalogue(_Catalogue, total=False):
    """What the site offers."""

    # Whom to ask.
    contact: Optional[str]


class CatalogueRestored(TypedDict):
    """What came of it, or would."""

    # Presets that started before, and do not any more as they were saved.
    breaks: List[BreaksPreset]
    # What else does not fit any more.
    breaks_elsewhere: List[Fault]
    breaks_of: BreaksOf
    changes: List[ChangedPlace]
    # Whether it was done.
    done: bool
    revision: int
    # Of the catalogue that is there now; the `ETag` in quotation marks.
    version: int


class _CatalogueVersion(TypedDict):
    applied_at: str
    # Who applied it.
    applied_by: str
    version: int


class CatalogueVersion(_CatalogueVersion, total=False):
    """One catalogue as it was applied."""

    # The document as it was applied; in a list it is left out.
    document: Optional[Dict[str, Any]]


class _CatalogueVersionPage(TypedDict):
    items: List[CatalogueVersion]


class CatalogueVersionPage(_CatalogueVersionPage, total=False):
    """Part of the catalogue's history, latest first."""

    # Goes on behind these; null at the end.
    next: Optional[str]


class Change(TypedDict):
    """One change of what the site offers."""

    # `add`, `change` or `remove`.
    action: str
    at: str
    id: str
    # `catalogue`, `group`, `event` or `preset`.
    kind: str
    # The revision it made; one revision may have many changes.
    revision: int
    sequence: int
    # After the change; of what was removed, its last.
    version: int


class _ChangePage(TypedDict):
    items: List[Change]
    # The revision now; the `ETag` in quotation marks.
    revision: int


class ChangePage(_ChangePage, total=False):
    """Part of the feed."""

    # Goes on behind these; null where this is all up to `revision`.
    next: Optional[str]


class _ChangedPlace(TypedDict):
    # JSON Pointer (RFC 6901) into the document.
    pointer: str


class ChangedPlace(_ChangedPlace, total=False):
    """One place that differs."""

    after: Optional[Value]
    before: Optional[Value]


class _Choice(TypedDict):
    label: str
    value: str


class Choice(_Choice, total=False):
    # Of modules: what cannot be loaded beside it.
    conflicts: List[str]
    # Keys of the groups whose members alone may choose it.
    groups: List[str]
    help: Optional[str]
    # Of modules: what is loaded before it.
    needs: List[str]


class Configuration(TypedDict):
    """How the hub is set up for this service."""

    checked_at: str
    # What to put right; empty where all is in order.
    findings: List[ConfigurationFinding]
    # `answering` or `away`.
    hub: str
    # `seen`, or `unseen` while it has not called since this process began: then only part of what could be found was looked for.
    plugin: str


class ConfigurationFinding(TypedDict):
    """One thing to put right in the configuration of the hub or of this service."""

    # A word that never changes.
    code: str
    # What is wrong, whom it concerns, and what to do.
    detail: str


class CopyToMake(TypedDict, total=False):
    """What becomes of a copy."""

    owner: Optional[Owner]
    # The original's where nothing is said.
    title: Optional[str]


class Counts(TypedDict):
    """How much there is to look at, of how much there is."""

    choices_in_catalogue: int
    # Values in the lists among them.
    choices_shown: int
    fields_in_catalogue: int
    # Options to fill in.
    fields_shown: int


class _Decision(TypedDict):
    # What the hub sent, unread.
    asked: Value
    at: str
    # The groups that counted.
    groups: List[GroupThen]
    id: str
    # Each limit with its option, its owner and its reason; of a refusal, what was wrong.
    limits: List[Dict[str, Any]]
    # `given` or `refused`.
    outcome: str
    # Who wanted a server.
    person: str
    # Empty for the default server.
    server_name: str
    # How well each source of groups answered.
    sources: List[SourceThen]
    # What counted where nothing was asked for.
    usual: UsualThen


class Decision(_Decision, total=False):
    """One decision about a start."""

    # What the hub started.
    given: Optional[Dict[str, Any]]
    # As in the log.
    request_id: Optional[str]
    # Of the site's content it was decided by.
    revision: Optional[int]


class _EffectiveForm(TypedDict):
    # The instant the form is of.
    at: str
    # The chosen one first.
    cards: List[FormCard]
    # What they could act in instead, with this one.
    contexts: List[FormContext]
    # Of the chosen card.
    counts: Counts
    # Those of the site that they are in: the first stands highest.
    groups: List[FormGroup]
    # How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`.
    groups_standing: str
    # What to know of how this came about, for people.
    notes: List[str]
    profiles: List[FormProfile]
    # Of the site's content.
    revision: int
    # Empty for the default server.
    server: str
    user: str


class EffectiveForm(_EffectiveForm, total=False):
    """What one person may start, with every limit and its reason."""

    # What Enter starts; none where nothing can be started.
    chosen: Optional[str]
    context: Optional[FormContext]


class _Entry(TypedDict):
    # `add`, `change`, `remove`, `erase`, `set-aside`, `give-back`; `refuse` for what was not done.
    action: str
    actor: Actor
    at: str
    object_id: str
    # `catalogue`, `group`, `event`, `preset`, `preferences`, `selections`, `person`; `request`, for a refusal.
    object_kind: str
    # Rises with each entry, whatever the clock does.
    sequence: int
    # The object's version after the change; of a removed one, its last; 0 of what has none.
    version: int


class Entry(_Entry, total=False):
    """One change, or one refusal."""

    # None for what was removed, and where it was the own of somebody who was erased since.
    after: Optional[Dict[str, Any]]
    # None for what was added, and where it was the own of somebody who was erased since.
    before: Optional[Dict[str, Any]]
    # As in the log.
    request_id: Optional[str]
    # The revision that a change of the site's content made.
    revision: Optional[int]
    # The hub's id of the token it was done with.
    token: Optional[str]


class _Event(TypedDict):
    created_at: str
    key: str
    kind: EventKind
    # It comes from the site file: it is changed there, and not here.
    managed: bool
    # Whether one may change and remove it.
    may_change: bool
    # Whether one may start its presets now.
    may_start: bool
    # How many presets it has.
    presets: int
    # Whether people who do not take part see that there is such an event.
    public: bool
    role: EventRole
    title: str
    updated_at: str
    # Counts up with each change; the `ETag` in quotation marks.
    version: int
    # When participants may start: ascending, each from `opens` on and before `closes`.
    windows: List[EventWindow]
    # The same for people: `open until 17:00 (Europe/Berlin)`.
    words: str
    # The zone in which it is told: an IANA name.
    zone: str


class Event(_Event, total=False):
    """A course, a workshop or a hackathon, as it stands now for whoever asks."""

    # Whom to ask.
    contact: Optional[str]
    # From when nothing starts any more; what runs should end by then.
    last_stop: Optional[str]
    # For those who take part.
    message: Optional[str]
    # When the state is another; null where it stays.
    next_change: Optional[str]
    # `draft`, `preview`, `open`, `closed`, `grace`, `archived` or `deleted`; null where it does not fit the catalogue of today, and nothing starts in it until its organisers have mended it.
    state: Optional[str]
    # All of it as it was written, for its organisers and whoever reads everybody's: what a change sends back.
    written: EventToKeep


class EventAudiences(TypedDict, total=False):
    """Who takes part; at least one name or group in all."""

    helper: Optional[EventMembers]
    instructor: Optional[EventMembers]
    participant: Optional[EventMembers]


class EventGrant(TypedDict, total=False):
    """How much more; a missing side is the site's ceiling."""

    max: Optional[Value]
    min: Optional[Value]
    only: Optional[List[Value]]


_EventHoursWords = TypedDict("_EventHoursWords", {"from": "str"})


class EventHours(_EventHoursWords):
    """Hours of the day on the wall; `24:00` is the end of the day."""

    to: str


class EventMembers(TypedDict, total=False):
    """Who belongs to one audience, and what holds for it alone."""

    # Keys of the site's groups.
    groups: List[str]
    names: List[str]
    trims: Dict[str, EventTrim]


class _EventPage(TypedDict):
    items: List[Event]


class EventPage(_EventPage, total=False):
    """Part of a list of events, by key."""

    # Goes on behind these; null at the end.
    next: Optional[str]


class _EventRole(TypedDict):
    # Its owner or one of its managers.
    organiser: bool


class EventRole(_EventRole, total=False):
    """What one is in it."""

    audience: Optional[Audience]


_EventToKeepWords = TypedDict("_EventToKeepWords", {"from": "str"})


class _EventToKeep(_EventToKeepWords):
    kind: EventKind
    title: str
    # The end, which no longer belongs to it.
    to: str
    zone: str


class EventToKeep(_EventToKeep, total=False):
    """An event to make, or to put in place of one. Its times are what clocks in its zone show."""

    # When it is deleted; nothing said: never.
    archive: Optional[str]
    audiences: EventAudiences
    contact: Optional[str]
    daily: Optional[EventHours]
    grace: Optional[Value]
    managers: List[str]
    message: Optional[str]
    # The caller where nothing is said; only an administrator says otherwise.
    owner: Optional[str]
    # From when those who prepare it may try it; nothing said: from when it is published.
    preview: Optional[str]
    # Higher stands first.
    priority: int
    public: bool
    # `false`: a draft, which only its organisers see.
    published: bool
    # Values that everybody in it starts with, by option: a reservation, an account.
    sets: Dict[str, Any]
    # Days off: `2026-11-24`.
    skip: List[str]
    # Limits for all audiences, by option.
    trims: Dict[str, EventTrim]


_EventTrimWords = TypedDict("_EventTrimWords", {"except": "Optional[List[Value]]"}, total=False)


class _EventTrim(_EventTrimWords):
    # Why: it is what people are told.
    because: str


class EventTrim(_EventTrim, total=False):
    """What an event says about one option."""

    absent: bool
    default: Optional[Value]
    fixed: Optional[Value]
    grant: Optional[EventGrant]
    hidden: bool
    max: Optional[Value]
    min: Optional[Value]
    only: Optional[List[Value]]
    required: bool
    # RFC 3339 with an offset: it says nothing any more from then on.
    until: Optional[str]


class EventWindow(TypedDict):
    """A time in which it is open."""

    closes: str
    opens: str


class _Export(TypedDict):
    # What they did, and what was done to what is theirs, newest first.
    changes: List[Entry]
    # What was decided about their starts, newest first.
    decisions: List[Decision]
    # The courses, workshops and hackathons that name them.
    events: List[NamedIn]
    # What they last started, for each server and context.
    last_used: List[LastUsed]
    name: str
    # Their own presets.
    presets: List[KeptPreset]
    # Their sessions in browsers. What each is kept under, and its token, are nobody's to see.
    sessions: List[KeptSession]
    # Every version of everything that was ever their own.
    versions: List[KeptVersion]


class Export(_Export, total=False):
    """Everything kept about one person."""

    # When the hub made the account that all this is of, as far as it told.
    account_made_at: Optional[str]
    # What they set for themselves, as it is kept.
    preferences: Optional[Dict[str, Any]]


class _Fault(TypedDict):
    # A word that never changes.
    code: str
    detail: str
    # JSON Pointer (RFC 6901) into the options, or the request body.
    pointer: str


class Fault(_Fault, total=False):
    """One field at fault."""

    # What may be sent.
    allowed: Any
    # What was sent.
    value: Any


_FormCardWords = TypedDict("_FormCardWords", {"from": "Optional[FormContext]"}, total=False)


class _FormCard(_FormCardWords):
    # What it had to give up to fit, for people.
    changes: List[str]
    counts: Counts
    # They hid it: it starts all the same.
    hidden: bool
    id: str
    # What holds although somebody says otherwise, for people.
    notes: List[str]
    # Every option of the profile, in its order; empty where the card is unavailable.
    options: List[FormOption]
    profile: str
    # `ok`; `adjusted`: it starts, with `changes`; `unavailable`: it does not, `why` says why.
    state: str
    title: str
    # Of the preset; 0 where every option is chosen by hand.
    version: int


class FormCard(_FormCard, total=False):
    """A preset as they may use it; or, by `~` and a profile's key, every option chosen by hand."""

    context: Optional[FormContext]
    description: Optional[str]
    why: Optional[str]


class _FormChoice(TypedDict):
    label: str
    value: str


class FormChoice(_FormChoice, total=False):
    """A value to choose."""

    help: Optional[str]


class _FormContext(TypedDict):
    # As the query names it.
    key: str
    # `group`, `course`, `workshop` or `hackathon`.
    kind: str
    title: str


class FormContext(_FormContext, total=False):
    """What somebody acts in."""

    # Of an event: where it stands, as `open until 17:00 (Europe/Berlin)`.
    state: Optional[str]


class _FormGroup(TypedDict):
    key: str
    # Where its members are listed: `ldap`, `hub` or `file`.
    source: str
    # How well the source answered: `fresh`, or `stale` where it does not answer now.
    standing: str
    title: str


class FormGroup(_FormGroup, total=False):
    """A group that counts."""

    # How long ago that was, in seconds.
    age: Optional[int]
    # When it said so; none for what came with the request.
    checked_at: Optional[str]


class _FormOption(TypedDict):
    # Neither offered nor set.
    absent: bool
    # What may be sent: a list of values, `min`, `max` and `step`, a `pattern`, or `items` and how many; null where it is absent.
    allowed: Value
    # The same for people.
    allowed_words: str
    # How it came to what is left, broadest first; never empty where it is fixed, hidden, absent or narrowed.
    because: List[Because]
    editable: bool
    # Set to `value`: another one is refused.
    fixed: bool
    # A constant that is not even shown.
    hidden: bool
    key: str
    # `choice`, `multi`, `modules`, `integer`, `decimal`, `duration`, `memory`, `boolean` or `text`.
    kind: str
    label: str
    # Less is left than the catalogue has.
    narrowed: bool
    # Nothing is not enough.
    required: bool
    # What it holds unless somebody changes it; null where it is absent.
    value: Value


class FormOption(_FormOption, total=False):
    """One option of a card."""

    # The choices that are left, with their labels.
    choices: List[FormChoice]
    help: Optional[str]
    link: Optional[str]
    section: Optional[str]
    unit: Optional[str]
    # The same for people.
    value_label: Optional[str]


class FormProfile(TypedDict):
    """A profile of the catalogue."""

    key: str
    # Whether any of the cards starts it.
    offered: bool
    # Whether every option of it may be chosen by hand.
    open: bool
    title: str


class FormReply(TypedDict):
    """A fragment for the hub's spawn page."""

    # HTML that stands inside the hub's own form.
    html: str
    protocol: int
    # Of the site's content.
    revision: int


class _FormRequest(TypedDict):
    # The version the plugin speaks.
    protocol: int
    user: str


class FormRequest(_FormRequest, total=False):
    """Somebody at the hub looks at the spawn page."""

    account: Optional[AccountRequest]
    attempt: Optional[AttemptRequest]
    # The group or event that the address of the page names, as a link in the form does; empty: none of them.
    context: Optional[str]
    # Groups the hub itself keeps for this person.
    hub_groups: List[str]
    # What else stands in that address and stays there when another one is chosen, as a query holds it.
    keep: Optional[str]
    # The language the person's browser prefers.
    language: Optional[str]
    # Empty for the default server.
    server_name: str


class _Group(TypedDict):
    is_manager: bool
    is_member: bool
    key: str
    # How many presets it has.
    presets: int
    # Where its members are listed: `ldap`, `hub` or `file`.
    source: str
    title: str


class Group(_Group, total=False):
    """A group of this site. What it is called in a directory is not told."""

    # When the source said so, for a member.
    checked_at: Optional[str]
    # Whom to ask about it.
    contact: Optional[str]
    # Told to its managers, and to whoever reads everybody's.
    managers: Optional[List[str]]
    # How well that is known, for a member: `fresh`, or `stale` where the source does not answer now.
    standing: Optional[str]


class _GroupPage(TypedDict):
    items: List[Group]


class GroupPage(_GroupPage, total=False):
    """Part of a list of groups, by key."""

    # Goes on behind these; null at the end.
    next: Optional[str]


class GroupThen(TypedDict):
    """A group that counted in a decision."""

    key: str
    # Where its members are listed: `ldap`, `hub` or `file`.
    source: str


class Health(TypedDict):
    """How the parts stand."""

    # `answering`, `away` or `unprepared`.
    database: str
    # One word for each directory, in the order configured: `answering`, `away` or `unasked`.
    directories: List[str]
    # `ready`, `starting` or `degraded`.
    status: str


class KeptPreset(TypedDict):
    """A preset as it is kept."""

    created_at: str
    document: Dict[str, Any]
    id: str
    # It comes from the site file.
    managed: bool
    updated_at: str
    version: int


class KeptSession(TypedDict):
    """A session in a browser."""

    created_at: str
    expires_at: str
    # When it was last used, as far as that was written down.
    seen_at: str


class KeptVersion(TypedDict):
    """What a preset said once."""

    changed_at: str
    document: Dict[str, Any]
    id: str
    version: int


class _LastUsed(TypedDict):
    at: str
    # A preset's id, or `~` and a profile of which every option was chosen by hand.
    preset: str
    # Empty for the default server.
    server_name: str
    # The values they chose.
    values: Dict[str, Any]


class LastUsed(_LastUsed, total=False):
    """What somebody last started in one place."""

    # The group it was started for; none for none.
    context: Optional[str]


class _LastUsedPage(TypedDict):
    items: List[LastUsed]


class LastUsedPage(_LastUsedPage, total=False):
    """All that somebody last started."""

    # Always null: this is all.
    next: Optional[str]


class LastUsedToKeep(TypedDict, total=False):
    """What becomes of what was used last."""

    owner: Optional[Owner]
    # The name of the server it was used on; nothing said: the default one.
    server: str
    # That of what was used where nothing is said.
    title: Optional[str]


class Life(TypedDict):
    """That the process answers."""

    # `alive`.
    status: str


class _Me(TypedDict):
    # The groups of this site they are in or manage, by key.
    groups: List[Group]
    # How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`.
    groups_standing: str
    # `user` or `service`.
    kind: str
    # What they last started, for each server and context, the newest first.
    last_used: List[LastUsed]
    name: str
    # What they may do beyond what is their own: `read`, `events`, `admin`, `resolve`.
    rights: List[str]


class Me(_Me, total=False):
    """Who somebody is here."""

    # What a start of theirs without any choice means: their own default, else the site's.
    default_preset: Optional[str]


class NamedIn(TypedDict):
    """An event that names somebody. Whom else it names is not theirs to know."""

    key: str
    # It comes from the site file.
    managed: bool
    # `owner`, `managers`, or the audience: `audiences › participant`.
    places: List[str]
    title: str
    version: int


class NotSaved(TypedDict):
    """A value that was left out."""

    label: str
    option: str
    # For people.
    why: str


class _Opt(TypedDict):
    default: Value
    label: str
    # `always`; `session`: kept in no preset; `never`: not even until the next start.
    persist: str
    # `choice`, `multi`, `integer`, `decimal`, `duration`, `memory`, `boolean`, `text` or `modules`.
    type: str


class Opt(_Opt, total=False):
    """One field of a form."""

    # Of a choice, in the order shown.
    choices: List[Choice]
    help: Optional[str]
    # Where people read more.
    link: Optional[str]
    max: Optional[Value]
    # Of a text, in characters.
    max_length: Optional[int]
    min: Optional[Value]
    # Of several: how many at most.
    most: Optional[int]
    # What a text matches, from its first character to its last.
    pattern: Optional[str]
    # The heading it stands under.
    section: Optional[str]
    step: Optional[Value]
    # What follows a number.
    unit: Optional[str]


class _Owner(TypedDict):
    kind: OwnerKind


class Owner(_Owner, total=False):
    """Whose it is: everybody sees the site's, its members a group's, those who take part an event's, and one person their own."""

    # A group's or an event's key, or a person's name; the site has none.
    name: str


class _Preferences(TypedDict):
    # What the form leaves out. It can be started all the same, by link or by name.
    hidden: List[str]
    # What stands first in the form, in this order.
    order: List[str]
    # The same for single servers, by name.
    servers: Dict[str, str]
    # Of all that is named here: what they have not, or not any more.
    unavailable: List[str]
    # Counts up with each change, from 0; the `ETag` in quotation marks.
    version: int


class Preferences(_Preferences, total=False):
    """What somebody set for themselves."""

    # What a start without any choice means; none: the site's default.
    default: Optional[str]


class PreferencesToKeep(TypedDict, total=False):
    """What somebody wants to set for themselves, the whole of it. A preset is named by its id, a profile of which every option is chosen by hand by `~` and its key."""

    default: Optional[str]
    # Each only once, and no default among them.
    hidden: List[str]
    # Each only once.
    order: List[str]
    # At most 64 servers; names have 1 to 255 characters.
    servers: Dict[str, str]


class _Preset(TypedDict):
    # The options that may be changed at the start, and how far.
    ask: Dict[str, Ask]
    # Whether a link alone does not start it: it is started on the page.
    confirm: bool
    created_at: str
    id: str
    # It comes from the site file: it is changed there, and not here.
    managed: bool
    owner: Owner
    # The profile it starts.
    profile: str
    title: str
    updated_at: str
    # Values of the profile's options; an option that is not here has its default.
    values: Dict[str, Any]
    # Counts up with each change; the `ETag` in quotation marks.
    version: int


class Preset(_Preset, total=False):
    """A named start."""

    # Of an event's: whom it is for; none: all who take part.
    audiences: List[Audience]
    description: Optional[str]
    # Of what was sent just now: another preset of the same owner with a title that looks the same, so that nobody can tell the two cards apart.
    looks_like: Alike
    # Of what was sent just now: values that no preset keeps.
    not_saved: List[NotSaved]


class PresetName(TypedDict):
    id: str
    title: str
    # 0 where every option was chosen by hand.
    version: int


class _PresetPage(TypedDict):
    items: List[Preset]


class PresetPage(_PresetPage, total=False):
    """Part of a list of presets."""

    # Goes on behind these; null at the end.
    next: Optional[str]


class _PresetToKeep(TypedDict):
    profile: str
    # 1 to 100 characters that can be seen, kept composed (NFC) and without spaces around it.
    title: str


class PresetToKeep(_PresetToKeep, total=False):
    """A preset to make, or to put in place of one."""

    ask: Dict[str, Ask]
    # Of an event's: whom it is for; nothing said: all who take part.
    audiences: List[Audience]
    # Whether a link alone does not start it: it is started on the page.
    confirm: bool
    # At most 2,000 characters.
    description: Optional[str]
    owner: Optional[Owner]
    values: Dict[str, Any]


class _PresetVersion(TypedDict):
    ask: Dict[str, Ask]
    changed_at: str
    # Whether a link alone does not start it: it is started on the page.
    confirm: bool
    profile: str
    title: str
    values: Dict[str, Any]
    version: int


class PresetVersion(_PresetVersion, total=False):
    """What a preset said at one version."""

    audiences: List[Audience]
    # Who made it so; told to those who may change the preset, or see everybody's.
    changed_by: Optional[str]
    description: Optional[str]


class _PresetVersionPage(TypedDict):
    items: List[PresetVersion]


class PresetVersionPage(_PresetVersionPage, total=False):
    """Part of a preset's history, latest first."""

    # Goes on behind these; null at the end.
    next: Optional[str]


class _Problem(TypedDict):
    status: int
    title: str
    # The kind of problem, as a path that never changes.
    type: str


class Problem(_Problem, total=False):
    """What went wrong, for programs and people."""

    # The version that is there, where another was expected.
    current: Optional[int]
    # One sentence about this occurrence; for a refusal, the sentence the person reads.
    detail: Optional[str]
    # One entry for each field at fault.
    errors: List[Fault]
    # Names this occurrence, and nothing else.
    instance: Optional[str]
    # The same for whoever reads the log.
    request_id: Optional[str]


class Profile(TypedDict):
    """Something that can be started."""

    backend: str
    key: str
    # Whether every option may be chosen by hand, without a preset.
    open: bool
    # Keys of options, in the order they are asked.
    options: List[str]
    title: str


class _ResolveReply(TypedDict):
    # The hub's own name of a spawner class.
    backend: str
    # The record of this decision.
    decision: str
    environment: Dict[str, str]
    # The options to keep: checked, and enough to start the same again.
    options: Dict[str, Any]
    preset: PresetName
    protocol: int
    traits: Dict[str, Any]


class ResolveReply(_ResolveReply, total=False):
    """What the hub starts, and nothing else."""

    # What was changed to fit, for the person; none if nothing was.
    message: Optional[str]


class _ResolveRequest(TypedDict):
    protocol: int
    user: str


class ResolveRequest(_ResolveRequest, total=False):
    """Somebody wants a server."""

    account: Optional[AccountRequest]
    hub_groups: List[str]
    # The user options as the hub holds them, whatever they are. Of a link they say `link`: `own` where it was followed from a page of the hub's own origin, else `foreign`.
    options: Value
    server_name: str


class ServerStarted(TypedDict):
    """A server that runs, or is on its way."""

    # Where a browser finds it, or sees it start; also in `Location`.
    page: str
    # What it was asked to start.
    started: WouldStart
    # `ready`, or `pending`: it starts.
    state: str


class ShareLink(TypedDict):
    """A link to a preset as it is now, whatever becomes of it later."""

    # What it names: `me/effective?card=` shows what one's own limits change of it, and why.
    card: str
    # Opens the hub's page for whoever may use it, within their own limits. Followed from a page of the hub's own address it starts at once, unless the preset says `confirm`; from anywhere else it is chosen there, and starts by one press of Start.
    link: str
    # Who gets something by it, for people.
    reaches: str
    version: int


class _SourceThen(TypedDict):
    source: str
    # `fresh`, `stale` or `unknown`.
    standing: str


class SourceThen(_SourceThen, total=False):
    """How well a source answered when it was decided."""

    # Its last complete answer about the person.
    checked_at: Optional[str]


class StartToTry(TypedDict, total=False):
    """What is to be started, and where."""

    # The group or event to act in, as `contexts` of `me/effective` names it; empty: in none of them; nothing said: the one they would be in. A preset of a group or event starts in its own whatever is said.
    context: Optional[str]
    # A preset's id, or `~` and a profile's key to choose every option by hand; nothing said: one's default.
    preset: Optional[str]
    # The name of the server; nothing said: the default one.
    server: str
    # Values of options, as `me/effective` and `me/schema` say they may be.
    values: Dict[str, Any]


class StartedPreset(TypedDict):
    """What is started."""

    id: str
    title: str
    # 0 where every option is chosen by hand.
    version: int


class UsualThen(TypedDict, total=False):
    """What somebody would have been given without a choice."""

    # The group or event that they had started it in.
    context: Optional[str]
    # The default that they set for that server.
    default: Optional[str]
    # What they had started there before.
    last_used: Optional[str]


class VersionDifference(TypedDict):
    """What differs between two versions."""

    after: int
    before: int
    changes: List[ChangedPlace]


class _WouldStart(TypedDict):
    # What a saved preset would have to give up to fit, for people.
    changes: List[str]
    # Of these, what would be remembered as chosen.
    chosen: Dict[str, Any]
    preset: StartedPreset
    # Every option, checked.
    values: Dict[str, Any]


class WouldStart(_WouldStart, total=False):
    """What a start would give."""

    # The group or event it would start for; none for none.
    context: Optional[str]


# As what somebody takes part in an event.
Audience = Literal["participant", "helper", "instructor"]
# What it is called in front of people.
EventKind = Literal["course", "workshop", "hackathon"]
OwnerKind = Literal["site", "group", "event", "user"]
Value = Any


def list_audit(*, limit: Optional[int] = None, cursor: Optional[str] = None, actor: Optional[str] = None, object_kind: Optional[str] = None, object_id: Optional[str] = None, from_: Optional[str] = None, until: Optional[str] = None) -> Call[AuditPage]:
    """The audit, newest first. It goes on; what was written is never changed."""
    return Call("GET", "/api/v1/audit", query=_given(**{"limit": limit, "cursor": cursor, "actor": actor, "object_kind": object_kind, "object_id": object_id, "from": from_, "until": until}))


def show_catalogue(*, if_none_match: Optional[str] = None) -> Call[Catalogue]:
    """What the site offers now: options, profiles, backends."""
    return Call("GET", "/api/v1/catalogue", headers=_given(**{"If-None-Match": if_none_match}))


def list_catalogue_versions(*, limit: Optional[int] = None, cursor: Optional[str] = None) -> Call[CatalogueVersionPage]:
    """The catalogues that were applied, latest first."""
    return Call("GET", "/api/v1/catalogue/versions", query=_given(**{"limit": limit, "cursor": cursor}))


def show_catalogue_version(version: str) -> Call[CatalogueVersion]:
    """One catalogue, as it was applied."""
    return Call("GET", f"/api/v1/catalogue/versions/{quote(version, safe='')}")


def compare_catalogue_versions(version: str, other: str) -> Call[VersionDifference]:
    """What differs between two catalogues."""
    return Call("GET", f"/api/v1/catalogue/versions/{quote(version, safe='')}/diff/{quote(other, safe='')}")


def restore_catalogue(version: str, *, if_match: str, dry_run: Optional[bool] = None, accept: Optional[bool] = None) -> Call[CatalogueRestored]:
    """Puts an earlier catalogue in place of the one that `If-Match` names, as a new version; groups and presets stay. The next `apply` of a site file puts the file's in place again."""
    return Call("POST", f"/api/v1/catalogue/versions/{quote(version, safe='')}/restore", query=_given(**{"dry_run": dry_run, "accept": accept}), headers=_given(**{"If-Match": if_match}))


def list_changes(*, limit: Optional[int] = None, cursor: Optional[str] = None, since: Optional[int] = None, if_none_match: Optional[str] = None) -> Call[ChangePage]:
    """What changed in the catalogue, in groups and in presets, oldest first, as far as one may see it."""
    return Call("GET", "/api/v1/changes", query=_given(**{"limit": limit, "cursor": cursor, "since": since}), headers=_given(**{"If-None-Match": if_none_match}))


def show_decision(id: str) -> Call[Decision]:
    """One decision about a start, as it was recorded: what was asked, what was given, and why."""
    return Call("GET", f"/api/v1/decisions/{quote(id, safe='')}")


def list_events(*, limit: Optional[int] = None, cursor: Optional[str] = None, all: Optional[bool] = None) -> Call[EventPage]:
    """The events that show themselves to one: those one takes part in or organises, and public ones."""
    return Call("GET", "/api/v1/events", query=_given(**{"limit": limit, "cursor": cursor, "all": all}))


def create_event(body: EventToKeep, *, idempotency_key: Optional[str] = None) -> Call[Event]:
    """Makes an event of one's own."""
    return Call("POST", "/api/v1/events", headers=_given(**{"Idempotency-Key": idempotency_key}), body=body)


def delete_event(key: str, *, if_match: str) -> Call[None]:
    """Removes an event, as it was at the version that `If-Match` names, and the presets made for it."""
    return Call("DELETE", f"/api/v1/events/{quote(key, safe='')}", headers=_given(**{"If-Match": if_match}))


def show_event(key: str) -> Call[Event]:
    """One event."""
    return Call("GET", f"/api/v1/events/{quote(key, safe='')}")


def replace_event(key: str, body: EventToKeep, *, if_match: str) -> Call[Event]:
    """Puts another event in place of one, as it was at the version that `If-Match` names."""
    return Call("PUT", f"/api/v1/events/{quote(key, safe='')}", headers=_given(**{"If-Match": if_match}), body=body)


def list_groups(*, limit: Optional[int] = None, cursor: Optional[str] = None) -> Call[GroupPage]:
    """The groups one is in or manages; all of the site's for whoever reads everybody's."""
    return Call("GET", "/api/v1/groups", query=_given(**{"limit": limit, "cursor": cursor}))


def show_group(key: str) -> Call[Group]:
    """One group."""
    return Call("GET", f"/api/v1/groups/{quote(key, safe='')}")


def show_configuration() -> Call[Configuration]:
    """Whether hub and service are set up for each other."""
    return Call("GET", "/api/v1/health/config")


def live() -> Call[Life]:
    """Whether the process answers. Asks nothing and nobody."""
    return Call("GET", "/api/v1/health/live")


def ready() -> Call[Health]:
    """Whether forms and starts can be served now."""
    return Call("GET", "/api/v1/health/ready")


def form(body: FormRequest) -> Call[FormReply]:
    """The form for one person, as it stands this moment."""
    return Call("POST", "/api/v1/hub/form", body=body)


def resolve(body: ResolveRequest) -> Call[ResolveReply]:
    """What a start means for one person, this moment. Recorded before it is answered."""
    return Call("POST", "/api/v1/hub/resolve", body=body)


def me() -> Call[Me]:
    """Who one is here: name, rights, groups, defaults, and what one started last."""
    return Call("GET", "/api/v1/me")


def show_effective_form(*, server: Optional[str] = None, context: Optional[str] = None, card: Optional[str] = None) -> Call[EffectiveForm]:
    """What one may start, now: groups, context, presets, and for each option what may be chosen and why no more."""
    return Call("GET", "/api/v1/me/effective", query=_given(**{"server": server, "context": context, "card": card}))


def show_preferences() -> Call[Preferences]:
    """What one set for oneself: a default, an order, what is hidden, defaults for single servers."""
    return Call("GET", "/api/v1/me/preferences")


def replace_preferences(body: PreferencesToKeep, *, if_match: str) -> Call[Preferences]:
    """Puts other preferences in place of one's own, as they were at the version that `If-Match` names (`'0'` where nothing was ever set)."""
    return Call("PUT", "/api/v1/me/preferences", headers=_given(**{"If-Match": if_match}), body=body)


def show_schema(*, server: Optional[str] = None, context: Optional[str] = None, card: Optional[str] = None) -> Call[str]:
    """What may be sent to start, as JSON Schema (draft 2020-12): of one card, or of any of them."""
    return Call("GET", "/api/v1/me/schema", query=_given(**{"server": server, "context": context, "card": card}))


def forget_selections() -> Call[None]:
    """Forgets what one last started: the form begins with one's default again."""
    return Call("DELETE", "/api/v1/me/selections")


def list_selections() -> Call[LastUsedPage]:
    """What one last started, for each server and context, the newest first."""
    return Call("GET", "/api/v1/me/selections")


def start_server(body: StartToTry) -> Call[ServerStarted]:
    """Starts a server of one's own by the name of a preset, through the hub and with one's own token: it needs the hub's scope `servers`."""
    return Call("POST", "/api/v1/me/start", body=body)


def validate_start(body: StartToTry) -> Call[WouldStart]:
    """Whether a start would be accepted: what each option would hold then, or one error for each field at fault. Nothing is started, and nothing written down."""
    return Call("POST", "/api/v1/me/validate", body=body)


def description() -> Call[Dict[str, Any]]:
    """The description of this API."""
    return Call("GET", "/api/v1/openapi.json")


def list_presets(*, limit: Optional[int] = None, cursor: Optional[str] = None, owner_kind: Optional[Literal["site", "group", "event", "user"]] = None, owner: Optional[str] = None) -> Call[PresetPage]:
    """The presets one may see: one's own, those of one's groups and events, the site's. In the order they were made."""
    return Call("GET", "/api/v1/presets", query=_given(**{"limit": limit, "cursor": cursor, "owner_kind": owner_kind, "owner": owner}))


def create_preset(body: PresetToKeep, *, idempotency_key: Optional[str] = None) -> Call[Preset]:
    """Makes a preset: one's own, a group's one manages, an event's one organises, or the site's as an administrator."""
    return Call("POST", "/api/v1/presets", headers=_given(**{"Idempotency-Key": idempotency_key}), body=body)


def save_last_used(body: LastUsedToKeep, *, idempotency_key: Optional[str] = None) -> Call[Preset]:
    """Makes a preset of what one used last: the same values, ready to be started again."""
    return Call("POST", "/api/v1/presets/from-last", headers=_given(**{"Idempotency-Key": idempotency_key}), body=body)


def import_preset(body: Any, *, idempotency_key: Optional[str] = None) -> Call[Preset]:
    """Makes a preset of a file, as `export` writes it."""
    return Call("POST", "/api/v1/presets/import", headers=_given(**{"Idempotency-Key": idempotency_key}), body=body)


def delete_preset(id: str, *, if_match: str) -> Call[None]:
    """Removes a preset, as it was at the version that `If-Match` names."""
    return Call("DELETE", f"/api/v1/presets/{quote(id, safe='')}", headers=_given(**{"If-Match": if_match}))


def show_preset(id: str) -> Call[Preset]:
    """One preset."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}")


def replace_preset(id: str, body: PresetToKeep, *, if_match: str) -> Call[Preset]:
    """Puts another preset in place of one, as it was at the version that `If-Match` names."""
    return Call("PUT", f"/api/v1/presets/{quote(id, safe='')}", headers=_given(**{"If-Match": if_match}), body=body)


def copy_preset(id: str, body: CopyToMake, *, idempotency_key: Optional[str] = None) -> Call[Preset]:
    """Copies a preset one sees to oneself, to a group one manages, or to an event one organises."""
    return Call("POST", f"/api/v1/presets/{quote(id, safe='')}/copy", headers=_given(**{"Idempotency-Key": idempotency_key}), body=body)


def export_preset(id: str) -> Call[str]:
    """One preset as a file, without whose it is: what `import` reads."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}/export")


def share_preset(id: str) -> Call[ShareLink]:
    """A link to a preset as it is now: it stays at this version."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}/share")


def list_preset_versions(id: str, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> Call[PresetVersionPage]:
    """What a preset said before, latest first."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}/versions", query=_given(**{"limit": limit, "cursor": cursor}))


def show_preset_version(id: str, version: str) -> Call[PresetVersion]:
    """What a preset said at one version."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}/versions/{quote(version, safe='')}")


def compare_preset_versions(id: str, version: str, other: str) -> Call[VersionDifference]:
    """What differs between two versions of a preset."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}/versions/{quote(version, safe='')}/diff/{quote(other, safe='')}")


def restore_preset(id: str, version: str, *, if_match: str) -> Call[Preset]:
    """Puts what a preset said at an earlier version in place of what it says, as a new version."""
    return Call("POST", f"/api/v1/presets/{quote(id, safe='')}/versions/{quote(version, safe='')}/restore", headers=_given(**{"If-Match": if_match}))


def erase_person(name: str) -> Call[None]:
    """Erases a person: presets, preferences, selections and sessions go; decisions and the audit stay, under a pseudonym that leads nowhere. What is gone already is erased again without complaint."""
    return Call("DELETE", f"/api/v1/users/{quote(name, safe='')}")


def show_effective_form_of(name: str, *, at: Optional[str] = None, context: Optional[str] = None) -> Call[EffectiveForm]:
    """The same of anybody, at any instant and in any context of theirs: what they would see."""
    return Call("GET", f"/api/v1/users/{quote(name, safe='')}/effective", query=_given(**{"at": at, "context": context}))


def export_person(name: str) -> Call[Export]:
    """Everything kept about a person: about oneself, or about anybody for whoever reads everybody's."""
    return Call("GET", f"/api/v1/users/{quote(name, safe='')}/export")
