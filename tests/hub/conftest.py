"""Fixtures of the tests in a real hub: one lab per test module, as the module's `LAB` asks for it."""

import os
from pathlib import Path

import pytest
from running_lab import Lab

HUB_SITE = Path(__file__).resolve().parents[1] / "sites" / "hub.yaml"


def pytest_configure(config):
    config.addinivalue_line("markers", "hub5: runs in the newest JupyterHub of the series before")
    config.addinivalue_line("markers", "soak: waits for a minute or more of real time")


def pytest_collection_modifyitems(config, items):
    """The series before is a run of its own (`-m hub5`); what waits a minute of real time waits for a soak."""
    if config.option.markexpr:
        return
    elsewhere = ["hub5"] if os.environ.get("PRESETS_ROUNDS") else ["hub5", "soak"]
    others = [item for item in items if any(map(item.get_closest_marker, elsewhere))]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="module")
def lab(request):
    """The surroundings of this test module: `LAB = [...]` in it are the options of `lab up`.

    Without `LAB`: the newest hub, the service run by it, recorded starts of quick servers, tests/sites/hub.yaml.
    """
    options = getattr(request.module, "LAB", recorded())
    with Lab(options) as lab:
        yield lab


def recorded(*more, site=HUB_SITE, quick=True):
    """Options of `lab up` for recorded starts; `quick` servers answer at once, others are jupyter-server."""
    options = ["--recording", "--site", str(site), *more]
    if quick:
        options += ["--hub-config", str(Path(__file__).with_name("quick_config.py"))]
    return options


@pytest.fixture
def nobody_runs(lab):
    """Every server is stopped before the test and after it."""
    lab.stop_all()
    yield lab
    lab.stop_all()


if os.environ.get("LAB_HUB") not in (None, "5", "6"):
    raise pytest.UsageError("LAB_HUB is 5 or 6")
