"""The child: configured like any spawner, one server with its wrapper, and nothing beyond the hub's lists."""

import os

import pytest
from jupyterhub.spawner import LocalProcessSpawner, SimpleLocalProcessSpawner, Spawner
from jupyterhub_presets import child as children
from jupyterhub_presets.record import Resolution
from jupyterhub_presets.refusal import BackendFault
from surroundings import LOCAL, configured
from traitlets import Integer, Unicode
from traitlets.config import Config


class Batch(Spawner):
    """Like batchspawner's classes: other defaults, traits of its own, and it sets its address when it starts."""

    start_timeout = Integer(300, config=True)
    ip = Unicode("0.0.0.0", config=True)
    req_partition = Unicode("", config=True)
    req_memory = Unicode("", config=True)

    async def start(self):
        self.ip, self.port = "node1", 4711
        return self.ip, self.port

    async def poll(self):
        return None

    async def stop(self, now=False):
        pass


BACKENDS = {
    **LOCAL,
    "batch": {"class": Batch, "traits": ["req_partition", "req_memory"], "config": {"http_timeout": 77}},
}


def spawner_of(hub, config=None, **changes):
    c, settings = configured(config, **{"backends": BACKENDS, **changes})
    return hub.user(config=c).spawner, settings


def built(hub, key="local", traits=None, environment=None, config=None, before=None):
    spawner, settings = spawner_of(hub, config)
    if before:
        before(spawner)
    child = children.build(spawner, settings.backends[key], traits or {}, environment or {})
    spawner._resolution = Resolution(backend=key, title=key, traits=traits or {}, environment=environment or {})
    spawner._take_child(child)
    return spawner, child


def test_a_child_keeps_its_classes_env_keep(hub):
    spawner, child = built(hub)
    spawner._prepare_child()
    assert "PATH" in child.env_keep and "PATH" not in spawner.env_keep
    assert child.get_env()["PATH"] == os.environ["PATH"]


def test_env_keep_of_the_site_reaches_the_child(hub):
    for section in ("Spawner", "PresetsSpawner", "SimpleLocalProcessSpawner"):
        spawner, child = built(hub, config=Config({section: {"env_keep": ["LANG"]}}))
        spawner._prepare_child()
        assert child.env_keep == ["LANG"], section


def test_the_childs_own_section_wins_over_the_wrappers(hub):
    config = Config({"PresetsSpawner": {"args": ["--wrapper"]}, "SimpleLocalProcessSpawner": {"args": ["--child"]}})
    spawner, child = built(hub, config=config)
    assert spawner._prepare_child().args == ["--child"]


def test_configuration_of_the_childs_class_is_honoured_on_common_traits(hub):
    values = {
        "args": ["--x"],
        "cmd": ["run"],
        "environment": {"A": "1"},
        "notebook_dir": "/data",
        "debug": True,
    }
    spawner, child = built(hub, config=Config({"LocalProcessSpawner": values}))
    spawner._prepare_child()
    assert {name: getattr(child, name) for name in values} == values


def test_times_of_the_childs_class_are_what_the_hub_reads(hub):
    spawner, _ = built(hub, "batch")
    assert (spawner.start_timeout, spawner.http_timeout) == (300, 77)


def test_times_the_site_sets_for_presets_stay(hub):
    spawner, _ = built(hub, "batch", config=Config({"PresetsSpawner": {"start_timeout": 41}}))
    assert spawner.start_timeout == 41


def test_times_a_group_override_sets_stay(hub):
    spawner, _ = built(hub, "batch", before=lambda spawner: setattr(spawner, "start_timeout", 42))
    assert spawner.start_timeout == 42


def test_times_and_address_do_not_leak_into_the_next_start(hub):
    spawner, child = built(hub, "batch")
    child.ip, child.port = "node1", 4711
    assert (spawner.ip, spawner.port) == ("node1", 4711)
    spawner.clear_state()
    assert (spawner.ip, spawner.port, spawner.start_timeout) == ("127.0.0.1", 0, 60)
    child.port = 9
    assert spawner.port == 0


def test_who_and_where_the_server_is_follows_the_wrapper(hub):
    spawner, child = built(hub)
    spawner.api_token = "token"
    spawner.cert_paths = {"keyfile": "k", "certfile": "c", "cafile": "a"}
    spawner.handler = object()
    for name in (
        "user",
        "orm_spawner",
        "hub",
        "oauth_client_id",
        "api_token",
        "cert_paths",
        "handler",
        "public_url",
    ):
        assert getattr(child, name) == getattr(spawner, name), name
    assert child.name == spawner.name and child.oauth_access_scopes == spawner.oauth_access_scopes


def test_a_child_of_a_named_server_knows_its_name_in_its_constructor(hub):
    seen = []

    class Curious(SimpleLocalProcessSpawner):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            seen.append(self.name)

    c, settings = configured(backends={"local": {"class": Curious}})
    user = hub.user(config=c)
    try:
        user._new_orm_spawner("exp-3", "exp-3")
    except TypeError:  # JupyterHub 5.x
        user._new_orm_spawner("exp-3")
    children.build(user.spawners["exp-3"], settings.backends["local"], {}, {})
    assert seen == ["exp-3"]


def test_a_token_lost_by_a_poll_is_back_when_the_child_starts(hub):
    spawner, child = built(hub)
    spawner.api_token = "token"
    child.clear_state()
    assert child.api_token == ""
    assert spawner._prepare_child().get_env()["JUPYTERHUB_API_TOKEN"] == "token"


def test_what_a_hook_changes_on_the_wrapper_reaches_the_child(hub):
    config = Config({"Spawner": {"environment": {"SITE": "1", "GONE": "1"}}})
    spawner, child = built(hub, config=config, traits={"mem_limit": 4096}, environment={"PRESETS_CORES": "4"})
    spawner.environment["HOOK"] = "1"
    del spawner.environment["GONE"]
    spawner.notebook_dir = "/data"
    spawner.mem_limit = 1
    spawner._prepare_child()
    assert child.notebook_dir == "/data"
    assert child.environment == {"SITE": "1", "HOOK": "1", "PRESETS_CORES": "4"}
    assert child.mem_limit == 4096


def test_a_group_override_of_a_trait_only_the_child_has_reaches_it(hub):
    spawner, child = built(hub, "batch", traits={"req_memory": "4G"})
    spawner._apply_overrides({"req_partition": "gpu", "req_memory": "512G"})
    spawner._prepare_child()
    assert (child.req_partition, child.req_memory) == ("gpu", "4G")


def test_user_options_of_a_child_are_empty_for_good(hub):
    spawner, child = built(hub)
    spawner.user_options = {"cmd": "x"}
    spawner._prepare_child()
    assert child.user_options == {}


def test_traits_are_set_as_they_were_resolved(hub):
    _, child = built(hub, traits={"mem_limit": "4G", "cpu_limit": 2})
    assert (child.mem_limit, child.cpu_limit) == (4 * 1024**3, 2.0)


@pytest.mark.parametrize(
    "traits, text",
    [
        ({"cmd": ["/bin/x"]}, "'cmd' is not in the hub's list"),
        ({"nope": 1}, "'nope' is not in the hub's list"),
        ({"__class__": 1}, "not in the hub's list"),
        ({"mem_limit": "lots"}, "mem_limit does not take this value"),
        ({"cpu_limit": [1]}, "cpu_limit does not take this value"),
    ],
)
def test_a_trait_that_is_not_listed_or_does_not_fit_starts_nothing(hub, traits, text):
    with pytest.raises(BackendFault, match=text):
        built(hub, traits=traits)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\x1bb", "a\u2028b"])
def test_no_trait_value_contains_control_characters(hub, value):
    with pytest.raises(BackendFault, match="control characters"):
        built(hub, "batch", traits={"req_partition": value})


RESERVED = ("PATH", "LD_PRELOAD", "PYTHONPATH", "JUPYTERHUB_API_TOKEN", "pythonpath", "BASH_ENV", "SBATCH_PARTITION")
MALFORMED = ("A=B", "", "1A", "A\n")


@pytest.mark.parametrize("name", [*RESERVED, *MALFORMED])
def test_reserved_and_malformed_environment_names_start_nothing(hub, name):
    with pytest.raises(BackendFault, match="is reserved"):
        built(hub, environment={name: "x"})


@pytest.mark.parametrize("value", [1, None, ["x"], "a\nb", "a\0b", "x" * 8193])
def test_environment_values_are_lines_of_text(hub, value):
    with pytest.raises(BackendFault, match="must be one line of text"):
        built(hub, environment={"PRESETS_X": value})


def test_environment_names_that_only_look_reserved_are_taken(hub):
    _, child = built(hub, environment={"MY_PATH": "x", "PRESETS_CORES": "4", "MYPYTHON": "3"})
    assert child.environment == {"MY_PATH": "x", "PRESETS_CORES": "4", "MYPYTHON": "3"}


def test_fixed_values_of_a_backend_are_always_set(hub):
    _, child = built(hub, "batch")
    assert child.http_timeout == 77


def test_the_wrapper_never_asks_for_the_hubs_deprecated_session(hub, caplog):
    spawner, child = built(hub)
    spawner._prepare_child()
    assert child._deprecated_db_session is spawner._deprecated_db_session is not None
    assert "deprecated" not in caplog.text


def test_classes_with_their_own_way_of_staging_keys_are_known():
    assert children.stages_certs(LocalProcessSpawner) and children.stages_certs(SimpleLocalProcessSpawner)
    assert not children.stages_certs(Batch)


async def test_keys_go_where_the_childs_server_reads_them(hub):
    spawner, _ = built(hub)
    paths = {"keyfile": "k", "certfile": "c", "cafile": "a"}
    assert await spawner.move_certs(paths) == paths  # SimpleLocalProcessSpawner leaves them
    moved = []

    class Moving(SimpleLocalProcessSpawner):
        async def move_certs(self, paths):
            moved.append(self.user.name)
            return {"keyfile": "moved"}

        async def create_certs(self):
            return {"keyfile": "made by " + type(self).__name__}

    c, settings = configured(backends={"local": {"class": Moving}})
    spawner = hub.user(config=c).spawner
    spawner._take_child(children.build(spawner, settings.backends["local"], {}, {}))
    assert await spawner.create_certs() == {"keyfile": "made by Moving"}
    assert await spawner.move_certs(paths) == {"keyfile": "moved"} and moved == ["alice"]
