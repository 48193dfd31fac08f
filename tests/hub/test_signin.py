"""Signing in at a real hub: each edge of its OAuth, and what of the hub's own sessions we notice."""

import re
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
import requests
from conftest import recorded
from person import Page, Person
from running_lab import wait_for

LAB = [
    *recorded("--service", "external", quick=False),
    "--hub-config",
    str(Path(__file__).with_name("signin_config.py")),
]
PREFIX = "/services/presets/"
NAVIGATES = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def somebody(lab):
    """`somebody(name)`: a fresh browser, logged in at the hub and nowhere else."""

    def somebody(name):
        person = Person(lab, name)
        assert person.browser
        return person

    return somebody


def go(person, path, **options):
    """One step of a navigation, without what follows from it."""
    return person.get(path, allow_redirects=False, **options)


def begin(person, next_page=None):
    """Up to the hub's answer: the address of our callback, with code and state."""
    query = "?" + urlencode({"next": next_page}) if next_page is not None else ""
    login = go(person, f"{PREFIX}login{query}")
    assert login.status_code == 302, login.text
    authorized = go(person, login.headers["Location"])
    assert authorized.status_code == 302, authorized.text
    callback = authorized.headers["Location"]
    assert callback.startswith(f"{PREFIX}oauth_callback?"), callback
    return callback


def query_of(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def sign_in(person, next_page=None):
    answer = go(person, begin(person, next_page))
    assert answer.status_code == 302, Page(answer.text).text
    return answer


def is_signed_in(person):
    answer = go(person, PREFIX)
    assert answer.status_code in (200, 302), Page(answer.text).text
    return answer.status_code == 200


def refused(answer, status=403):
    assert answer.status_code == status, (answer.status_code, Page(answer.text).text)
    assert "presets-presets=" not in answer.headers.get("Set-Cookie", "").replace("presets-presets=;", "")
    return Page(answer.text).text


def test_a_person_signs_in_by_following_links_only(somebody):
    alice = somebody("alice")
    page = alice.get(PREFIX)
    assert page.status_code == 200
    assert urlsplit(page.url)._replace(scheme="", netloc="").geturl() == PREFIX, "no code in the address"
    assert [one.status_code for one in page.history] == [302, 302, 302, 302]
    text = Page(page.text).text
    assert "You are logged in as alice" in text
    assert "Physics" in text and "From group Physics" in text


def test_the_session_s_cookie_is_out_of_reach(somebody):
    alice = somebody("alice")
    sign_in(alice)
    [ours] = [cookie for cookie in alice.browser.cookies if cookie.name == "presets-presets"]
    assert (ours.path, ours.domain_specified, ours.expires) == (PREFIX, False, None)
    assert {name.lower() for name in ours._rest} == {"httponly", "samesite"}
    assert ours.get_nonstandard_attr("SameSite") == "Lax"
    assert len(ours.value) == 64


def test_a_hub_that_demands_pkce_gets_it(lab, somebody):
    alice = somebody("alice")
    login = go(alice, f"{PREFIX}login").headers["Location"]
    assert query_of(login)["code_challenge_method"] == "S256"
    without = "&".join(part for part in login.split("&") if not part.startswith("code_challenge"))
    declined = go(alice, without)
    assert declined.status_code in (302, 400), declined.status_code
    assert "code=" not in declined.headers.get("Location", ""), "this hub does demand it"
    sign_in(alice)


def test_the_hub_takes_the_registered_address_and_no_other(somebody):
    alice = somebody("alice")
    login = go(alice, f"{PREFIX}login").headers["Location"]
    query = query_of(login)
    assert query["redirect_uri"] == f"{PREFIX}oauth_callback"
    absolute = {**query, "redirect_uri": alice.lab.public_url + query["redirect_uri"]}
    answer = go(alice, f"{urlsplit(login).path}?{urlencode(absolute)}")
    assert answer.status_code == 400
    assert "Mismatching redirect URI" in answer.text


def test_a_code_is_good_once(somebody):
    alice = somebody("alice")
    first = begin(alice)
    assert go(alice, first).status_code == 302
    assert "not completed" in refused(go(alice, first)), "the state is used up"
    used, fresh = query_of(first), query_of(begin(alice))
    again = urlencode({"code": used["code"], "state": fresh["state"]})
    assert "does not accept" in refused(go(alice, f"{PREFIX}oauth_callback?{again}"))


def test_a_code_needs_the_verifier_of_its_own_login(somebody):
    alice = somebody("alice")
    one, other = query_of(begin(alice)), query_of(begin(alice))
    swapped = urlencode({"code": one["code"], "state": other["state"]})
    assert "does not accept" in refused(go(alice, f"{PREFIX}oauth_callback?{swapped}"))


def test_somebody_else_s_code_signs_nobody_in(somebody):
    alice, mallory = somebody("alice"), somebody("bob")
    theirs = begin(mallory)
    assert "not completed" in refused(go(alice, theirs))
    ours = query_of(begin(alice))
    mixed = urlencode({"code": query_of(theirs)["code"], "state": ours["state"]})
    refused(go(alice, f"{PREFIX}oauth_callback?{mixed}"))
    assert not is_signed_in(alice)
    assert go(mallory, theirs).status_code == 302, "and mallory's own login is not used up"


def test_a_cancelled_login_is_a_page_with_one_button(somebody):
    alice = somebody("alice")
    for rest in ("", "&error=access_denied", "&error=access_denied&error_description=%3Cscript%3E"):
        state = query_of(go(alice, f"{PREFIX}login").headers["Location"])["state"]
        answer = go(alice, f"{PREFIX}oauth_callback?state={state}{rest}")
        assert "cancelled" in refused(answer)
        page = Page(answer.text)
        assert len(page.all("a", href=f"{PREFIX}login")) == 1
        assert "<script>" not in answer.text


def test_without_the_access_scope_the_hub_itself_says_no(somebody):
    frank = somebody("frank")
    page = frank.get(PREFIX)
    assert page.status_code == 403
    assert urlsplit(page.url).path == "/hub/api/oauth2/authorize"
    assert "permission" in Page(page.text).text


def test_two_tabs_both_finish(somebody):
    for order in ((0, 1), (1, 0)):
        alice = somebody("alice")
        tabs = [begin(alice), begin(alice, f"{PREFIX}token")]
        pages = [PREFIX, f"{PREFIX}token"]
        for tab in order:
            assert go(alice, tabs[tab]).headers["Location"] == pages[tab]
        assert is_signed_in(alice)


def test_a_login_survives_a_restart(lab, somebody):
    alice = somebody("alice")
    callback = begin(alice)
    restart(lab)
    assert go(alice, callback).status_code == 302
    restart(lab)
    assert is_signed_in(alice)


def restart(lab):
    """The service ends and begins anew: it answers at once, and has read its database a moment later."""
    lab.command("stop service")
    lab.command("start service")
    ready = f"{lab.service_url}{PREFIX}api/v1/health/ready"
    wait_for(lambda: requests.get(ready, timeout=30).status_code == 200, "the service to be ready")


def test_a_login_is_finished_by_another_replica(lab, somebody, tmp_path):
    alice = somebody("alice")
    config = Path(lab.config_file).read_text()
    port = int(urlsplit(lab.service_url).port)
    other = tmp_path / "replica.yaml"
    free = str(free_port())
    other.write_text(config.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free}"))
    with (tmp_path / "log").open("w") as log:
        command = [lab.service_program, "serve", "--config", str(other)]
        replica = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        base = f"http://127.0.0.1:{free}"
        wait_for(lambda: answers(base + PREFIX), "the replica")
        callback = begin(alice)
        options = {"headers": NAVIGATES, "allow_redirects": False, "timeout": 30}
        done = alice.browser.get(base + callback, **options)
        assert done.status_code == 302, done.text
        assert is_signed_in(alice), "the first replica knows it"
        assert alice.browser.get(base + PREFIX, **options).status_code == 200
        refused(go(alice, callback))
    finally:
        replica.terminate()
        replica.wait(30)


def free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answers(url):
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize(
    "asked",
    [
        "//evil.example", "///evil.example/triple", "\\\\evil.example\\x", "/\\evil.example", "https://evil.example/",
        "http:evil.example", "javascript:alert(1)", "/hub/logout", f"{PREFIX}..%2f..%2f", f"{PREFIX}../../hub/home",
        f"{PREFIX}\thttps://evil.example", "/services/presets@evil.example", f"{PREFIX}login", f"{PREFIX}oauth_callback",
    ],
)  # fmt: skip
def test_a_login_never_leads_away(somebody, asked):
    alice = somebody("alice")
    answer = sign_in(alice, asked)
    assert answer.headers["Location"] == PREFIX


def test_a_planted_session_is_not_taken_over(lab, somebody):
    alice = somebody("alice")
    planted = "f" * 64
    alice.browser.cookies.set("presets-presets", planted, domain="127.0.0.1", path=PREFIX)
    sign_in(alice)
    values = [cookie.value for cookie in alice.browser.cookies if cookie.name == "presets-presets"]
    assert len(values) == 1 and planted not in values


def test_the_hub_s_logout_ends_our_session(somebody):
    alice, elsewhere = somebody("alice"), somebody("alice")
    for browser in (alice, elsewhere):
        sign_in(browser)
    kept = requests.cookies.RequestsCookieJar()
    kept.update(alice.browser.cookies)
    alice.get("/hub/logout")
    assert not is_signed_in(alice)
    # Whoever kept all cookies of before gets in no longer than the hub's word is remembered.
    alice.browser.cookies = kept
    began = time.monotonic()
    wait_for(lambda: not is_signed_in(alice), "the end of the session", every=1)
    assert time.monotonic() - began <= 31
    assert is_signed_in(elsewhere), "another browser's session goes on"


def test_our_logout_ends_our_session_and_not_the_hub_s(somebody):
    alice = somebody("alice")
    page = alice.get(PREFIX)
    form = Page(page.text).forms[f"{PREFIX}logout"]
    address = urljoin(page.url, form["action"])
    kept = requests.cookies.RequestsCookieJar()
    kept.update(alice.browser.cookies)
    options = {"allow_redirects": False, "timeout": 30}
    stranger = alice.browser.post(address, data={"csrf": "0" * 64}, headers={"Sec-Fetch-Site": "same-origin"}, **options)
    assert stranger.status_code == 403
    across = alice.browser.post(address, data=form["fields"], headers={"Sec-Fetch-Site": "cross-site"}, **options)
    assert across.status_code == 403
    assert is_signed_in(alice)
    done = alice.browser.post(address, data=form["fields"], headers={"Sec-Fetch-Site": "same-origin"}, **options)
    assert (done.status_code, done.headers["Clear-Site-Data"]) == (303, '"cache"')
    assert "logged out" in Page(alice.get(f"{PREFIX}logout").text).text
    alice.browser.cookies = kept
    assert not is_signed_in(alice), "the cookie of before is worth nothing"
    assert alice.get("/hub/home").status_code == 200, "the hub still knows alice"


def test_a_token_taken_back_at_the_hub_ends_the_session(lab, somebody):
    carol = somebody("carol")
    sign_in(carol)
    tokens = lab.api("GET", "/users/carol/tokens", expect=200).json()["api_tokens"]
    ours = [token for token in tokens if "presets" in str(token.get("oauth_client"))]
    assert ours, tokens
    for token in ours:
        lab.api("DELETE", f"/users/carol/tokens/{token['id']}", expect=204)
    began = time.monotonic()
    wait_for(lambda: not is_signed_in(carol), "the end of the session", every=1)
    print(f"reads went on for {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began <= 31


def test_nothing_of_a_login_is_in_the_log(lab, somebody):
    dave = somebody("dave")
    callback = begin(dave)
    go(dave, callback)
    [session] = [cookie.value for cookie in dave.browser.cookies if cookie.name == "presets-presets"]
    secrets = [*query_of(callback).values(), session, dave.browser.cookies["jupyterhub-session-id"]]
    assert len(secrets) == 4
    go(dave, callback)
    log = lab.log("service")
    assert "oauth_callback" in log
    for secret in secrets:
        assert secret not in log
    assert not re.search(r"[?&](code|state)=", log)
