"""Fixtures: the real hub and service on each database, and the runs of schemathesis against them."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hub"))

from running_lab import Lab  # noqa: E402
from runs import PRINCIPALS, Run, token_of  # noqa: E402

ROWS = pytest.StashKey()


@pytest.fixture(scope="session")
def runs(request, tmp_path_factory):
    """`runs(database, principal)`: what came of a run. All of a database run at its first call, two at a time."""
    done, rows = {}, request.config.stash.setdefault(ROWS, [])

    def of(database, principal):
        if database not in done:
            site = HERE.parent / "sites" / "hub.yaml"
            options = ["--often", "--database", database, "--recording", "--site", str(site)]
            with Lab([*options, "--hub-config", str(HERE / "hub_config.py")]) as lab:
                tokens = {name: token_of(lab, name) for name in PRINCIPALS}
                with ThreadPoolExecutor(int(os.environ.get("PRESETS_AT_ONCE", "2"))) as pool:
                    folder = tmp_path_factory.mktemp(database)
                    todo = {name: pool.submit(Run, lab, name, tokens[name], folder) for name in PRINCIPALS}
                    done[database] = {name: run.result() for name, run in todo.items()}
                for name, run in done[database].items():
                    rows.append((name, database, run.cases, run.answered_5xx, run.undocumented, run.failures, run.seconds))
        return done[database][principal]

    return of


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    head = ("principal", "database", "cases", "5xx", "undocumented", "failures", "seconds")
    for row in [head, *rows]:
        terminalreporter.write_line("  ".join(str(cell).ljust(12) for cell in row).rstrip())
