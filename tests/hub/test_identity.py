"""Which scopes of a real hub count, how long a revoked token reads, and what of a hub's configuration is reported."""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import recorded
from running_lab import Lab, quote, wait_for

TRIALS = 200 if os.environ.get("PRESETS_ROUNDS") else 20
"""How many tokens are revoked to see how long each still reads."""

ACCESS = "access:services!service=presets"
ADMIN = "custom:presets:admin"


def token_of(lab, name, scopes=None, expect=201):
    """A new token of somebody, with these scopes or with all that is theirs; `(token, its id)`."""
    assert lab.person(name).browser
    body = {} if scopes is None else {"scopes": scopes}
    answer = lab.api("POST", f"/users/{quote(name)}/tokens", body, expect=expect)
    return (answer.json()["token"], answer.json()["id"]) if expect == 201 else None


def read(lab, token):
    """The status of a request that only reads, and needs an administrator."""
    return send(lab, "GET", "health/config", token).status_code


def send(lab, method, route, token, **options):
    url = f"{lab.service_url}{lab.service_prefix}api/v1/{route}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, url, headers=headers, timeout=30, **options)


def test_a_token_opens_the_service_if_it_was_made_for_it_and_has_the_right(lab):
    for scopes, status in [
        (None, 200),
        ([ACCESS, ADMIN], 200),
        (["access:services", ADMIN], 200),
        ([ACCESS, "custom:presets:resolve", "custom:presets:read", "custom:presets:events"], 403),
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


def test_the_hub_makes_no_token_with_more_than_somebody_has_nor_with_a_misspelt_scope(lab):
    token_of(lab, "alice", [ACCESS, ADMIN], expect=400)
    token_of(lab, "admin", ["access:service!service=presets", ADMIN], expect=400)


def test_revoked_tokens_that_only_read_do_so_for_thirty_seconds_at_most(lab, capsys):
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
            time.sleep(1)

    assert lab.person("admin").browser
    with ThreadPoolExecutor(20) as pool:
        longest = max(pool.map(reads_for, range(TRIALS)))
    with capsys.disabled():
        print(f"\n{TRIALS} revoked tokens: read for at most {longest:.1f} s")
    assert longest <= 30


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
