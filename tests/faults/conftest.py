"""Fixtures of the faults: the built program, a cluster that may be killed, and tables for the end of the run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(HERE))

from cluster import Cluster  # noqa: E402
from odd_hub import OddHub  # noqa: E402
from running import Service  # noqa: E402
from trials import HEADER, Ledger  # noqa: E402

TABLES = pytest.StashKey()
LEDGER = pytest.StashKey()


def built(name, *cargo):
    """The program cargo built of that name; `cargo verify` names it in the environment."""
    messages = subprocess.run(
        ["cargo", "build", "-q", *cargo, "--message-format=json"], cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()
    programs = [json.loads(line).get("executable") for line in messages if line.startswith("{")]
    return next(program for program in programs if program and Path(program).name == name)


@pytest.fixture(scope="session")
def program():
    """The service's program."""
    return os.environ.get("PRESETS_BIN") or built("jupyterhub-presets", "--bin", "jupyterhub-presets")


@pytest.fixture(scope="session")
def lab():
    """The lab's program."""
    return os.environ.get("LAB") or built("lab", "-p", "lab")


@pytest.fixture(scope="session")
def cluster(lab, tmp_path_factory):
    """A PostgreSQL cluster of our own: others' tests do not survive its kill -9."""
    cluster = Cluster(lab, REPOSITORY, tmp_path_factory.mktemp("cluster") / "lab.log")
    yield cluster
    cluster.close()


@pytest.fixture
def hub():
    """A hub's API that knows people's tokens."""
    hub = OddHub()
    yield hub
    hub.leave()


@pytest.fixture
def service(program, tmp_path):
    """A service on SQLite, with its site applied; started by the test."""
    service = Service.on_sqlite(program, tmp_path / "service")
    service.apply()
    yield service
    service.kill()


@pytest.fixture
def table(request):
    """`table(title, header, rows)`: printed when all tests have run."""
    tables = request.config.stash.setdefault(TABLES, [])
    return lambda title, header, rows: tables.append((title, [header, *rows]))


@pytest.fixture(scope="session")
def ledger(pytestconfig):
    """Where each trial of a fault is noted; one table at the end."""
    return pytestconfig.stash.setdefault(LEDGER, Ledger())


def pytest_terminal_summary(terminalreporter, config):
    tables = list(config.stash.get(TABLES, []))
    if config.stash.get(LEDGER, None):
        tables.append(("faults", [HEADER, *config.stash[LEDGER].table()]))
    for title, rows in tables:
        terminalreporter.section(title)
        widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            terminalreporter.line("  ".join(str(cell).rjust(width) for cell, width in zip(row, widths)))
