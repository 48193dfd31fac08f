"""Finds the backend of a server that runs already: in states of ours, of stock WrapSpawner's, of a plain spawner's."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from traitlets.utils.importstring import import_item

from .child import rebuild
from .record import Resolution
from .settings import Backend


class Adopted(NamedTuple):
    """What is needed to poll and stop a running server."""

    resolution: Resolution
    backend: Backend
    child_state: Dict[str, Any]


def adopt(spawner: Any, state: Mapping[str, Any]) -> Optional[Adopted]:
    """None: no backend fits. The class always is one of the hub's current backends; the state only chooses."""
    backends = spawner.settings.backends
    child_state = state.get("child_state")
    resolution = Resolution.from_record(state.get("preset_record"))
    if resolution is not None:
        path = state["preset_record"].get("class")
        backend = backends.get(resolution.backend) or _first(spawner, lambda one: one.class_path == path)
        return Adopted(resolution, backend, dict(child_state or {})) if backend else None
    if isinstance(child_state, dict):
        return _from_stock(spawner, state, child_state)
    backend = _owner(spawner, state)
    return Adopted(_unknown(backend, "server", {}), backend, dict(state)) if backend else None


def _from_stock(spawner: Any, state: Mapping[str, Any], child_state: Dict[str, Any]) -> Optional[Adopted]:
    profile = state.get("profile")
    profile = profile if isinstance(profile, str) else ""
    title, cls = _stock_profile(spawner.config or {}, profile)
    backend = spawner.settings.backends.get(profile)
    if backend is None and cls is not None:
        backend = _first(spawner, lambda one: one.spawner is cls)
    elif backend is None:
        backend = _owner(spawner, child_state)
    if backend is None:
        return None
    traits = state.get("child_conf")
    return Adopted(_unknown(backend, title, traits if isinstance(traits, dict) else {}), backend, child_state)


def _stock_profile(config: Any, profile: str) -> Any:
    """Title and class that a stock spawner in this hub's configuration has for `profile`; None for no class."""
    for entry in config.get("ProfilesSpawner", {}).get("profiles", ()):
        if len(entry) == 4 and entry[1] == profile:
            return str(entry[0]), _imported(entry[2])
    for section in ("ProfilesSpawner", "WrapSpawner"):
        cls = config.get(section, {}).get("child_class")
        if cls:
            return profile or "server", _imported(cls)
    return profile or "server", None


def _owner(spawner: Any, child_state: Mapping[str, Any]) -> Optional[Backend]:
    """The backend that gives back just this state when it is given it; None when classes disagree over it."""
    found = []
    for backend in spawner.settings.backends.values():
        child, _ = rebuild(spawner, backend, {})
        child.load_state(dict(child_state))
        if child_state and child.get_state() == child_state:
            found.append(backend)
    return found[0] if found and all(one.spawner is found[0].spawner for one in found) else None


def _unknown(backend: Backend, title: str, traits: Mapping[str, Any]) -> Resolution:
    return Resolution(backend=backend.key, title=title, traits=traits, options={"profile": title})


def _first(spawner: Any, fits: Callable[[Backend], bool]) -> Optional[Backend]:
    return next((backend for backend in spawner.settings.backends.values() if fits(backend)), None)


def _imported(cls: Any) -> Any:
    try:
        return import_item(cls) if isinstance(cls, str) else cls
    except ImportError:
        return None
