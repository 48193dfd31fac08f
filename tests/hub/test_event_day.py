"""The day of a course, through the real hub: before, preview, open, between its days, grace, after.

The clock is the machine's own: the site file is applied with the course moved against it, so that now is each of
these times.
"""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from conftest import HUB_SITE
from person import Page

PRESETS = ("school-lab", "school-stage")

pytestmark = pytest.mark.usefixtures("nobody_runs")


def wall(moment):
    return moment.strftime("%Y-%m-%dT%H:%M")


@pytest.fixture(scope="module", autouse=True)
def afterwards(lab):
    yield
    lab.apply(HUB_SITE)


@pytest.fixture
def hold(lab, tmp_path):
    """Applies the site with a course that opens so long from now, for two hours, with half an hour of grace.

    `beside`: other events.
    """

    def hold(opens, beside=None, **more):
        begins = datetime.now(UTC).replace(second=0, microsecond=0) + opens
        course = {
            "title": "AI School",
            "kind": "course",
            "zone": "UTC",
            "from": wall(begins),
            "to": wall(begins + timedelta(hours=2)),
            "grace": "30min",
            "contact": "school@example.org",
            "audiences": {"participant": {"names": ["alice", "bob"]}, "instructor": {"names": ["carol"]}},
            "sets": {"partition": "gpu"},
            **more,
        }
        site = yaml.safe_load(HUB_SITE.read_text())
        site["events"] = {"ai-school": course, **(beside or {})}
        owner = {"event": "ai-school"}
        site["presets"] |= {
            "school-lab": {"title": "The lab", "owner": owner, "profile": "node", "ask": {"cores": {"max": 4}}},
            "school-stage": {"title": "The stage", "owner": owner, "profile": "node", "audiences": ["instructor"]},
        }
        file = tmp_path / "site.yaml"
        file.write_text(yaml.safe_dump(site, sort_keys=False))
        lab.apply(file)

    return hold


def refused(lab, name, preset="school-lab"):
    """Nothing starts, whichever way it is asked for; what the person reads."""
    person, starts = lab.person(name), len(lab.records())
    answers = [
        person.rest("POST", {"preset": preset}),
        person.post_form({"pz_form": "1", "start": preset}),
        person.follow({"opt-preset": preset}),
    ]
    assert all(answer.status in (400, 403, 422) for answer in answers), answers
    assert len(lab.records()) == starts and not lab.processes(name)
    return answers[0].text


def starts(lab, name, preset="school-lab", partition="gpu"):
    """It starts, with what the course sets."""
    assert lab.person(name).rest("POST", {"preset": preset}).status in (201, 202)
    assert lab.outcome(name)[0] == "ready"
    assert lab.records(name)[-1]["environment"]["PRESETS_PARTITION"] == partition
    lab.stop(name)


def test_a_draft_is_nobodys_to_see(lab, hold):
    hold(timedelta(hours=1), published=False)
    for name in ("alice", "carol", "dave"):
        assert not {*lab.person(name).spawn_page().presets()} & {*PRESETS}
        refused(lab, name)


def test_before_it_opens_instructors_start_and_participants_read_when(lab, hold):
    hold(timedelta(hours=1))
    assert "school-lab" not in lab.person("alice").spawn_page().presets(), "it is there, and not to be chosen"
    assert "opens" in lab.person("alice").spawn_page().text
    assert "AI School" in refused(lab, "alice")
    assert {*lab.person("carol").spawn_page().presets()} >= {*PRESETS}
    starts(lab, "carol")
    starts(lab, "carol", "school-stage")
    refused(lab, "dave")


def test_while_it_is_open_one_click_starts_its_card(lab, hold):
    hold(-timedelta(hours=1))
    alice = lab.person("alice")
    page = alice.spawn_page()
    [chosen] = [radio["value"] for radio in page.all("input", type="radio", name="preset") if "checked" in radio]
    assert (page.presets()[0], chosen) == ("school-lab", "school-lab")
    # One click: the form as it is.
    fields = page.forms["spawn_form"]["fields"]
    as_it_is = {name: fields[name] for name in ("pz_form", "pz_rev", "pz_context", "preset")}
    assert (as_it_is["preset"], as_it_is["pz_context"]) == (chosen, "event:ai-school")
    assert alice.post_form(as_it_is).status == 302
    assert lab.outcome("alice")[0] == "ready"
    assert lab.records("alice")[-1]["environment"]["PRESETS_PARTITION"] == "gpu"
    lab.stop("alice")
    assert not {"school-lab"} & {*lab.person("dave").spawn_page().presets()}
    refused(lab, "alice", "school-stage")
    refused(lab, "dave")


def test_what_the_course_sets_is_refused_when_posted_otherwise(lab, hold):
    hold(-timedelta(hours=1))
    alice, begun = lab.person("alice"), len(lab.records())
    for values, said in [({"partition": "rome"}, "AI School"), ({"cores": 5}, "4")]:
        answer = alice.rest("POST", {"preset": "school-lab", "values": values})
        assert answer.status in (400, 422), answer
        assert said in answer.text, answer
    assert len(lab.records()) == begun
    assert alice.rest("POST", {"preset": "school-lab", "values": {"partition": "gpu", "cores": 4}}).status in (201, 202)
    assert lab.outcome("alice")[0] == "ready"


def test_of_two_courses_at_once_none_is_chosen_and_enter_starts_nothing(lab, hold):
    now = datetime.now(UTC)
    other = {"title": "Hack Week", "kind": "hackathon", "zone": "UTC", "audiences": {"participant": {"names": ["alice"]}}}
    other |= {"from": wall(now - timedelta(hours=1)), "to": wall(now + timedelta(hours=1))}
    hold(-timedelta(hours=1), beside={"hack": other})
    alice, begun = lab.person("alice"), len(lab.records())
    # What she used last is not what Enter means now.
    starts(lab, "alice", "small", partition="rome")
    page = alice.spawn_page()
    assert "run at the same time, so nothing is chosen" in page.text
    assert not [radio for radio in page.all("input", type="radio", name="preset") if "checked" in radio]
    assert not page.all("input", name="pz_context")
    answer = alice.post_form({"pz_form": "1"})
    assert (answer.status, "nothing was chosen" in answer.text) == (422, True), answer
    assert len(lab.records()) == begun + 1
    chosen = Page(alice.follow({"context": "event:ai-school"}).body)
    assert [radio["value"] for radio in chosen.all("input", type="radio") if "checked" in radio] == ["school-lab"]


def test_between_its_days_it_is_closed_and_what_runs_goes_on(lab, hold):
    hold(-timedelta(hours=1))
    assert lab.person("alice").rest("POST", {"preset": "school-lab"}).status in (201, 202)
    assert lab.outcome("alice")[0] == "ready"
    now = datetime.now(UTC)
    # Open around yesterday's and tomorrow's now, and not today.
    hold(-timedelta(days=1), to=wall(now + timedelta(days=1, hours=1)), skip=[now.strftime("%Y-%m-%d")])
    assert lab.processes("alice"), "what runs survives"
    lab.stop("alice")
    assert "closed" in refused(lab, "alice")
    starts(lab, "carol")


def test_in_its_grace_those_who_take_part_still_start(lab, hold):
    hold(-timedelta(hours=2, minutes=10))
    starts(lab, "alice")
    refused(lab, "dave")


def test_afterwards_nothing_of_it_starts(lab, hold):
    hold(-timedelta(hours=3))
    for name in ("alice", "carol"):
        assert not {*lab.person(name).spawn_page().presets()} & {*PRESETS}
        refused(lab, name)
    assert "small" in lab.person("alice").spawn_page().presets(), "everything else is as it was"
