"""Fixtures of the hostile: the built service, the real proxy in front of it, and somebody else who goes on asking."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(REPOSITORY / "tests/faults")]

from proxy import Proxy  # noqa: E402
from running import Service  # noqa: E402

SOAK = "PRESETS_ROUNDS" in os.environ
TABLES = pytest.StashKey()


@pytest.fixture(scope="session")
def program():
    """The service's program; `cargo verify` names it."""
    return os.environ["PRESETS_BIN"]


@pytest.fixture(scope="session")
def service(program, tmp_path_factory):
    service = Service.on_sqlite(program, tmp_path_factory.mktemp("service"))
    service.apply()
    service.start().ready()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def proxy(service, tmp_path_factory):
    with Proxy(os.environ["PRESETS_PROXY"], service.port, tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


@pytest.fixture(scope="session", params=["direct", "proxy"])
def way(request, service, proxy):
    """The name of a way to the service, and its port."""
    return request.param, service.port if request.param == "direct" else proxy.port


@pytest.fixture
def table(request):
    """`table(title, header, rows)`: printed when all tests have run."""
    tables = request.config.stash.setdefault(TABLES, [])
    return lambda title, header, rows: tables.append((title, [header, *rows]))


def pytest_terminal_summary(terminalreporter, config):
    for title, rows in config.stash.get(TABLES, []):
        terminalreporter.section(title)
        widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            terminalreporter.line("  ".join(str(cell).rjust(width) for cell, width in zip(row, widths)))
