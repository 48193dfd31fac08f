"""Requests that two readers could end at different places: refused, closed, and never somebody else's answer."""

import pytest
from talk import HUB, LIVE, Bystander, Wire, request

# What follows each of them on the connection: it must not be answered.
SMUGGLED = request("GET", LIVE + "?smuggled")
FORM = b'{"protocol":1,"user":"alice"}'


def post(*headers, body=b"", line="POST /services/presets/api/v1/hub/form HTTP/1.1", end="\r\n"):
    head = end.join([line, "Host: x", *headers])
    return head.encode("latin-1") + (end + end).encode() + body


CHUNKED = "Transfer-Encoding: chunked"
NOTHING = b"0\r\n\r\n"

MALFORMED = {
    "length and chunks": post("Content-Length: 5", CHUNKED, body=NOTHING),
    "chunks and length": post(CHUNKED, "Content-Length: 5", body=NOTHING),
    "two lengths": post("Content-Length: 3", "Content-Length: 4", body=b"abcd"),
    "two equal lengths": post("Content-Length: 3", "Content-Length: 3", body=b"abc"),
    "a list of lengths": post("Content-Length: 3, 3", body=b"abc"),
    "a length with a sign": post("Content-Length: +3", body=b"abc"),
    "a negative length": post("Content-Length: -3", body=b"abc"),
    "a length in hexadecimal": post("Content-Length: 0x3", body=b"abc"),
    "a length with a point": post("Content-Length: 3.0", body=b"abc"),
    "a length with a space": post("Content-Length: 3 3", body=b"abc"),
    "a length with a letter": post("Content-Length: 3a", body=b"abc"),
    "an empty length": post("Content-Length: ", body=b"abc"),
    "a length beyond 64 bits": post("Content-Length: 18446744073709551619", body=b"abc"),
    "a length beyond 128 bits": post("Content-Length: " + "9" * 60, body=b"abc"),
    "a length of other digits": post("Content-Length: \u00b3", body=b"abc"),
    "a space before the colon": post("Content-Length : 3", body=b"abc"),
    "a tab before the colon": post("Transfer-Encoding\t: chunked", body=NOTHING),
    "chunks twice": post(CHUNKED, CHUNKED, body=NOTHING),
    "chunks and identity": post(CHUNKED, "Transfer-Encoding: identity", body=NOTHING),
    "identity": post("Transfer-Encoding: identity", "Content-Length: 3", body=b"abc"),
    "gzip, chunks": post("Transfer-Encoding: gzip, chunked", body=NOTHING),
    "chunks, gzip": post("Transfer-Encoding: chunked, gzip", body=NOTHING),
    "chunks, chunks": post("Transfer-Encoding: chunked, chunked", body=NOTHING),
    "xchunked": post("Transfer-Encoding: xchunked", body=NOTHING),
    "chunks in quotes": post('Transfer-Encoding: "chunked"', body=NOTHING),
    "chunks with a vertical tab": post("Transfer-Encoding: \x0bchunked", body=NOTHING),
    "an empty encoding": post("Transfer-Encoding: ", "Content-Length: 3", body=b"abc"),
    "chunks with a parameter": post("Transfer-Encoding: chunked;q=1", body=NOTHING),
    "chunks behind a comma": post("Transfer-Encoding: ,chunked", body=NOTHING),
    "chunks with a zero byte": post("Transfer-Encoding: chunked\0", body=NOTHING),
    "a folded header": post("X: a", " b: c", "Content-Length: 3", body=b"abc"),
    "a folded encoding": post("Transfer-Encoding:", " chunked", body=NOTHING),
    "a folded first header": b"POST / HTTP/1.1\r\n Host: x\r\n\r\n",
    "lines that end with LF": post("Content-Length: 3", body=b"abc", end="\n"),
    "one line that ends with LF": b"POST / HTTP/1.1\r\nHost: x\nContent-Length: 3\r\n\r\nabc",
    "a line that ends with CR": b"POST / HTTP/1.1\r\nHost: x\rContent-Length: 3\r\n\r\nabc",
    "a head that ends with LF LF": b"POST / HTTP/1.1\r\nHost: x\n\n",
    "a header without a name": post(": x"),
    "a header without a colon": post("Content-Length"),
    "a name with a space": post("Content Length: 3", body=b"abc"),
    "a name with a bracket": post("Content[Length]: 3", body=b"abc"),
    "a name beyond ASCII": post("C\u00f6ntent-Length: 3", body=b"abc"),
    "a zero byte in a name": post("Conte\0nt-Length: 3", body=b"abc"),
    "a zero byte in a value": post("X: a\0b"),
    "no host": b"GET /services/presets/ HTTP/1.1\r\nX: y\r\n\r\n",
    "two hosts": post("Host: y"),
    "a host with a space": b"GET /services/presets/ HTTP/1.1\r\nHost: x y\r\n\r\n",
    "a host with a path": b"GET /services/presets/ HTTP/1.1\r\nHost: x/../y\r\n\r\n",
    "a host with a user": b"GET /services/presets/ HTTP/1.1\r\nHost: u@x\r\n\r\n",
    "HTTP/1.0 with chunks": post(CHUNKED, body=NOTHING, line="POST / HTTP/1.0"),
    "HTTP/1.2": post(line="GET /services/presets/ HTTP/1.2"),
    "HTTP/2.0": post(line="GET /services/presets/ HTTP/2.0"),
    "HTTP/0.9": b"GET /services/presets/\r\n\r\n",
    "http in small letters": post(line="GET /services/presets/ http/1.1"),
    "no version": post(line="GET /services/presets/"),
    "two spaces": post(line="GET  /services/presets/ HTTP/1.1"),
    "a space in the path": post(line="GET /services/ presets/ HTTP/1.1"),
    "a tab in the line": post(line="GET\t/services/presets/ HTTP/1.1"),
    "a method with a bracket": post(line="G[T /services/presets/ HTTP/1.1"),
    "an absolute address": post(line=f"GET http://x{LIVE} HTTP/1.1"),
    "an asterisk": post(line="OPTIONS * HTTP/1.1"),
    "an authority": post(line="CONNECT x:80 HTTP/1.1"),
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x01" * 40,
    "a chunk size with a sign": post(CHUNKED, body=b"+3\r\nabc\r\n0\r\n\r\n"),
    "a chunk size with 0x": post(CHUNKED, body=b"0x3\r\nabc\r\n0\r\n\r\n"),
    "a chunk size with a space": post(CHUNKED, body=b"3 \r\nabc\r\n0\r\n\r\n"),
    "a negative chunk size": post(CHUNKED, body=b"-3\r\nabc\r\n0\r\n\r\n"),
    "an empty chunk size": post(CHUNKED, body=b"\r\nabc\r\n0\r\n\r\n"),
    "a chunk size beyond 64 bits": post(CHUNKED, body=b"10000000000000003\r\nabc\r\n0\r\n\r\n"),
    "a chunk size that ends with LF": post(CHUNKED, body=b"3\nabc\r\n0\r\n\r\n"),
    "a chunk that is longer": post(CHUNKED, body=b"3\r\nabcd\r\n0\r\n\r\n"),
    "a chunk that ends with LF": post(CHUNKED, body=b"3\r\nabc\n0\r\n\r\n"),
    "a chunk extension with CR": post(CHUNKED, body=b"3;a\rb\r\nabc\r\n0\r\n\r\n"),
    "an endless chunk extension": post(CHUNKED, body=b"3;" + b"a" * 5000 + b"\r\nabc\r\n0\r\n\r\n"),
}  # fmt: skip


def test_there_are_enough_of_them():
    assert len(MALFORMED) >= 60


@pytest.mark.parametrize("name", MALFORMED)
def test_it_is_refused_once_and_the_connection_closed(service, name):
    with Wire(service.port) as wire:
        wire.says(MALFORMED[name] + SMUGGLED)
        status, headers, body = wire.hears()
        assert status in (400, 404, 408, 414, 431), body
        assert headers["content-type"] == "application/problem+json"
        assert headers["connection"] == "close"
        assert "server" not in headers
        # Nothing behind it was taken for a request.
        assert wire.rest_until_end(8) == b""


def test_through_the_proxy_everybody_gets_their_own_answer(proxy, service, table):
    answers = closed = 0
    with Bystander(proxy.port, "victim", every=0.001) as one, Bystander(proxy.port, "other", every=0.001) as other:
        for data in MALFORMED.values():
            for _ in range(3):
                with Wire(proxy.port) as wire:
                    wire.says(data + SMUGGLED)
                    wire.socket.settimeout(0.3)
                    try:
                        while (heard := wire.hears()) is not None:
                            answers += 1
                            assert b"victim" not in heard[2] and b"other" not in heard[2]
                        closed += 1
                    except TimeoutError:
                        pass
    table(
        "malformed framing through the proxy",
        ["kinds", "sent", "answers", "closed", "asked by others", "wrong answers"],
        [[len(MALFORMED), 3 * len(MALFORMED), answers, closed, len(one.took) + len(other.took), len(one.wrong) + len(other.wrong)]],
    )
    assert not one.wrong + other.wrong, (one.wrong + other.wrong)[:3]
    assert len(one.took) > 100
    assert service.get("api/v1/health/live")[0] == 200


def test_a_good_request_is_still_a_good_request(way):
    _, port = way
    with Wire(port) as wire:
        for _ in range(5):
            wire.says(request("POST", "/services/presets/api/v1/hub/form", HUB, FORM))
            assert wire.hears()[0] == 200
            chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in FORM) + NOTHING
            wire.says(post(*HUB.strip().split("\r\n"), CHUNKED, body=chunks))
            assert wire.hears()[0] == 200
