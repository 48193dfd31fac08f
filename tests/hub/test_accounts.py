"""An account that is deleted at the hub and made again under its name: whoever has it now inherits nothing."""

import time

import pytest
import requests
from person import Person
from running_lab import quote, wait_for

NAME = "newt"
APART = 2.5  # seconds: accounts that were made within two of each other are taken for one

OWN = {"title": "My own", "owner": {"kind": "user", "name": NAME}, "profile": "node", "values": {"partition": "rome"}}


@pytest.fixture(scope="module")
def account(lab):
    """A function that makes the account anew, and deletes the one before."""
    made = []

    def anew():
        if made:
            lab.stop(NAME)
            lab.api("DELETE", f"/users/{quote(NAME)}", expect=204)
            time.sleep(max(0.0, made[-1] + APART - time.monotonic()))  # the age of accounts is the matter here
        person = Person(lab, NAME)
        assert person.browser
        made.append(time.monotonic())
        return person

    return anew


def api(lab, person, method, route, body=None, **headers):
    return requests.request(
        method, f"{lab.service_url}{lab.service_prefix}api/v1/{route}",
        headers={"Authorization": f"Bearer {person.token}", **headers}, json=body, timeout=30,
    )  # fmt: skip


def lives(lab, person):
    """Somebody who saved a preset, started it, and made it their default; the preset's id."""
    person.spawn_page()  # whoever had the name in an earlier test is done with
    made = api(lab, person, "POST", "presets", OWN)
    assert made.status_code == 201, made.text
    preset = made.json()["id"]
    set_ = api(lab, person, "PUT", "me/preferences", {"default": preset}, **{"If-Match": '"0"'})
    assert set_.status_code == 200, set_.text
    assert person.rest("POST", {"preset": preset}).status in (201, 202)
    assert lab.outcome(NAME)[0] == "ready"
    lab.stop(NAME)  # the hub shows its form to nobody whose server runs
    return preset


def held(lab, person):
    """What the service has of them: own presets, default, starts that are remembered and recorded."""
    told = api(lab, person, "GET", f"users/{NAME}/export")
    assert told.status_code == 200, told.text
    told = told.json()
    return [len(told[what]) for what in ("presets", "versions", "last_used", "decisions", "changes")]


def test_whoever_gets_a_name_anew_inherits_nothing_and_nothing_is_lost(lab, account):
    earlier = account()
    preset = lives(lab, earlier)
    before = held(lab, earlier)
    assert min(before) >= 1, before
    assert preset in earlier.spawn_page().presets()
    anew = account()
    # Before the hub's page was seen, nothing is told at all.
    refused = api(lab, anew, "GET", "presets")
    assert refused.status_code == 403 and "an earlier account of that name" in refused.text, refused.text
    assert preset not in anew.spawn_page().presets()
    assert held(lab, anew) == [0, 0, 0, 0, 0]
    assert api(lab, anew, "GET", f"presets/{preset}").status_code == 404
    assert api(lab, anew, "GET", "me/preferences").json().get("default") is None
    assert anew.rest("POST", {"preset": preset}).status == 403
    # What was set aside is named to administrators, and given back to the same person.
    line = lab.run_service("give-back").stdout.splitlines()[-1]
    aside = line.split(" since ")[0]
    assert aside.startswith(f"{NAME}/20"), line
    assert lab.run_service("give-back", f"{aside}x", check=False).returncode == 1
    assert f"{NAME} has it again" in lab.run_service("give-back", aside).stdout
    wait_for(lambda: preset in anew.spawn_page().presets(), "the preset to be theirs again")
    # What was recorded stays under the mark it was recorded under; all that can be used is back.
    assert held(lab, anew)[:3] == before[:3]
    assert anew.rest("POST", {"preset": preset}).status in (201, 202)
    assert lab.outcome(NAME)[0] == "ready"


def test_a_start_alone_sets_aside_too(lab, account):
    earlier = account()
    preset = lives(lab, earlier)
    anew = account()
    assert anew.rest("POST", {"preset": preset}).status == 403
    assert anew.rest("POST", {}).status in (201, 202), "not the default of somebody else, but the site's"
    assert lab.outcome(NAME)[0] == "ready"
    assert held(lab, anew)[0] == 0
    assert "is set aside as" in lab.log("service") + lab.log()


def test_somebody_who_signs_in_anew_is_asked_to_open_the_hub_s_page_first(lab, account):
    lives(lab, account())
    anew = account()
    page = anew.get("/services/presets/")
    assert page.status_code == 403 and "Somebody had your name before" in page.text, page.text[:2000]
    assert 'href="/hub/spawn"' in page.text
    anew.spawn_page()
    page = anew.get("/services/presets/")
    assert page.status_code == 200 and OWN["title"] not in page.text


def test_whoever_is_deleted_writes_nothing_from_then_on_and_reads_nothing_after_half_a_minute(lab):
    person = Person(lab, "goner")
    assert api(lab, person, "GET", "me").status_code == 200
    lab.api("DELETE", "/users/goner", expect=204)
    deleted = time.monotonic()
    preferences = {"default": None}
    written = api(lab, person, "PUT", "me/preferences", preferences, **{"If-Match": '"0"'})
    assert written.status_code == 401, written.text
    wait_for(lambda: api(lab, person, "GET", "me").status_code == 401, "it to be known", 31, 1.0)
    print(f"read until {time.monotonic() - deleted:.1f} s after the account was deleted")
