"""batchspawner's port API takes a port from a starting server, and nothing else from anybody."""

import importlib.util
from types import SimpleNamespace

import jupyterhub_presets
import pytest
from jupyterhub.apihandlers import default_handlers
from jupyterhub_presets.batch_port import post_port
from tornado import web


class Handler:
    """As much of the hub's API handler as `post_port` uses; answering is the real thing in the real-hub tests."""

    def __init__(self, body, token="own", user=...):
        self.spawner = SimpleNamespace(api_token="own", _spawn_pending=True, port=0, name="")
        self.other = SimpleNamespace(api_token="", _spawn_pending=True, port=0)
        spawners = {"": self.spawner, "other": self.other}
        self.current_user = SimpleNamespace(spawners=spawners) if user is ... else user
        self._body, self._token, self.status, self.answer = body, token, None, None

    def get_auth_token(self):
        return self._token

    def get_json_body(self):
        return self._body

    def set_status(self, status):
        self.status = status

    def finish(self, answer):
        self.answer = answer


def refused(handler):
    with pytest.raises(web.HTTPError) as refusal:
        post_port(handler)
    assert handler.spawner.port == 0 and handler.spawner.name == "" and handler.answer is None
    return refusal.value.status_code


@pytest.mark.parametrize("port", [1, 4711, 65535, "4711"])
def test_a_starting_server_reports_its_port(port):
    handler = Handler({"port": port})
    post_port(handler)
    assert handler.spawner.port == int(port) and handler.status == 201
    assert handler.other.port == 0


@pytest.mark.parametrize(
    "body",
    [
        {"port": 0}, {"port": 65536}, {"port": -1}, {"port": True}, {"port": 1.5}, {"port": None}, {"port": "x"},
        {"port": "4711\n"}, {"port": [1]}, {}, None, [], "port", {"name": "x"}, {"port": 4711, "name": "x"},
    ],
)  # fmt: skip
def test_anything_but_one_port_is_refused_whole(body):
    assert refused(Handler(body)) == 400


@pytest.mark.parametrize("token", ["", None, "another's"])
def test_only_the_servers_own_token_reports(token):
    assert refused(Handler({"port": 4711}, token)) == 403


def test_a_service_reports_no_port():
    assert refused(Handler({"port": 4711}, user=SimpleNamespace(name="service"))) == 403


def test_a_server_that_runs_reports_no_port():
    handler = Handler({"port": 4711})
    handler.spawner._spawn_pending = False
    assert refused(handler) == 403


@pytest.mark.skipif(importlib.util.find_spec("batchspawner") is None, reason="batchspawner is not installed")
def test_importing_the_plugin_registers_and_guards_batchspawners_handler():
    assert jupyterhub_presets.PresetsSpawner
    [handler] = [route[1] for route in default_handlers if route[0] == r"/api/batchspawner"]
    assert handler.post is post_port


@pytest.mark.skipif(importlib.util.find_spec("batchspawner") is None, reason="batchspawner is not installed")
def test_a_batch_child_waits_for_the_port_that_was_accepted(hub):
    from surroundings import configured

    c, settings = configured(backends={"slurm": {"class": "batchspawner.SlurmSpawner", "traits": ["req_partition"]}})
    spawner = hub.user(config=c).spawner
    from jupyterhub_presets import child as children

    spawner._take_child(children.build(spawner, settings.backends["slurm"], {"req_partition": "gpu"}, {}))
    spawner.api_token, spawner._spawn_pending = "own", True
    handler = Handler({"port": 4711}, user=spawner.user)
    post_port(handler)
    assert spawner.child_spawner.port == 4711 and handler.status == 201
    assert spawner.start_timeout == 300
