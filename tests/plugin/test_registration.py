"""What the plugin tells of the hub it runs in, from a real database, and how often."""

import json
import logging
from types import SimpleNamespace

import pytest
from jupyterhub import orm, scopes
from jupyterhub_presets import PresetsSpawner
from jupyterhub_presets.configure import SCOPES
from jupyterhub_presets.registration import HEADER, Registration, look
from surroundings import configured

ACCESS = "access:services!service=presets"


@pytest.fixture(autouse=True)
def declared_scopes(monkeypatch):
    monkeypatch.setattr(scopes, "scope_definitions", dict(scopes.scope_definitions))
    scopes.define_custom_scopes(SCOPES)


def register(session, allowed, user, admin_of=None):
    """What a hub keeps of its configuration: the service with its OAuth client, and roles."""
    client = orm.OAuthClient(identifier="service-presets", allowed_scopes=allowed)
    session.add(orm.Service(name="presets", oauth_client=client))
    session.add(orm.Role(name="user", scopes=user))
    session.add(orm.Role(name="presets-admin", scopes=["custom:presets:admin"], users=admin_of or []))
    session.commit()


def test_it_tells_what_the_hub_holds_and_not_what_was_meant(hub):
    register(hub.session, ["custom:presets:read", "read:users!user", ACCESS], ["self", ACCESS])
    assert json.loads(look(hub.session, "presets")) == {
        "allowed_scopes": [ACCESS, "custom:presets:read"],
        "user_scopes": [ACCESS],
        "administered": False,
    }


def test_a_scope_includes_what_the_hub_says_it_includes(hub):
    register(hub.session, ["custom:presets:admin"], ["self"])
    told = json.loads(look(hub.session, "presets"))
    assert told["allowed_scopes"] == sorted(SCOPES)
    assert told["user_scopes"] == []


def test_a_role_counts_once_somebody_has_it(hub):
    alice = hub.user("alice").orm_user
    register(hub.session, [], [], admin_of=[alice])
    assert json.loads(look(hub.session, "presets"))["administered"] is True


def test_misspelt_and_unknown_scopes_are_told_or_left_out(hub):
    register(hub.session, ["access:service!service=presets", "custom:presets:everything"], ["self"])
    assert json.loads(look(hub.session, "presets"))["allowed_scopes"] == ["access:service!service=presets"]


def test_a_service_the_hub_does_not_know_has_nothing(hub):
    assert json.loads(look(hub.session, "presets"))["allowed_scopes"] == []


def test_it_looks_once_in_a_while_and_never_raises(hub, caplog):
    now = [0.0]
    registration = Registration(every=60.0, clock=lambda: now[0])
    spawner = SimpleNamespace(user=SimpleNamespace(db=hub.session), log=logging.getLogger("spawner"))
    first = registration.told(spawner, "presets")
    register(hub.session, ["custom:presets:read"], [ACCESS])
    assert registration.told(spawner, "presets") == first
    now[0] = 61.0
    assert "custom:presets:read" in registration.told(spawner, "presets")
    now[0] = 122.0
    spawner.user.db = None
    assert registration.told(spawner, "presets") is None
    assert "Cannot see how the hub is set up" in caplog.text


async def test_the_form_carries_it_beside_what_is_asked(hub, peer):
    register(hub.session, ["custom:presets:read"], [ACCESS])
    peer.answers = {"hub/form": (200, {"protocol": 1, "revision": 1, "html": "<p>form</p>"})}
    async with peer:
        c, _ = configured(url=peer.url, prefix="/services/presets/")
        spawner = hub.user("alice", config=c, spawner_class=PresetsSpawner).spawners[""]
        assert "form" in await spawner.get_options_form()
    ((_, headers, body),) = peer.asked
    assert json.loads(headers[HEADER])["user_scopes"] == [ACCESS]
    assert "registration" not in body
