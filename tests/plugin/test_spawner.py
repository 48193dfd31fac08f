"""`PresetsSpawner` with a real service socket: what starts, what is refused, what stays stored."""

import pytest
from jupyterhub_presets import NotStarted
from starting import FALLBACK, Recording, spawner_of, start
from surroundings import resolution
from tornado import web

GOOD = {"preset": "pytorch", "values": {"walltime": "4h"}, "profile": "PyTorch on 1 GPU"}


async def test_exactly_the_resolution_starts(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url)
        assert await start(spawner, {"preset": "pytorch", "values": {"walltime": "4h"}}) == (
            "127.0.0.1",
            1234,
        )
        assert Recording.started == [(4096, {"PRESETS_CORES": "4"}, {})]
        [(_, _, asked)] = peer.asked
        made = spawner.user.orm_user.created.isoformat() + "Z"
        assert asked == {
            "protocol": 1,
            "user": "alice",
            "account": {"made_at": made, "hub_since": made},
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


async def test_no_options_at_all_replay_what_was_started_last(hub, peer):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution())
        spawner = spawner_of(hub, peer.url)
        await start(spawner, {"preset": "pytorch"})
        spawner.clear_state()
        spawner.orm_spawner.state = spawner.get_state()
        again = hub.user(config=spawner.config).spawner
        await start(again, {})
        first, second = [body["options"] for path, _, body in peer.asked if path == "hub/resolve"]
        assert (first, second) == ({"preset": "pytorch"}, GOOD)


async def test_where_a_link_was_from_is_asked_once_and_never_replayed(hub, peer):
    asked = {"preset": "pytorch", "values": {}, "link": "own"}
    async with peer:
        peer.answers["hub/resolve"] = (200, {**resolution(), "options": {**GOOD, "link": "own"}})
        spawner = spawner_of(hub, peer.url)
        await start(spawner, asked)
        assert spawner.user_options == spawner.orm_spawner.user_options == GOOD
        spawner.clear_state()
        spawner.orm_spawner.state = spawner.get_state()
        again = hub.user(config=spawner.config).spawner
        await start(again, {})
        assert [body["options"] for path, _, body in peer.asked if path == "hub/resolve"] == [asked, GOOD]


async def test_a_refused_link_is_nowhere_but_in_the_next_form(hub, peer):
    asked = {"preset": "pytorch", "values": {}, "link": "foreign"}
    async with peer:
        peer.answers["hub/resolve"] = (422, {"detail": "Press Start on this page."})
        peer.answers["hub/form"] = (200, {"protocol": 1, "html": "<p>"})
        spawner = spawner_of(hub, peer.url)
        with pytest.raises(NotStarted):
            await start(spawner, asked)
        assert spawner.user_options == spawner.orm_spawner.user_options == {}
        assert "last_options" not in spawner.get_state()
        assert await spawner.get_options_form() == "<p>"
        assert [body["attempt"] for path, _, body in peer.asked if path == "hub/form"] == [{"options": asked}]


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


async def test_options_that_cannot_be_sent_are_not_kept_for_a_form(hub, peer):
    async with peer:
        spawner = spawner_of(hub, peer.url)
        with pytest.raises(NotStarted) as refusal:
            await start(spawner, {"x": "y" * 100_000})
        assert refusal.value.status_code == 422 and "too large" in refusal.value.jupyterhub_message
        assert getattr(spawner.user, "_presets_refused", None) is None
        assert spawner.orm_spawner.user_options == {} and peer.asked == []


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
        for broken in (
            {"backend": 7},
            {"preset": None},
            {"options": []},
            {"traits": []},
            {"preset": {"id": ""}},
        ):
            peer.answers["hub/resolve"] = (200, resolution(**broken))
            with pytest.raises(NotStarted) as refusal:
                await start(spawner_of(hub, peer.url), {})
            assert refusal.value.status_code == 503


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
