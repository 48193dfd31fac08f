"""A hub is killed with people's servers running: the next one takes them up as they are, and starts new ones anew."""

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import HUB_SITE, recorded
from disturbances import is_alive
from running_lab import environment_of, wait_for

LAB = recorded("--keep-servers")

QUICK = Path(__file__).with_name("quick.py")

# What a site had before: wrapspawner's own class, with a profile whose key is that of our backend. Its children get the
# wrapper's empty env_keep, so the program is named in full.
STOCK = f"""
c.JupyterHub.spawner_class = "wrapspawner.ProfilesSpawner"
c.Spawner.cmd = [{sys.executable!r}, "-S", "-E", {str(QUICK)!r}]
c.ProfilesSpawner.profiles = [
    ("A node as before", "local", "recording.RecordingSpawner", {{"env_keep": ["PATH", "LANG"], "mem_limit": "3G"}}),
    ("Another node", "other", "jupyterhub.spawner.SimpleLocalProcessSpawner", {{}}),
]
"""


@pytest.fixture(autouse=True)
def stopped(lab):
    lab.stop_all()
    lab.apply(HUB_SITE)
    yield
    lab.stop_all()


def kill_hub(lab):
    """`kill -9`; the managed service ends with its hub."""
    service = lab.pids["service"]
    lab.command("kill hub")
    if service:
        wait_for(lambda: not is_alive(service), "the managed service to end with its hub", within=2)


def restart(lab):
    """A new hub with the old one's configuration and database; tokens of people are still good."""
    lab.command("start hub")
    wait_for(lambda: lab.ask("form", user="nobody").status_code == 200, "the service to answer")


def server_of(lab, user, server=None):
    """The one process that is this person's server, not a child of it."""
    [pid] = [pid for pid in lab.processes(user, server) if os.getpgid(pid) == pid]
    return pid


def started(lab, user, options, server=""):
    answer = lab.person(user).rest("POST", options, server=server)
    assert answer.status in (201, 202), answer
    assert lab.outcome(user, server)[0] == "ready"
    return server_of(lab, user, server)


def presets_env(pid):
    return {name: value for name, value in environment_of(pid).items() if name.startswith("PRESETS_")}


def with_fixed_cores(tmp_path, cores):
    """The site with another number of cores in the preset where everything is decided."""
    text = HUB_SITE.read_text()
    old = "values: {partition: genoa, cores: 8, share: \"1.5\""
    assert old in text
    file = tmp_path / "site.yaml"
    file.write_text(text.replace(old, old.replace("cores: 8", f"cores: {cores}")))
    return str(file)


def test_a_server_that_ran_when_its_hub_was_killed_is_taken_up_and_stopped_by_the_next_one(lab):
    pid = started(lab, "alice", {"preset": "physics-fixed"})
    second = started(lab, "alice", {"preset": "small"}, server="second")
    before = len(lab.records())
    kill_hub(lab)
    assert is_alive(pid) and is_alive(second)
    restart(lab)
    model = lab.user("alice")["servers"]
    assert model[""]["ready"] and model["second"]["ready"], model
    assert (server_of(lab, "alice", ""), server_of(lab, "alice", "second")) == (pid, second)
    # The hub's record of it is ours, and names no class to be imported.
    record = model[""]["state"]["preset_record"]
    assert (record["preset"]["id"], record["backend"]) == ("physics-fixed", "local")
    assert model[""]["state"]["child_state"]["pid"] == pid
    assert model[""]["user_options"]["profile"] == "Physics, everything decided"
    page = lab.http.get(
        lab.public_url + "/user/alice/api", headers={"Authorization": f"Bearer {lab.person('alice').token}"}, timeout=30
    )
    assert page.status_code == 200
    lab.stop("alice")
    assert not is_alive(pid) and is_alive(second)
    lab.stop("alice", "second")
    assert not is_alive(second)
    assert len(lab.records()) == before, "nothing was started by any of this"


def test_a_running_server_keeps_its_settings_and_the_next_start_has_the_new_ones(lab, tmp_path):
    pid = started(lab, "alice", {"preset": "physics-fixed"})
    assert presets_env(pid)["PRESETS_CORES"] == "8"
    kill_hub(lab)
    lab.run_service("apply", with_fixed_cores(tmp_path, 6))
    restart(lab)
    wait_for(lambda: lab.server("alice")["ready"], "the server to be taken up")
    assert server_of(lab, "alice") == pid and presets_env(pid)["PRESETS_CORES"] == "8"
    state = lab.server("alice")["state"]["preset_record"]
    assert (state["environment"]["PRESETS_CORES"], state["traits"]["cpu_limit"]) == ("8", 8)
    lab.stop("alice")
    assert not is_alive(pid)
    # A start without a word replays the preset, as it is now.
    new = started(lab, "alice", None)
    assert presets_env(new)["PRESETS_CORES"] == "6"
    record = lab.records("alice")[-1]
    assert (record["traits"]["cpu_limit"], record["traits"]["mem_limit"]) == (6, 16_000_000_000)


def test_a_catalogue_changed_under_a_living_hub_leaves_running_servers_as_they_are(lab, tmp_path):
    pid = started(lab, "alice", {"preset": "physics-fixed"})
    lab.apply(with_fixed_cores(tmp_path, 5))
    assert server_of(lab, "alice") == pid and presets_env(pid)["PRESETS_CORES"] == "8"
    new = started(lab, "alice", {"preset": "physics-fixed"}, server="new")
    assert presets_env(new)["PRESETS_CORES"] == "5"
    assert lab.server("alice")["state"]["preset_record"]["traits"]["cpu_limit"] == 8


def test_a_preset_that_is_gone_leaves_its_server_running_and_stoppable_after_a_restart(lab, tmp_path):
    pid = started(lab, "alice", {"preset": "alice-notes"})
    kill_hub(lab)
    text = HUB_SITE.read_text()
    begins, ends = text.index("  alice-notes:"), text.index("  bob-spectra:")
    (tmp_path / "site.yaml").write_text(text[:begins] + text[ends:])
    lab.run_service("apply", str(tmp_path / "site.yaml"))
    restart(lab)
    wait_for(lambda: lab.server("alice")["ready"], "the server to be taken up")
    assert server_of(lab, "alice") == pid
    lab.stop("alice")
    assert not is_alive(pid)
    answer = lab.person("alice").rest("POST")
    assert answer.status in (403, 422) and not lab.processes("alice"), answer


def test_a_server_that_died_while_there_was_no_hub_is_known_to_be_gone(lab):
    pid = started(lab, "alice", {"preset": "small"})
    kill_hub(lab)
    os.kill(pid, 9)
    wait_for(lambda: not is_alive(pid), "the server to be gone")
    restart(lab)
    wait_for(lambda: not (lab.server("alice") or {}).get("ready"), "the hub to notice")
    assert is_alive(started(lab, "alice", {"preset": "small"}))


@contextmanager
def stock(lab):
    """The hub's configuration as it was before presets came, and ours again."""
    file = Path(lab.hub_config)
    ours = file.read_text()
    ground, mark, _ = ours.partition("from jupyterhub_presets import configure")
    assert mark
    file.write_text(ground + STOCK)
    try:
        yield
    finally:
        file.write_text(ours)


def test_a_hub_that_switches_from_stock_profiles_to_presets_and_back_keeps_its_running_servers(lab):
    assert lab.person("bob").browser and lab.person("alice").browser, "both have accounts"
    lab.command("stop hub")
    with stock(lab):
        lab.command("start hub")
        begun = time.monotonic()
        answer = lab.api("POST", "/users/bob/server", {"profile": "local"})
        assert answer.status_code in (201, 202), answer.text
        assert lab.outcome("bob")[0] == "ready"
        old = server_of(lab, "bob")
        lab.command("kill hub")
    # Presets come.
    restart(lab)
    assert time.monotonic() - begun < 120
    wait_for(lambda: lab.server("bob")["ready"], "the server of before to be taken up")
    assert server_of(lab, "bob") == old
    young = started(lab, "alice", {"preset": "small"})
    kill_hub(lab)
    # And go again.
    with stock(lab):
        lab.command("start hub")
        wait_for(lambda: lab.server("bob")["ready"] and lab.server("alice")["ready"], "both servers to be taken up")
        assert (server_of(lab, "bob"), server_of(lab, "alice")) == (old, young)
        lab.stop("alice")
        assert not is_alive(young)
        lab.command("kill hub")
    # And come back.
    restart(lab)
    wait_for(lambda: lab.server("bob")["ready"], "the server of before to be taken up")
    lab.stop("bob")
    assert not is_alive(old)
    # Whoever started by stock profiles has no options we know: the site's default starts.
    assert presets_env(started(lab, "bob", None))["PRESETS_MEMORY"] == "2000000000"
