"""What one may not have does not start, whichever way it is asked for: ways in × types of option × what is wrong.

Each cell asks for something forbidden, and then, by its twin, for the same within bounds, which does start.
"""

import json
from typing import Any, NamedTuple

import pytest
import ways
import yaml
from conftest import HUB_SITE


class Case(NamedTuple):
    """One type of option in `physics-open`: what is allowed, what is not, and how the refusal says so."""

    key: str
    good: Any
    bad: Any
    label: str
    allowed: str
    started: str
    own: str
    """What the child is given for `good`, and for the preset as it is."""
    narrowed: dict
    """What is left of the option when the site narrows it below `good` …"""
    left: str
    """… and how the refusal says so."""


CASES = {
    "choice": Case("partition", "genoa", "gpu", "Partition", "AMD Rome or AMD Genoa", "genoa", "rome",
                   {"only": ["rome", "gpu"]}, "AMD Rome or NVIDIA A100"),
    "integer": Case("cores", 12, 64, "CPU cores", "between 1 and 16 cores", "12", "4",
                    {"max": 8}, "between 1 and 8 cores"),
    "decimal": Case("share", "1.5", "4", "Share of a core", "between 0.5 and 2", "1.5", "1",
                    {"max": "1"}, "between 0.5 and 1"),
    "duration": Case("walltime", "3h", "8h", "Wall time", "between 30 min and 4 h", "0-03:00:00", "0-02:00:00",
                     {"max": "2h"}, "between 30 min and 2 h"),
    "memory": Case("memory", "32GB", "128GB", "Memory", "between 1 GB and 64 GB", "32000000000", "8000000000",
                   {"max": "16GB"}, "between 1 GB and 16 GB"),
    "boolean": Case("exclusive", True, "maybe", "Whole node", "true or false", "true", "false",
                    {"only": [False]}, "set to no"),
    "text": Case("job_name", "my-run", "Not a name", "Job name", "[a-z][a-z0-9-]{0,19}", "my-run", "physics",
                 {"only": ["physics", "other"]}, "physics or other"),
}  # fmt: skip

FIXED = {
    "partition": ("genoa", "rome", "AMD Genoa"),
    "cores": (8, 4, "8 cores"),
    "share": ("1.5", "1", "1.5"),
    "walltime": ("3h", "2h", "3 h"),
    "memory": ("16GB", "8GB", "16 GB"),
    "exclusive": (True, False, "yes"),
    "job_name": ("decided", "other", "decided"),
}
"""What `physics-fixed` decided, something else, and the decision in words."""

types = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
direct = pytest.mark.parametrize("way", ways.DIRECT)
carrying = pytest.mark.parametrize("way", [way for way in ways.DIRECT if way not in ways.CARRY_NO_VALUE])


class Witness:
    """The recording file and the process list, before and after somebody asked."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.before = len(lab.records())
        assert not lab.processes(name), f"{name} has servers before anything is asked"

    def nothing_started(self, outcome):
        assert not outcome.started, outcome
        assert self.lab.records()[self.before :] == []
        assert self.lab.processes(self.name) == {}
        model = self.lab.user(self.name)
        assert not [name for name, server in model["servers"].items() if server["ready"] or server["pending"]]

    def started(self, outcome, **given):
        """Exactly one child, given these values, lives; then it is stopped."""
        assert outcome.started, outcome
        [record] = self.lab.records()[self.before :]
        assert (record["user"], record["server"]) == (self.name, outcome.server)
        [env] = self.lab.processes(self.name, outcome.server).values()
        for key, value in given.items():
            name = f"PRESETS_{key.upper()}"
            assert (record["environment"][name], env[name]) == (value, value)
        self.lab.stop(self.name, outcome.server)
        assert self.lab.processes(self.name) == {}


@types
@direct
def test_a_preset_of_other_people_does_not_start(lab, way, case):
    """The twin is the same request by somebody whose group the preset belongs to."""
    ask = ways.DIRECT[way]
    values = {} if way == "legacy query" else {case.key: case.good}
    witness = Witness(lab, "bob")
    refused = ask(lab.person("bob"), "physics-open", values)
    witness.nothing_started(refused)
    assert "There is no preset “physics-open” for you" in refused.message
    assert "hpc-support@example.org" in refused.message

    witness = Witness(lab, "alice")
    given = case.own if way in ways.CARRY_NO_VALUE else case.started
    witness.started(ask(lab.person("alice"), "physics-open", values), **{case.key: given})


@types
@carrying
def test_a_value_outside_its_bounds_does_not_start(lab, way, case):
    """The twin is the same request with a value within them."""
    alice, ask = lab.person("alice"), ways.DIRECT[way]
    witness = Witness(lab, "alice")
    refused = ask(alice, "physics-open", {case.key: case.bad})
    witness.nothing_started(refused)
    assert case.label in refused.message
    assert case.allowed in refused.message
    witness.started(ask(alice, "physics-open", {case.key: case.good}), **{case.key: case.started})


@types
def test_a_value_in_a_link_is_dropped_and_the_preset_starts_as_it_is(lab, case):
    """Links carry a preset and nothing else, so the twin's value, within bounds, is dropped as well."""
    alice = lab.person("alice")
    for value in (case.bad, case.good):
        witness = Witness(lab, "alice")
        witness.started(ways.link(alice, "physics-open", {case.key: value}), **{case.key: case.own})


@types
def test_a_query_with_a_value_starts_nothing(lab, case):
    """An old-style query is a preset alone, or it opens the form; so the twin is the preset alone."""
    alice = lab.person("alice")
    for value in (case.bad, case.good):
        witness = Witness(lab, "alice")
        refused = ways.legacy_query(alice, "physics-open", {case.key: value})
        witness.nothing_started(refused)
        assert "does not name just a preset" in refused.message
    witness = Witness(lab, "alice")
    witness.started(ways.legacy_query(alice, "physics-open", {}), **{case.key: case.own})


@types
@carrying
def test_what_a_preset_decided_cannot_be_changed(lab, way, case):
    """The twin repeats what was decided."""
    alice, ask = lab.person("alice"), ways.DIRECT[way]
    decided, other, words = FIXED[case.key]
    witness = Witness(lab, "alice")
    refused = ask(alice, "physics-fixed", {case.key: other})
    witness.nothing_started(refused)
    assert f"{case.label}: this is set to {words} and cannot be changed" in refused.message
    witness.started(ask(alice, "physics-fixed", {case.key: decided}))


# Replays: what was stored when it was allowed is asked for again when it is not.


@pytest.fixture(scope="module")
def stored(lab, tmp_path_factory):
    """A server for each cell, started once, replayed once (the twins), stopped; then the site is changed."""
    alice, twins = lab.person("alice"), {}
    for way, replay in ways.REPLAYS.items():
        for kind, preset in (("preset", "physics-moving"), ("value", "physics-open")):
            for name, case in CASES.items():
                server = ways.fresh("replay")
                first = alice.rest("POST", {"user_options": ways.asked(preset, {case.key: case.good})}, server)
                witness = started_before(lab, alice, first, server)
                witness.started(replay(alice, server), **{case.key: case.started})
                twins[way, kind, name] = server
    lab.apply(changed_site(tmp_path_factory.mktemp("site") / "changed.yaml"))
    yield twins
    lab.apply(HUB_SITE)


def started_before(lab, person, answer, server):
    """Waits for a first start, stops it, and watches from there."""
    assert ways.settled(person, answer, server).started, answer
    lab.stop(person.name, server)
    return Witness(lab, person.name)


def changed_site(file):
    """`physics-moving` belongs to chemistry now, and each option of `physics-open` is narrowed."""
    site = yaml.safe_load(HUB_SITE.read_text())
    site["presets"]["physics-moving"]["owner"] = {"group": "chemistry"}
    for case in CASES.values():
        site["presets"]["physics-open"]["ask"][case.key] = case.narrowed
    file.write_text(json.dumps(site))  # JSON is YAML
    return file


@types
@pytest.mark.parametrize("way", ways.REPLAYS)
def test_a_stored_preset_that_went_to_others_is_not_replayed(lab, stored, way, case):
    server = stored[way, "preset", name_of(case)]
    witness = Witness(lab, "alice")
    refused = ways.REPLAYS[way](lab.person("alice"), server)
    witness.nothing_started(refused)
    assert "There is no preset “physics-moving” for you" in refused.message


@types
@pytest.mark.parametrize("way", ways.REPLAYS)
def test_a_stored_value_that_is_outside_by_now_is_not_replayed(lab, stored, way, case):
    server = stored[way, "value", name_of(case)]
    witness = Witness(lab, "alice")
    refused = ways.REPLAYS[way](lab.person("alice"), server)
    witness.nothing_started(refused)
    assert case.label in refused.message
    assert case.left in refused.message


def name_of(case):
    return next(name for name, one in CASES.items() if one is case)
