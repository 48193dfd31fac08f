"""One run of schemathesis: who asks, how many cases, and what came of them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import requests

HERE = Path(__file__).resolve().parent
CASES = int(os.environ.get("PRESETS_CASES") or ("20000" if os.environ.get("PRESETS_ROUNDS") else "2000"))
"""Of each principal on each database, at least."""

PRINCIPALS = ["anonymous", "user", "organiser", "admin", "hub"]
_PEOPLE = {"user": "ursula", "organiser": "olga", "admin": "admin"}
_UNDOCUMENTED = ("undefined status code", "undocumented http status", "undefined content type", "undocumented content")


def token_of(lab, principal):
    """What a principal sends; None for nobody."""
    if principal == "hub":
        return lab.hub_secret
    return lab.person(_PEOPLE[principal]).token if principal in _PEOPLE else None


class Run:
    """`st run` as one principal, repeated with new seeds until there were enough cases."""

    def __init__(self, lab, principal, token, folder):
        self.principal, self.cases, self.reports = principal, 0, []
        self._url = lab.service_url + lab.service_prefix.rstrip("/")
        self._token, self._folder = token, folder
        document = requests.get(f"{self._url}/api/v1/openapi.json", timeout=20).json()
        self._varied = sum(
            bool(operation.get("parameters") or operation.get("requestBody"))
            for item in document["paths"].values()
            for operation in item.values()
        )
        began = time.monotonic()
        while self.cases < CASES:
            before = self.cases
            self._run(CASES - self.cases)
            assert self.cases > before, f"no case was made; see {folder}"
        self.seconds = round(time.monotonic() - began)

    def _run(self, wanted):
        name = f"{self.principal}-{len(self.reports)}"
        report = self._folder / f"{name}.json"
        each = max(4, -(-wanted // max(self._varied, 1)))
        command = [
            str(Path(sys.executable).with_name("st")), "--config-file", str(HERE / "schemathesis.toml"),
            "run", f"{self._url}/api/v1/openapi.json", "--url", self._url,
            "--max-examples", str(each), "--report", "json", "--report-json-path", str(report),
        ]  # fmt: skip
        if self._token:
            command += ["--header", f"Authorization: Bearer {self._token}"]
        with open(self._folder / f"{name}.log", "w") as log:
            subprocess.run(command, cwd=self._folder, stdout=log, stderr=subprocess.STDOUT, timeout=7200, check=False)
        assert report.exists(), (self._folder / f"{name}.log").read_text()[-3000:]
        told = json.loads(report.read_text())
        self.cases += told["test_cases"]["generated"]
        self.reports.append(told)

    @property
    def found(self):
        """Every failure and error, as schemathesis reports it."""
        return [one for told in self.reports for key in ("failures", "errors") for one in told[key]]

    @property
    def failures(self):
        return len(self.found)

    @property
    def answered_5xx(self):
        return sum("server error" in json.dumps(one).lower() for one in self.found)

    @property
    def undocumented(self):
        return sum(any(word in json.dumps(one).lower() for word in _UNDOCUMENTED) for one in self.found)

    @property
    def complete(self):
        return all(told["complete"] and not told["operations"]["errored"] for told in self.reports)

    def told(self):
        """The failures for somebody who reads them."""
        return json.dumps(self.found, indent=1)[:8000]
