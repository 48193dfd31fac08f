"""A hub's API on loopback that answers well, or in one of the ways in which hubs and what stands before them do not."""

import json
import re
import socket
import threading
import time

from everybody import TOKEN

MODEL = {
    "kind": "service", "name": "robot", "admin": False, "groups": [], "token_id": "a1", "session_id": None,
    "scopes": ["access:services!service=presets", "custom:presets:resolve"],
}

# A person by a token that opens this service and nothing else.
PERSONS = {**MODEL, "kind": "user", "scopes": MODEL["scopes"][:1]}
PERSON = re.compile(r"token token-of-((?:writer|editor)-\d+)\r")


def http(status, body, kind="application/json"):
    head = f"HTTP/1.1 {status} Odd\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


# What is answered whoever asks.
ODD = {
    "HTML": http(200, b"<!doctype html><title>Log in</title>", "text/html"),
    "{}": http(200, b"{}"),
    "wrong types": http(200, json.dumps({**MODEL, "scopes": "access:services", "name": 7}).encode()),
    "nothing": http(200, b""),
    "10 MB": http(200, json.dumps({**MODEL, "name": "x" * 10_000_000}).encode()),
    "10 MB without a length": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 10_000_000,
    "a part of it": http(200, json.dumps(MODEL).encode())[:-20],
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: /hub/login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "500": http(500, b"{}"),
    "429": http(429, b"{}"),
    "no HTTP": b"220 mail.example.org ESMTP\r\n",
    "a reset": b"",
}


class OddHub:
    """`way` says how it answers: `well`, `void` (no token is known), `slow`, `silent`, `trickle`, or one of ODD."""

    def __init__(self):
        self.way, self.calls, self.most_at_once, self._at_once = "well", 0, 0, 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def config(self, folder):
        """How the service's file names it."""
        (folder / "api-token").write_text("own-token-of-the-service-0123456789\n")
        return f"  api_url: http://127.0.0.1:{self.port}/hub/api\n  api_token_file: {folder / 'api-token'}\n  service: presets\n"

    def leave(self):
        """Nobody listens any more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def come_back(self):
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        listening = self._listening
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with self._lock:
            self.calls += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            with connection:
                connection.settimeout(30)
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    some = connection.recv(4096)
                    if not some:
                        return
                    head += some
                self._reply(connection, head.decode())
        except OSError:
            pass
        finally:
            with self._lock:
                self._at_once -= 1

    def _reply(self, connection, head):
        way = self.way
        if way in ODD:
            connection.sendall(ODD[way])
        elif way in ("slow", "silent"):
            # Until the other side gives up, or for ten seconds.
            connection.settimeout(10 if way == "slow" else 30)
            try:
                connection.recv(1)
            except TimeoutError:
                connection.sendall(http(200, json.dumps(MODEL).encode()))
        elif way == "trickle":
            for byte in http(200, json.dumps(MODEL).encode()):
                connection.sendall(bytes([byte]))
                time.sleep(0.2)
        elif way == "well" and TOKEN in head:
            connection.sendall(http(200, json.dumps(MODEL).encode()))
        elif way == "well" and (person := PERSON.search(head)):
            connection.sendall(http(200, json.dumps(PERSONS | {"name": person[1]}).encode()))
        else:
            connection.sendall(http(403, b'{"status": 403, "message": null}'))
