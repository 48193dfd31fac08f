"""The built service as a process of ours: configured, started, asked, and ended by its pid."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

PREFIX = "/services/presets/"
SECRET = "7f4c19a2e85d03b6c1f7a9284e6d5b30"
SITE = Path(__file__).parent / "site.yaml"
REPOSITORY = Path(__file__).resolve().parents[2]
PEOPLE = ["alice", *(f"writer-{number}" for number in range(32))]

# More than any test asks for: here it is about what breaks, not about who asks too often.
OFTEN = "{per_second: 100000, burst: 100000}"
LIMITS = f"limits: {{reads: {OFTEN}, writes: {OFTEN}, anonymous: {OFTEN}}}\n"

# The kernel ends what we start when we are gone, however we go.
WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]


def eventually(condition, seconds, what, every=0.01):
    """The first truthy value of `condition()`, awaited for at most `seconds`."""
    ends = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < ends, f"not within {seconds:g} s: {what}"
        time.sleep(every)


def free_port():
    """Free now, and below those that the system gives to connections: it stays free until it is listened on."""
    while True:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def is_alive(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] not in "ZX"


class Service:
    """A configured service in `folder`; `start` runs it, any number of times."""

    def __init__(self, program, folder, database, directory=None, more="", inside=(), hub="", people=()):
        """`inside`: the words of a program that executes this one, as in a room of its own."""
        self.program, self.folder, self.database, self.inside = str(program), Path(folder), database, list(inside)
        self.port = free_port()
        self.process = None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "service.log"
        self.config = self.folder / "presets.yaml"
        (self.folder / "hub-secret").write_text(SECRET + "\n")
        groups = {"groups": {"writers": [*PEOPLE, *people]}}
        (self.folder / "groups.yaml").write_text(json.dumps(groups))
        directory = directory or f"  file: {self.folder / 'groups.yaml'}\n"
        self.config.write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            f"prefix: {PREFIX}\n"
            f"database: {database}\n"
            f"hub:\n  secret_file: {self.folder / 'hub-secret'}\n{hub}"
            f"directory:\n{directory}"
            f"{LIMITS}{more}"
        )
        self.config.chmod(0o600)

    @classmethod
    def on_sqlite(cls, program, folder, **more):
        return cls(program, folder, f"sqlite:{Path(folder) / 'presets.sqlite'}", **more)

    def command(self, verb, *words, env=None, seconds=30):
        """Runs `jupyterhub-presets VERB --config … WORDS` to its end."""
        argv = [*WITH_US, *self.inside, self.program, verb, "--config", str(self.config), *map(str, words)]
        return subprocess.run(
            argv, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=seconds, check=False
        )

    def apply(self, site=SITE):
        done = self.command("apply", site)
        assert done.returncode == 0, done.stderr
        return done

    def start(self, env=None):
        """Executes it; nothing is waited for."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*WITH_US, *self.inside, self.program, "serve", "--config", str(self.config)],
                env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        return self

    def ready(self, seconds=20):
        """Waits until it can record starts."""

        def is_ready():
            assert self.process.poll() is None, f"it ended: {self.log.read_text()[-2000:]}"
            try:
                return self.get("api/v1/health/ready")[0] == 200
            except OSError:
                return False

        eventually(is_ready, seconds, f"the service is ready ({self.log})")
        return self

    def is_ready(self):
        try:
            status, health = self.get("api/v1/health/ready")
        except OSError:
            return False
        return status == 200 and json.loads(health)["status"] == "ready"

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def memory(self):
        """MB it holds."""
        [line] = [line for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    def get(self, path="", seconds=5.0):
        return self._ask("GET", path, None, {}, seconds)

    def post(self, path, body, seconds=10.0, token=SECRET):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        status, text = self._ask("POST", path, json.dumps(body), headers, seconds)
        return status, json.loads(text)

    def ask(self, method, path, headers, body, seconds=10.0):
        """Status, `ETag` and body; the path begins at the root."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("ETag"), answer.read()
        finally:
            connection.close()

    def form(self, user="alice", **more):
        return self.post("api/v1/hub/form", {"protocol": 1, "user": user, "server_name": "", "hub_groups": [], **more})

    def form_by(self, token):
        """The form for somebody else, by a program that comes with a token of the hub."""
        return self.post("api/v1/hub/form", {"protocol": 1, "user": "alice", "server_name": "", "hub_groups": []}, token=token)

    def resolve(self, options, user="alice", server_name=""):
        asked = {"protocol": 1, "user": user, "server_name": server_name, "hub_groups": [], "options": options}
        return self.post("api/v1/hub/resolve", asked)

    def _ask(self, method, path, body, headers, seconds):
        status, _, text = self.ask(method, PREFIX + path, headers, body, seconds)
        return status, text.decode()

    def send(self, number):
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)

    def kill(self):
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)

    def stop(self, number=signal.SIGTERM, seconds=15):
        """Asks it to end; its exit code."""
        self.send(number)
        return self.process.wait(seconds)
