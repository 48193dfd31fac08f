"""Odd names: of people, of presets and whatever else a site file puts on a page."""

import json
import re
import subprocess

import pytest
import ways
import yaml
from conftest import HUB_SITE
from person import Page
from running_lab import quote

SITE = {"small", "site-open"}

PEOPLE = {
    "300 characters": "n" * 300,
    "255 characters of four bytes": "𝔫" * 255,
    "a line break": "new\nline",
    "a filter": "*)(uid=*",
    "a filter that lists everybody": "alice)(|(uid=*",
    "any name": "*",
    "markup": "<script>",
    "markup that leaves an attribute": '"><img src=x onerror=alert(1)>',
    "a template": "{username}%s%(x)s{{7*7}}",
    "a distinguished name": "uid=alice,ou=people,dc=example,dc=org",
    "wide letters": "ａｌｉｃｅ",
    "a mark nobody sees": "ali\u200bce",
    "written from right to left": "\u202eecila",
    "an escaped byte": "ali\\63e",
    "an escaped slash": "a%2fb",
}

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "single quotes": "'><svg onload=alert(1)>",
    "form": "</textarea></fieldset></form><form action=//example.org>",
    "entity": "&lt;b&gt; &amp;amp; &#x3c;b&#x3e;",
    "template": "{{ 7 * 7 }}{% raw %}{cores}",
}

ORDINARY = "7 plain words that stay"  # not capitalised, no plural: nothing changes it on its way

pytestmark = pytest.mark.usefixtures("no_server_error")


@pytest.fixture
def no_server_error(lab):
    """The hub answers nothing with 5xx, and the service neither: the hub's log has a line for each."""
    before = len(lab.log())
    yield
    lines = lab.log()[before:].splitlines()
    assert [line for line in lines if re.search(r"\b5\d\d (GET|POST|PUT|PATCH|DELETE) ", line)] == []
    assert [line for line in lines if "panicked" in line] == []


@pytest.fixture(scope="module")
def plain_page(lab):
    """The elements of the page of somebody without groups whose name is ordinary."""
    return skeleton(lab.person("dave").spawn_page())


@pytest.mark.parametrize("name", PEOPLE.values(), ids=PEOPLE)
def test_an_odd_name_gets_the_sites_presets_and_its_own_server(lab, plain_page, name):
    assert lab.api("POST", f"/users/{quote(name)}").status_code == 201
    person = lab.person(name)
    page = person.spawn_page()
    assert set(page.presets()) == SITE, "no group is this person's"
    assert skeleton(page) == plain_page, "the name brings no markup"

    before = len(lab.records())
    refused = ways.form(person, "physics-open", {})
    assert (refused.started, lab.records()[before:]) == (False, [])
    assert "There is no preset “physics-open” for you" in refused.message
    begun = ways.form(person, "site-open", {"cores": 7})
    assert begun.started, begun
    [record] = lab.records()[before:]
    assert (record["user"], record["environment"]["PRESETS_CORES"]) == (name, "7")
    assert lab.server(name)["user_options"]["values"] == {"cores": 7}
    lab.stop(name)


def test_a_name_longer_than_hubs_keep_starts_nothing_and_says_so(lab):
    """The hub's own column is for 255 characters; SQLite does not hold it to that."""
    name = "𝔫" * 300
    assert lab.api("POST", f"/users/{quote(name)}").status_code == 201
    person = lab.person(name)
    assert person.spawn_page().presets() == []
    before = len(lab.records())
    refused = ways.form(person, "site-open", {})
    assert (refused.started, lab.records()[before:]) == (False, [])
    assert "cannot be read" in refused.message


@pytest.mark.parametrize("name", ["a/b", " alice", "alice ", "line\n"])
def test_the_hub_refuses_a_name_and_nothing_of_ours_is_asked(lab, name):
    assert lab.api("POST", f"/users/{quote(name)}").status_code == 400
    assert name not in {user["name"] for user in lab.api("GET", "/users?limit=200", expect=200).json()}


@pytest.mark.parametrize("name", ["a/b", "../alice", "", "x" * 5000, "\0"])
@pytest.mark.parametrize("what", ["form", "resolve"])
def test_the_service_answers_for_any_name_and_gives_it_no_group(lab, name, what):
    """A hub of another kind could allow more than ours does."""
    options = {"preset": "physics-open"} if what == "resolve" else None
    answer = lab.ask(what, user=name, options=options) if options else lab.ask(what, user=name, language="en", attempt=None)
    assert answer.status_code < 500, answer.text
    if what == "resolve":
        assert answer.status_code in (400, 403, 422), answer.text
    elif answer.status_code == 200:
        assert set(Page(answer.json()["html"]).presets()) == SITE


def test_two_codings_of_one_name_are_two_people(lab):
    """LDAP's own comparison takes both for the same (RFC 4518); the person with the entry alone has its groups."""
    composed, decomposed = "zo\u00eb", "zoe\u0308"
    ldap(lab, "ldapadd", f"""
dn: uid={composed},ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: {composed}
cn: Zoë
sn: Zuse
""")
    ldap(lab, "ldapmodify", f"""
dn: cn=physics,ou=groups,dc=example,dc=org
changetype: modify
add: member
member: uid={composed},ou=people,dc=example,dc=org
""")
    found = ldap(lab, "ldapsearch", "", "-LLL", "-b", "ou=people,dc=example,dc=org", f"(uid={decomposed})", "1.1")
    assert found.startswith("dn"), "slapd does take them for one name"
    for name in (composed, decomposed):
        assert lab.api("POST", f"/users/{quote(name)}").status_code == 201
    seen = set(lab.person(composed).spawn_page().presets())
    assert {"physics-open", "hpc-genoa"} <= seen
    assert set(lab.person(decomposed).spawn_page().presets()) == SITE
    refused = ways.form(lab.person(decomposed), "physics-open", {})
    assert not refused.started
    assert "There is no preset “physics-open” for you" in refused.message


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_a_site_file_says_is_text_on_the_page(lab, tmp_path, text):
    pages, answers, refused = [], [], []
    for words in (ORDINARY, text):
        lab.apply(site_that_says(words, tmp_path / "site.yaml"))
        alice = lab.person("alice")
        pages.append(alice.spawn_page())
        answers.append(ways.rest(alice, "said", {"cores": 99}))
        posted = alice.post_form({"pz_form": "1", "preset": "said", "o.said.cores": "99"})
        refused.append(ways.page_after(alice, posted))
    ordinary, hostile = pages
    assert skeleton(hostile) == skeleton(ordinary)
    assert hostile.text.count(words_of(text)) == ordinary.text.count(ORDINARY) > 4
    # The refusal, too: it names option and group.
    assert [answer.started for answer in answers] == [False, False]
    assert words_of(text) in words_of(answers[1].message)
    assert skeleton(refused[1]) == skeleton(refused[0])
    assert words_of(text) in refused[1].text


def test_a_hostile_title_stays_text_on_the_hubs_other_pages(lab, tmp_path):
    """While the server starts, on its home page and in the administrator's list."""
    title = HOSTILE["script"]
    lab.apply(site_that_says(title, tmp_path / "site.yaml"))
    alice = lab.person("alice")
    assert alice.post_form({"pz_form": "1", "preset": "said"}).status == 302
    pending = Page(alice.get("/hub/spawn-pending/alice").text)
    assert lab.outcome("alice")[0] == "ready"
    home = Page(alice.get("/hub/home").text)
    for page in (pending, home):
        assert "alert(1)" not in [text.strip() for text in scripts(page)]
    assert lab.server("alice")["user_options"]["profile"] == title
    lab.stop("alice")


def site_that_says(words, file):
    """The tests' site with `words` wherever a site file may say something; JSON is YAML."""
    site = yaml.safe_load(HUB_SITE.read_text())
    site["contact"] = words
    site["options"]["cores"]["label"] = words
    site["options"]["cores"]["help"] = words
    site["options"]["cores"]["unit"] = words
    site["options"]["partition"]["choices"]["rome"] = words
    site["profiles"]["node"]["title"] = words
    site["groups"]["physics"] |= {
        "title": words,
        "contact": words,
        "trims": {"cores": {"max": 64, "because": words, "policy": True}},
    }
    site["presets"]["said"] = {
        "title": words,
        "description": words,
        "owner": {"group": "physics"},
        "profile": "node",
        "values": {"partition": "rome", "cores": 4, "memory": "4GB"},
        "ask": {"cores": {"max": 16}, "partition": {}},
    }
    file.write_text(json.dumps(site))
    return file


def skeleton(page):
    """The page's elements, in order, with the attributes that could do something."""
    acting = ("src", "href", "action", "formaction", "type", "name")
    kept = []
    for tag, attributes in page.elements:
        doing = {name: value for name, value in attributes.items() if name in acting or name.startswith("on")}
        # A page's own token differs from visit to visit, and the hub's links name their person.
        doing = {name: "" if name in ("action", "href", "src") else value for name, value in doing.items()}
        kept.append((tag, sorted(doing.items())))
    return kept


def scripts(page):
    return re.findall(r"<script[^>]*>(.*?)</script>", page.html, re.DOTALL)


def words_of(text):
    return " ".join(text.split())


def ldap(lab, program, ldif, *more):
    """Changes or asks the directory as its administrator."""
    slapd = lab.slapd
    return subprocess.run(
        [program, "-x", "-H", slapd["url"], "-D", slapd["admin_dn"], "-w", slapd["password"], *more],
        input=ldif.lstrip(), text=True, check=True, capture_output=True, timeout=30,
    ).stdout  # fmt: skip


