"""The spawn page: asks the service for the fragment, and turns posted fields and links into options."""

from __future__ import annotations

import html
import re
import time
from typing import Any, Dict, List, Mapping, Optional
from urllib.parse import urlencode

from .refusal import NotStarted, Refused, ServiceDown

MOST_VALUES = 64
"""Options one start may carry."""

MOST_ITEMS = 256
"""Values of one option that has several."""

MOST_LENGTH = 1024
"""Characters of one value, and of a preset's id."""

CONTEXT = ("context", "opt-context")
"""The group or event that the address of the spawn page names, in both spellings the hub knows."""

_HUBS_OWN = ("next", "display_name")  # what the hub itself takes from the address
_LONGEST_CONTEXT = 70  # characters of what the service reads
_LONGEST_KEPT = 4000
_KEPT_FOR = 600.0  # seconds that refused options wait for their form
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_LANGUAGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,3})\s*(?:[;,]|\Z)")

_DOWN_WITH_FALLBACK = "Your presets can't be loaded right now. You can start with the site's standard settings."
_DOWN = (
    "Your presets can't be loaded right now. Nothing can be started until the presets service answers. "
    "Ask {contact} if it lasts."
)


async def render(spawner: Any) -> str:
    """The fragment for this person, or the site's minimal form. Never raises: the hub would answer 500."""
    try:
        settings = spawner.settings
        refused = take_refused(spawner.user)
        question = {
            "user": spawner.user.name,
            "server_name": spawner.name,
            "hub_groups": hub_groups(spawner.user),
            "account": settings.accounts.told(spawner),
            "language": language_of(spawner.handler) or (refused or {}).get("language") or "en",
            "attempt": {"options": refused["options"]} if refused else None,
            **address_of(spawner),
        }
        told = settings.registration.told(spawner, settings.service)
        try:
            return await settings.client.form(settings.base(spawner.hub), question, told)
        except Refused:
            # Nothing is refused at a form but the options that were refused before it: try without them.
            if not refused:
                raise
            return await settings.client.form(settings.base(spawner.hub), {**question, "attempt": None}, told)
    except (ServiceDown, Refused) as reason:
        spawner.log.warning("No presets form for %s: %s", spawner._log_name, getattr(reason, "why", reason))
    except Exception:
        spawner.log.exception("No presets form for %s", spawner._log_name)
    return minimal(getattr(spawner, "settings", None))


def minimal(settings: Any) -> str:
    """The form when the service does not answer: the hub's own Bootstrap classes, and the hub's own button."""
    if getattr(settings, "fallback", None) is not None:
        text = _DOWN_WITH_FALLBACK
    else:
        text = _DOWN.format(contact=getattr(settings, "contact", "the people who run this hub"))
    return (
        '<div class="alert alert-warning" role="alert" lang="en" data-presets="down">'
        f'{html.escape(text)}</div><input type="hidden" name="pz_form" value="0">'
    )


def options_from_form(form: Mapping[str, Any]) -> Dict[str, Any]:
    """`{"preset": ID, "values": {...}}` from the fields of a posted form.

    The button pressed wins over the chosen card; only the chosen card's fields are read. Everything else is
    dropped, files among it: the hub keeps options as JSON, and one kept file breaks its pages for everybody.

    Our form without a choice starts nothing; the minimal one asks for the default, and has nothing to choose.
    The group or event that the page was for goes along: what was shown for one is not started for another.

    A name that ends in `*` is a list, of all that was posted under it but the empty text; one that ends in `?` says
    nothing where it is empty.
    """
    chosen = _last(form.get("start")) or _last(form.get("preset"))
    if not chosen and _last(form.get("pz_form")) == "1":
        # Two courses run at once, and Enter was pressed: no options would mean "as last time".
        raise NotStarted("Nothing was started, because nothing was chosen. Choose what to start.", 422)
    if not chosen:
        return {}
    _check_length(chosen, "preset")
    prefix = f"o.{chosen}."
    values: Dict[str, Any] = {}
    for name, given in form.items():
        key = name[len(prefix) :] if name.startswith(prefix) else ""
        key, kind = (key[:-1], key[-1]) if key[-1:] in ("*", "?") else (key, "")
        if not _KEY.match(key):
            continue
        texts = _texts(given)
        if kind == "*" and texts:
            values[key] = _check_list([text for text in texts if text], key)
        elif texts and not (kind == "?" and not texts[-1]):
            values[key] = _check_length(texts[-1], key)
    if len(values) > MOST_VALUES:
        raise NotStarted(f"Your server was not started: more than {MOST_VALUES} options were sent.", 422)
    context = _last(form.get("pz_context"))
    return {"preset": chosen, "values": values, **_acting_in(context)}


def options_from_query(query: Mapping[str, Any], handler: Any) -> Dict[str, Any]:
    """Options of a link to the spawn page: `?opt-preset=ID`, or `?preset=ID` and nothing beside it.

    The hub starts a server for any query at all, from any site's link. So a link names a preset and nothing
    else but the group or event to start it for (`context`), and one that does not opens the form. Where it was
    followed goes along (`link`): what other people's pages must not start, the service leaves to a press of Start.
    """
    # JupyterHub 6 cuts the "opt-" off, 5.x does not; what was asked is still in the request.
    asked = getattr(getattr(handler, "request", None), "query_arguments", None) or query
    named = "opt-preset" in asked
    preset = _last(query.get("opt-preset")) or _last(query.get("preset"))
    if not preset or not (named or "preset" in query and not set(query) - {"preset", *CONTEXT}):
        raise NotStarted(
            "Nothing was started, because this link does not name just a preset. Choose what to start.", 422
        )
    options = {"preset": _check_length(preset, "preset"), "values": {}, "link": link_of(handler)}
    return {**options, **_acting_in(_context_in(asked))}


def link_of(handler: Any) -> str:
    """Where a link was followed: on a page of the hub's own origin (`own`), or anywhere else (`foreign`).

    A browser says so by itself, and no page can make it say something else. One that does not say is not believed.
    """
    headers = getattr(getattr(handler, "request", None), "headers", None) or {}
    return "own" if headers.get("Sec-Fetch-Site") == "same-origin" else "foreign"


def take_context(spawner: Any) -> None:
    """Takes the group or event that the address of the spawn page names out of the hub's sight.

    The hub takes a query it does not know for options, and starts a server: `?context=ID` opens the form for it.
    Beside a preset it is left for `options_from_query`.
    """
    spawner._presets_context = None
    query = getattr(getattr(spawner.handler, "request", None), "query_arguments", None)
    if query and not set(query) - {*CONTEXT, *_HUBS_OWN}:
        spawner._presets_context = _context_in(query)
        for name in CONTEXT:
            query.pop(name, None)


def address_of(spawner: Any) -> Dict[str, str]:
    """What the address of the page says: the group or event, once, and what stays when another one is chosen."""
    told: Dict[str, str] = {}
    context, spawner._presets_context = getattr(spawner, "_presets_context", None), None
    if context is not None:
        told["context"] = context[:_LONGEST_CONTEXT]
    query = getattr(getattr(spawner.handler, "request", None), "query_arguments", None) or {}
    keep = urlencode([(name, value) for name in _HUBS_OWN for value in query.get(name, [])])
    if keep and len(keep) <= _LONGEST_KEPT:
        told["keep"] = keep
    return told


def keep_refused(user: Any, options: Any, handler: Any) -> None:
    """Keeps refused options for the next form this person sees: the hub shows it again with empty fields.

    On the user, because after a failed POST the hub renders the default server's form, whichever was asked for.
    """
    kept = {"options": options, "language": language_of(handler), "until": time.monotonic() + _KEPT_FOR}
    user._presets_refused = kept


def take_refused(user: Any) -> Optional[Dict[str, Any]]:
    """The options kept by `keep_refused`, once."""
    kept = getattr(user, "_presets_refused", None)
    if kept is None:
        return None
    user._presets_refused = None
    return kept if time.monotonic() < kept["until"] else None


def hub_groups(user: Any) -> List[str]:
    """The names of a person's groups in the hub, sorted."""
    return sorted(group.name for group in user.groups)


def language_of(handler: Any) -> Optional[str]:
    """The first language a browser asked for, or None: the hub often renders without its request."""
    headers = getattr(getattr(handler, "request", None), "headers", None)
    match = _LANGUAGE.match(headers.get("Accept-Language", "")) if headers is not None else None
    return match.group(1) if match else None


def _last(given: Any) -> Optional[str]:
    texts = _texts(given)
    return texts[-1] if texts else None


def _texts(given: Any) -> List[str]:
    return [text for text in given if isinstance(text, str)] if isinstance(given, (list, tuple)) else []


def _context_in(query: Mapping[str, Any]) -> Optional[str]:
    """The context that a query names in either spelling; the hub's request has bytes."""
    given = [value for name in CONTEXT for value in query.get(name, [])]
    texts = [value.decode("utf8", "replace") if isinstance(value, bytes) else value for value in given]
    return _last(texts)


def _acting_in(context: Optional[str]) -> Dict[str, str]:
    return {} if context is None else {"context": _check_length(context, "context")}


def _check_list(items: List[str], name: str) -> List[str]:
    if len(items) > MOST_ITEMS:
        raise NotStarted(f"Your server was not started: more than {MOST_ITEMS} values of {name} were sent.", 422)
    return [_check_length(item, name) for item in items]


def _check_length(value: str, name: str) -> str:
    if len(value) > MOST_LENGTH:
        raise NotStarted(f"Your server was not started: the value of {name[:64]} is too long.", 422)
    return value
