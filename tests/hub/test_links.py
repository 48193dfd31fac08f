"""Links in a real hub: what one alone starts, and what waits for somebody to press Start on the page."""

import pytest
import ways
import yaml
from conftest import HUB_SITE

pytestmark = pytest.mark.usefixtures("nobody_runs")

COSTLY, OWN, AT_A_VERSION = "costly", "alice-notes", "physics-fixed@1"

ELSEWHERE = ["cross-site", "same-site", "none", None]
"""From where browsers say that a link was followed, where it was no page of the hub; old ones say nothing."""


@pytest.fixture(scope="module", autouse=True)
def waiting(lab, tmp_path_factory):
    """A preset of the site that waits for a press of Start."""
    site = yaml.safe_load(HUB_SITE.read_text())
    site["presets"][COSTLY] = {
        "title": "A costly server",
        "owner": "site",
        "profile": "node",
        "values": {"partition": "rome", "cores": 7},
        "confirm": True,
    }
    file = tmp_path_factory.mktemp("waiting") / "site.yaml"
    file.write_text(yaml.safe_dump(site, sort_keys=False))
    lab.apply(file)
    yield
    lab.apply(HUB_SITE)


def refused(lab, preset, site):
    """The page that comes in place of a start: nothing runs, and the preset is chosen."""
    alice, before = lab.person("alice"), len(lab.records())
    page = ways.page_after(alice, alice.follow({"opt-preset": preset}, site=site))
    assert lab.records()[before:] == [] and lab.processes("alice") == {}
    assert page.chosen() == [preset]
    assert "You followed a link to" in page.text and "Press Start to start it." in page.text
    return page


def pressed(lab, preset, page):
    """One press of Start on that page."""
    alice, before = lab.person("alice"), len(lab.records())
    answer = alice.post_form({"pz_form": "1", "preset": preset}, page=page)
    assert ways.settled(alice, answer).started, answer
    [record] = lab.records()[before:]
    return record["environment"]


@pytest.mark.parametrize("site", ELSEWHERE)
@pytest.mark.parametrize("preset", [COSTLY, OWN, AT_A_VERSION])
def test_a_link_from_elsewhere_starts_nothing_that_waits(lab, preset, site):
    refused(lab, preset, site)
    assert "You followed a link to" not in lab.person("alice").spawn_page().text, "told once"


def test_a_link_on_the_hubs_own_pages_starts_all_but_what_says_confirm(lab):
    alice = lab.person("alice")
    for preset in (OWN, AT_A_VERSION):
        assert ways.settled(alice, alice.follow({"opt-preset": preset}, site="same-origin")).started, preset
        lab.stop("alice")
    refused(lab, COSTLY, "same-origin")


@pytest.mark.parametrize("preset, cores", [(COSTLY, "7"), (OWN, "2"), (AT_A_VERSION, "8")])
def test_one_press_of_start_starts_it_and_the_link_is_forgotten(lab, preset, cores):
    alice = lab.person("alice")
    assert pressed(lab, preset, refused(lab, preset, "cross-site"))["PRESETS_CORES"] == cores
    kept = lab.server("alice")["user_options"]
    assert (kept["preset"], "link" in kept) == (preset.split("@")[0], False)
    lab.stop("alice")
    for way in ways.REPLAYS.values():
        before = len(lab.records())
        assert way(alice, "").started, "the same again, without a word"
        [record] = lab.records()[before:]
        assert record["environment"]["PRESETS_CORES"] == cores
        lab.stop("alice")


@pytest.mark.parametrize("site", ELSEWHERE)
@pytest.mark.parametrize("preset", ["small", "physics-fixed"])
def test_what_the_site_and_groups_offer_starts_by_any_link(lab, preset, site):
    alice = lab.person("alice")
    assert ways.settled(alice, alice.follow({"opt-preset": preset}, site=site)).started


def test_a_refused_link_is_not_what_a_bare_start_replays(lab):
    alice, server = lab.person("alice"), ways.fresh("link")
    first = alice.rest("POST", {"user_options": ways.asked("small", {})}, server)
    assert ways.settled(alice, first, server).started
    lab.stop("alice", server)
    answer = alice.follow({"opt-preset": OWN}, server, site="cross-site")
    assert not ways.settled(alice, answer, server).started
    assert ways.replayed(alice, server).started
    assert lab.server("alice", server)["user_options"]["preset"] == "small"


def test_a_start_by_the_api_that_says_it_is_a_link_gets_less_by_it(lab):
    alice = lab.person("alice")
    asked = ways.asked(OWN, {})
    outcome = ways.settled(alice, alice.rest("POST", {"user_options": {**asked, "link": "foreign"}}))
    assert not outcome.started and "a link alone does not start “My notes”" in outcome.message
    assert ways.settled(alice, alice.rest("POST", {"user_options": asked})).started
