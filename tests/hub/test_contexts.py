"""The group or course a page is for, in a real hub: a link opens the form for it, and what starts was decided in it."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from conftest import HUB_SITE
from person import Page

pytestmark = pytest.mark.usefixtures("nobody_runs")


def wall(moment):
    return moment.strftime("%Y-%m-%dT%H:%M")


@pytest.fixture(scope="module", autouse=True)
def course(lab, tmp_path_factory):
    """A course that runs, for alice, who is in Physics too; it sets the partition, and Physics the wall time."""
    now = datetime.now(UTC)
    site = yaml.safe_load(HUB_SITE.read_text())
    site["profiles"]["node"]["open"] = True
    site["events"] = {
        "ai-school": {
            "title": "AI School",
            "kind": "course",
            "zone": "UTC",
            "from": wall(now - timedelta(hours=1)),
            "to": wall(now + timedelta(hours=3)),
            "audiences": {"participant": {"names": ["alice", "dave"]}},
            "sets": {"partition": "gpu"},
        }
    }
    file = tmp_path_factory.mktemp("course") / "site.yaml"
    file.write_text(yaml.safe_dump(site, sort_keys=False))
    lab.apply(file)
    yield
    lab.apply(HUB_SITE)


def opened(person, context, server="", **query):
    """The page that `?context=` opens: nothing starts, and the hub complains of nothing."""
    logged, begun = len(person.lab.log("hub")), len(person.lab.records())
    answer = person.follow({"context": context, **query}, server)
    assert answer.status == 200, answer
    assert len(person.lab.records()) == begun
    log = person.lab.log("hub")[logged:]
    assert "Traceback" not in log and "User options should be prefixed" not in log, log
    page = Page(answer.body)
    assert not page.all("p", **{"class": "spawn-error-msg alert alert-danger"})
    return page


def context_of(page):
    [field] = page.all("input", name="pz_context")
    return field["value"]


def started(lab, name, server=""):
    assert lab.outcome(name, server)[0] == "ready"
    return lab.records(name, server)[-1]["environment"]


def test_the_course_that_runs_comes_first_and_a_link_leads_out_of_it(lab):
    alice = lab.person("alice")
    page = alice.spawn_page()
    assert context_of(page) == "event:ai-school"
    links = [link["href"] for link in page.all("a") if link.get("href", "").startswith("?context=")]
    assert links[0] == "?context=event:ai-school" and links[-1] == "?context=" and "?context=physics" in links
    for context in ("event:ai-school", "physics", ""):
        assert context_of(opened(alice, context)) == context
        assert context_of(alice.spawn_page()) == "event:ai-school", "a link is for one page"


def test_what_is_started_was_decided_in_what_the_page_was_for(lab):
    alice = lab.person("alice")
    for context, partition in [("event:ai-school", "gpu"), ("physics", "rome"), ("", "rome")]:
        page = opened(alice, context)
        fields = {"pz_form": "1", "preset": "~node", "pz_context": context_of(page)}
        assert alice.post_form(fields).status == 302, context
        assert started(lab, "alice")["PRESETS_PARTITION"] == partition, context
        assert lab.user("alice")["servers"][""]["user_options"]["context"] == context
        lab.stop("alice")
        # Without a word it is the same again.
        assert alice.rest("POST").status in (201, 202)
        assert started(lab, "alice")["PRESETS_PARTITION"] == partition, context
        lab.stop("alice")


def test_a_context_that_is_not_theirs_starts_nothing_and_opens_the_usual_form(lab):
    dave, begun = lab.person("dave"), len(lab.records())
    for context in ("physics", "nix", "event:nix", "A group!"):
        page = opened(dave, context)
        assert "This link is for a group or course that you are not in" in page.text
        assert context_of(page) == "event:ai-school"
        answers = [
            dave.rest("POST", {"preset": "small", "context": context}),
            dave.post_form({"pz_form": "1", "preset": "small", "pz_context": context}),
            dave.follow({"opt-preset": "small", "context": context}),
        ]
        for answer in answers:
            assert answer.status in (400, 403, 422), answer
            assert f"nothing can be started for “{context}”" in answer.text, answer
    assert len(lab.records()) == begun


def test_a_named_server_has_its_own_page_for_it_and_what_follows_the_start_is_kept(lab):
    alice = lab.person("alice")
    page = opened(alice, "physics", "second", next="/hub/token?a=b", display_name="Zwei")
    assert context_of(page) == "physics"
    links = [link["href"] for link in page.all("a") if link.get("href", "").startswith("?context=")]
    assert links[-1] == "?context=&next=%2Fhub%2Ftoken%3Fa%3Db&display_name=Zwei"
    answer = alice.follow({"context": "", "next": "/hub/token?a=b"}, "second")
    assert context_of(Page(answer.body)) == ""


def test_a_link_may_start_a_preset_for_a_group(lab):
    alice = lab.person("alice")
    assert alice.follow({"opt-preset": "~node", "context": "physics"}).status == 302
    assert started(lab, "alice")["PRESETS_PARTITION"] == "rome"
    lab.stop("alice")
    assert alice.follow({"opt-preset": "~node"}).status == 302
    assert started(lab, "alice")["PRESETS_PARTITION"] == "gpu"
