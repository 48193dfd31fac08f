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


class Ask(TypedDict, total=False):
    """How far one option may be changed; nothing said: as far as the limits allow."""

    min: Optional[Value]
    max: Optional[Value]
    # One of these.
    only: List[Value]


class AttemptRequest(TypedDict):
    # The options as the hub held them.
    options: Value


class Configuration(TypedDict):
    """How the hub is set up for this service."""

    checked_at: str
    # `answering` or `away`.
    hub: str
    # `seen`, or `unseen` while it has not called since this process began: then only part of what could be found was looked for.
    plugin: str
    # What to put right; empty where all is in order.
    findings: List[ConfigurationFinding]


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


class _Fault(TypedDict):
    # JSON Pointer (RFC 6901) into the options, or the request body.
    pointer: str
    # A word that never changes.
    code: str
    detail: str


class Fault(_Fault, total=False):
    """One field at fault."""

    # What was sent.
    value: Any
    # What may be sent.
    allowed: Any


class FormReply(TypedDict):
    """A fragment for the hub's spawn page."""

    protocol: int
    # Of the site's content.
    revision: int
    # HTML that stands inside the hub's own form.
    html: str


class _FormRequest(TypedDict):
    # The version the plugin speaks.
    protocol: int
    user: str


class FormRequest(_FormRequest, total=False):
    """Somebody at the hub looks at the spawn page."""

    # Empty for the default server.
    server_name: str
    # Groups the hub itself keeps for this person.
    hub_groups: List[str]
    # The language the person's browser prefers.
    language: Optional[str]
    attempt: Optional[AttemptRequest]


class Health(TypedDict):
    """How the parts stand."""

    # `ready`, `starting` or `degraded`.
    status: str
    # `answering`, `away` or `unprepared`.
    database: str
    # One word for each directory, in the order configured: `answering`, `away` or `unasked`.
    directories: List[str]


class Life(TypedDict):
    """That the process answers."""

    # `alive`.
    status: str


class _Owner(TypedDict):
    kind: OwnerKind


class Owner(_Owner, total=False):
    """Whose it is: everybody sees the site's, its members a group's, and one person their own."""

    # A group's key or a person's name; the site has none.
    name: str


class _Preset(TypedDict):
    id: str
    title: str
    owner: Owner
    # The profile it starts.
    profile: str
    # Values of the profile's options; an option that is not here has its default.
    values: Dict[str, Any]
    # The options that may be changed at the start, and how far.
    ask: Dict[str, Ask]
    # Counts up with each change; the `ETag` in quotation marks.
    version: int
    # It comes from the site file: it is changed there, and not here.
    managed: bool
    created_at: str
    updated_at: str


class Preset(_Preset, total=False):
    """A named start."""

    description: Optional[str]


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
    # 1 to 100 characters that can be seen, kept composed (NFC) and without spaces around it.
    title: str
    profile: str


class PresetToKeep(_PresetToKeep, total=False):
    """A preset to make, or to put in place of one."""

    # At most 2,000 characters.
    description: Optional[str]
    owner: Optional[Owner]
    values: Dict[str, Any]
    ask: Dict[str, Ask]


class _PresetVersion(TypedDict):
    version: int
    title: str
    profile: str
    values: Dict[str, Any]
    ask: Dict[str, Ask]
    changed_at: str


class PresetVersion(_PresetVersion, total=False):
    """What a preset said at one version."""

    description: Optional[str]
    # Who made it so; told to those who may change the preset, or see everybody's.
    changed_by: Optional[str]


class _PresetVersionPage(TypedDict):
    items: List[PresetVersion]


class PresetVersionPage(_PresetVersionPage, total=False):
    """Part of a preset's history, latest first."""

    # Goes on behind these; null at the end.
    next: Optional[str]


class _Problem(TypedDict):
    # The kind of problem, as a path that never changes.
    type: str
    title: str
    status: int


class Problem(_Problem, total=False):
    """What went wrong, for programs and people."""

    # One sentence about this occurrence; for a refusal, the sentence the person reads.
    detail: Optional[str]
    # One entry for each field at fault.
    errors: List[Fault]
    # The version that is there, where another was expected.
    current: Optional[int]


class _ResolveReply(TypedDict):
    protocol: int
    # The record of this decision.
    decision: str
    preset: PresetName
    # The hub's own name of a spawner class.
    backend: str
    traits: Dict[str, Any]
    environment: Dict[str, str]
    # The options to keep: checked, and enough to start the same again.
    options: Dict[str, Any]


class ResolveReply(_ResolveReply, total=False):
    """What the hub starts, and nothing else."""

    # What was changed to fit, for the person; none if nothing was.
    message: Optional[str]


class _ResolveRequest(TypedDict):
    protocol: int
    user: str


class ResolveRequest(_ResolveRequest, total=False):
    """Somebody wants a server."""

    server_name: str
    hub_groups: List[str]
    # The user options as the hub holds them, whatever they are.
    options: Value


OwnerKind = Literal["site", "group", "user"]
Value = Any


def configuration() -> Call[Configuration]:
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


def description() -> Call[Dict[str, Any]]:
    """The description of this API."""
    return Call("GET", "/api/v1/openapi.json")


def list_(*, limit: Optional[int] = None, cursor: Optional[str] = None, owner_kind: Optional[Literal["site", "group", "user"]] = None, owner: Optional[str] = None) -> Call[PresetPage]:
    """The presets one may see: one's own, those of one's groups, the site's. In the order they were made."""
    return Call("GET", "/api/v1/presets", query=_given(**{"limit": limit, "cursor": cursor, "owner_kind": owner_kind, "owner": owner}))


def create(body: PresetToKeep, *, idempotency_key: Optional[str] = None) -> Call[Preset]:
    """Makes a preset: one's own, a group's one manages, or the site's as an administrator."""
    return Call("POST", "/api/v1/presets", headers=_given(**{"Idempotency-Key": idempotency_key}), body=body)


def show(id: str) -> Call[Preset]:
    """One preset."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}")


def replace(id: str, body: PresetToKeep, *, if_match: str) -> Call[Preset]:
    """Puts another preset in place of one, as it was at the version that `If-Match` names."""
    return Call("PUT", f"/api/v1/presets/{quote(id, safe='')}", headers=_given(**{"If-Match": if_match}), body=body)


def remove(id: str, *, if_match: str) -> Call[None]:
    """Removes a preset, as it was at the version that `If-Match` names."""
    return Call("DELETE", f"/api/v1/presets/{quote(id, safe='')}", headers=_given(**{"If-Match": if_match}))


def copy(id: str, body: CopyToMake, *, idempotency_key: Optional[str] = None) -> Call[Preset]:
    """Copies a preset one sees to oneself, or to a group one manages."""
    return Call("POST", f"/api/v1/presets/{quote(id, safe='')}/copy", headers=_given(**{"Idempotency-Key": idempotency_key}), body=body)


def versions(id: str, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> Call[PresetVersionPage]:
    """What a preset said before, latest first."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}/versions", query=_given(**{"limit": limit, "cursor": cursor}))


def version(id: str, version: str) -> Call[PresetVersion]:
    """What a preset said at one version."""
    return Call("GET", f"/api/v1/presets/{quote(id, safe='')}/versions/{quote(version, safe='')}")
