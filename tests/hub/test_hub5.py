"""Each way in once, in the newest JupyterHub of the series before: within bounds it starts, else nothing does."""

import pytest
import ways
from conftest import HUB_SITE, recorded
from person import Page
from test_enforcement import CASES, Witness, changed_site

LAB = recorded("--hub", "5")

pytestmark = [pytest.mark.hub5, pytest.mark.usefixtures("nobody_runs")]

MEMORY = CASES["memory"]


def named_server(person, preset, values):
    """JupyterHub 5 takes the whole body for the options, here too."""
    server = ways.fresh("named")
    return ways.settled(person, person.rest("POST", ways.asked(preset, values), server), server)


IN_FIVE = {
    "form POST": ways.form,
    "opt- link": ways.link,
    "legacy query": ways.legacy_query,
    "bare REST body": ways.bare_rest,
    "named server": named_server,
}
"""JupyterHub 5 has no `user_options` in a body, and neither PATCH nor PUT for servers."""


def test_the_hub_is_of_the_series_before(lab):
    assert lab.api("GET", "/", expect=200).json()["version"].startswith("5.")


@pytest.mark.parametrize("way", IN_FIVE)
def test_a_preset_of_other_people_does_not_start(lab, way):
    values = {} if way == "legacy query" else {MEMORY.key: MEMORY.good}
    witness = Witness(lab, "bob")
    refused = IN_FIVE[way](lab.person("bob"), "physics-open", values)
    witness.nothing_started(refused)
    assert "There is no preset “physics-open” for you" in refused.message
    witness = Witness(lab, "alice")
    given = MEMORY.own if way in ways.CARRY_NO_VALUE else MEMORY.started
    witness.started(IN_FIVE[way](lab.person("alice"), "physics-open", values), memory=given)


@pytest.mark.parametrize("way", [way for way in IN_FIVE if way not in ways.CARRY_NO_VALUE])
def test_a_value_outside_its_bounds_does_not_start(lab, way):
    alice = lab.person("alice")
    witness = Witness(lab, "alice")
    refused = IN_FIVE[way](alice, "physics-open", {MEMORY.key: MEMORY.bad})
    witness.nothing_started(refused)
    assert MEMORY.label in refused.message
    assert MEMORY.allowed in refused.message
    witness.started(IN_FIVE[way](alice, "physics-open", {MEMORY.key: MEMORY.good}), memory=MEMORY.started)


def test_a_body_of_the_next_series_starts_nothing_and_says_what_to_send(lab):
    witness = Witness(lab, "alice")
    refused = ways.rest(lab.person("alice"), "physics-open", {MEMORY.key: MEMORY.good})
    witness.nothing_started(refused)
    assert "send preset and values" in refused.message


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_options_cannot_be_laid_down_without_a_start(lab, method):
    alice = lab.person("alice")
    witness = Witness(lab, "alice")
    answer = alice.rest(method, {"user_options": ways.asked("physics-open", {})}, "laid")
    assert answer.status == 405, answer
    witness.nothing_started(ways.Outcome(False, answer.text, "laid"))


@pytest.mark.parametrize("way", ways.REPLAYS)
def test_what_was_refused_is_not_what_the_next_start_gets(lab, way):
    alice, server = lab.person("alice"), ways.fresh("replay")
    first = alice.rest("POST", ways.asked("physics-open", {MEMORY.key: MEMORY.good}), server)
    assert ways.settled(alice, first, server).started
    lab.stop("alice", server)
    witness = Witness(lab, "alice")
    worse = alice.rest("POST", ways.asked("physics-open", {MEMORY.key: MEMORY.bad}), server)
    witness.nothing_started(ways.settled(alice, worse, server))
    witness = Witness(lab, "alice")
    witness.started(ways.REPLAYS[way](alice, server), memory=MEMORY.started)


def test_a_stored_value_that_is_outside_by_now_is_not_replayed(lab, tmp_path):
    alice, server = lab.person("alice"), ways.fresh("replay")
    first = alice.rest("POST", ways.asked("physics-open", {MEMORY.key: MEMORY.good}), server)
    assert ways.settled(alice, first, server).started
    lab.stop("alice", server)
    lab.apply(changed_site(tmp_path / "changed.yaml"))
    try:
        witness = Witness(lab, "alice")
        refused = ways.replayed(alice, server)
        witness.nothing_started(refused)
        assert MEMORY.left in refused.message
    finally:
        lab.apply(HUB_SITE)


@pytest.mark.parametrize("name", ["context", "opt-context"])
def test_a_link_for_a_group_opens_the_form_for_it_and_starts_nothing(lab, name):
    alice, begun, logged = lab.person("alice"), len(lab.records()), len(lab.log("hub"))
    for context in ("physics", ""):
        answer = alice.follow({name: context})
        [field] = Page(answer.body).all("input", name="pz_context")
        assert (answer.status, field["value"]) == (200, context)
    assert len(lab.records()) == begun
    assert "Traceback" not in lab.log("hub")[logged:]
    assert alice.post_form({"pz_form": "1", "preset": "small", "pz_context": "physics"}).status == 302
    assert lab.outcome("alice")[0] == "ready"
    assert lab.user("alice")["servers"][""]["user_options"]["context"] == "physics"


def test_a_link_from_elsewhere_to_a_preset_of_ones_own_waits_for_start(lab):
    alice, before = lab.person("alice"), len(lab.records())
    page = ways.page_after(alice, alice.follow({"opt-preset": "alice-notes"}, site="cross-site"))
    assert page.chosen() == ["alice-notes"] and "Press Start to start it." in page.text
    assert len(lab.records()) == before
    answer = alice.post_form({"pz_form": "1", "preset": "alice-notes"}, page=page)
    assert ways.settled(alice, answer).started, answer
    lab.stop("alice")
    answer = alice.follow({"opt-preset": "alice-notes"}, site="same-origin")
    assert ways.settled(alice, answer).started, answer
