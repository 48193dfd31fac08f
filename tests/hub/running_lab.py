"""The lab as a test sees it: started, asked, changed and stopped; what was started in it, and what runs in it."""

import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path

import requests
from person import Person

REPOSITORY = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 600  # seconds; the first run installs and builds
PATIENCE = 60  # seconds for anything else, on a busy machine


class Lab:
    """`lab up …`, its facts as attributes (`lab.public_url`), ended by closing its stdin."""

    def __init__(self, options):
        self.options = list(options)
        self._answers = queue.Queue()
        self._people = {}

    def __enter__(self):
        program = os.environ.get("PRESETS_LAB") or os.environ.get("LAB")
        command = [program] if program else ["cargo", "run", "-q", "-p", "lab", "--"]
        self._process = subprocess.Popen(
            [*command, "up", *self.options],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()
        self.facts = self._answer(STARTS_WITHIN)
        self.http = requests.Session()
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(PATIENCE)

    def __getattr__(self, name):
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            raise AttributeError(name) from None

    def _listen(self):
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(None)

    def _answer(self, within):
        line = self._answers.get(timeout=within)
        assert line is not None, f"the lab ended with {self._process.wait(PATIENCE)}; what it said is above"
        return json.loads(line)

    def command(self, line):
        """Sends one line to the lab: `stop slapd`, `kill hub`, …; the facts' pids follow."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._answer(2 * PATIENCE)
        assert answer.get("ok"), answer
        self.facts["pids"] = answer["pids"]
        return answer

    # The hub's REST API, as its administrator.

    def api(self, method, path, body=None, *, token=None, expect=None, raw=None):
        """A request to the hub's REST API, with the lab's token or another one; `expect` is its status."""
        response = self.http.request(
            method,
            self.hub_api_url + path,
            headers={"Authorization": f"Bearer {token or self.admin_token}"},
            json=body,
            data=raw,
            timeout=PATIENCE,
        )
        if expect is not None:
            assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        return response

    def user(self, name):
        return self.api("GET", f"/users/{quote(name)}", expect=200).json()

    def server(self, name, server=""):
        """The hub's model of a server, or None while there is none."""
        return self.user(name)["servers"].get(server)

    def person(self, name) -> Person:
        """Somebody with an account, a browser that is logged in, and a token: always the same one."""
        if name not in self._people:
            self._people[name] = Person(self, name)
        return self._people[name]

    # Starts and stops.

    def outcome(self, user, server=""):
        """Waits for a start: `("ready", event)`, `("failed", event)`, or `("none", None)` without one.

        The hub's own progress stream tells, so nothing here sleeps.
        """
        path = f"{self.hub_api_url}/users/{quote(user)}/servers/{server}/progress"
        path = path.replace("/servers//progress", "/server/progress")
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        with requests.get(path, headers=headers, stream=True, timeout=PATIENCE) as stream:
            if stream.status_code != 200:
                return "none", None
            for line in stream.iter_lines():
                event = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if event.get("ready"):
                    return "ready", event
                if event.get("failed"):
                    return "failed", event
        return "none", None

    def stop(self, user, server=""):
        """Stops a server and waits until the hub has forgotten it."""
        path = f"/users/{quote(user)}/servers/{server}" if server else f"/users/{quote(user)}/server"
        response = self.api("DELETE", path)
        assert response.status_code in (202, 204, 400, 404), response.text
        wait_for(lambda: not active(self.user(user), server), f"{user}'s server {server!r} to stop")

    def stop_all(self):
        """Stops every server of everybody."""
        for user in self.api("GET", "/users?limit=200", expect=200).json():
            for name in user["servers"]:
                self.stop(user["name"], name)

    # What was started, and what runs.

    def records(self, user=None, server=None):
        """What the recording spawner wrote: one entry for each start it was asked for."""
        try:
            lines = Path(self.record_file).read_text().splitlines()
        except FileNotFoundError:
            return []
        entries = [json.loads(line) for line in lines]
        return [one for one in entries if user in (None, one["user"]) and server in (None, one["server"])]

    def processes(self, user, server=None):
        """The environments of the processes that are servers of `user` under this hub, by process id."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            env = environment_of(entry.name)
            if env.get("JUPYTERHUB_USER") != user or env.get("JUPYTERHUB_API_URL") != self.hub_api_url:
                continue
            if server in (None, env.get("JUPYTERHUB_SERVER_NAME")):
                found[int(entry.name)] = env
        return found

    # The service.

    def run_service(self, *words, check=True):
        """`jupyterhub-presets VERB --config …`."""
        verb, *rest = words
        return subprocess.run(
            [self.service_program, verb, "--config", self.config_file, *rest],
            capture_output=True, text=True, timeout=PATIENCE, check=check,
        )  # fmt: skip

    def apply(self, site):
        """Applies a site file, and waits until the running service works with it."""
        said = self.run_service("apply", str(site)).stdout
        revision = int(said.rsplit("revision", 1)[1].strip(" .\n"))
        wait_for(lambda: self.form_of("nobody")["revision"] >= revision, f"revision {revision}")

    def ask(self, what, **question):
        """`POST hub/form` or `hub/resolve` as the plugin does it."""
        return self.http.post(
            f"{self.service_url}{self.service_prefix}api/v1/hub/{what}",
            headers={"Authorization": f"Bearer {self.hub_secret}"},
            json={"protocol": 1, "server_name": "", "hub_groups": [], **question},
            timeout=PATIENCE,
        )

    def form_of(self, user):
        answer = self.ask("form", user=user, language="en", attempt=None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def log(self, which="hub"):
        """The text of the hub's log, or of the service's."""
        return Path(self.facts[f"{which}_log"]).read_text(errors="replace")


def quote(name):
    return requests.utils.quote(name, safe="")


def active(user, server):
    """Whether the hub's user model has something to run or to wait for under this name."""
    model = user["servers"].get(server)
    return bool(model and not model.get("stopped", False))


def environment_of(pid):
    """The environment a process was started with; empty when it is gone or not ours to see."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (pair.partition("=") for pair in raw.decode(errors="replace").split("\0") if "=" in pair)
    return {name: value for name, _, value in pairs}


def wait_for(true, what, within=PATIENCE, every=0.05):
    """The first true answer of `true()`; fails with `what` it waited for."""
    ends = time.monotonic() + within
    while True:
        answer = true()
        if answer:
            return answer
        assert time.monotonic() < ends, f"waited {within} s for {what}"
        time.sleep(every)
