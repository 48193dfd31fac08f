"""The rights matrix of tests/api/matrix.yaml in a real hub: every operation, asked by everybody, through the proxy."""

from pathlib import Path

import pytest
import requests
import yaml
from conftest import recorded

HERE = Path(__file__).resolve().parent
LAB = recorded("--often", "--hub-config", str(HERE / "matrix_config.py"), site=HERE.parent / "sites" / "matrix.yaml")
MATRIX = yaml.safe_load((HERE.parent / "api" / "matrix.yaml").read_text())


@pytest.fixture(scope="module")
def asked(lab):
    return Asked(lab)


class Asked:
    """The service, and a token for each principal."""

    def __init__(self, lab):
        self.lab, self.root = lab, f"{lab.public_url}/services/presets"
        access = "access:services!service=presets"
        # Gone before the service ever saw it; how soon one that it knew is gone, test_tokens.py measures.
        revoked = self.mint("alice")
        lab.api("DELETE", f"/users/alice/tokens/{revoked['id']}", expect=204)
        self.tokens = {
            "anonymous": None,
            "narrow": self.mint("alice", ["read:users!user=alice"])["token"],
            "foreign": self.mint("alice", ["access:services!service=other"])["token"],
            "revoked": revoked["token"],
            "plugin": lab.hub_secret,
            "resolver": "robot-0123456789abcdef0123456789abcdef",
            "service": "alice-0123456789abcdef0123456789abcdef",
            "user": self.mint("alice", [access])["token"],
            "filtered": self.mint("alice", [access, "custom:presets:admin!user=alice"])["token"],
            # None of them may start servers by it: what starts one is a right of its own (test_start_here.py).
            "other": self.mint("bob", [access])["token"],
            "manager": self.mint("carol", [access])["token"],
            "reader": self.mint("dora", [access, "custom:presets:read"])["token"],
            "organiser": self.mint("erin", [access, "custom:presets:events"])["token"],
            "admin": self.mint("ada", [access, "custom:presets:admin"])["token"],
        }

    def mint(self, name, scopes=None):
        assert self.lab.person(name).browser, "the hub knows them"
        body = {"scopes": scopes} if scopes else {}
        return self.lab.api("POST", f"/users/{name}/tokens", body, expect=201).json()

    def __call__(self, principal, method, path, body=None, version=None):
        token = self.tokens[principal]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if version:
            headers["If-Match"] = version
        if path.endswith("/import"):
            headers["Content-Type"] = "application/yaml"
        return requests.request(
            method, self.root + path, headers=headers, json=body, timeout=30, allow_redirects=False
        )

    def filled(self, pattern, given):
        """The path of a cell, and the version of what was made for it."""
        path, version = pattern, None
        for parameter, what in given.items():
            if what in ("preset", "group-preset"):
                owner, maker = ({"kind": "user", "name": "alice"}, "user")
                if what == "group-preset":
                    owner, maker = ({"kind": "group", "name": "physics"}, "manager")
                made = self(maker, "POST", "/api/v1/presets", {"title": "Made", "profile": "node", "owner": owner})
                assert made.status_code == 201, made.text
                what, version = made.json()["id"], made.headers["ETag"]
            elif what in ("event", "admin-event"):
                new = {
                    "title": "Made",
                    "kind": "course",
                    "zone": "UTC",
                    "from": "2090-01-10T09:00",
                    "to": "2090-01-10T17:00",
                    "audiences": {"participant": {"groups": ["physics"]}},
                    "published": what == "event",
                }
                made = self("organiser" if what == "event" else "admin", "POST", "/api/v1/events", new)
                assert made.status_code == 201, made.text
                what, version = made.json()["key"], made.headers["ETag"]
            elif what == "decision":
                start = self.lab.ask("resolve", user="alice", options={"preset": "small"})
                assert start.status_code == 200, start.text
                what = start.json()["decision"]
            path = path.replace("{" + parameter + "}", what)
        return path, version


@pytest.mark.parametrize("name", MATRIX["operations"])
def test_everybody_is_answered_as_the_matrix_says(asked, name):
    row = MATRIX["operations"][name]
    method, pattern = name.split(" (")[0].split(" ")
    strays = []
    for principal, expected in zip(MATRIX["principals"], row["statuses"]):
        path, version = asked.filled(pattern, row.get("given", {}))
        if method == "PUT" and not version:  # one's own, as it is
            version = asked(principal, "GET", path).headers.get("ETag", '"0"')
        version = version if method in ("PUT", "DELETE") else row.get("if_match")
        answer = asked(principal, method, path, row.get("body"), version)
        if answer.status_code != expected:
            strays.append(f"{principal}: {answer.status_code} instead of {expected}: {answer.text[:300]}")
    assert not strays, "\n".join(strays)
