"""Groups change in LDAP while people are logged in: how soon a start and a form know of it."""

import json
import os
import sqlite3
import time
from datetime import datetime, timedelta

import pytest
from conftest import recorded
from disturbances import change_group, member, reconfigure
from running_lab import wait_for

LAB = recorded("--service", "external")

DEFAULT = "{fresh_for: 5m, start_within: 60s, stale_for: 24h}"
FORM, START = 4, 2  # seconds; the lab's own settings are the defaults, which would take minutes

pytestmark = pytest.mark.usefixtures("nobody_runs")


@pytest.fixture
def impatient(lab):
    """Settings under which an answer of the directory is soon too old."""
    reconfigure(lab, membership=f"{{fresh_for: {FORM}s, start_within: {START}s, stale_for: 24h}}")


def test_somebody_removed_from_a_group_starts_none_of_its_presets_within_the_configured_age(lab, impatient):
    alice = lab.person("alice")
    assert alice.post_form({"pz_form": "1", "start": "physics-fixed"}).status == 302
    assert lab.outcome("alice")[0] == "ready"
    lab.stop("alice")
    starts = len(lab.records())
    with member(lab, "physics", removed="alice"):
        removed = time.monotonic()
        time.sleep(START)  # the promise is about this very age
        for answer in (
            alice.rest("POST", {"preset": "physics-fixed"}),
            alice.post_form({"pz_form": "1", "start": "physics-fixed"}),
            alice.follow({"opt-preset": "physics-fixed"}),
        ):
            assert answer.status == 403, answer
            assert "There is no preset “physics-fixed” for you." in answer.text, answer
            assert "hpc-support@example.org" in answer.text, answer
        assert time.monotonic() - removed < 60
        assert len(lab.records()) == starts and not lab.processes("alice")
        assert "physics-fixed" not in alice.spawn_page().presets()
        # physics was her way into hpc, too.
        assert alice.rest("POST", {"preset": "hpc-genoa"}).status == 403
        # What is everybody's still starts.
        assert alice.rest("POST", {"preset": "small"}).status in (201, 202)
        assert lab.outcome("alice")[0] == "ready"
        assert len(lab.records()) == starts + 1


def test_a_server_that_runs_outlives_its_preset_and_a_bare_start_does_not_bring_it_back(lab, impatient):
    alice = lab.person("alice")
    assert alice.rest("POST", {"preset": "physics-fixed"}).status in (201, 202)
    assert lab.outcome("alice")[0] == "ready"
    [pid] = leaders(lab, "alice")
    with member(lab, "physics", removed="alice"):
        time.sleep(START)
        assert leaders(lab, "alice") == [pid]
        lab.stop("alice")
        starts = len(lab.records())
        answer = alice.rest("POST")
        assert answer.status == 403, answer
        assert len(lab.records()) == starts and not lab.processes("alice")


def test_somebody_added_to_a_group_sees_its_presets_and_starts_them(lab, impatient):
    dave = lab.person("dave")
    assert "chemistry-rome" not in dave.spawn_page().presets()
    assert dave.rest("POST", {"preset": "chemistry-rome"}).status == 403
    with member(lab, "chemistry", added="dave"):
        added = time.monotonic()
        wait_for(lambda: "chemistry-rome" in dave.spawn_page().presets(), "the form to show it", within=FORM + 10)
        print(f"the form showed the new group's preset after {time.monotonic() - added:.1f} s (configured: {FORM} s)")
        assert dave.post_form({"pz_form": "1", "start": "chemistry-rome"}).status == 302
        assert lab.outcome("dave")[0] == "ready"
        assert lab.records("dave")[-1]["environment"]["PRESETS_JOB_NAME"] == "jupyter"


@pytest.mark.soak
def test_by_default_no_start_is_decided_by_an_answer_older_than_a_minute(lab):
    reconfigure(lab, membership=DEFAULT)
    begun = datetime.now().astimezone() - timedelta(seconds=1)
    resolve = lambda: lab.ask("resolve", user="erin", options={"preset": "physics-fixed"})  # noqa: E731
    assert resolve().status_code == 200
    change_group(lab, "physics", remove="erin")
    try:
        removed = time.monotonic()
        # What was asked a moment ago may still be believed, for one minute and not longer.
        statuses = []
        wait_for(lambda: statuses.append(resolve().status_code) or statuses[-1] != 200, "the refusal", within=75, every=2)
        took = time.monotonic() - removed
    finally:
        change_group(lab, "physics", add="erin")
    print(f"refused {took:.1f} s after the removal, by the default settings")
    assert statuses[-1] == 403 and took < 60 + 5
    ages = [age for given_at, age in decided(lab) if given_at >= begun]
    assert len(ages) >= 2 and max(ages) <= timedelta(seconds=60), max(ages)
    assert max(ages) > timedelta(0), "an answer was used more than once"


def decided(lab):
    """When each start was decided, and how old the directory's answer was then."""
    with sqlite3.connect(lab.database.removeprefix("sqlite:")) as connection:
        rows = connection.execute("SELECT at, reasons FROM decisions WHERE person = 'erin'").fetchall()
    found = []
    for at, reasons in rows:
        at = datetime.fromisoformat(at.replace("Z", "+00:00"))
        at = at if at.tzinfo else at.replace(tzinfo=datetime.now().astimezone().tzinfo)
        for source in json.loads(reasons)["sources"]:
            if source["source"] == "ldap" and source["checked_at"]:
                found.append((at, at - datetime.fromisoformat(source["checked_at"].replace("Z", "+00:00"))))
    return found


def leaders(lab, user):
    """The processes of a person that are servers, not children of one."""
    return [pid for pid in lab.processes(user) if os.getpgid(pid) == pid]
