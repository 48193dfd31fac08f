"""Tokens of a real hub at the service's API: which open it, what each may do there, and how soon one that is gone is gone."""

import os
import time
from pathlib import Path

import pytest
import requests
from conftest import recorded
from running_lab import wait_for

LAB = recorded("--hub-config", str(Path(__file__).with_name("tokens_config.py")))

ROUNDS = int(os.environ.get("PRESETS_ROUNDS") or 5)
"""How many tokens are revoked to see how long each still reads."""


@pytest.fixture(scope="module")
def service(lab):
    return Service(lab)


class Service:
    """The service's API, asked with a token, as programs do: through the proxy."""

    def __init__(self, lab):
        self.root = f"{lab.public_url}/services/presets/api/v1/"

    def __call__(self, method, path, token, **options):
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return requests.request(method, self.root + path, headers=headers, timeout=30, allow_redirects=False, **options)

    def status(self, path, token, method="GET", **options):
        return self(method, path, token, **options).status_code

    def writes(self, token):
        """What a change of one's preferences answers: 428 where only the version is missing."""
        return self.status("me/preferences", token, "PUT", json={})


def token_of(lab, name, **body):
    assert lab.person(name).browser, "the hub knows them"
    return lab.api("POST", f"/users/{name}/tokens", body, expect=201).json()["token"]


# Which tokens open the service.


def test_a_token_with_what_everybody_has_opens_it(lab, service):
    answer = service("GET", "me", token_of(lab, "alice"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "alice"


@pytest.mark.parametrize(
    "scopes",
    [
        ["read:users!user"],
        ["access:servers!user"],
        ["access:services!service=other"],
    ],
    ids=["a narrow one", "one for servers", "one for another service"],
)
def test_a_token_that_is_not_for_this_service_is_known_and_refused(lab, service, scopes):
    token = token_of(lab, "alice", scopes=scopes)
    assert lab.api("GET", "/user", token=token, expect=200).json()["name"] == "alice"
    answer = service("GET", "me", token)
    assert answer.status_code == 403, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert "access:services!service=presets" in answer.json()["detail"]
    assert service.writes(token) == 403


def test_the_token_of_ones_own_server_is_refused(lab, service, nobody_runs):
    alice = lab.person("alice")
    alice.rest("POST", {"user_options": {"preset": "small"}})
    assert lab.outcome("alice")[0] == "ready"
    [env] = lab.processes("alice").values()
    token = env["JUPYTERHUB_API_TOKEN"]
    assert lab.api("GET", "/user", token=token, expect=200).json()["name"] == "alice"
    assert service.status("me", token) == 403


def test_a_token_that_another_service_got_by_oauth_is_refused(lab, service):
    """The hub answers for it as for any other; only its scopes say for whom it is."""
    token = token_of(lab, "alice", scopes=["access:services!service=other", "read:users!user"])
    assert service.status("me", token) == 403


def test_nonsense_and_what_was_never_a_token_are_not_known(service):
    for token in ("nonsense", "0" * 64, "é"):
        answer = service("GET", "me", token.encode())
        assert answer.status_code == 401, token
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_is_not_read(lab, service):
    token = token_of(lab, "alice")
    answer = requests.get(f"{service.root}me?token={token}", timeout=30)
    assert answer.status_code in (400, 401)


# What they may do.


def test_the_hubs_administrator_has_no_rights_by_that(lab, service):
    """`admin: true` in the hub's model is no scope of ours."""
    token = token_of(lab, "admin", scopes=["access:services!service=presets"])
    assert lab.api("GET", "/user", token=token, expect=200).json()["admin"]
    assert service.status("me", token) == 200
    assert service.status("audit", token) == 403


def test_the_services_administrator_has(lab, service):
    token = token_of(lab, "admin")
    assert service.status("audit", token) == 200
    assert service.status("health/config", token) == 200


def test_a_right_for_one_person_is_no_right_over_others(lab, service):
    token = token_of(lab, "erin")
    assert service.status("me", token) == 200
    assert service.status("audit", token) == 403


def test_who_reads_does_not_write_and_who_organises_does_not_read(lab, service):
    reader, organiser = token_of(lab, "carol"), token_of(lab, "dave")
    assert service.status("audit", reader) == 200
    assert service.status("users/alice", reader, "DELETE") == 403
    assert service.status("audit", organiser) == 403


def test_a_service_with_the_right_asks_like_the_plugin_and_one_without_does_not(service):
    question = {"protocol": 1, "user": "alice", "server_name": "", "hub_groups": []}
    for token, status in (("asker" * 8, 200), ("robot" * 8, 403), ("0" * 40, 403), ("nobody" * 8, 401)):
        assert service.status("hub/form", token, "POST", json=question) == status, token


def test_the_services_own_token_does_not_open_the_plugins_routes(lab, service):
    environment = Path(f"/proc/{lab.pids['service']}/environ").read_bytes().split(b"\0")
    [own] = [one.split(b"=", 1)[1].decode() for one in environment if one.startswith(b"JUPYTERHUB_API_TOKEN=")]
    question = {"protocol": 1, "user": "alice", "server_name": "", "hub_groups": []}
    assert service.status("hub/form", own, "POST", json=question) in (401, 403)


# How soon one that is gone is gone.


def revoke(lab, name, note):
    """Revokes the token of that note; the instant it was gone."""
    listed = lab.api("GET", f"/users/{name}/tokens", expect=200).json()["api_tokens"]
    [own] = [one for one in listed if one["note"] == note]
    lab.api("DELETE", f"/users/{name}/tokens/{own['id']}", expect=204)
    return time.monotonic()


def test_a_revoked_token_writes_nothing_from_that_moment_and_reads_at_most_30_s(lab, service, capsys):
    longest = 0.0
    for trial in range(ROUNDS):
        note = f"trial{trial:03}"
        token = token_of(lab, "alice", note=note)
        assert service.status("me", token) == 200
        assert service.writes(token) == 428
        assert service.status("me", token) == 200, "it is in the cache now"
        revoked = revoke(lab, "alice", note)
        assert service.writes(token) == 401
        # A refused write is told to everybody: the read after it is refused, too.
        wait_for(lambda: service.status("me", token) == 401, "the token to be forgotten", within=31, every=0.2)
        longest = max(longest, time.monotonic() - revoked)
    with capsys.disabled():
        print(f"\n{ROUNDS} tokens revoked: writes refused at once, reads within {longest:.2f} s")
    assert longest <= 30


@pytest.mark.soak
def test_a_revoked_token_that_only_reads_reads_at_most_30_s(lab, service, capsys):
    token = token_of(lab, "alice", note="only-reads")
    assert service.status("me", token) == 200
    revoked = revoke(lab, "alice", "only-reads")
    wait_for(lambda: service.status("me", token) == 401, "the token to be forgotten", within=31, every=0.5)
    with capsys.disabled():
        print(f"\nread until {time.monotonic() - revoked:.1f} s after it was revoked")


def test_a_deleted_person_is_gone(lab, service):
    lab.api("POST", "/users/frank", expect=201)
    token = lab.api("POST", "/users/frank/tokens", {}, expect=201).json()["token"]
    assert service.status("me", token) == 200
    lab.api("DELETE", "/users/frank", expect=204)
    assert service.writes(token) == 401
