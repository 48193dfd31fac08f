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


class AttemptRequest(TypedDict):
    # The options as the hub held them.
    options: Value


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


class PresetName(TypedDict):
    id: str
    title: str
    # 0 where every option was chosen by hand.
    version: int


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


Value = Any


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
