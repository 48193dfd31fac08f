"""`configure(c, ...)`: the lines of jupyterhub_config.py that register service, scopes, roles and spawner."""

from __future__ import annotations

import copy
import difflib
import inspect
import os
import secrets as random
import ssl
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence
from urllib.parse import urlsplit

from jupyterhub.app import JupyterHub
from jupyterhub.services.service import Service
from jupyterhub.utils import make_ssl_context
from traitlets.config import LazyConfigValue

from .client import Client
from .settings import Settings, backends_from, fallback_from
from .spawner import PresetsSpawner

SCOPES: Dict[str, Dict[str, Any]] = {
    "custom:presets:read": {"description": "See everybody's presets, groups, starts and what was changed"},
    "custom:presets:events": {"description": "Organise courses, workshops and hackathons"},
    "custom:presets:resolve": {"description": "Ask for anybody's form, and what a start of theirs would be"},
    "custom:presets:admin": {
        "description": "Administer presets of the site and all groups, erase people's data, see the health",
        "subscopes": ["custom:presets:read", "custom:presets:events", "custom:presets:resolve"],
    },
}
"""The service's scopes; what is one's own needs none of them, only `access:services!service=NAME`.

Only the bare scope counts: with a filter (`custom:presets:read!user=x`) the service takes it for nothing. A token
carries one only if its owner has it, and the service's OAuth client may hand it out."""

_SHORTEST_SECRET = 22  # characters; 128 bits in base64


def configure(
    c: Any,
    *,
    url: str = "",
    backends: Any = None,
    command: Optional[Sequence[str]] = None,
    managed: bool = True,
    name: str = "presets",
    secret: Optional[str] = None,
    secret_file: Optional[str] = None,
    api_token: Optional[str] = None,
    api_token_file: Optional[str] = None,
    fallback: Optional[Mapping[str, Any]] = None,
    admins: Sequence[str] = (),
    admin_groups: Sequence[str] = (),
    resolvers: Sequence[str] = (),
    environment: Optional[Mapping[str, str]] = None,
    prefix: Optional[str] = None,
    timeout: float = 2.0,
    contact: str = "the people who run this hub",
    tls: Optional[Mapping[str, str]] = None,
    **unknown: Any,
) -> Settings:
    """Registers the presets service and its spawner in the hub's configuration `c`. Call it last.

    - `url`: where the service listens, `http://127.0.0.1:8889`.
    - `backends`: the spawner classes the service may name, `{key: {"class", "traits", "config", "retired"}}`;
      keys are the `spawner:` keys of the site file, `traits` all that the service may set.
    - `command`: the service's command line, when the hub starts it (`managed`, the default). With
      `managed=False` it runs on its own, and shares `secret` or `secret_file` (first line) with the hub; give it
      the `api_token` (or `api_token_file`) it logs people in with.
    - `fallback`: what everybody may start while the service does not answer,
      `{"title", "backend", "traits"}`; None: nothing.
    - `admins`, `admin_groups`: names that administer presets. `contact`: whom messages tell people to ask.
    - `resolvers`: names of other services of the hub that may ask, with their own token, for anybody's form and
      what a start of theirs would be.
    - `timeout`: seconds, 0.1 to 10, that a form or a start waits for the service in all.
    - `prefix`: path of the service, if it is not `<base_url>services/<name>/`.
    - `tls`: `{"ca", "cert", "key"}`, files, for an https `url`. Under `internal_ssl` leave it out: the hub shows its
      own certificate, and believes its own authorities.

    What the site has configured before stays; where both cannot be, a ValueError says so.
    """
    _refuse_unknown(unknown)
    _check_url(url, tls)
    known = backends_from(backends)
    if managed and not command:
        raise ValueError('configure: give command=["jupyterhub-presets", "serve", ...], or managed=False')
    if not managed and command:
        raise ValueError("configure: command belongs to a managed service; with managed=False leave it out")
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0.1 <= timeout <= 10:
        raise ValueError(f"configure: timeout must be between 0.1 and 10 seconds, not {timeout!r}")
    shared = _secret("secret", secret, secret_file)
    if shared is None:
        if not managed:
            raise ValueError("configure: a service with managed=False needs secret_file (or secret)")
        shared = random.token_hex(32)
    settings = Settings(
        url=url,
        backends=known,
        client=Client(shared, float(timeout), _tls_context(tls) or _hubs_own(c, url)),
        prefix=prefix,
        service=name,
        fallback=fallback_from(fallback, known),
        contact=contact,
    )
    token = _secret("api_token", api_token, api_token_file)
    if token == shared:
        raise ValueError("configure: secret and api_token must differ: the token is the secret of the service's OAuth")
    service = _service(name, url, command, managed, shared, token, environment)
    _add_service(c, service)
    _add_scopes(c)
    _let_users_in(c, name)
    _add_admins(c, name, admins, admin_groups)
    _add_resolvers(c, name, resolvers)
    _set_spawner(c, settings)
    return settings


def _service(
    name: str, url: str, command: Any, managed: bool, secret: str, token: Optional[str], environment: Any
) -> Dict[str, Any]:
    service: Dict[str, Any] = {
        "name": name,
        "url": url,
        "display": True,
        "info": {"title": "My presets"},
        "oauth_no_confirm": True,
        # Of oneself, to tell an account from an earlier one of its name.
        "oauth_client_allowed_scopes": [*SCOPES, "read:users!user"],
    }
    if managed:
        given = dict(environment or {})
        for key in given:
            if key.startswith("JUPYTERHUB_") or key == "PRESETS_HUB_SECRET":
                raise ValueError(f"configure: environment may not set {key}, which hub or plugin set")
        service["command"] = [command] if isinstance(command, str) else list(command)
        service["environment"] = {**given, "PRESETS_HUB_SECRET": secret}
        if token:
            service["api_token"] = token
        return service
    if environment:
        raise ValueError("configure: environment belongs to a managed service; with managed=False leave it out")
    # Without any token the hub would register an OAuth client with an empty secret.
    service["api_token"] = token or random.token_hex(32)
    if Service.class_traits(input=True).get("timeout") is not None:
        service["timeout"] = 2  # a hub waits this long for it at its start, 30 s by default
    return service


def _add_service(c: Any, service: Dict[str, Any]) -> None:
    services: List[Any] = list(_current(c, "services", []))
    if any(isinstance(one, Mapping) and one.get("name") == service["name"] for one in services):
        raise ValueError(
            f"configure: c.JupyterHub.services already has a service {service['name']!r}; "
            "remove it, or give configure another name="
        )
    c.JupyterHub.services = [*services, service]


def _add_scopes(c: Any) -> None:
    c.JupyterHub.custom_scopes = {**copy.deepcopy(SCOPES), **_current(c, "custom_scopes", {})}


def _let_users_in(c: Any, name: str) -> None:
    scopes = ["access:services!service=" + name]
    roles = list(_current(c, "load_roles", []))
    own = next((index for index, role in enumerate(roles) if _is_role(role, "user")), None)
    if own is not None and "scopes" in roles[own]:
        # The site redefined the role. JupyterHub 6 then ignores extra_user_scopes.
        roles[own] = {**roles[own], "scopes": _with(roles[own]["scopes"], scopes)}
        c.JupyterHub.load_roles = roles
    elif JupyterHub.class_traits().get("extra_user_scopes") is not None:
        c.JupyterHub.extra_user_scopes = set(_current(c, "extra_user_scopes", set())) | set(scopes)
    else:
        role = {**(roles.pop(own) if own is not None else {"name": "user"}), "scopes": ["self", *scopes]}
        c.JupyterHub.load_roles = [*roles, role]


def _add_admins(c: Any, name: str, admins: Sequence[str], groups: Sequence[str]) -> None:
    scopes = ["access:services!service=" + name, "custom:presets:admin"]
    holders = {"users": _names("admins", admins), "groups": _names("admin_groups", groups)}
    _add_role(c, f"{name}-admin", "admins", "Administers presets", scopes, holders)


def _add_resolvers(c: Any, name: str, resolvers: Sequence[str]) -> None:
    scopes = ["access:services!service=" + name, "custom:presets:resolve"]
    holders = {"services": _names("resolvers", resolvers)}
    if name in holders["services"]:
        # Its token is the secret of its OAuth client, and no service may call with it.
        raise ValueError(f"configure: resolvers names {name!r} itself, which needs no token to resolve")
    _add_role(c, f"{name}-resolve", "resolvers", "Asks for anybody's form and start", scopes, holders)


def _add_role(
    c: Any, role_name: str, argument: str, description: str, scopes: List[str], holders: Dict[str, List[str]]
) -> None:
    given = {kind: names for kind, names in holders.items() if names}
    if not given:
        return
    roles = list(_current(c, "load_roles", []))
    if any(_is_role(role, role_name) for role in roles):
        raise ValueError(
            f"configure: c.JupyterHub.load_roles already has a role {role_name!r}; "
            f"leave {argument} out, or rename that role"
        )
    c.JupyterHub.load_roles = [
        *roles,
        {"name": role_name, "description": description, "scopes": scopes, **given},
    ]


def _names(argument: str, given: Any) -> List[str]:
    if isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise ValueError(f"configure: {argument} must be a list of names, not {given!r}")
    return sorted(given)


def _set_spawner(c: Any, settings: Settings) -> None:
    present = c.JupyterHub.get("spawner_class")
    if present is None:
        c.JupyterHub.spawner_class = PresetsSpawner
    elif not (isinstance(present, type) and issubclass(present, PresetsSpawner)):
        raise ValueError(
            f"configure: c.JupyterHub.spawner_class is already {present!r}; "
            "remove that line, and name the class in backends instead"
        )
    c.PresetsSpawner.settings = settings
    for section in ("Spawner", "WrapSpawner", "PresetsSpawner"):
        for hook in ("apply_user_options", "options_form", "options_from_form"):
            if hook in c.get(section, {}):
                raise ValueError(
                    f"configure: c.{section}.{hook} has no effect with presets; remove that line "
                    "(what it offered belongs into a preset)"
                )


def _current(c: Any, trait: str, empty: Any) -> Any:
    """What the configuration holds so far, also where it was only appended to."""
    value = c.JupyterHub.get(trait)
    if value is None:
        return copy.copy(empty)
    if isinstance(value, LazyConfigValue):
        value = value.get_value(empty)
    kind = (list, tuple) if isinstance(empty, list) else type(empty)
    if not isinstance(value, kind) and not (isinstance(empty, set) and isinstance(value, (list, tuple, frozenset))):
        raise ValueError(
            f"configure: c.JupyterHub.{trait} must be a {type(empty).__name__}, not {type(value).__name__}"
        )
    return value


def _is_role(role: Any, name: str) -> bool:
    return isinstance(role, Mapping) and role.get("name") == name


def _with(given: Sequence[str], more: Sequence[str]) -> List[str]:
    wanted = list(given) if "self" in given else ["self", *given]
    return wanted + [scope for scope in more if scope not in wanted]


def _refuse_unknown(unknown: Mapping[str, Any]) -> None:
    if not unknown:
        return
    parameters = inspect.signature(configure).parameters.values()
    allowed = [one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]
    wrong = sorted(unknown)[0]
    near = difflib.get_close_matches(wrong, allowed, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise TypeError(f"configure: unknown argument {wrong!r}{hint}; allowed are {', '.join(sorted(allowed))}")


def _check_url(url: Any, tls: Any) -> None:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        fits = fits and parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    except (TypeError, ValueError, AttributeError):
        fits = False
    if not fits:
        raise ValueError(f"configure: url must be like http://127.0.0.1:8889, without a path, not {url!r}")
    if tls and parts.scheme != "https":
        raise ValueError("configure: tls needs an https url")


def _tls_context(tls: Optional[Mapping[str, str]]) -> Optional[ssl.SSLContext]:
    if not tls:
        return None
    for key in tls:
        if key not in ("ca", "cert", "key"):
            raise ValueError(f"configure: tls: unknown key {key!r}; allowed are ca, cert, key")
    context = ssl.create_default_context(cafile=tls.get("ca"))
    if "cert" in tls:
        context.load_cert_chain(tls["cert"], tls.get("key"))
    return context


def _hubs_own(c: Any, url: str) -> Optional[Callable[[], Optional[ssl.SSLContext]]]:
    if not url.startswith("https:") or not c.JupyterHub.get("internal_ssl"):
        return None

    def certificates() -> Optional[ssl.SSLContext]:
        hub = JupyterHub.instance()
        return make_ssl_context(hub.internal_ssl_key, hub.internal_ssl_cert, hub.internal_ssl_ca)

    return certificates


def _secret(what: str, given: Optional[str], file: Optional[str]) -> Optional[str]:
    if given is not None and file is not None:
        raise ValueError(f"configure: give {what} or {what}_file, not both")
    if file is not None:
        with open(os.path.expanduser(file), encoding="ascii") as lines:
            given = next((line.strip() for line in lines if line.strip()), "")
    if given is None:
        return None
    if not isinstance(given, str) or len(given) < _SHORTEST_SECRET or not given.isascii() or " " in given:
        where = f" (first line of {file})" if file else ""
        raise ValueError(
            f"configure: {what}{where} must have at least {_SHORTEST_SECRET} ASCII characters and no space; "
            "`openssl rand -hex 32` makes one"
        )
    return given
