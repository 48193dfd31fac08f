"""`PresetsSpawner` with a real service socket: what starts, what is refused, what stays stored."""

import asyncio

import pytest
from jupyterhub.spawner import SimpleLocalProcessSpawner
from surroundings import configured, resolution
from tornado import web
from traitlets.config import Config

from jupyterhub_presets import NotStarted
from jupyterhub_presets.refusal import StartFailed

GOOD = {"preset": "pytorch", "values": {"walltime": "4h"}, "profile": "PyTorch on 1 GPU"}
FALLBACK = {"title": "Standard server", "backend": "local", "traits": {"mem_limit": 1024}}


class Recording(SimpleLocalProcessSpawner):
    """Records its starts instead of making processes; `fails` is raised by the next one."""

    started = []
    fails = None

    async def start(self):
        if Recording.fails:
            raise Recording.fails
        Recording.started.append((self.mem_limit, dict(self.environment), self.user_options))
        self.pid = 4711
        return "127.0.0.1", 1234

    async def poll(self):
        return None if self.pid else 0

    async def stop(self, now=False):
        self.pid = 0

    async def progress(self):
        yield {"progress": 50, "message": "node1 boots"}


@pytest.fixture(autouse=True)
def nothing_started():
    Recording.started, Recording.fails = [], None


def spawner_of(hub, url, c=None, **changes):
    backends = {"local": {"class": Recording, "traits": ["mem_limit", "cpu_limit"]}}
    changes = {"backends": backends, "timeout": 0.5, "contact": "hpc@example.org", **changes}
    c, _ = configured(c, url=url, **changes)
    return hub.user(config=c, groups=["physics", "hpc"]).spawner


async def start(spawner, options):
    """What the hub does with options: store, hand over, apply, start."""
    spawner.orm_spawner.user_options = spawner.user_options = options
    spawner.clear_state()
    spawner.api_token = "token"
    await spawner._run_apply_user_options(spawner.user_options)
    return await spawner.start()


async def test_exactly_the_resolution_starts(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url)
        assert await start(spawner, {"preset": "pytorch", "values": {"walltime": "4h"}}) == ("127.0.0.1", 1234)
        assert Recording.started == [(4096, {"PRESETS_CORES": "4"}, {})]
        [(_, _, asked)] = peer.asked
        assert asked == {
            "protocol": 1,
            "user": "alice",
            "server_name": "",
            "hub_groups": ["hpc", "physics"],
            "options": {"preset": "pytorch", "values": {"walltime": "4h"}},
        }


async def test_one_resolution_starts_one_server(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url)
        await start(spawner, {})
        with pytest.raises(NotStarted):
            await spawner.start()
        assert len(Recording.started) == 1


async def test_stored_options_are_the_canonical_ones_with_the_title_for_the_admin_page(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url)
        await start(spawner, {"preset": "pytorch", "junk": [1]})
        assert spawner.user_options == spawner.orm_spawner.user_options == GOOD


@pytest.mark.parametrize("options", [{}, {"a": [1, {"b": None}]}, {"cmd": "x"}, {"preset": ["x"]}, {"profile": "x"}])
async def test_options_reach_the_service_as_they_are(hub, peer, options):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        await start(spawner_of(hub, peer.url), options)
        assert peer.asked[0][2]["options"] == options


@pytest.mark.parametrize("status", [403, 422])
async def test_a_refusal_starts_nothing_and_shows_the_services_sentence(hub, peer, status):
    async with peer:
        peer.answers["hub/resolve"] = (status, {"detail": "CPU cores: choose between 1 and 32 (100% sure)."})
        spawner = spawner_of(hub, peer.url)
        with pytest.raises(NotStarted) as refusal:
            await start(spawner, {"preset": "evil"})
        assert isinstance(refusal.value, web.HTTPError) and refusal.value.status_code == status
        assert refusal.value.jupyterhub_message == "CPU cores: choose between 1 and 32 (100% sure)."
        assert "choose between" in str(refusal.value)
        assert Recording.started == [] and spawner.child_spawner is None
        with pytest.raises(NotStarted):
            await spawner.start()
        assert Recording.started == []


async def test_refused_options_are_not_kept_in_place_of_good_ones(hub, peer):
    async with peer:
        spawner = spawner_of(hub, peer.url)
        peer.answers["hub/resolve"] = (403, {"detail": "no"})
        with pytest.raises(NotStarted):
            await start(spawner, {"preset": "evil"})
        assert spawner.orm_spawner.user_options == {}
        peer.answers["hub/resolve"] = (200, resolution())
        await start(spawner, {"preset": "pytorch"})
        spawner.clear_state()
        spawner.orm_spawner.state = spawner.get_state()
        peer.answers["hub/resolve"] = (403, {"detail": "no"})
        again = hub.user(config=spawner.config).spawner  # the hub makes a new one after each stop
        with pytest.raises(NotStarted):
            await start(again, {"preset": "evil"})
        assert again.user_options == again.orm_spawner.user_options == GOOD
        hub.session.expire_all()
        assert again.orm_spawner.user_options == GOOD


async def test_a_refused_form_is_shown_again_once_with_what_was_asked(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (422, {"detail": "no"})
        peer.answers["hub/form"] = (200, {"protocol": 1, "html": "<p>"})
        spawner = spawner_of(hub, peer.url)
        options = {"preset": "pytorch", "values": {"cores": "64"}}
        with pytest.raises(NotStarted):
            await start(spawner, options)
        assert await spawner.get_options_form() == "<p>"
        assert await spawner.get_options_form() == "<p>"
        attempts = [body["attempt"] for path, _, body in peer.asked if path == "hub/form"]
        assert attempts == [{"options": options}, None]


async def test_a_refusal_by_the_rest_api_is_no_attempt_of_a_form(hub, peer):
    from jupyterhub.apihandlers import APIHandler

    async with peer:
        peer.answers["hub/resolve"] = (422, {"detail": "no"})
        spawner = spawner_of(hub, peer.url)
        spawner.handler = APIHandler.__new__(APIHandler)
        with pytest.raises(NotStarted):
            await start(spawner, {"preset": "pytorch"})
        assert getattr(spawner.user, "_presets_refused", None) is None


@pytest.mark.parametrize(
    "changes, log",
    [
        ({"backend": "nix"}, "backend 'nix' is not among the hub's backends"),
        ({"backend": "jupyterhub.spawner.SimpleLocalProcessSpawner"}, "is not among the hub's backends"),
        ({"traits": {"cmd": ["x"]}}, "'cmd' is not in the hub's list"),
        ({"traits": {"mem_limit": "lots"}}, "does not take this value"),
        ({"environment": {"LD_PRELOAD": "x"}}, "'LD_PRELOAD' is reserved"),
    ],
)
async def test_a_service_that_asks_for_more_than_the_hub_allows_starts_nothing(hub, peer, caplog, changes, log):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution(**changes))
        spawner = spawner_of(hub, peer.url, fallback=FALLBACK)
        with pytest.raises(NotStarted) as refusal:
            await start(spawner, {})
        assert log in caplog.text
        assert log not in refusal.value.jupyterhub_message and "hpc@example.org" in refusal.value.jupyterhub_message
        assert Recording.started == []


async def test_a_retired_backend_starts_nothing(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution(traits={}))
        spawner = spawner_of(hub, peer.url, backends={"local": {"class": Recording, "retired": True}})
        with pytest.raises(NotStarted):
            await start(spawner, {})


async def test_an_answer_that_is_no_resolution_counts_as_no_answer(hub, peer):
    async with peer:
        for broken in ({"backend": 7}, {"preset": None}, {"options": []}, {"traits": []}, {"preset": {"id": ""}}):
            peer.answers["hub/resolve"] = (200, resolution(**broken))
            with pytest.raises(NotStarted) as refusal:
                await start(spawner_of(hub, peer.url), {})
            assert refusal.value.status_code == 503


async def test_without_service_and_fallback_nothing_starts_and_the_message_says_so(hub):
    spawner = spawner_of(hub, "http://127.0.0.1:9", fallback=None)
    with pytest.raises(NotStarted) as refusal:
        await start(spawner, {"preset": "pytorch"})
    assert refusal.value.status_code == 503
    assert "can't be checked right now" in refusal.value.jupyterhub_message
    assert "127.0.0.1" not in refusal.value.jupyterhub_message
    assert Recording.started == []
    assert "Nothing can be started" in await spawner.get_options_form()


async def test_without_service_the_fallback_starts_without_anybodys_options(hub, caplog):
    spawner = spawner_of(hub, "http://127.0.0.1:9", fallback=FALLBACK)
    await start(spawner, {"preset": "pytorch", "values": {"cores": "64"}})
    assert Recording.started == [(1024, {}, {})]
    assert spawner.user_options == {"profile": "Standard server"}
    assert spawner.orm_spawner.user_options == {}
    assert "gets the standard server" in caplog.text
    spawner._spawn_pending = True
    assert any("standard server" in event["message"] for event in [event async for event in spawner.progress()])
    assert "site&#x27;s standard settings" in await spawner.get_options_form()


async def test_a_person_who_cannot_be_checked_gets_no_standard_server(hub, peer):
    async with peer:
        problem = {"type": "/problems/groups-unknown", "detail": "Your groups cannot be checked now."}
        peer.answers["hub/resolve"] = (503, problem)
        with pytest.raises(NotStarted) as refusal:
            await start(spawner_of(hub, peer.url, fallback=FALLBACK), {})
        assert (refusal.value.status_code, refusal.value.jupyterhub_message) == (503, problem["detail"])
        assert Recording.started == []


async def test_a_service_without_its_database_gives_everybody_the_standard_server(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (503, {"type": "/problems/unavailable", "detail": "Try again."})
        await start(spawner_of(hub, peer.url, fallback=FALLBACK), {"preset": "pytorch"})
        assert Recording.started == [(1024, {}, {})]


async def test_the_form_never_raises(hub, peer):
    async with peer:
        spawner = spawner_of(hub, peer.url)
        for answer in ((500, "x"), (200, {"protocol": 9}), (200, "[" * 9999), (403, {"detail": "no"}), lambda handler: 1 / 0):
            peer.answers["hub/form"] = answer
            assert "alert" in await spawner.get_options_form()
    spawner.settings = None
    assert "alert" in await spawner.get_options_form()
    spawner.settings, spawner.user = object(), None
    assert "alert" in await spawner.get_options_form()


async def test_the_sites_old_form_settings_do_not_stand_in_front(hub, peer):
    async with peer:
        peer.answers["hub/form"] = (200, {"protocol": 1, "html": "<p>"})
        spawner = spawner_of(hub, peer.url)
        spawner.config.Spawner.options_form = "<input name=cmd>"
        spawner.config.Spawner.apply_user_options = {"cmd": "cmd"}
        spawner.config.Spawner.options_from_form = "passthrough"
        spawner = hub.user(config=spawner.config).spawner
        assert await spawner.get_options_form() == "<p>"
        assert spawner.run_options_from_form({"cmd": ["x"]}) == {}
        peer.answers["hub/resolve"] = (403, {"detail": "no"})
        with pytest.raises(NotStarted):
            await start(spawner, {"cmd": "x"})


async def test_the_hubs_own_way_of_calling_the_hook_enforces_too(hub, peer):
    from jupyterhub.spawner import Spawner

    async with peer:
        peer.answers["hub/resolve"] = (403, {"detail": "no"})
        spawner = spawner_of(hub, peer.url)
        with pytest.raises(NotStarted):
            await Spawner._run_apply_user_options(spawner, {"preset": "evil"})


@pytest.mark.parametrize(
    "error, kind",
    [(RuntimeError("/etc/secret at 10.0.0.7"), StartFailed), (asyncio.TimeoutError("10.0.0.7"), asyncio.TimeoutError)],
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

        class Queued(Recording):
            async def start(self):
                self.pid = 99
                await asyncio.sleep(1.2)
                return "127.0.0.1", 1

        spawner = spawner_of(hub, peer.url, backends={"local": {"class": Queued, "traits": ["mem_limit"]}})
        starting = asyncio.ensure_future(start(spawner, {}))
        await asyncio.sleep(0.9)
        assert spawner.orm_spawner.state["child_state"] == {"pid": 99}
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
