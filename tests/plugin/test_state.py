"""State: a hub that restarts takes its servers up again, by what its configuration allows now."""

import json
import socket

import pytest
from jupyterhub import orm
from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub_presets import NotStarted
from jupyterhub_presets.record import SCHEMA, Resolution
from jupyterhub_presets.refusal import StartFailed
from surroundings import configured, resolution
from test_child import Batch
from traitlets.config import Config
from wrapspawner import ProfilesSpawner, WrapSpawner

LOCAL = {"class": SimpleLocalProcessSpawner, "traits": ["mem_limit"]}


def record(**changes):
    return {
        **Resolution.from_answer(resolution()).to_record("jupyterhub.spawner.SimpleLocalProcessSpawner"),
        **changes,
    }


def restarted(hub, state, backends=None, c=None, port=None):
    """The spawner a restarted hub makes for a server that it left running."""
    c, _ = configured(c, backends=backends or {"local": LOCAL})
    user = hub.user(config=c)
    row = user.orm_spawners.get("") or orm.Spawner(name="", user=user.orm_user)
    row.state, row.server = state, orm.Server(ip="127.0.0.1", port=port or 1, base_url="/user/alice/")
    hub.session.add(row)
    hub.session.commit()
    return user.spawners[""]


def test_the_record_is_json_and_reads_back():
    first = Resolution.from_answer(resolution())
    stored = json.loads(json.dumps(first.to_record("x.Y")))
    assert stored["schema"] == SCHEMA
    again = Resolution.from_record(stored)
    assert again == first


def test_the_record_holds_no_secret_and_names_its_decision():
    stored = record()
    assert set(stored) == {
        "schema", "decision", "preset", "backend", "class", "traits", "environment", "options", "fallback",
    }  # fmt: skip
    assert stored["decision"] == "5a1f" and stored["preset"] == {
        "id": "pytorch",
        "title": "PyTorch on 1 GPU",
        "version": 3,
    }


@pytest.mark.parametrize("broken", [None, 7, [], {}, {"backend": 7}, {"backend": None}])
def test_what_is_no_record_is_not_read(broken):
    assert Resolution.from_record(broken) is None


def test_a_running_server_is_taken_up_with_its_own_settings(hub):
    spawner = restarted(hub, {"preset_record": record(), "child_state": {"pid": 4711}, "last_options": {"preset": "x"}})
    child = spawner.child_spawner
    assert type(child) is SimpleLocalProcessSpawner and (child.pid, child.mem_limit) == (4711, 4096)
    assert spawner.user_options["profile"] == "PyTorch on 1 GPU"
    assert spawner.get_state()["preset_record"] == record()
    assert spawner.get_state()["last_options"] == {"preset": "x"}


async def test_a_taken_up_server_cannot_be_started_again_without_a_resolution(hub):
    spawner = restarted(hub, {"preset_record": record(), "child_state": {}}, {"local": {"class": Batch}})
    assert type(spawner.child_spawner) is Batch
    with pytest.raises(NotStarted):
        await spawner.start()
    assert spawner.child_spawner.port == 0


def test_a_record_of_a_newer_plugin_is_taken_up(hub):
    newer = record(schema=SCHEMA + 1, more={"x": 1})
    assert restarted(hub, {"preset_record": newer, "child_state": {"pid": 4711}}).child_spawner.pid == 4711


def test_the_class_comes_from_the_configuration_and_never_from_the_state(hub):
    stored = record(**{"class": "test_child.Batch"})
    assert type(restarted(hub, {"preset_record": stored, "child_state": {}}).child_spawner) is SimpleLocalProcessSpawner


def test_traits_that_are_no_longer_listed_are_left_out_and_the_server_is_kept(hub, caplog):
    stored = record(traits={"mem_limit": 4096, "cmd": ["/bin/x"], "cpu_limit": "?"})
    child = restarted(hub, {"preset_record": stored, "child_state": {"pid": 4711}}).child_spawner
    assert child.cmd == ["jupyterhub-singleuser"] and child.mem_limit == 4096 and child.pid == 4711
    assert "no longer apply: ['cmd', 'cpu_limit']" in caplog.text


def test_a_renamed_backend_of_the_same_class_takes_the_server_up(hub):
    spawner = restarted(hub, {"preset_record": record(), "child_state": {"pid": 4711}}, {"renamed": LOCAL})
    assert spawner.child_spawner.pid == 4711


def test_a_retired_backend_takes_its_servers_up(hub):
    retired = {**LOCAL, "retired": True}
    spawner = restarted(hub, {"preset_record": record(), "child_state": {"pid": 4711}}, {"local": retired})
    assert spawner.child_spawner.pid == 4711


async def test_a_server_of_a_removed_backend_is_not_taken_for_stopped_while_it_answers(hub, caplog):
    with socket.create_server(("127.0.0.1", 0)) as server:
        state = {"preset_record": record(), "child_state": {"pid": 4711}}
        spawner = restarted(hub, state, {"batch": {"class": Batch}}, port=server.getsockname()[1])
        assert "Put it back" in caplog.text and "4711" in caplog.text
        assert await spawner.poll() is None
        assert spawner.get_state() == state
        with pytest.raises(StartFailed) as failure:
            await spawner.stop()
        assert "cannot be stopped from here" in failure.value.jupyterhub_message
    assert await spawner.poll() == 0
    await spawner.stop()


@pytest.mark.parametrize(
    "state", [{"preset_record": 7}, {"child_state": 7}, {"preset_record": record(traits=7), "child_state": 7}]
)
def test_a_broken_state_does_not_keep_the_hub_from_starting(hub, state):
    restarted(hub, state)


def test_without_configure_a_running_server_is_still_kept(hub):
    spawner = restarted(hub, {"preset_record": record(), "child_state": {"pid": 4711}})
    spawner.settings = None
    spawner.load_state({"preset_record": record(), "child_state": {"pid": 4711}})
    assert type(spawner.child_spawner).__name__ == "LostServer"


def test_a_stopped_server_has_no_child(hub):
    c, _ = configured(backends={"local": LOCAL})
    spawner = hub.user(config=c).spawner
    assert spawner.child_spawner is None
    spawner.load_state({"last_options": {"preset": "x"}})
    assert spawner.child_spawner is None and spawner.get_state() == {"last_options": {"preset": "x"}}


STOCK = [
    ("Big node", "big", "test_child.Batch", {"req_partition": "big"}),
    ("Here", "here", SimpleLocalProcessSpawner, {}),
]
BOTH = {"local": LOCAL, "batch": {"class": Batch, "traits": ["req_partition"]}}


def test_a_server_of_a_stock_profiles_spawner_is_taken_up_by_its_profile(hub):
    state = {
        "child_conf": {"req_partition": "big", "cmd": ["x"]},
        "child_state": {"pid": 1},
        "profile": "big",
    }
    c = Config({"ProfilesSpawner": {"profiles": STOCK}})
    spawner = restarted(hub, state, BOTH, c)
    assert type(spawner.child_spawner) is Batch
    assert spawner.child_spawner.req_partition == "big" and spawner.child_spawner.cmd == ["jupyterhub-singleuser"]
    assert spawner.user_options == {"profile": "Big node"}


def test_a_stock_server_whose_class_is_not_allowed_is_not_taken_up(hub):
    state = {"child_conf": {}, "child_state": {"pid": 1}, "profile": "big"}
    spawner = restarted(hub, state, {"local": LOCAL}, Config({"ProfilesSpawner": {"profiles": STOCK}}))
    assert type(spawner.child_spawner).__name__ == "LostServer"


def test_a_server_of_a_stock_wrap_spawner_is_taken_up_by_its_configured_class(hub):
    state = {"child_conf": {}, "child_state": {"pid": 4711}}
    c = Config({"WrapSpawner": {"child_class": "jupyterhub.spawner.SimpleLocalProcessSpawner"}})
    assert restarted(hub, state, BOTH, c).child_spawner.pid == 4711


def test_a_server_of_a_plain_spawner_is_taken_up_by_the_class_that_knows_its_state(hub):
    assert restarted(hub, {"pid": 4711}, BOTH).child_spawner.pid == 4711
    assert type(restarted(hub, {"job": "x"}, BOTH).child_spawner).__name__ == "LostServer"


def test_a_state_that_two_classes_know_is_left_alone(hub):
    two = {"local": LOCAL, "unix": {"class": "jupyterhub.spawner.LocalProcessSpawner"}}
    assert type(restarted(hub, {"pid": 4711}, two).child_spawner).__name__ == "LostServer"


def test_stock_profiles_spawner_takes_a_server_back(hub):
    ours = restarted(hub, {"preset_record": record(), "child_state": {"pid": 4711}}).get_state()
    c = Config({"ProfilesSpawner": {"profiles": [("Here", "local", SimpleLocalProcessSpawner, {})]}})
    user = hub.user(config=c, spawner_class=ProfilesSpawner)
    user.orm_spawners[""].state = ours
    back = user.spawners[""]
    assert isinstance(back, WrapSpawner) and type(back.child_spawner) is SimpleLocalProcessSpawner
    assert back.child_spawner.pid == 4711
