"""Without the service: what the page says, what starts, and what does not."""

import pytest
from jupyterhub_presets import NotStarted
from starting import FALLBACK, Recording, spawner_of, start


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
        for answer in (
            (500, "x"),
            (200, {"protocol": 9}),
            (200, "[" * 9999),
            (403, {"detail": "no"}),
            lambda handler: 1 / 0,
        ):
            peer.answers["hub/form"] = answer
            assert "alert" in await spawner.get_options_form()
    spawner.settings = None
    assert "alert" in await spawner.get_options_form()
    spawner.settings, spawner.user = object(), None
    assert "alert" in await spawner.get_options_form()
