"""What is known to break between hub, wrapper and child, one test for each: here it does not."""

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
import requests
import ways
from conftest import recorded
from person import Page
from running_lab import wait_for

LAB = recorded("--hub-config", str(Path(__file__).with_name("contract_config.py")), quick=False)

pytestmark = pytest.mark.usefixtures("nobody_runs")


def started(lab, person, preset, server="", **values):
    """Starts a preset by the API, and answers its record."""
    before = len(lab.records())
    answer = person.rest("POST", {"user_options": ways.asked(preset, values)}, server)
    outcome = ways.settled(person, answer, server)
    assert outcome.started, outcome
    [record] = lab.records()[before:]
    return record


@contextlib.contextmanager
def stopped_service(lab):
    """The service holds still, as if its machine swapped: connections are taken, nothing is answered."""
    pid = lab.pids["service"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
        wait_for(lambda: lab.ask("form", user="nobody", language="en", attempt=None).status_code == 200, "the service")


# The child and its own configuration.


def test_the_childs_class_is_configured_like_any_spawner(lab):
    record = started(lab, lab.person("alice"), "physics-fixed")
    traits = record["traits"]
    assert traits["args"] == ["--of-the-class"]
    assert traits["default_url"] == "/of-the-class"
    assert record["environment"]["OF_THE_CLASS"] == "1"
    assert (traits["start_timeout"], traits["http_timeout"]) == (10, 10)


def test_the_childs_environment_keeps_what_its_class_keeps(lab):
    """The wrapper's own list has no PATH in it, and a server without one is not found."""
    record = started(lab, lab.person("alice"), "physics-fixed")
    assert "PATH" in record["traits"]["env_keep"]
    [env] = lab.processes("alice").values()
    assert env["PATH"] == lab.hub_env["PATH"]


def test_a_child_gets_no_user_options(lab):
    """batchspawner puts whatever is in them into the job's script."""
    record = started(lab, lab.person("alice"), "physics-open", cores=3)
    assert record["traits"]["user_options"] == {}


def test_a_groups_overrides_reach_the_child_but_not_what_the_preset_decided(lab):
    lab.api("POST", "/groups/big")
    lab.api("POST", "/groups/big/users", {"users": ["dave"]}, expect=200) if lab.person("dave").browser else None
    record = started(lab, lab.person("dave"), "small")
    assert record["traits"]["default_url"] == "/of-the-group"
    assert record["traits"]["interrupt_timeout"] == 4
    assert (record["environment"]["OF_THE_GROUP"], record["environment"]["OF_THE_CLASS"]) == ("1", "1")
    assert record["traits"]["mem_limit"] == 2_000_000_000


def test_a_named_servers_child_knows_its_name(lab):
    record = started(lab, lab.person("alice"), "physics-fixed", server="second")
    assert record["server"] == "second"
    assert record["env"]["JUPYTERHUB_SERVER_NAME"] == "second"


def test_the_hub_waits_as_long_as_the_childs_class_says(lab):
    """60 s and 30 s are the wrapper's own; here both are 10 s, one in `start`, one until the server answers."""
    alice, erin = lab.person("alice"), lab.person("erin")
    begun = time.monotonic()
    for person, job in ((alice, "hang"), (erin, "silent")):
        assert person.rest("POST", ways.asked("physics-open", {"job_name": job})).status == 202
    outcomes = [lab.outcome(name) for name in ("alice", "erin")]
    assert [state for state, _ in outcomes] == ["failed", "failed"]
    assert 9 < time.monotonic() - begun < 28


def test_a_renamed_server_keeps_what_it_was_started_with(lab):
    alice = lab.person("alice")
    started(lab, alice, "physics-fixed", server="before")
    lab.stop("alice", "before")
    renamed = alice.rest("PATCH", {"name": "after", "display_name": "after"}, "before")
    assert renamed.status == 200, renamed
    before = len(lab.records())
    assert ways.replayed(alice, "after").started
    [record] = lab.records()[before:]
    assert (record["server"], record["environment"]["PRESETS_JOB_NAME"]) == ("after", "decided")


# What people send.


def test_only_a_port_is_taken_from_a_server_and_only_while_it_starts(lab):
    alice = lab.person("alice")
    asking = alice.rest("POST", ways.asked("physics-open", {"job_name": "wait"}))
    assert asking.status == 202, asking
    [(pid, env)] = wait_for(lambda: lab.processes("alice"), "alice's process").items()
    token = env["JUPYTERHUB_API_TOKEN"]
    port = int(env["JUPYTERHUB_SERVICE_URL"].split(":")[2].split("/")[0])

    def post(body, token=token):
        return lab.api("POST", "/batchspawner", body, token=token).status_code

    for body in ({}, [port], {"port": 0}, {"port": True}, {"port": "1 2"}, {"port": 70000}, {"child_config": {}},
                 {"port": port, "cmd": ["x"]}, {"port": port, "child_spawner": None}, {"port": port, "state": {}}):  # fmt: skip
        assert post(body) == 400, body
    assert post({"port": port}, token=alice.token) == 403, "a person's token is no server's"
    assert post({"port": port}, token=lab.admin_token) == 403
    assert post({"port": port}) == 201
    os.kill(pid, signal.SIGUSR1)
    assert lab.outcome("alice")[0] == "ready"
    assert post({"port": port}) == 403, "it runs already"


def test_a_file_in_the_form_breaks_nobodys_page(lab):
    alice = lab.person("alice")
    files = [("up", ("notes.txt", b"\x00\xff", "text/plain")), ("o.small.up", ("x", b"x", "text/plain"))]
    assert alice.post_form({"pz_form": "1", "preset": "small"}, files=files).status == 302
    assert lab.outcome("alice")[0] == "ready"
    assert lab.server("alice")["user_options"] == {"preset": "small", "values": {}, "profile": "A small server"}
    lab.api("GET", "/users?include_stopped_servers=1", expect=200)


def test_what_was_refused_is_not_what_a_bare_start_replays(lab):
    bob = lab.person("bob")
    refused = ways.rest(bob, "physics-open", {})
    assert not refused.started
    assert started_bare(lab, bob)["environment"]["PRESETS_MEMORY"] == "2000000000", "the site's default"
    lab.stop("bob")

    started(lab, bob, "site-open", cores=7)
    lab.stop("bob")
    for options in (ways.asked("site-open", {"cores": 99}), ways.asked("physics-open", {}), {"preset": ["x"]}, {"x": 1}):
        assert not ways.settled(bob, bob.rest("POST", {"user_options": options})).started
    assert started_bare(lab, bob)["environment"]["PRESETS_CORES"] == "7", "what bob last had"


def started_bare(lab, person):
    before = len(lab.records())
    assert ways.replayed(person, "").started
    [record] = lab.records()[before:]
    return record


@pytest.mark.parametrize(
    "query",
    [
        {"utm_source": "mail"},
        {"_xsrf": "abc"},
        {"preset": "small", "utm_source": "mail"},
        {"opt-values": "{}"},
        {"opt-start": "small"},
        {"next": "/hub/home"},
        {"display_name": "x"},
    ],
    ids=lambda query: "&".join(query),
)
def test_a_link_that_names_no_preset_opens_the_form_and_starts_nothing(lab, query):
    before = len(lab.records())
    answer = lab.person("bob").follow(query)
    assert answer.status in (200, 422), answer
    assert "small" in Page(answer.body).presets(), "the form is there"
    assert lab.records()[before:] == []
    assert lab.processes("bob") == {}
    assert not lab.server("bob") or not lab.server("bob")["pending"]


def test_a_refused_form_comes_back_with_what_was_entered(lab):
    answer = lab.person("alice").post_form(
        {"pz_form": "1", "preset": "physics-open", "o.physics-open.cores": "64", "o.physics-open.job_name": "kept"}
    )
    assert answer.status == 422, answer
    page = Page(answer.body)
    [cores] = page.all("input", name="o.physics-open.cores")
    [name] = page.all("input", name="o.physics-open.job_name")
    assert (cores["value"], cores["aria-invalid"], name["value"]) == ("64", "true", "kept")
    again = lab.person("alice").spawn_page()
    assert again.all("input", name="o.physics-open.cores")[0]["value"] == "4", "told once"


# What people are shown.


def test_a_broken_backend_says_one_sentence_and_keeps_its_details_in_the_log(lab):
    alice = lab.person("alice")
    said = []
    answer = alice.post_form({"pz_form": "1", "preset": "physics-open", "o.physics-open.job_name": "break"})
    said.append(answer.body)
    said.append(json.dumps(lab.outcome("alice")))
    answer = alice.rest("POST", ways.asked("physics-open", {"job_name": "break"}))
    said.append(answer.body)
    said.append(json.dumps(lab.outcome("alice")))
    said.append(alice.get("/hub/spawn-pending/alice").text)
    assert not [text for text in said if "4711" in text]
    assert "Physics, every option open could not be started. Try again" in said[1]
    assert "4711" in lab.log()


def test_a_refusal_by_the_api_is_one_sentence(lab):
    answer = lab.person("bob").rest("POST", ways.asked("physics-open", {}))
    assert answer.status == 403
    message = json.loads(answer.body)["message"]
    assert message.startswith("There is no preset “physics-open” for you.")
    assert "NotStarted" not in answer.body


def test_progress_is_told_before_there_is_a_child(lab):
    """The stock wrapper's progress raises until then, and the stream ends."""
    alice, events = lab.person("alice"), []
    assert alice.token
    with stopped_service(lab):
        starting = threading.Thread(target=alice.rest, args=("POST", ways.asked("physics-fixed", {})))
        starting.start()
        wait_for(lambda: (lab.server("alice") or {}).get("pending") == "spawn", "the start", every=0.01)
        with requests.get(
            f"{lab.hub_api_url}/users/alice/server/progress",
            headers={"Authorization": f"Bearer {alice.token}"}, stream=True, timeout=60,
        ) as stream:  # fmt: skip
            for line in stream.iter_lines():
                if line.startswith(b"data:"):
                    events.append(json.loads(line[5:]))
        starting.join(60)
    messages = [event["message"] for event in events]
    assert "Checking what to start" in messages
    assert "Standard server is starting" in messages
    assert events[-1].get("ready"), events


def test_the_spawn_page_is_there_while_the_service_answers_nothing(lab):
    with stopped_service(lab):
        begun = time.monotonic()
        page = lab.person("dave").spawn_page()
        took = time.monotonic() - begun
    assert page.presets() == []
    assert "Your presets can't be loaded right now. You can start with the site's standard settings." in page.text
    assert took < 2.5


def test_the_hubs_log_is_clean_and_without_secrets(lab):
    started(lab, lab.person("alice"), "physics-open", cores=3)
    log = lab.log()
    for complaint in ("Spawner.db is deprecated", "Received unhandled user_options", "was never awaited"):
        assert complaint not in log
    for secret in (lab.hub_secret, lab.admin_token, lab.slapd["reader_password"], lab.slapd["password"]):
        assert secret not in log
