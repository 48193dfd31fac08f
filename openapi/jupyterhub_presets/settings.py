"""What the hub's own configuration allows: where the service is, which spawner classes, which of their traits."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Mapping, Optional, Type

from jupyterhub.spawner import Spawner
from traitlets.utils.importstring import import_item

from .account import Accounts
from .client import Client
from .registration import Registration

_BACKEND_KEYS = ("class", "config", "retired", "traits")
_FALLBACK_KEYS = ("backend", "title", "traits")

# Traits by which a value would choose the program that the hub, the batch system or the server runs.
_CHOOSES_PROGRAM = {
    "apply_user_options", "args", "cmd", "env", "env_keep", "environment", "exec_prefix", "group_overrides",
    "hub_connect_url", "options_form", "options_from_form", "popen_kwargs", "shell_cmd", "ssl_alt_names",
}  # fmt: skip


@dataclass(frozen=True)
class Backend:
    """One spawner class the service may ask for by `key`, and the only traits it may set there."""

    key: str
    spawner: Type[Spawner]
    traits: FrozenSet[str] = frozenset()
    config: Mapping[str, Any] = field(default_factory=dict)
    """Trait values that are always set, before the service's: the place for a fixed `cmd` or partition."""
    retired: bool = False
    """Kept so that running servers can be polled and stopped; starts nothing new."""

    @property
    def class_path(self) -> str:
        return f"{self.spawner.__module__}.{self.spawner.__qualname__}"


@dataclass(frozen=True)
class Fallback:
    """What starts while the service does not answer: the same for everybody, without anybody's options."""

    title: str
    backend: Backend
    traits: Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """Everything `PresetsSpawner` needs to know. Built by `configure`, shared by all spawners of a hub."""

    url: str
    backends: Mapping[str, Backend]
    client: Client = field(repr=False)
    prefix: Optional[str] = None
    service: str = "presets"
    fallback: Optional[Fallback] = None
    contact: str = "the people who run this hub"
    registration: Registration = field(default_factory=Registration, repr=False, compare=False)
    accounts: Accounts = field(default_factory=Accounts, repr=False, compare=False)

    def base(self, hub: Any) -> str:
        """The service's address with its prefix, by the hub's base URL where none was given."""
        prefix = self.prefix
        if prefix is None:
            # hub.base_url is "<base>/hub/"
            root = getattr(hub, "base_url", None) or "/hub/"
            prefix = f"{root.rstrip('/').rpartition('/')[0]}/services/{self.service}/"
        return self.url.rstrip("/") + "/" + prefix.strip("/") + "/"

    def __deepcopy__(self, memo: Any) -> "Settings":
        # traitlets copies every configured value for every spawner; one client must serve them all.
        return self


def backends_from(given: Any) -> Dict[str, Backend]:
    """Checks the `backends` of the hub's configuration; every error names the backend and what is allowed."""
    if not isinstance(given, Mapping) or not given:
        raise ValueError(
            'backends must name at least one spawner, like {"local": {"class": "package.Class", "traits": [...]}}'
        )
    return {key: _backend(key, value) for key, value in given.items()}


def _backend(key: Any, given: Any) -> Backend:
    if not isinstance(key, str) or not key.strip():
        raise ValueError(f"backends: the name {key!r} must be a non-empty string")
    where = f"backends[{key!r}]"
    if not isinstance(given, Mapping):
        raise ValueError(f"{where} must be a dictionary with the keys {', '.join(_BACKEND_KEYS)}")
    _only_keys(where, given, _BACKEND_KEYS)
    spawner = _spawner_class(where, given.get("class"))
    traits = given.get("traits", ())
    if isinstance(traits, str) or not all(isinstance(name, str) for name in traits):
        raise ValueError(f"{where}: traits must be a list of trait names")
    for name in traits:
        _check_settable(where, spawner, name)
    config = given.get("config", {})
    if not isinstance(config, Mapping):
        raise ValueError(f"{where}: config must be a dictionary of trait values")
    for name in config:
        if name not in spawner.class_trait_names():
            raise ValueError(f"{where}: {spawner.__name__} has no trait {name!r}{_near(spawner, name)}")
    return Backend(key, spawner, frozenset(traits), dict(config), bool(given.get("retired", False)))


def fallback_from(given: Any, backends: Mapping[str, Backend]) -> Optional[Fallback]:
    """Checks `fallback` of the hub's configuration. None: nothing starts while the service is down."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise ValueError(f"fallback must be None or a dictionary with the keys {', '.join(_FALLBACK_KEYS)}")
    _only_keys("fallback", given, _FALLBACK_KEYS)
    backend = backends.get(given.get("backend"))  # type: ignore[arg-type]
    if backend is None or backend.retired:
        usable = ", ".join(sorted(key for key, one in backends.items() if not one.retired))
        raise ValueError(f"fallback: backend {given.get('backend')!r} is not among the usable backends: {usable}")
    title = given.get("title", "Standard server")
    if not isinstance(title, str) or not title.strip():
        raise ValueError("fallback: title must be a non-empty string")
    traits = given.get("traits", {})
    if not isinstance(traits, Mapping):
        raise ValueError("fallback: traits must be a dictionary of trait values")
    for name in traits:
        if name not in backend.traits:
            raise ValueError(
                f"fallback: {name!r} is not among the traits of backend {backend.key!r}: "
                f"{', '.join(sorted(backend.traits)) or 'none'}"
            )
    return Fallback(title.strip(), backend, dict(traits))


def _spawner_class(where: str, given: Any) -> Type[Spawner]:
    if isinstance(given, str):
        try:
            given = import_item(given)
        except (ImportError, ValueError) as error:
            raise ValueError(f"{where}: the class {given!r} cannot be imported: {error}") from error
    if not (isinstance(given, type) and issubclass(given, Spawner)):
        raise ValueError(f"{where}: class must be a Spawner class or its import path, not {given!r}")
    return given


def _check_settable(where: str, spawner: Type[Spawner], name: str) -> None:
    trait = spawner.class_traits(config=True).get(name)
    if trait is None:
        raise ValueError(f"{where}: {spawner.__name__} has no configurable trait {name!r}{_near(spawner, name)}")
    if name in _CHOOSES_PROGRAM or name.startswith("batch") or name.endswith("_hook"):
        raise ValueError(
            f"{where}: the service may not set {name!r}, which decides what program runs; "
            f'give it a fixed value by "config" instead'
        )


def _only_keys(where: str, given: Mapping[str, Any], allowed: Any) -> None:
    for key in given:
        if key not in allowed:
            raise ValueError(f"{where}: unknown key {key!r}; allowed are {', '.join(allowed)}")


def _near(spawner: Type[Spawner], name: Any) -> str:
    near = difflib.get_close_matches(str(name), spawner.class_trait_names(config=True), n=3)
    return f"; did you mean {', '.join(near)}?" if near else ""
