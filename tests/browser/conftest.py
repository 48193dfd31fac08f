"""Fixtures of the browser tests: one lab with quick recorded servers, one Chromium, and visitors in it."""

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "hub"))

from playwright.sync_api import sync_playwright  # noqa: E402
from running_lab import Lab  # noqa: E402
from visitor import Visitor  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def lab():
    quick = TESTS / "hub" / "quick_config.py"
    site = TESTS / "sites" / "demo.yaml"
    with Lab(["--service", "external", "--recording", "--hub-config", str(quick), "--site", str(site)]) as lab:
        lab.site_file = site
        yield lab


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(lab, chromium):
    """`visit(name, …)`: somebody who has just logged in and sees the spawn page; options are the browser's."""
    visitors = []

    def visit(name, **options):
        visitors.append(Visitor(lab, chromium, name, **options))
        return visitors[-1].log_in()

    yield visit
    for visitor in visitors:
        visitor.leave()


@pytest.fixture
def somebody(request):
    """A name nobody else has: in no group, with no server and no past."""
    return "v-" + "".join(c if c.isalnum() else "-" for c in request.node.name.removeprefix("test_")).strip("-").lower()
