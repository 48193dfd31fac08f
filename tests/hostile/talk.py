"""Speaking to a port byte by byte, and somebody else who meanwhile asks as people do."""

import http.client
import json
import socket
import threading
import time

from running import PREFIX, SECRET

LIVE = f"{PREFIX}api/v1/health/live"
HUB = f"Authorization: Bearer {SECRET}\r\nContent-Type: application/json\r\n"


class Wire:
    """One connection; answers are read by their length."""

    def __init__(self, port, seconds=15):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def says(self, data):
        self.socket.sendall(data)

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        self.rest += data
        return bool(data)

    def hears(self):
        """Status, headers (names in small letters) and body of the next answer; None at the end."""
        while b"\r\n\r\n" not in self.rest:
            if not self._more():
                assert not self.rest, f"cut off: {self.rest[:200]}"
                return None
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            return int(first.split()[1]), headers, self._chunks()
        length = int(headers.get("content-length", 0))
        while len(self.rest) < length:
            assert self._more(), "cut off in a body"
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(first.split()[1]), headers, body

    def _chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.rest:
                assert self._more(), "cut off in a chunk"
            size, self.rest = self.rest.split(b"\r\n", 1)
            size = int(size, 16)
            while len(self.rest) < size + 2:
                assert self._more(), "cut off in a chunk"
            body, self.rest = body + self.rest[:size], self.rest[size + 2 :]
            if size == 0:
                return body

    def rest_until_end(self, seconds):
        """What else comes before the other side closes; None if it does not."""
        self.socket.settimeout(seconds)
        try:
            while self._more():
                pass
        except TimeoutError:
            return None
        return self.rest


def request(method, path, headers="", body=b""):
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}{length}\r\n".encode() + body


class Bystander:
    """Somebody else, on a connection of their own: asks again and again for something only they ask for."""

    def __init__(self, port, name, every=0.02, starts=True):
        self.port, self.name, self.every = port, name, every
        # A start is recorded before it is answered: whoever measures clients does not measure disks.
        self.call = "resolve" if starts else "form"
        self.took, self.wrong = [], []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join(60)

    def _ask(self):
        connection, number = None, 0
        while not self._ends.wait(self.every):
            number += 1
            mine = f"{self.name}-{number}"
            body = {"protocol": 1, "user": "alice"}
            if self.call == "resolve":
                body["options"] = {"preset": mine}
            headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
            began = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("POST", f"{PREFIX}api/v1/hub/{self.call}", json.dumps(body), headers)
                answer = connection.getresponse()
                text = answer.read().decode()
                if self.call == "form":
                    right = answer.status == 200 and "html" in json.loads(text)
                else:
                    # The refusal names what was asked for: nobody else's answer does.
                    right = answer.status == 403 and f"“{mine}”" in json.loads(text)["detail"]
                if not right:
                    self.wrong.append((answer.status, text[:200]))
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.wrong.append(("-", repr(error)))
                connection = None
            self.took.append(time.monotonic() - began)

    def percentile(self, share):
        """In milliseconds."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]
