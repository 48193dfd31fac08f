"""Every way in which a person can ask a hub for a server, and what became of the asking."""

import itertools
import json
import re
from html import unescape
from typing import NamedTuple

from person import Page

_numbers = itertools.count(1)


class Outcome(NamedTuple):
    """What became of a request: whether a server is ready, the words to the person, and the server's name."""

    started: bool
    message: str
    server: str


def form(person, preset, values):
    """The spawn page's form."""
    answer = person.post_form({"pz_form": "1", "preset": preset, **in_form(preset, values)})
    return settled(person, answer)


def link(person, preset, values):
    """`GET /hub/spawn?opt-preset=…`. A link carries only a preset; values ride along in both spellings there are."""
    riders = {f"opt-{name}": value for name, value in in_form(preset, values).items()}
    return settled(person, person.follow({"opt-preset": preset, "opt-values": json.dumps(values), **riders}))


def legacy_query(person, preset, values):
    """`GET /hub/spawn?preset=…`, as hubs took it before there was `opt-`."""
    return settled(person, person.follow({"preset": preset, **in_form(preset, values)}))


def rest(person, preset, values):
    """`POST …/server` with `{"user_options": …}`."""
    return settled(person, person.rest("POST", {"user_options": asked(preset, values)}))


def bare_rest(person, preset, values):
    """`POST …/server` with the options as the whole body."""
    return settled(person, person.rest("POST", asked(preset, values)))


def named_server(person, preset, values):
    """`POST …/servers/NAME`."""
    server = fresh("named")
    return settled(person, person.rest("POST", {"user_options": asked(preset, values)}, server), server)


def patched(person, preset, values):
    """Options laid down by PATCH on a server that exists, then a start without any."""
    server = fresh("patched")
    created = person.rest("PUT", {"display_name": server}, server)
    assert created.status == 201, created
    laid = person.rest("PATCH", {"user_options": asked(preset, values)}, server)
    assert laid.status == 200, laid
    return replayed(person, server)


def put(person, preset, values):
    """A server created by PUT with its options, then a start without any."""
    server = fresh("put")
    created = person.rest("PUT", {"user_options": asked(preset, values)}, server)
    assert created.status == 201, created
    return replayed(person, server)


def replayed(person, server):
    """A start without a body: the hub takes the options it has stored."""
    return settled(person, person.rest("POST", None, server), server)


def replayed_by_empty_object(person, server):
    """A start with `{}`, which the hub takes for no options at all."""
    return settled(person, person.rest("POST", {}, server), server)


DIRECT = {
    "form POST": form,
    "opt- link": link,
    "legacy query": legacy_query,
    "REST user_options": rest,
    "bare REST body": bare_rest,
    "named server": named_server,
    "PATCH then start": patched,
    "PUT then start": put,
}
"""The ways that carry what is asked for."""

REPLAYS = {"replay without a body": replayed, "replay by {}": replayed_by_empty_object}
"""The ways that start what was stored before."""

CARRY_NO_VALUE = {"opt- link", "legacy query"}
"""Ways in that carry a preset and nothing else."""


def settled(person, answer, server=""):
    """Waits until the hub is done with what was asked."""
    if answer.status in (201, 202, 302):
        state, event = person.lab.outcome(person.name, server)
        return Outcome(state == "ready", (event or {}).get("message", ""), server)
    return Outcome(False, message(answer), server)


def page_after(person, answer):
    """The form as it comes back after a refusal; a slow hub shows the refusal on a page of its own first."""
    if answer.status == 302:
        assert person.lab.outcome(person.name)[0] == "failed"
        return person.spawn_page()
    return Page(answer.body)


def message(answer):
    """What the hub says to the person: the page's error, or the API's message."""
    found = re.search(r'class="[^"]*spawn-error-msg[^"]*"[^>]*>(.*?)</p>', answer.body, re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]*>", " ", found.group(1))).split()) if found else answer.text


def asked(preset, values):
    return {"preset": preset, "values": values}


def in_form(preset, values):
    """The names and values of a form's fields, which are always text."""
    return {f"o.{preset}.{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def fresh(word):
    """A server name nobody had before; the hub takes only a-z, 0-9 and single dashes."""
    return f"{word}-{next(_numbers)}"
