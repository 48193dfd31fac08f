"""Directory or service away: forms come in time and say what they lack, starts go on by the configured rule."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest
from conftest import recorded
from disturbances import frozen, is_alive, is_ready, reconfigure
from running_lab import environment_of, wait_for

LAB = recorded("--service", "external")

SITE = {"small", "site-open"}
PHYSICS = {"physics-open", "physics-fixed", "physics-moving"}
STALE = ("Your group memberships were last checked at", "the directory is not answering now")
NEVER = "be shown, because the directory is not answering."
REFUSED = "because the directory is not answering, and this site starts nothing without them."
DOWN = "Your presets can't be loaded right now. You can start with the site's standard settings."
IN_TIME = 2.5  # seconds for a spawn page, whatever is away

pytestmark = pytest.mark.usefixtures("nobody_runs")


@contextlib.contextmanager
def without_directory(lab, how):
    """slapd stopped in good order, or frozen: it accepts connections and answers nothing."""
    if how == "frozen":
        with frozen(lab.pids["slapd"]):
            yield
        return
    lab.command("stop slapd")
    try:
        yield
    finally:
        lab.command("start slapd")


@contextlib.contextmanager
def without_service(lab, how):
    """The service killed, or frozen."""
    if how == "frozen":
        with frozen(lab.pids["service"]):
            yield
    else:
        os.kill(lab.pids["service"], signal.SIGKILL)
        wait_for(lambda: not is_alive(lab.pids["service"]), "the service to be gone")
        try:
            yield
        finally:
            lab.command("start service")
    wait_for(lambda: is_ready(lab), "the service to be back")
    # After five failures in a row the plugin lets ten seconds pass before it asks again.
    wait_for(lambda: presets_of(lab, "alice"), "the form to be back", within=20, every=0.3)


def presets_of(lab, name):
    return set(lab.person(name).spawn_page().presets())


def timed_page(lab, name):
    """The spawn page of somebody who is logged in, which has to come in time."""
    person = lab.person(name)
    assert person.browser
    begun = time.monotonic()
    page = person.spawn_page()
    took = time.monotonic() - begun
    print(f"spawn page of {name}: {took:.2f} s")
    assert took < IN_TIME
    return page


BOTH = pytest.mark.parametrize("how", ["stopped", "frozen"])


@BOTH
def test_without_the_directory_known_groups_go_on_and_the_form_says_since_when(lab, how):
    reconfigure(lab, membership="{fresh_for: 1s, start_within: 1s, stale_for: 24h}", unknown_people="baseline")
    alice = lab.person("alice")
    known = presets_of(lab, "alice")
    assert PHYSICS < known
    before = len(lab.records())
    with without_directory(lab, how):
        time.sleep(1.1)  # until what is known is too old
        for _ in range(3):
            page = timed_page(lab, "alice")
            assert all(words in page.text for words in STALE), page.text
            assert set(page.presets()) == known
        begun = time.monotonic()
        assert alice.post_form({"pz_form": "1", "start": "physics-fixed"}).status == 302
        assert lab.outcome("alice")[0] == "ready"
        assert time.monotonic() - begun < 20
        [record] = lab.records()[before:]
        assert (record["traits"]["mem_limit"], record["traits"]["cpu_limit"]) == (16_000_000_000, 8)
        lab.stop("alice")
        # Stale groups are no wider than fresh ones.
        assert alice.rest("POST", {"preset": "chemistry-rome"}).status == 403
    wait_for(lambda: STALE[0] not in alice.spawn_page().text, "the form to be fresh again", within=70, every=0.5)


@BOTH
def test_without_the_directory_somebody_never_seen_gets_what_everybody_gets(lab, how):
    reconfigure(lab, membership="{fresh_for: 1s, start_within: 1s, stale_for: 24h}", unknown_people="baseline")
    bob = lab.person("bob")
    before = len(lab.records())
    with without_directory(lab, how):
        for _ in range(2):
            page = timed_page(lab, "bob")
            assert NEVER in page.text, page.text
            assert set(page.presets()) == SITE | {"bob-spectra"}
        answer = bob.rest("POST", {"preset": "chemistry-rome"})
        assert answer.status in (403, 503) and "directory" in answer.text, answer
        assert len(lab.records()) == before
        assert bob.post_form({"pz_form": "1", "start": "small"}).status == 302
        assert lab.outcome("bob")[0] == "ready"
        assert len(lab.records()) == before + 1
        lab.stop("bob")
    wait_for(lambda: "chemistry-rome" in presets_of(lab, "bob"), "bob's groups to be known", within=70, every=0.5)


@BOTH
def test_without_the_directory_somebody_never_seen_starts_nothing_where_the_site_refuses(lab, how):
    reconfigure(lab, membership="{fresh_for: 1s, start_within: 1s, stale_for: 24h}", unknown_people="refuse")
    carol = lab.person("carol")
    before = len(lab.records())
    with without_directory(lab, how):
        page = timed_page(lab, "carol")
        assert REFUSED in page.text and not page.presets(), page.text
        for answer in (carol.rest("POST", {"preset": "small"}), carol.rest("POST"), carol.rest("POST", {})):
            assert answer.status == 503, answer
            assert "groups" in answer.text and "hpc-support@example.org" in answer.text, answer
        assert len(lab.records()) == before and not lab.processes("carol")
    wait_for(lambda: presets_of(lab, "carol") >= SITE, "carol's groups to be known", within=70, every=0.5)
    assert carol.rest("POST", {"preset": "small"}).status in (201, 202)
    assert lab.outcome("carol")[0] == "ready"


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_without_the_service_the_form_is_the_sites_and_a_start_takes_no_options(lab, how):
    reconfigure(lab, unknown_people="baseline")
    alice, bob = lab.person("alice"), lab.person("bob")
    assert bob.rest("POST", {"preset": "site-open", "values": {"cores": "3"}}).status in (201, 202)
    assert lab.outcome("bob")[0] == "ready"
    [running] = leaders(lab, "bob")
    before = len(lab.records())
    with without_service(lab, how):
        page = timed_page(lab, "alice")
        assert DOWN in page.text and not page.presets(), page.text
        asked = {"preset": "physics-fixed", "values": {"cores": "128"}, "mem_limit": 1, "cmd": ["id"]}
        for start in (
            lambda: alice.post_form({"pz_form": "0", "start": "physics-fixed", "o.physics-fixed.cores": "128"}),
            lambda: alice.rest("POST", asked),
            lambda: alice.follow({"opt-preset": "physics-fixed"}),
            lambda: alice.rest("POST"),
        ):
            answer = start()
            assert answer.status in (201, 202, 302), answer
            assert lab.outcome("alice")[0] == "ready"
            [record] = lab.records()[before:]
            before += 1
            assert record["class"] == "RecordingSpawner" and record["traits"]["user_options"] == {}
            assert record["traits"]["mem_limit"] is None and record["traits"]["cpu_limit"] is None
            assert not [name for name in record["environment"] if name.startswith("PRESETS_")]
            [pid] = leaders(lab, "alice")
            assert not [name for name in environment_of(pid) if name.startswith("PRESETS_")]
            assert lab.server("alice")["user_options"] == {"profile": "Standard server"}
            lab.stop("alice")
        # Servers that run need no service: they are polled, and stopped.
        assert lab.server("bob")["ready"] and leaders(lab, "bob") == [running]
        lab.stop("bob")
        assert not is_alive(running)
    # Nothing of what was asked meanwhile comes back.
    assert alice.rest("POST", {"preset": "physics-fixed"}).status in (201, 202)
    assert lab.outcome("alice")[0] == "ready"
    assert lab.records()[-1]["environment"]["PRESETS_CORES"] == "8"


def test_the_sentence_of_the_form_is_the_documents_own():
    """The templates, whose words these tests look for, are what is served."""
    template = (Path(__file__).resolve().parents[2] / "frontend/templates/note.html").read_text()
    assert NEVER in template and REFUSED in template


def leaders(lab, user):
    """The processes of a person that are servers, not children of one."""
    return [pid for pid in lab.processes(user) if os.getpgid(pid) == pid]
