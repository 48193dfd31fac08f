"""Everybody at once: threads that start servers, ask for forms and look whether it lives, and what each was answered."""

import http.client
import json
import threading
import time
from dataclasses import dataclass

from running import PREFIX, SECRET, eventually
from saving import Preferrer, Saver, missing

# Nothing is waited for longer than this, whatever is broken.
PATIENCE = 10.0
# Programs' tokens begin with it.
TOKEN = "token-of-a-program-"


@dataclass
class Answer:
    kind: str
    begun: float
    ended: float
    # 0: no answer; the connection broke or nothing came in time.
    status: int
    person: str = ""
    ticket: int = 0
    decision: str = ""
    saved: tuple | None = None

    @property
    def took(self):
        return self.ended - self.begun


class Asker(threading.Thread):
    """One client with one connection, that asks again as soon as it was answered."""

    def __init__(self, everybody, kind, person, pause, saver=None):
        super().__init__(daemon=True)
        self.everybody, self.kind, self.person, self.pause = everybody, kind, person, pause
        self.saver = saver
        self.connection, self.ticket, self.asked = None, 0, 0

    def run(self):
        while not self.everybody.over.is_set():
            answer = self.ask()
            self.everybody.answers.append(answer)
            time.sleep(self.pause if answer.status == 200 else 0.05)

    def ask(self):
        method, path, headers, body = self.saver.question() if self.saver else self.question()
        begun, read = time.monotonic(), b""
        tried = []
        for again in (True, True, False):
            try:
                if self.connection is None:
                    tried.append(self.everybody.port(tried))
                    self.connection = http.client.HTTPConnection("127.0.0.1", tried[-1], timeout=PATIENCE)
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                status, read = response.status, response.read()
                break
            except (OSError, http.client.HTTPException) as broken:
                status, self.connection = 0, None
                # What was refused was not begun; what changes nothing may be asked twice.
                if not (again and self.everybody.balances and (self.kind not in ("start", "save") or isinstance(broken, ConnectionRefusedError))):
                    break
        answer = Answer(self.kind, begun, time.monotonic(), status, self.person, self.ticket)
        if status == 200 and self.kind == "start":
            answer.decision = json.loads(read)["decision"]
        if self.saver and status:
            answer.saved = self.saver.told(status, response.getheader("ETag"), read)
            answer.status = 200 if answer.saved else status
        self.asked += 1
        if self.everybody.balances and self.asked % 20 == 0 and self.connection:
            self.connection.close()
            self.connection = None
        return answer

    def question(self):
        # A program comes with its own token; the service asks the hub whose it is.
        token = self.person if self.kind == "call" else SECRET
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        person = "writer-6" if self.kind == "call" else self.person
        asked = {"protocol": 1, "user": person, "server_name": "desk", "hub_groups": []}
        if self.kind == "start":
            self.ticket += 1
            asked["options"] = {"preset": "numbered", "values": {"ticket": str(self.ticket)}}
            return "POST", f"{PREFIX}api/v1/hub/resolve", headers, json.dumps(asked)
        if self.kind in ("form", "call"):
            return "POST", f"{PREFIX}api/v1/hub/form", headers, json.dumps(asked)
        return "GET", f"{PREFIX}api/v1/health/live", {}, None


class Everybody:
    """Starts by four people, a preset and preferences saved, forms and looks at its health by two more, until the end of the `with`."""

    def __init__(self, *services, starters=4, callers=0, savers=1):
        self.services, self.answers, self.over = services, [], threading.Event()
        # With several, they ask as a balancer does: one that refuses a connection is passed over.
        self.balances = len(services) > 1
        self._next = 0
        people = [("start", f"writer-{number}", 0.002) for number in range(starters)]
        for number in range(8, 8 + savers):
            person = f"writer-{number}"
            people += [("save", person, 0.02, kind(person)) for kind in (Saver, Preferrer)]
        programs = [("call", f"{TOKEN}{number}", 0.02) for number in range(callers)]
        self._askers = [Asker(self, *one) for one in [*people, *programs, ("form", "writer-7", 0.02), ("live", "", 0.02)]]

    def port(self, tried=()):
        """Connections go to the services in turn; one that did not answer just now is passed over."""
        self._next += 1
        services = [one for one in self.services if one.port not in tried] or self.services
        return services[self._next % len(services)].port

    def __enter__(self):
        for asker in self._askers:
            asker.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for asker in self._askers:
            asker.join(PATIENCE + 5)
            assert not asker.is_alive()

    def of(self, kind, since=0.0, until=float("inf")):
        """Answers to what was asked in that time."""
        return [answer for answer in list(self.answers) if answer.kind == kind and since <= answer.begun <= until]

    def acknowledged(self, since=0.0):
        """`{decision: (person, ticket)}` of all starts that were given."""
        return {a.decision: (a.person, a.ticket) for a in self.of("start", since) if a.status == 200}

    def saved(self):
        """What was saved: of presets id, version and title, of preferences person, version and the default."""
        return {answer.saved for answer in self.of("save") if answer.saved}

    def first_given(self, kind, since, seconds=30):
        """When the first one that was asked since then was given."""

        def ended():
            return [answer.ended for answer in self.of(kind, since) if answer.status == 200]

        return min(eventually(ended, seconds, f"a {kind} is given again", every=0.005))

    def await_starts(self, more, seconds=20):
        since = time.monotonic()
        eventually(lambda: len(self.acknowledged(since)) >= more, seconds, f"{more} starts are given")


def lost(everybody, keeper):
    """What was acknowledged and is not kept: starts, presets, and selections that are older than people were told."""
    acknowledged = everybody.acknowledged()
    newest = {}
    for person, ticket in acknowledged.values():
        newest[person] = max(ticket, newest.get(person, 0))
    kept = {person: int(json.loads(values)["ticket"]) for person, values in keeper.selections()}
    older = [(person, ticket, kept.get(person)) for person, ticket in newest.items() if kept.get(person, -1) < ticket]
    return [*(set(acknowledged) - keeper.decisions()), *older, *missing(everybody.saved(), keeper.saved(), keeper.preferred())]
