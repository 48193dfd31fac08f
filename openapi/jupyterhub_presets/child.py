"""Builds the child spawner, and decides which traits it shares with the spawner that wraps it.

Stock WrapSpawner links every trait of the wrapper onto the child, defaults included. That overwrites the
child class's own defaults and the site's configuration of it (`env_keep`, `args`, `start_timeout`, ...), and
nothing flows back. Here a child is configured by the hub's configuration like any spawner; it shares what
identifies this server, and whatever hooks changed on the wrapper is carried over when it starts.
"""

from __future__ import annotations

import copy
import os
import re
from typing import Any, Dict, Iterator, List, Mapping, Set, Tuple, Type

from jupyterhub.spawner import LocalProcessSpawner, Spawner
from jupyterhub.utils import maybe_future
from traitlets import TraitError, directional_link

from .refusal import BackendFault
from .settings import Backend

# One server, seen by two objects: identity, credentials and addresses always follow the wrapper.
SHARED = (
    "user", "orm_spawner", "hub", "authenticator", "handler", "_deprecated_db_session", "proxy_spec",
    "api_token", "oauth_client_id", "oauth_access_scopes", "oauth_roles", "oauth_client_allowed_scopes",
    "server_token_scopes", "admin_access", "cookie_options", "cookie_host_prefix_enabled",
    "public_url", "public_hub_url", "internal_ssl", "internal_trust_bundles", "internal_certs_location",
    "cert_paths", "trusted_alt_names",
)  # fmt: skip

# The child finds these out; the hub looks for them on the wrapper.
MIRRORED = ("ip", "port", "will_resume")

# Read by the hub on the wrapper, meant for the child's class.
TIMING = ("start_timeout", "http_timeout", "poll_interval", "poll_jitter")

# Run by the hub on the wrapper, or meaningless on a child.
_OWN = {
    "apply_user_options", "auth_state_hook", "child_class", "child_config", "consecutive_failure_limit",
    "group_overrides", "options_form", "options_from_form", "settings", "user_options",
}  # fmt: skip

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
_RESERVED = re.compile(
    r"(JUPYTERHUB_.*|JPY_.*|LD_.*|DYLD_.*|PYTHON.*|PATH|HOME|USER|LOGNAME|SHELL|SHELLOPTS|BASH_.*|BASHOPTS|ENV"
    r"|IFS|PS4|CDPATH|PROMPT_COMMAND|NODE_.*|PERL.*|RUBY.*|GCONV_PATH|GLIBC_TUNABLES|SUDO_.*|SBATCH_.*|SLURM_.*"
    r"|PBS_.*|SGE_.*|LSB_.*|CONFIGPROXY_.*|PRESETS_HUB_.*)\Z"
)


def build(wrapper: Any, backend: Backend, traits: Mapping[str, Any], environment: Mapping[str, Any]) -> Spawner:
    """The child for one start. `BackendFault` where the service asks for what the hub does not allow."""
    check_traits(backend, traits)
    check_environment(environment)
    child = _construct(wrapper, backend)
    for name, value in traits.items():
        try:
            setattr(child, name, copy.deepcopy(value))
        except (TraitError, TypeError, ValueError) as error:
            raise BackendFault(f"backend {backend.key}: {name} does not take this value: {error}") from error
    if environment:
        child.environment = {**child.environment, **environment}
    return child


def rebuild(wrapper: Any, backend: Backend, traits: Mapping[str, Any]) -> Tuple[Spawner, List[str]]:
    """The child of a server that runs already, and the names of recorded traits that no longer apply.

    It has to be polled and stopped whatever became of the trait list since, so what does not fit is left out.
    """
    child = _construct(wrapper, backend)
    dropped = []
    for name, value in traits.items():
        try:
            check_traits(backend, {name: value})
            setattr(child, name, copy.deepcopy(value))
        except (BackendFault, TraitError, TypeError, ValueError):
            dropped.append(str(name))
    return child, dropped


def check_traits(backend: Backend, traits: Mapping[str, Any]) -> None:
    """Only listed traits, and no control characters: batch scripts and command lines are made of them."""
    for name, value in traits.items():
        if name not in backend.traits:
            listed = ", ".join(sorted(backend.traits)) or "none"
            raise BackendFault(f"backend {backend.key}: trait {name!r} is not in the hub's list ({listed})")
        for text in _texts(value):
            if not all(character.isprintable() for character in text):
                raise BackendFault(f"backend {backend.key}: {name} contains control characters")


def check_environment(environment: Mapping[str, Any]) -> None:
    """Names and values that cannot reach into the hub, the batch system or the start of the server."""
    for name, value in environment.items():
        if not _NAME.match(name) or _RESERVED.match(name.upper()):
            raise BackendFault(f"the environment variable {name!r} is reserved")
        if not isinstance(value, str) or len(value) > 8192 or "\0" in value or "\n" in value:
            raise BackendFault(f"the value of the environment variable {name} must be one line of text")


def link(wrapper: Any, child: Spawner, before: Mapping[str, Any]) -> List[Any]:
    """Ties both together for as long as the child lives. Unlink what it answers before dropping the child.

    Times that the site set for the wrapper, or changed since `before` by a group override, stay.
    """
    links = [directional_link((wrapper, name), (child, name)) for name in _both(wrapper, child, SHARED)]
    links += [directional_link((child, name), (wrapper, name)) for name in _both(wrapper, child, MIRRORED)]
    configured = wrapper_section(wrapper)
    for name in _both(wrapper, child, TIMING):
        if name not in configured and getattr(wrapper, name) == before.get(name):
            setattr(wrapper, name, getattr(child, name))
    return links


def snapshot(wrapper: Any) -> Dict[str, Any]:
    """The wrapper's configurable values as the hub's configuration made them: what `carry` compares with."""
    return {
        name: copy.copy(getattr(wrapper, name))
        for name in (*wrapper.trait_names(config=True), "will_resume")
        if name not in _OWN
    }


def carry(wrapper: Any, child: Spawner, before: Mapping[str, Any], resolved: Set[str]) -> None:
    """Carries what hooks and group overrides changed on the wrapper since `before`, and c.PresetsSpawner's values.

    The resolution's own traits (`resolved`) are never touched: they are what this start is about.
    """
    for name in _both(wrapper, child, SHARED):
        setattr(child, name, getattr(wrapper, name))
    configurable = set(child.trait_names(config=True)) - set(SHARED) - set(TIMING) - _OWN - resolved
    meant = wrapper_section(wrapper) - _sections(child, type(child).__mro__, Spawner)
    for name in sorted(configurable & set(before)):
        now = getattr(wrapper, name)
        if name == "environment":
            _carry_environment(child, dict(before[name]), dict(now), name in meant)
        elif now != before[name] or name in meant:
            setattr(child, name, copy.copy(now))
    # A group override for a trait that only the child has lands on the wrapper as a plain attribute.
    for name in sorted(configurable & set(vars(wrapper))):
        if not wrapper.has_trait(name):
            setattr(child, name, getattr(wrapper, name))


def _carry_environment(child: Spawner, before: Dict[str, Any], now: Dict[str, Any], whole: bool) -> None:
    merged = dict(child.environment)
    for name in before.keys() - now.keys():
        merged.pop(name, None)
    for name, value in now.items():
        if before.get(name) != value or (whole and name not in merged):
            merged[name] = value
    child.environment = merged


def stages_certs(spawner: Type[Spawner]) -> bool:
    """Whether this class makes internal TLS keys readable for its servers by itself."""
    return spawner.move_certs is not Spawner.move_certs


async def move_certs(child: Spawner, paths: Dict[str, str]) -> Dict[str, str]:
    """The child's own way; else, as root, into the person's home as LocalProcessSpawner does it.

    A batch class has no way of its own, and its job would find a key that only root can read.
    """
    if stages_certs(type(child)) or os.geteuid() != 0:
        return await maybe_future(child.move_certs(paths))
    try:
        return await LocalProcessSpawner.move_certs(child, paths)  # type: ignore[arg-type]
    except KeyError:  # no such account here
        return await maybe_future(child.move_certs(paths))


def keepers(wrapper: Any, method: str) -> List[Spawner]:
    """A child of each backend whose class has its own `method`: for what concerns servers that do not run."""
    usual = getattr(Spawner, method, None)
    backends = getattr(wrapper.settings, "backends", {}).values()
    caring = {backend.spawner: backend for backend in backends if getattr(backend.spawner, method, None) is not usual}
    return [_construct(wrapper, backend) for backend in caring.values()]


def wrapper_section(wrapper: Any) -> Set[str]:
    """Traits the hub's configuration sets on the wrapper's own classes, like c.PresetsSpawner.start_timeout."""
    return _sections(wrapper, type(wrapper).__mro__, Spawner)


def _sections(spawner: Any, classes: Any, until: type) -> Set[str]:
    names: Set[str] = set()
    for cls in classes:
        if cls is until:
            break
        section = (getattr(spawner, "config", None) or {}).get(cls.__name__)
        names |= set(section) if section else set()
    return names


def _construct(wrapper: Any, backend: Backend) -> Spawner:
    cls = backend.spawner
    known = set(cls.class_trait_names())
    shared = {name: getattr(wrapper, name) for name in SHARED if name in known and wrapper.has_trait(name)}
    # user_options is empty for good: batchspawner puts whatever is in it into the job script.
    return cls(config=wrapper.config, user_options={}, **{**shared, **copy.deepcopy(dict(backend.config))})


def _both(one: Any, other: Any, names: Any) -> Iterator[str]:
    return (name for name in names if one.has_trait(name) and other.has_trait(name))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
