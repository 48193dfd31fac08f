"""A site without a standard server: while the service is away nothing starts, and everybody is told why."""

import os
import signal

import pytest
from conftest import recorded
from disturbances import frozen, is_alive
from person import Answer
from running_lab import wait_for

LAB = recorded("--service", "external", "--no-fallback")

DOWN = "Your presets can't be loaded right now. Nothing can be started until the presets service answers."
NOT_STARTED = "Your server was not started: your presets can't be checked right now."

pytestmark = pytest.mark.usefixtures("nobody_runs")


def must_start_nothing(lab):
    alice = lab.person("alice")
    page = alice.spawn_page()
    assert DOWN in page.text and not page.presets()
    for start, server in (
        (lambda: alice.post_form({"pz_form": "1", "start": "small"}), ""),
        (lambda: alice.follow({"opt-preset": "small"}), ""),
        (lambda: alice.rest("POST", {"preset": "small"}), ""),
        (lambda: alice.rest("POST"), ""),
        (lambda: alice.rest("POST", {"preset": "small"}, server="second"), "second"),
    ):
        answer = start()
        if answer.status in (201, 202, 302):
            # The plugin waits longer for a silent service than this hub waits for a start: its next page tells the end.
            # 201 is the hub's word for a start under way, where it looks at the spawner of the failed start before.
            told = wait_for(lambda: failure_of(alice, server), "the failure to be told", within=15, every=0.3)  # noqa: B023
        else:
            assert answer.status in (200, 503), answer
            told = answer
        assert NOT_STARTED in told.text, told
        body = told.body
        assert "Traceback" not in body and "ServiceDown" not in body and lab.service_url not in body
    assert not lab.records() and not lab.processes("alice")


def failure_of(person, server):
    """The page that a browser waits on, once it tells of a failure."""
    answer = Answer(person.get(f"/hub/spawn-pending/{person.name}/{server}".rstrip("/"), allow_redirects=False))
    return answer if answer.status == 503 else None


def test_nothing_starts_while_the_service_is_frozen_or_gone(lab):
    with frozen(lab.pids["service"]):
        must_start_nothing(lab)
    os.kill(lab.pids["service"], signal.SIGKILL)
    wait_for(lambda: not is_alive(lab.pids["service"]), "the service to be gone")
    must_start_nothing(lab)
    # A hub that starts meanwhile comes up all the same.
    lab.command("stop hub")
    lab.command("start hub")
    must_start_nothing(lab)
    lab.command("start service")
    alice = lab.person("alice")
    wait_for(lambda: alice.spawn_page().presets(), "the form to be back", within=20, every=0.3)
    assert alice.rest("POST", {"preset": "small"}).status in (201, 202)
    assert lab.outcome("alice")[0] == "ready"
