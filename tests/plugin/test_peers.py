"""Defects found in other hub software, each as a test of ours: the hub's side. All sixteen stand in tests/peers.rs.

Each says what turned it red once: the peer's own class in our place, or a change that was made here and taken back.
"""

import pytest
from batchspawner import SlurmSpawner
from jupyterhub import orm
from jupyterhub_presets import NotStarted
from jupyterhub_presets.record import Resolution
from starting import FALLBACK, Recording, spawner_of, start
from surroundings import configured, resolution
from traitlets import Unicode


async def test_wrapspawner_a_profile_that_is_gone_starts_nothing(hub, peer):
    """Red with wrapspawner 1.0.1's ProfilesSpawner in place of ours: it started its default class."""
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url, fallback=FALLBACK)
        await start(spawner, {"preset": "pytorch"})
        await spawner.stop()
        Recording.started.clear()
        gone = "There is no preset “pytorch” for you."
        for answer in ((403, {"detail": gone}), (200, resolution(backend="removed"))):
            peer.answers["hub/resolve"] = answer
            with pytest.raises(NotStarted) as refusal:
                await start(spawner, {"preset": "pytorch"})
            assert answer[0] == 200 or refusal.value.jupyterhub_message == gone
            assert spawner.child_spawner is None and Recording.started == []


async def test_wrapspawner_a_settings_edit_holds_from_the_next_start_on(hub, peer):
    """Red with wrapspawner 1.0.1's ProfilesSpawner: state went into the profile, whose edit had no effect then."""
    async with peer:
        backends = {"local": {"class": Recording, "traits": ["mem_limit"]}}
        c, _ = configured(url=peer.url, backends=backends)
        running = Resolution.from_answer(resolution(traits={"mem_limit": 4096}))
        record = running.to_record(f"{Recording.__module__}.{Recording.__qualname__}")
        user = hub.user(config=c)
        row = user.orm_spawners[""] if "" in user.orm_spawners else orm.Spawner(name="", user=user.orm_user)
        row.state = {"preset_record": record, "child_state": {"pid": 4711}}
        row.server = orm.Server(ip="127.0.0.1", port=1, base_url="/user/alice/")
        hub.session.add(row)
        hub.session.commit()
        spawner = user.spawners[""]
        assert spawner.child_spawner.mem_limit == 4096, "a running server keeps what it was started with"
        await spawner.stop()
        # The administrator's edit, for this person and for the next one.
        peer.answers["hub/resolve"] = (200, resolution(traits={"mem_limit": 8192}))
        await start(spawner, {"preset": "pytorch"})
        await start(hub.user("bob", config=c).spawner, {"preset": "pytorch"})
        assert [memory for memory, _, _ in Recording.started] == [8192, 8192]


class Submitting(SlurmSpawner):
    """The real template; what would go to `sbatch` is kept."""

    scripts = []
    exec_prefix = Unicode("")
    req_homedir = Unicode("/home/alice")

    def user_env(self, env):
        return env

    async def run_command(self, cmd, input=None, env=None):
        Submitting.scripts.append(input)
        return "4711"


async def test_batchspawner_what_people_send_is_not_in_the_job_script(hub, peer):
    """Red with `user_options={}` in openapi/jupyterhub_presets/child.py replaced by what the wrapper was asked for."""
    async with peer:
        traits = {"req_partition": "long", "req_runtime": "0-01:00:00", "req_nprocs": "4"}
        peer.answers["hub/resolve"] = (200, resolution(backend="slurm", traits=traits, environment={}))
        c, _ = configured(url=peer.url, backends={"slurm": {"class": Submitting, "traits": list(traits)}})
        scripts = []
        names = ("partition", "runtime", "reservation", "options", "prologue", "cmd")
        for asked in ({}, dict.fromkeys(names, "other")):
            Submitting.scripts.clear()
            spawner = hub.user(config=c).spawner
            spawner.orm_spawner.user_options = spawner.user_options = {"preset": "pytorch", **asked}
            spawner.api_token = "token"
            await spawner._run_apply_user_options(spawner.user_options)
            await spawner._prepare_child().submit_batch_script()
            scripts += Submitting.scripts
        plain, asked_for_more = scripts
        assert asked_for_more == plain and "other" not in plain
        partitions = [line for line in plain.splitlines() if line.startswith("#SBATCH --partition")]
        assert partitions == ["#SBATCH --partition=long"]


async def test_nersc_example_traits_come_from_the_service_alone(hub, peer):
    """Red with the example's own lines at the end of `_decide` in openapi/jupyterhub_presets/spawner.py: for each of
    `spawner_args` in the options, `setattr`."""
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url)
        wanted = {"mem_limit": 1, "environment": {"OURS": "no"}, "notebook_dir": "/"}
        await start(spawner, {"preset": "pytorch", "spawner_args": wanted, "traits": wanted, **wanted})
        assert Recording.started == [(4096, {"PRESETS_CORES": "4"}, {})]
        assert spawner.child_spawner.notebook_dir == spawner.notebook_dir == ""
    # And with the service away: a page, and no server made of what was posted.
    spawner = spawner_of(hub, "http://127.0.0.1:9")
    assert "alert" in await spawner.get_options_form()
    with pytest.raises(NotStarted):
        await start(spawner, {"spawner_args": wanted})
    assert len(Recording.started) == 1


async def test_jupyterhub_a_form_that_fails_is_a_page_one_can_use(hub, peer):
    """Red with JupyterHub 6.1.1's own Spawner and a form that raises: `get_options_form` raised, and the hub made it a
    bare 500."""
    async with peer:
        spawner = spawner_of(hub, peer.url, fallback=FALLBACK)
        for answer in ((500, "x"), (200, {"protocol": 1, "html": ""}), (404, {}), lambda handler: 1 / 0):
            peer.answers["hub/form"] = answer
            page = await spawner.get_options_form()
            assert "be loaded right now" in page and "standard settings" in page
            # What this page posts starts what it says.
            assert spawner.run_options_from_form({"pz_form": ["0"]}) == {}
    await start(spawner, {})
    assert [memory for memory, _, _ in Recording.started] == [FALLBACK["traits"]["mem_limit"]]
