"""A start under way: what people read meanwhile, what is stored, and what its failure says."""

import asyncio

import pytest
from jupyterhub_presets.refusal import StartFailed
from starting import Recording, spawner_of, start
from surroundings import resolution
from traitlets.config import Config


@pytest.mark.parametrize(
    "error, kind",
    [
        (RuntimeError("/etc/secret at 10.0.0.7"), StartFailed),
        (asyncio.TimeoutError("10.0.0.7"), asyncio.TimeoutError),
    ],
)
async def test_a_childs_exception_text_reaches_the_log_only(hub, peer, caplog, error, kind):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        Recording.fails = error
        with pytest.raises(kind) as failure:
            await start(spawner_of(hub, peer.url), {})
        assert failure.value.jupyterhub_message.startswith("PyTorch on 1 GPU could not be started.")
        assert "10.0.0.7" not in failure.value.jupyterhub_message and "5a1f" in failure.value.jupyterhub_message
        if kind is StartFailed:
            assert "10.0.0.7" not in str(failure.value) and "10.0.0.7" in caplog.text


async def test_a_hooks_exception_text_reaches_the_log_only(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())

        def hook(spawner):
            raise RuntimeError("10.0.0.7")

        spawner = spawner_of(hub, peer.url, Config({"Spawner": {"pre_spawn_hook": hook}}))
        await spawner._run_apply_user_options({})
        with pytest.raises(StartFailed) as failure:
            await spawner.run_pre_spawn_hook()
        assert "10.0.0.7" not in str(failure.value)


async def test_progress_says_what_starts_also_before_there_is_a_child(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution(message="CPU cores: 16 in place of 18."))
        spawner = spawner_of(hub, peer.url)
        spawner._spawn_pending = True
        events = spawner.progress()
        first = await events.__anext__()
        assert first["message"] == "Checking what to start"
        await spawner._run_apply_user_options({})
        messages = [event["message"] async for event in events]
        assert messages == ["CPU cores: 16 in place of 18.", "PyTorch on 1 GPU is starting", "node1 boots"]


async def test_progress_ends_when_the_start_was_refused(hub, peer):
    async with peer:
        spawner = spawner_of(hub, peer.url)
        spawner._spawn_pending = False
        assert len([event async for event in spawner.progress()]) == 1


async def test_a_stopped_server_has_no_child_and_is_not_running(hub, peer):
    async with peer:
        spawner = spawner_of(hub, peer.url)
        assert spawner.child_spawner is None and await spawner.poll() == 0
        await spawner.stop()
        assert spawner.get_state() == {}


async def test_the_state_is_stored_while_a_job_still_waits(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        runs = asyncio.Event()

        class Queued(Recording):
            async def start(self):
                self.pid = 99
                await runs.wait()
                return "127.0.0.1", 1

        spawner = spawner_of(hub, peer.url, backends={"local": {"class": Queued, "traits": ["mem_limit"]}})
        starting = asyncio.ensure_future(start(spawner, {}))
        for _ in range(500):
            if (spawner.orm_spawner.state or {}).get("child_state"):
                break
            await asyncio.sleep(0.01)
        assert spawner.orm_spawner.state["child_state"] == {"pid": 99}
        runs.set()
        await starting
        await asyncio.sleep(0)
        assert not [task for task in asyncio.all_tasks() if "_keep_state" in str(task.get_coro())]


async def test_a_job_that_reports_its_port_reaches_the_child(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url)
        await spawner._run_apply_user_options({})
        spawner.accept_port(4711)
        assert spawner.child_spawner.port == spawner.port == 4711


async def test_what_any_backend_keeps_for_a_deleted_server_is_removed(hub, peer):
    forgotten = []

    class Keeping(Recording):
        def delete_forever(self):
            forgotten.append(self.name)

    backends = {"local": {"class": Recording}, "cloud": {"class": Keeping}}
    spawner = spawner_of(hub, "http://127.0.0.1:9", backends=backends)
    await spawner.delete_forever()
    assert forgotten == [""]
