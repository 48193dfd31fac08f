"""Who gets in with which token of a real hub, how soon a revoked one counts for nothing, and what is reported."""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import recorded
from running_lab import Lab, environment_of, quote, wait_for

ROUNDS = int(os.environ.get("PRESETS_ROUNDS", "5"))
ACCESS = "access:services!service=presets"
ADMIN = "custom:presets:admin"
RESOLVE = "custom:presets:resolve"


def token_of(lab, name, scopes=None, expect=201):
    """A new token of somebody, with these scopes or with all that is theirs; `(token, its id)`."""
    assert lab.person(name).browser
    body = {} if scopes is None else {"scopes": scopes}
    answer = lab.api("POST", f"/users/{quote(name)}/tokens", body, expect=expect)
    return (answer.json()["token"], answer.json()["id"]) if expect == 201 else None


def read(lab, token):
    """The status of a request that only reads, and needs an administrator."""
    return send(lab, "GET", "health/config", token).status_code


def write(lab, token):
    """The status of a request that is none of reading, and needs the right to resolve."""
    return send(lab, "POST", "hub/form", token, json={"protocol": 1, "user": "alice"}).status_code


def send(lab, method, route, token, **options):
    url = f"{lab.service_url}{lab.service_prefix}api/v1/{route}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, url, headers=headers, timeout=30, **options)


def test_a_token_opens_the_service_if_it_was_made_for_it_and_has_the_right(lab):
    for scopes, status in [
        (None, 200),
        ([ACCESS, ADMIN], 200),
        (["access:services", ADMIN], 200),
        ([ACCESS, RESOLVE, "custom:presets:read", "custom:presets:events"], 403),
        ([ADMIN], 403),
        (["read:users!user=admin"], 403),
        (["access:servers!user=admin", ADMIN], 403),
        (["access:services!service=presetsx", ADMIN], 403),
        (["access:services!service=lab", ADMIN], 403),
        ([ACCESS, ADMIN + "!user=admin"], 403),
        ([ACCESS, ADMIN + "!user"], 403),
    ]:
        token, _ = token_of(lab, "admin", scopes)
        assert read(lab, token) == status, scopes
        assert requests.get(f"{lab.hub_api_url}/user", headers={"Authorization": f"token {token}"}).ok, scopes


def test_nobody_gets_more_than_the_hub_gave_them(lab):
    token, _ = token_of(lab, "alice")
    assert (read(lab, token), write(lab, token)) == (403, 403)
    # Asked of the hub, not of us: it makes no token with what alice does not have.
    token_of(lab, "alice", [ACCESS, ADMIN], expect=400)


def test_the_singular_is_no_scope_at_all(lab):
    token_of(lab, "admin", ["access:service!service=presets", ADMIN], expect=400)


def test_tokens_of_others_open_nothing(lab, nobody_runs):
    assert read(lab, None) == 401
    assert read(lab, "0" * 32) == 401
    assert read(lab, lab.admin_token) == 403, "the token of another service, whatever it may do at the hub"
    assert read(lab, lab.hub_secret) == 403, "the plugin's secret"
    assert write(lab, lab.hub_secret) == 200
    env = environment_of(lab.pids["service"])
    assert (read(lab, env["JUPYTERHUB_API_TOKEN"]), write(lab, env["JUPYTERHUB_API_TOKEN"])) == (401, 401)
    lab.api("POST", "/users/admin/server", {"preset": "small"})
    assert lab.outcome("admin")[0] == "ready"
    [env] = lab.processes("admin").values()
    assert (read(lab, env["JUPYTERHUB_API_TOKEN"]), write(lab, env["JUPYTERHUB_API_TOKEN"])) == (403, 403)


def test_a_revoked_token_changes_nothing_from_that_moment(lab):
    for _ in range(4 * ROUNDS):
        token, number = token_of(lab, "admin", [ACCESS, ADMIN])
        assert (write(lab, token), read(lab, token)) == (200, 200)
        lab.api("DELETE", f"/users/admin/tokens/{number}", expect=204)
        assert write(lab, token) == 401
        assert read(lab, token) == 401, "what a write found out, reading knows too"


def test_a_revoked_token_reads_for_thirty_seconds_at_most(lab):
    """Nobody writes with these: only the age of what was known ends the reading."""

    def reads_for(_):
        token, number = token_of(lab, "admin", [ACCESS, ADMIN])
        assert read(lab, token) == 200
        lab.api("DELETE", f"/users/admin/tokens/{number}", expect=204)
        revoked = last = time.monotonic()
        while True:
            asked = time.monotonic()
            if read(lab, token) == 401:
                return last - revoked
            last = asked
            time.sleep(0.2)

    lab.person("admin").browser
    with ThreadPoolExecutor(4 * ROUNDS) as pool:
        longest = max(pool.map(reads_for, range(4 * ROUNDS)))
    print(f"{4 * ROUNDS} revoked tokens: read for at most {longest:.1f} s")
    assert longest <= 30


def test_who_is_deleted_at_the_hub_is_gone_here(lab):
    lab.api("POST", "/users/dora", expect=201)
    answer = lab.api("POST", "/users/dora/tokens", {}, expect=201).json()
    assert write(lab, answer["token"]) == 403, "known, without the right"
    lab.api("DELETE", "/users/dora", expect=204)
    assert write(lab, answer["token"]) == 401


def test_a_hub_set_up_by_configure_has_nothing_to_put_right(lab):
    assert lab.person("alice").spawn_page()
    token, _ = token_of(lab, "admin")
    report = send(lab, "GET", "health/config", token).json()
    assert (report["hub"], report["plugin"], report["findings"]) == ("answering", "seen", [])
    assert send(lab, "GET", "health/config", token_of(lab, "alice")[0]).status_code == 403


MISTAKES = """
from jupyterhub.app import JupyterHub

c = get_config()
c.JupyterHub.extra_user_scopes = set()

right = JupyterHub.init_services


def init_services(self):
    # Somebody edits by hand what configure() had put in order.
    service = next(one for one in self.services if one["name"] == "presets")
    service["oauth_client_allowed_scopes"] = ["access:service!service=presets"]
    right(self)


JupyterHub.init_services = init_services
"""


def test_mistakes_in_the_hubs_configuration_are_reported_and_stop_nothing(tmp_path):
    mistakes = tmp_path / "mistakes.py"
    mistakes.write_text(MISTAKES)
    with Lab(recorded("--hub-config", str(mistakes), quick=False)) as lab:
        admin = lab.person("admin")
        assert admin.spawn_page(), "the service serves"
        token, _ = token_of(lab, "admin")
        report = send(lab, "GET", "health/config", token).json()
        assert report["plugin"] == "seen"
        codes = [finding["code"] for finding in report["findings"]]
        assert codes == ["scopes-not-handed-out", "users-cannot-enter", "singular-scope"]
        # And they are in the log, once each, for an administrator who cannot get in.
        log = [json.loads(line) for line in lab.log("service").splitlines() if line.startswith("{")]
        assert [line["code"] for line in log if "code" in line] == codes


@pytest.fixture
def beside(lab, tmp_path):
    """Starts a service of its own beside the lab's hub, with a token of the test's choice; answers its log."""
    running = []

    def start(api_url, token):
        config = tmp_path / "presets.yaml"
        config.write_text(f"database: sqlite:{tmp_path}/presets.sqlite\nlisten: 127.0.0.1:0\n")
        given = {
            "PATH": os.environ["PATH"],
            "JUPYTERHUB_API_URL": api_url,
            "JUPYTERHUB_API_TOKEN": token,
            "PRESETS_HUB_SECRET": "f0e1d2c3b4a5968778695a4b3c2d1e0f",
        }
        log = (tmp_path / "beside.log").open("w")
        command = [lab.service_program, "serve", "--config", config]
        running.append(subprocess.Popen(command, env=given, stdout=log, stderr=log))
        return tmp_path / "beside.log"

    yield start
    for process in running:
        assert process.poll() is None, "it runs on"
        process.kill()
        process.wait(10)


@pytest.mark.parametrize(
    "code, token",
    [("own-token-unknown", "0" * 32), ("own-token-of-another", "lab"), ("hub-unreachable", "0" * 32)],
)
def test_what_keeps_everybody_out_is_in_the_log_from_the_start(lab, beside, code, token):
    away = lab.hub_api_url.replace("/hub/api", "/nothing/here")
    api_url = away if code == "hub-unreachable" else lab.hub_api_url
    log = beside(api_url, lab.admin_token if token == "lab" else token)
    wait_for(lambda: code in log.read_text(), f"{code} in the log", within=20)
    assert lab.admin_token not in log.read_text()
