"""A server started through the service, in a real hub: by the name of a preset, with one's own token."""

import jsonschema
import pytest
import requests


@pytest.fixture
def alice(nobody_runs):
    """Asks the service as alice, by a token with these scopes."""
    lab = nobody_runs
    assert lab.person("alice").browser, "the hub knows them"

    def ask(method, path, body=None, scopes=("servers!user=alice",)):
        scopes = ["access:services!service=presets", *scopes]
        token = lab.api("POST", "/users/alice/tokens", {"scopes": scopes}, expect=201).json()["token"]
        url = f"{lab.public_url}/services/presets/api/v1/{path}"
        return requests.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    ask.lab = lab
    return ask


def test_a_server_starts_by_the_name_of_a_preset(alice):
    started = alice("POST", "me/start", {"preset": "small"})
    assert started.status_code in (201, 202), started.text
    told = started.json()
    assert started.headers["Location"] == told["page"]
    assert told["state"] == ("ready" if started.status_code == 201 else "pending")
    assert alice.lab.outcome("alice")[0] == "ready"
    [record] = alice.lab.records("alice")[-1:]
    assert (record["env"]["PRESETS_PARTITION"], record["env"]["PRESETS_MEMORY"]) == ("rome", "2000000000")
    assert alice.lab.user("alice")["servers"][""]["user_options"]["preset"] == "small"

    again = alice("POST", "me/start", {"preset": "small"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-started"), again.text
    assert "running" in again.json()["detail"], again.text


def test_a_token_that_may_start_nothing_is_told_which_scope_it_lacks(alice):
    refused = alice("POST", "me/start", {"preset": "small"}, scopes=())
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/token-too-narrow"), refused.text
    assert "servers!user" in refused.json()["detail"]
    assert alice.lab.user("alice")["servers"] == {}


def test_what_the_limits_refuse_never_reaches_the_hub(alice):
    before = len(alice.lab.records("alice"))
    refused = alice("POST", "me/start", {"preset": "small", "values": {"memory": "900TB", "nix": 1}})
    assert refused.status_code == 422, refused.text
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/values/memory", "/values/nix"}
    assert len(alice.lab.records("alice")) == before
    assert alice.lab.user("alice")["servers"] == {}


def test_the_schema_is_one_that_any_validator_reads(alice):
    schema = alice("GET", "me/schema").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for body in ({}, {"preset": "small"}, {"preset": "small", "values": {"nix": 1}}, {"preset": "nix"}):
        fine = alice("POST", "me/validate", body).status_code == 200
        assert validator.is_valid(body) == fine, body
