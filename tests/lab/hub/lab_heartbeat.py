"""How long the hub's event loop was ever blocked, as a file that a test reads."""

import json
import os
import time

from tornado.ioloop import PeriodicCallback

EVERY_MS = 10


class Heartbeat:
    """Beats every 10 ms and keeps the worst delays; removing the file begins anew."""

    def __init__(self, path):
        self.path = path
        self.begin()
        PeriodicCallback(self.beat, EVERY_MS).start()

    def begin(self):
        self.since = time.time()
        self.due = None
        self.beats = 0
        self.worst = []
        self.written = 0.0

    def beat(self):
        now = time.monotonic()
        late = 0.0 if self.due is None else max(0.0, (now - self.due) * 1000)
        self.due = now + EVERY_MS / 1000
        self.beats += 1
        self.worst = sorted([*self.worst, [round(late, 1), round(time.time(), 3)]], reverse=True)[:10]
        if now - self.written < 0.2:
            return
        if self.beats > 50 and not os.path.exists(self.path):
            self.begin()
        self.written = now
        report = {"since": self.since, "beats": self.beats, "worst_ms": self.worst[0][0] if self.worst else 0.0,
                  "worst": [{"ms": ms, "at": at} for ms, at in self.worst]}
        with open(self.path + ".new", "w") as file:
            json.dump(report, file)
        os.replace(self.path + ".new", self.path)
        # Our own writing is not the hub's delay.
        self.due = time.monotonic() + EVERY_MS / 1000


def start(path):
    """Starts beating; call it from `jupyterhub_config.py`, which the hub reads inside its running loop."""
    return Heartbeat(path)
