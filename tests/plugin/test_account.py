"""What the plugin tells of somebody's account, from a real database: when it was made, and how old the hub's is."""

import logging
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

from jupyterhub import orm
from jupyterhub_presets import PresetsSpawner
from jupyterhub_presets.account import Accounts
from surroundings import configured

NOON = datetime(2026, 11, 22, 12, 0, 0, 250000)


def spawner_of(hub, name, made_at):
    user = hub.user(name)
    user.orm_user.created = made_at
    hub.session.commit()
    return SimpleNamespace(user=user, log=logging.getLogger("spawner"), _log_name=name)


def test_it_tells_when_the_account_was_made_and_the_oldest_of_all(hub):
    alice, _ = spawner_of(hub, "alice", NOON), spawner_of(hub, "bob", NOON - timedelta(days=9))
    told = {"made_at": "2026-11-22T12:00:00.250000Z", "hub_since": "2026-11-13T12:00:00.250000Z"}
    assert Accounts().told(alice) == told


def test_a_time_with_a_zone_is_told_as_utc(hub):
    alice = SimpleNamespace(user=hub.user("alice"), log=None, _log_name="alice")
    alice.user = SimpleNamespace(orm_user=SimpleNamespace(created=NOON.replace(tzinfo=timezone(timedelta(hours=2)))))
    alice.user.db = hub.session
    accounts = Accounts()
    accounts._until = float("inf")  # nobody asks for the oldest
    assert accounts.told(alice)["made_at"] == "2026-11-22T10:00:00.250000Z"


def test_the_oldest_is_looked_for_once_in_a_while(hub):
    now = [0.0]
    accounts = Accounts(every=60.0, clock=lambda: now[0])
    alice = spawner_of(hub, "alice", NOON)
    spawner_of(hub, "bob", NOON - timedelta(days=9))
    first = accounts.told(alice)["hub_since"]
    hub.session.delete(orm.User.find(hub.session, "bob"))
    hub.session.commit()
    assert accounts.told(alice)["hub_since"] == first
    now[0] = 61.0
    assert accounts.told(alice)["hub_since"] == "2026-11-22T12:00:00.250000Z"


def test_a_hub_that_does_not_know_tells_nothing_and_nothing_is_raised(hub, caplog):
    alice = spawner_of(hub, "alice", NOON)
    alice.user.orm_user.created = None
    assert Accounts().told(alice) is None
    assert caplog.text == ""
    alice.user = None
    assert Accounts().told(alice) is None
    assert "Cannot see when the account of alice was made" in caplog.text


async def test_a_form_carries_it(hub, peer):
    peer.answers = {"hub/form": (200, {"protocol": 1, "revision": 1, "html": "<p>form</p>"})}
    async with peer:
        c, _ = configured(url=peer.url, prefix="/services/presets/")
        user = hub.user("alice", config=c, spawner_class=PresetsSpawner)
        user.orm_user.created = NOON
        hub.session.commit()
        assert "form" in await user.spawners[""].get_options_form()
        told = {"made_at": "2026-11-22T12:00:00.250000Z", "hub_since": "2026-11-22T12:00:00.250000Z"}
        assert [body["account"] for _, _, body in peer.asked] == [told]
