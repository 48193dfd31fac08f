"""What an administrator gets wrong: told with file and line before anything listens, and nothing half done."""

import contextlib
import os
import sqlite3
import subprocess

import pytest
from running import SECRET, SITE, WITH_US, Service, eventually

GOOD = f"listen: 127.0.0.1:1\ndatabase: sqlite:presets.sqlite\nhub: {{secret: {SECRET}}}\n"
LDAP = "directory: {{ldap: {{urls: [{url}], {more}people: {{base: ou=p}}, groups: {{base: ou=g}}}}}}\n"

# The file's text, the line of the mistake, and words the message has.
MISTAKES = {
    "an unknown key": (GOOD + "lisen: 127.0.0.1:2\n", 4, ["lisen", "listen", "database"]),
    "an unknown key below": (GOOD + "membership:\n  fresh_within: 5m\n", 5, ["fresh_within", "start_within"]),
    "a key twice": (GOOD + "listen: 127.0.0.1:2\n", 4, ["listen"]),
    "no address": (GOOD.replace("127.0.0.1:1", "here"), 1, ["127.0.0.1:8889"]),
    "a prefix that leaves": (GOOD + "prefix: /a/../b/\n", 4, ["prefix"]),
    "no database": ("listen: 127.0.0.1:1\n" + GOOD.split("\n")[2], 1, ["database", "sqlite:"]),
    "another database": (GOOD.replace("sqlite:", "mysql:"), 2, ["sqlite:PATH", "postgres://"]),
    "two databases": (GOOD + "database_file: url\n", 4, ["either"]),
    "a weak secret": (GOOD.replace(SECRET, "hushhush"), 3, ["128", "openssl rand -hex 32"]),
    "two secrets": (GOOD.replace(SECRET, SECRET + ", secret_file: s"), 3, ["either"]),
    "one secret for both": (
        GOOD.replace(f"secret: {SECRET}", f'secret: {SECRET}, api_url: "http://127.0.0.1:8/hub/api", api_token: {SECRET}'),
        3, ["must not be the service's own token"],
    ),
    "a secret's file that is not there": (GOOD.replace(f"secret: {SECRET}", "secret_file: nowhere"), 3, ["nowhere", "No such file"]),
    "a duration without unit": (GOOD + "membership:\n  start_within: 60\n", 5, ["60", "5m"]),
    "a word that is none of the two": (GOOD + "unknown_people: maybe\n", 4, ["maybe", "baseline", "refuse"]),
    "plain LDAP by accident": (GOOD + LDAP.format(url="ldap://127.0.0.1", more=""), 4, ["starttls", "plaintext"]),
    "LDAP by HTTP": (GOOD + LDAP.format(url="http://127.0.0.1", more=""), 4, ["ldaps://"]),
    "two passwords": (
        GOOD + LDAP.format(url="ldaps://127.0.0.1", more="bind_dn: cn=r, bind_password: a, bind_password_file: b, "),
        4, ["bind_password_file"],
    ),
    "a file of groups that is not there": (GOOD + "directory:\n  file: nowhere.yaml\n", 5, ["nowhere.yaml"]),
    "a bracket that stays open": (GOOD.replace("}", "") + "unknown_people: refuse\n", 4, []),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_configuration_is_told_with_its_line_before_anything_listens(program, tmp_path, mistake):
    text, line, words = MISTAKES[mistake]
    (tmp_path / "c.yaml").write_text(text)
    (tmp_path / "url").write_text("sqlite:other.sqlite\n")
    trace = tmp_path / "trace"
    serve = [program, "serve", "--config", "c.yaml"]
    traced = ["strace", "-f", "-e", "trace=listen,bind,connect", "-e", "signal=none", "-o", str(trace), *serve]
    done = subprocess.run([*WITH_US, *traced], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    told = [each for each in done.stderr.splitlines() if not each.startswith("{")]
    assert len(told) == 1 and told[0].startswith(f"c.yaml:{line}: "), done.stderr
    assert all(word in told[0] for word in words), told[0]
    assert SECRET not in done.stderr + done.stdout
    assert "listen(" not in trace.read_text() and "bind(" not in trace.read_text()
    assert not (tmp_path / "presets.sqlite").exists()

    check = subprocess.run([program, "check", "--config", "c.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert check.returncode == 1 and told[0] in check.stderr, "`check` says the same"


def test_the_configuration_without_a_mistake_is_in_order(program, tmp_path):
    (tmp_path / "c.yaml").write_text(GOOD)
    done = subprocess.run([program, "check", "--config", "c.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, "c.yaml: in order\n"), done.stderr
    assert not (tmp_path / "presets.sqlite").exists(), "check changes nothing"


# What of the site file is replaced, by what, where the mistake stands, and words of its message: object, allowed values.
SITE_MISTAKES = {
    "a choice that is not": ("values: {place: here}", "values: {place: nowhere}", ["numbered", "place", "here", "there", "nowhere"]),
    "a number beyond": ("values: {place: there, ticket: 7}", "values: {place: there, ticket: -1}", ["anybody", "ticket", "0", "1000000000"]),
    "a profile that is not": ("profile: desk\n    values: {place: here}", "profile: dekk\n    values: {place: here}", ["numbered", "dekk", "desk"]),
    "an owner that is not": ("owner: {group: writers}", "owner: {group: writes}", ["numbered", "writes", "writers"]),
    "an option that is not": ("ask: {ticket: {}}", "ask: {tikcet: {}}", ["numbered", "tikcet", "ticket"]),
    "a type that is not": ("type: choice", "type: choise", ["choise", "choice", "integer"]),
    "a key that is not": ("contact: support", "kontact: support", ["kontact", "contact"]),
    "a default that is not": ("defaults: {preset: anybody}", "defaults: {preset: nobody}", ["default", "nobody", "anybody"]),
}


@pytest.fixture
def applied(service):
    """A service whose site was applied once, and a look at all it keeps."""
    def kept():
        rows = subprocess.run(
            ["sqlite3", service.folder / "presets.sqlite", ".dump"], capture_output=True, text=True, timeout=30, check=True
        )
        return rows.stdout

    service.kept = kept
    return service


@pytest.mark.parametrize("mistake", SITE_MISTAKES)
def test_a_mistake_in_the_site_file_is_told_with_line_object_and_allowed_values_and_changes_nothing(applied, tmp_path, mistake):
    old, new, words = SITE_MISTAKES[mistake]
    good = SITE.read_text()
    assert good.count(old) == 1
    # A change that is fine comes first: all or nothing.
    text = good.replace("title: A desk for anybody", "title: Another title").replace(old, new)
    site = tmp_path / "site.yaml"
    site.write_text(text)
    # The last line of what differs holds the mistake.
    wrong = new.split("\n")[0] if mistake == "a profile that is not" else new
    line = text[: text.index(wrong)].count("\n") + 1
    before = applied.kept()
    for verb, words_after in (("apply", []), ("apply", ["--dry-run"]), ("check", [])):
        done = applied.command(verb, site, *words_after)
        assert done.returncode == 1 and f"{site}:{line}: " in done.stderr, done.stderr
        assert all(word in done.stderr for word in words), (words, done.stderr)
        assert applied.kept() == before


def test_every_mistake_of_a_site_file_is_told_at_once(applied, tmp_path):
    text = SITE.read_text().replace("place: here", "place: nowhere").replace("ticket: 7", "ticket: -1")
    (tmp_path / "site.yaml").write_text(text)
    done = applied.command("apply", tmp_path / "site.yaml")
    lines = [line for line in done.stderr.splitlines() if "site.yaml:" in line]
    assert done.returncode == 1 and len(lines) == 2, done.stderr
    assert "Nothing was changed." in done.stderr


def test_applying_twice_changes_nothing_the_second_time(applied):
    before = applied.kept()
    done = applied.apply()
    assert "Nothing differs" in done.stdout
    assert applied.kept() == before


def test_a_dry_run_shows_what_an_apply_then_does(applied, tmp_path):
    site = tmp_path / "site.yaml"
    site.write_text(SITE.read_text().replace("ticket: 7", "ticket: 8") + "\n")
    before = applied.kept()
    dry = applied.command("apply", site, "--dry-run")
    assert dry.returncode == 0 and "Nothing was changed." in dry.stdout
    assert applied.kept() == before
    wet = applied.apply(site)
    shown = [line for line in dry.stdout.splitlines() if line.startswith(("+", "-", "~"))]
    assert shown == [line for line in wet.stdout.splitlines() if line.startswith(("+", "-", "~"))]
    assert shown == ["~ preset anybody › values › ticket: 7 → 8"]
    assert applied.kept() != before


def test_titles_that_look_alike_are_told_with_their_line_and_applied(applied, tmp_path):
    """Two cards of one owner that nobody could tell apart are no mistake, and worth a second look."""
    site, text = tmp_path / "site.yaml", SITE.read_text()
    title = "A desk for anybody"
    assert text.count(f"title: {title}") == 1
    # The first letter is Greek.
    other = f"  zweit:\n    title: {title.replace('A', chr(0x391), 1)}\n    owner: site\n    profile: desk\n"
    site.write_text(text.replace("\ndefaults:", f"{other}\ndefaults:"))
    line = 1 + site.read_text()[: site.read_text().index(chr(0x391))].count("\n")
    for verb in ("check", "apply"):
        done = applied.command(verb, site)
        assert done.returncode == 0, done.stderr
        told = [each for each in done.stdout.splitlines() if "looks like" in each]
        assert len(told) == 1 and told[0].startswith(f"{site}:{line}: ") and "preset anybody" in told[0], done.stdout
    assert "looks like" not in applied.command("check", SITE).stdout


@pytest.mark.parametrize("said, named", [("anna", ", sudo by anna"), ("", ""), ("anna\n2026 nobody", "")])
def test_the_audit_names_the_account_that_applied(program, tmp_path, said, named):
    service = Service.on_sqlite(program, tmp_path / "service")
    done = service.command("apply", SITE, env={"SUDO_USER": said, "USER": "somebody", "LOGNAME": "somebody"})
    assert done.returncode == 0, done.stderr
    with contextlib.closing(sqlite3.connect(service.folder / "presets.sqlite")) as database:
        actors = {actor for (actor,) in database.execute("SELECT actor FROM audit")}
    assert actors == {f"command line (uid {os.getuid()}{named})"}


def test_a_running_service_takes_up_what_is_applied(applied, tmp_path):
    applied.start().ready()
    site = tmp_path / "site.yaml"
    site.write_text(SITE.read_text().replace("title: A desk for anybody", "title: Everybody's new desk"))
    assert "Everybody" not in applied.form()[1]["html"]
    applied.apply(site)
    eventually(lambda: "Everybody&#39;s new desk" in applied.form()[1]["html"], 3, "the form shows the new title")


def test_explain_says_who_is_offered_what_and_why(applied):
    alice = applied.command("explain", "alice")
    assert alice.returncode == 0 and "A numbered desk" in alice.stdout and "group writers" in alice.stdout, alice.stderr
    stranger = applied.command("explain", "stranger")
    assert stranger.returncode == 0 and "A numbered desk" not in stranger.stdout and "A desk for anybody" in stranger.stdout
    elsewhere = applied.command("explain", "alice", "--context", "nowhere")
    assert elsewhere.returncode == 1 and "“nowhere” is no group or event" in elsewhere.stderr, elsewhere
    nothing = applied.command("explain", "alice", "--context", "")
    assert nothing.returncode == 0 and "context: none" in nothing.stdout, nothing.stderr
