"""The service wherever a site puts it: run by the hub or beside it, below a path, under a name of its own, behind
another proxy, with internal TLS. Everywhere people sign in, programs come with tokens, and one click starts.
"""

import re
import socket
import subprocess
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from conftest import recorded
from front import Front
from person import Page
from running_lab import Lab, wait_for

NAVIGATES = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

PLACES = {
    "run by the hub": [],
    "beside the hub": ["--service", "external"],
    "below a path": ["--base-url", "/jh/"],
    "beside a hub below a path": ["--service", "external", "--base-url", "/jh/"],
    "under names of their own": ["--subdomains"],
    "with internal TLS": ["--service", "external", "--internal-ssl", "--base-url", "/jh/"],
    "behind another proxy": ["--public-url", "PUBLIC"],
}


@pytest.fixture(scope="module", params=PLACES.values(), ids=PLACES.keys())
def place(request, tmp_path_factory):
    """A lab somewhere, and the address people type."""
    front = Front(tmp_path_factory.mktemp("front")) if "PUBLIC" in request.param else None
    url = f"https://localhost:{front.port}/" if front else None
    options = [url if option == "PUBLIC" else option for option in request.param]
    with Lab(recorded(*options)) as lab:
        if front:
            front.target = urlsplit(lab.public_url).port
        yield Place(lab, front)
    if front:
        front.close()


@pytest.fixture(autouse=True)
def names_of_this_machine(monkeypatch):
    """`hub.localhost` and its like are this machine (RFC 6761), also where the system's resolver does not know."""
    resolve = socket.getaddrinfo

    def here(host, *rest, **named):
        return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here)


class Place:
    def __init__(self, lab, front):
        self.lab, self.front = lab, front
        self.hub = f"https://localhost:{front.port}" if front else lab.public_url
        self.verify = str(front.certificate) if front else True
        parts = urlsplit(self.hub)
        own = "--subdomains" in lab.options
        host = f"presets--service.{parts.netloc}" if own else parts.netloc
        self.service = f"{parts.scheme}://{host}{lab.service_prefix}"

    def browser(self, name=None):
        """A browser, signed in at the hub if somebody's name is given."""
        browser = requests.Session()
        # Otherwise requests prefers what the environment says to believe.
        browser.trust_env, browser.verify = False, self.verify
        if name:
            page = browser.get(self.hub + "/hub/login", headers=NAVIGATES, timeout=60)
            form = Page(page.text).forms["login"]
            fields = {"username": name, "password": self.lab.password, "_xsrf": form["fields"].get("_xsrf", "")}
            answer = browser.post(urljoin(page.url, form["action"]), data=fields, allow_redirects=False, timeout=60)
            assert answer.status_code == 302, answer.text
        return browser

    def token(self, name):
        self.browser(name)
        return self.lab.api("POST", f"/users/{name}/tokens", {}, expect=201).json()["token"]


def test_a_person_signs_in_with_no_question_asked_and_is_named(place):
    browser = place.browser("alice")
    page = browser.get(place.service, headers=NAVIGATES, timeout=60)
    assert page.status_code == 200, page.text
    assert page.url == place.service
    assert "alice" in Page(page.text).text


def test_the_session_stays_on_the_services_own_path(place):
    browser = place.browser("alice")
    browser.get(place.service, headers=NAVIGATES, timeout=60)
    ours = [one for one in browser.cookies if "presets" in one.name]
    assert ours
    for cookie in ours:
        assert cookie.path == place.lab.service_prefix
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.secure == bool(place.front), "over https it is for https only"


def test_every_link_of_our_pages_leads_somewhere(place):
    browser = place.browser("alice")
    page = browser.get(place.service, headers=NAVIGATES, timeout=60)
    links = {urljoin(page.url, found) for found in re.findall(r'(?:href|src)="([^"#]+)"', page.text)}
    assert links
    for link in sorted(link for link in links if urlsplit(link).scheme in ("http", "https")):
        answer = browser.get(link, headers=NAVIGATES, timeout=60)
        assert answer.status_code < 400, f"{link}: {answer.status_code}"


def test_a_program_comes_with_a_token(place):
    answer = requests.get(
        place.service + "api/v1/me",
        headers={"Authorization": f"Bearer {place.token('alice')}"}, verify=place.verify, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "alice"


def test_one_click_starts(place):
    browser = place.browser("alice")
    page = browser.get(place.hub + "/hub/spawn", headers=NAVIGATES, timeout=60)
    form = Page(page.text).forms["spawn_form"]
    start = Page(page.text).all("button", name="start")[0]["value"]
    sent = {"pz_form": "1", "preset": start, "start": start}
    answer = browser.post(
        urljoin(page.url, form["action"]),
        files=[(name, (None, value)) for name, value in sent.items()],
        headers=NAVIGATES, allow_redirects=False, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    if "--internal-ssl" in place.lab.options:
        # A quick server speaks no TLS: that it was asked for exactly this preset is what counts here.
        wait_for(lambda: place.lab.records("alice"), "the start")
    else:
        assert place.lab.outcome("alice")[0] == "ready"
    place.lab.stop_all()


def test_the_forms_files_come_from_the_services_address(place):
    browser = place.browser("alice")
    page = browser.get(place.hub + "/hub/spawn", headers=NAVIGATES, timeout=60)
    files = re.findall(r'(?:href|src)="([^"]*/assets/fragment[^"]*)"', page.text)
    assert files
    for file in files:
        assert browser.get(urljoin(page.url, file), timeout=60).status_code == 200, file


def test_what_the_caller_says_of_proxies_is_not_believed(place):
    """Where to sign in is said by the configuration, never by a header somebody sent."""
    spoofed = {
        "X-Forwarded-Host": "elsewhere.example.org",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=elsewhere.example.org",
        "X-Real-IP": "10.0.0.1",
        "X-Remote-User": "admin",
        "X-HTTP-Method-Override": "DELETE",
    }
    answer = requests.get(
        place.service, headers={**NAVIGATES, **spoofed}, verify=place.verify, allow_redirects=False, timeout=60
    )
    assert answer.status_code in (302, 303)
    assert "elsewhere" not in str(answer.headers)
    refused = requests.get(place.service + "api/v1/me", headers=spoofed, verify=place.verify, timeout=60)
    assert refused.status_code == 401


@pytest.mark.parametrize("path", ["..%2f..%2fhub/home", "api%2Fv1%2Fme", "%2e%2e/%2e%2e/hub/home", "api//v1/me"])
def test_a_path_that_means_two_things_is_refused(place, path):
    token = place.token("alice")
    status, headers = curl(place, place.service + path, f"Authorization: Bearer {token}")
    if "x-jupyterhub-version" in headers:
        # The proxy took it for one of the hub's, and the hub sends it to a page of its own: it never came to us.
        assert (path, status) == ("%2e%2e/%2e%2e/hub/home", 302)
    else:
        assert status in (400, 404), path


def curl(place, url, *headers):
    """Status and head of a URL whose path is sent as it stands."""
    parts = urlsplit(url)
    command = ["curl", "-s", "-o", "/dev/null", "-D", "-", "-w", "%{http_code}", "--path-as-is", "--max-time", "60"]
    command += ["--resolve", f"{parts.hostname}:{parts.port}:127.0.0.1"]
    command += ["--cacert", place.verify] if place.front else []
    for header in headers:
        command += ["-H", header]
    head, _, status = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout.rpartition("\n")
    return int(status), head.lower()


def test_with_internal_tls_nobody_reaches_the_service_past_the_proxy(place):
    if "--internal-ssl" not in place.lab.options:
        # Without it any local program may ask; what it gets is what a stranger gets.
        answer = requests.get(f"{place.lab.service_url}{place.lab.service_prefix}api/v1/me", timeout=60)
        assert answer.status_code == 401
        return
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{place.lab.service_url}{place.lab.service_prefix}", verify=False, timeout=60)
