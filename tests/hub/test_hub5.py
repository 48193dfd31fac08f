"""Each way in once, in the newest JupyterHub of the series before: within bounds it starts, else nothing does."""

import pytest
import ways
from conftest import recorded
from test_enforcement import CASES, Witness

LAB = recorded("--hub", "5")

pytestmark = [pytest.mark.hub5, pytest.mark.usefixtures("nobody_runs")]

MEMORY = CASES["memory"]
IN_FIVE = {way: ask for way, ask in ways.DIRECT.items() if way not in ("PATCH then start", "PUT then start")}
"""JupyterHub 5 has neither PATCH nor PUT for servers."""


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


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_options_cannot_be_laid_down_without_a_start(lab, method):
    alice = lab.person("alice")
    witness = Witness(lab, "alice")
    answer = alice.rest(method, {"user_options": ways.asked("physics-open", {})}, "laid")
    assert answer.status == 405, answer
    witness.nothing_started(ways.Outcome(False, answer.text, "laid"))


@pytest.mark.parametrize("way", ways.REPLAYS)
def test_what_was_refused_is_not_replayed_and_what_was_started_is(lab, way):
    """What is stored is asked for again; a refused wish is not stored."""
    alice, server = lab.person("alice"), ways.fresh("replay")
    first = alice.rest("POST", {"user_options": ways.asked("physics-open", {MEMORY.key: MEMORY.good})}, server)
    assert ways.settled(alice, first, server).started
    lab.stop("alice", server)
    witness = Witness(lab, "alice")
    worse = alice.rest("POST", {"user_options": ways.asked("physics-open", {MEMORY.key: MEMORY.bad})}, server)
    witness.nothing_started(ways.settled(alice, worse, server))
    witness = Witness(lab, "alice")
    witness.started(ways.REPLAYS[way](alice, server), memory=MEMORY.started)
