"""The client against a real server that is slow, broken, foreign or gone: it answers in time, or says so."""

import asyncio
import socket
import struct
import time

import pytest
from jupyterhub_presets import Refused, ServiceDown
from jupyterhub_presets.client import Breaker, Client
from surroundings import SECRET, resolution
from tornado import web

FORM = {"user": "alice"}


async def down(call):
    with pytest.raises(ServiceDown) as reason:
        await call
    return reason.value


async def test_it_posts_json_with_secret_and_protocol(peer):
    async with peer:
        peer.answers["hub/form"] = (200, {"protocol": 1, "html": "<p>", "revision": 4})
        assert await Client(SECRET).form(peer.base, FORM) == "<p>"
        [(path, headers, body)] = peer.asked
        assert path == "hub/form" and headers["Authorization"] == f"Bearer {SECRET}"
        assert body == {"protocol": 1, "user": "alice"}


@pytest.mark.parametrize("protocol", [0, 1, 2])
async def test_it_works_one_version_apart(peer, protocol):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution(protocol=protocol, new_field={"x": 1}))
        assert (await Client(SECRET).resolve(peer.base, FORM))["backend"] == "local"


@pytest.mark.parametrize("protocol", [-1, 3, "1", None, True, 1.5, [], {}])
async def test_another_protocol_is_no_answer(peer, protocol):
    async with peer:
        peer.answers["hub/resolve"] = (200, resolution(protocol=protocol))
        assert "protocol" in (await down(Client(SECRET).resolve(peer.base, FORM))).why


@pytest.mark.parametrize("status", [403, 422])
async def test_a_refusal_brings_its_sentence_and_errors(peer, status):
    async with peer:
        problem = {
            "type": "x",
            "detail": "CPU cores:\nchoose between 1 and 32.",
            "errors": [{"pointer": "/values/cores"}],
        }
        peer.answers["hub/resolve"] = (status, problem)
        with pytest.raises(Refused) as refusal:
            await Client(SECRET).resolve(peer.base, FORM)
        assert (refusal.value.status, refusal.value.detail) == (status, "CPU cores: choose between 1 and 32.")
        assert refusal.value.errors == [{"pointer": "/values/cores"}]


@pytest.mark.parametrize("detail", [None, "", 7, "\u0000"])
async def test_a_refusal_without_a_sentence_still_has_one(peer, detail):
    async with peer:
        peer.answers["hub/resolve"] = (403, {"detail": detail})
        with pytest.raises(Refused) as refusal:
            await Client(SECRET).resolve(peer.base, FORM)
        assert isinstance(refusal.value.detail, str)


@pytest.mark.parametrize("status", [200, 201, 301, 302, 401, 404, 429, 500, 502, 503])
@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", '{"protocol":NaN}', "[" * 5000, b"\xff\xfe"])
async def test_garbage_is_no_answer(peer, status, body):
    async with peer:
        peer.answers["hub/form"] = (status, body)
        await down(Client(SECRET).form(peer.base, FORM))


@pytest.mark.parametrize("html", [None, "", "  ", 7, ["<p>"]])
async def test_a_form_without_html_is_no_answer(peer, html):
    async with peer:
        peer.answers["hub/form"] = (200, {"protocol": 1, "html": html})
        await down(Client(SECRET).form(peer.base, FORM))


async def test_a_redirect_is_not_followed(peer):
    async with peer:

        def elsewhere(handler):
            handler.redirect("/services/presets/api/v1/hub/resolve", status=307)

        peer.answers["hub/form"] = elsewhere
        peer.answers["hub/resolve"] = (200, {"protocol": 1, "html": "<p>"})
        await down(Client(SECRET).form(peer.base, FORM))
        assert [path for path, _, _ in peer.asked] == ["hub/form"]


async def test_its_503_brings_its_own_sentence(peer):
    async with peer:
        peer.answers["hub/resolve"] = (503, {"detail": "The directory does not answer."})
        assert (await down(Client(SECRET).resolve(peer.base, FORM))).detail == "The directory does not answer."


async def test_a_wrong_secret_names_the_setting_and_not_the_secret(peer):
    async with peer:
        peer.answers["hub/resolve"] = (401, {"detail": "no"})
        reason = await down(Client(SECRET).resolve(peer.base, FORM))
        assert "PRESETS_HUB_SECRET" in reason.why and SECRET not in reason.why and reason.detail is None


async def test_a_slow_answer_is_given_up_in_time_and_blocks_nobody(peer):
    async with peer:
        peer.answers["hub/form"] = lambda handler: asyncio.sleep(5)
        longest, last, stop = 0.0, time.monotonic(), asyncio.Event()

        async def heartbeat():
            nonlocal longest, last
            while not stop.is_set():
                await asyncio.sleep(0.005)
                longest, last = max(longest, time.monotonic() - last), time.monotonic()

        beating = asyncio.ensure_future(heartbeat())
        begun = time.monotonic()
        await down(Client(SECRET, timeout=0.5).form(peer.base, FORM))
        assert 0.45 <= time.monotonic() - begun < 0.8
        stop.set()
        await beating
        assert longest < 0.25


async def raw_peer(behave):
    server = await asyncio.start_server(behave, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"\x00\x01\x02\r\n\r\n", b"SSH-2.0-x\r\n"]
)
async def test_a_broken_answer_is_no_answer(sent):
    async def behave(reader, writer):
        await reader.read(10)
        writer.write(sent)
        await writer.drain()
        writer.close()

    server, base = await raw_peer(behave)
    async with server:
        await down(Client(SECRET, timeout=1).form(base, FORM))


async def test_an_answer_that_drips_is_given_up_in_time():
    async def behave(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        except OSError:
            pass

    server, base = await raw_peer(behave)
    begun = time.monotonic()
    await down(Client(SECRET, timeout=0.5).form(base, FORM))
    assert time.monotonic() - begun < 0.8
    server.close()


@pytest.mark.parametrize("head", [b"Content-Length: 99999999", b"Transfer-Encoding: chunked"])
async def test_an_answer_without_end_is_not_read(head):
    read = 0

    async def behave(reader, writer):
        nonlocal read
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n" if b"chunked" in head else b" " * 65536)
                await writer.drain()
                read += 65536
        except OSError:
            pass

    server, base = await raw_peer(behave)
    await down(Client(SECRET, timeout=2).form(base, FORM))
    assert read < 16 * 1024 * 1024
    server.close()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def test_nobody_there_is_tried_twice_and_not_longer():
    begun = time.monotonic()
    reason = await down(Client(SECRET).form(f"http://127.0.0.1:{free_port()}/", FORM))
    assert "Refused" in reason.why and time.monotonic() - begun < 1.5


async def test_a_service_that_is_just_starting_is_reached_by_the_second_try():
    port = free_port()

    class Handler(web.RequestHandler):
        def post(self):
            self.write({"protocol": 1, "html": "<p>"})

    async def later():
        await asyncio.sleep(0.1)
        web.Application([("/.*", Handler)]).listen(port, "127.0.0.1")

    starting = asyncio.ensure_future(later())
    assert await Client(SECRET).form(f"http://127.0.0.1:{port}/", FORM) == "<p>"
    await starting


@pytest.mark.parametrize("reset", [False, True])
async def test_a_request_that_arrived_is_never_repeated(reset):
    arrived = []

    async def behave(reader, writer):
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        if reset:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    server, base = await raw_peer(behave)
    async with server:
        await down(Client(SECRET, timeout=1).resolve(base, FORM))
        assert len(arrived) == 1


async def test_after_five_failures_nobody_waits_and_after_the_rest_one_tries():
    now = [0.0]
    client = Client(SECRET, timeout=0.2, breaker=Breaker(clock=lambda: now[0]))
    base = f"http://127.0.0.1:{free_port()}/"
    for _ in range(5):
        await down(client.form(base, FORM))
    begun = time.monotonic()
    assert "not trying again" in (await down(client.form(base, FORM))).why
    assert time.monotonic() - begun < 0.01
    now[0] = 10.1
    assert "Refused" in (await down(client.form(base, FORM))).why
    assert "not trying again" in (await down(client.form(base, FORM))).why


def test_after_the_rest_one_caller_tries_for_all():
    now = [0.0]
    breaker = Breaker(clock=lambda: now[0])
    for _ in range(5):
        breaker.failed()
    now[0] = 10.1
    breaker.admit()
    with pytest.raises(ServiceDown):
        breaker.admit()


async def test_a_success_closes_the_breaker(peer):
    async with peer:
        client = Client(SECRET, timeout=0.2)
        for _ in range(4):
            await down(client.form(f"http://127.0.0.1:{free_port()}/", FORM))
        peer.answers["hub/form"] = (200, {"protocol": 1, "html": "<p>"})
        assert await client.form(peer.base, FORM) == "<p>"
        for _ in range(4):
            await down(client.form(f"http://127.0.0.1:{free_port()}/", FORM))
        assert await client.form(peer.base, FORM) == "<p>"


@pytest.mark.parametrize("status", [403, 422, 503, 500])
async def test_what_one_person_provokes_does_not_open_the_breaker(peer, status):
    async with peer:
        peer.answers["hub/resolve"] = (status, {"detail": "no"})
        client = Client(SECRET)
        for _ in range(7):
            with pytest.raises((Refused, ServiceDown)) as reason:
                await client.resolve(peer.base, FORM)
        assert "not trying again" not in getattr(reason.value, "why", "")
        assert len(peer.asked) == 7


NESTED = []
for _ in range(100_000):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "options",
    [{"x": "y" * 70_000}, {"x": float("nan")}, {"x": b"bytes"}, NESTED],
    ids=["large", "nan", "bytes", "deep"],
)
async def test_options_that_cannot_be_sent_are_the_persons_refusal(peer, options):
    async with peer:
        with pytest.raises(Refused) as refusal:
            await Client(SECRET).resolve(peer.base, {"options": options})
        assert refusal.value.status == 422 and peer.asked == []


@pytest.mark.parametrize("status", [400, 413])
async def test_options_the_service_cannot_read_are_the_persons_refusal(peer, status):
    async with peer:
        peer.answers["hub/resolve"] = (status, {"detail": "unexpected end"})
        with pytest.raises(Refused) as refusal:
            await Client(SECRET).resolve(peer.base, FORM)
        assert refusal.value.status == 422
