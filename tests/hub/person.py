"""Somebody at the hub: a browser that is logged in, a token of one's own, and every way to ask for a server."""

import json
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import requests


class Person:
    """A person with two ways in: cookies like a browser's, and a token with the rights everybody has."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self._browser = None
        self._token = None

    @property
    def browser(self):
        """A session with cookies, logged in at the hub's login page."""
        if self._browser is None:
            self._browser = requests.Session()
            page = self.get("/hub/login")
            form = Page(page.text).forms["login"]
            answer = self._browser.post(
                urljoin(page.url, form["action"]),
                data={"username": self.name, "password": self.lab.password, "_xsrf": form["fields"].get("_xsrf", "")},
                allow_redirects=False,
                timeout=60,
            )
            assert answer.status_code == 302, f"{self.name} cannot log in: {answer.status_code}"
        return self._browser

    @property
    def token(self):
        """A token of this person's own, with what the hub's role `user` gives."""
        if self._token is None:
            assert self.browser
            answer = self.lab.api("POST", f"/users/{requests.utils.quote(self.name, safe='')}/tokens", {}, expect=201)
            self._token = answer.json()["token"]
        return self._token

    def get(self, path, site=None, **options):
        """A page, as a browser that navigates to it gets it; `site` is from where, in the browser's words."""
        browser = self._browser if self._browser is not None else self.browser
        headers = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
        page = browser.get(
            self.lab.public_url + path,
            headers={**headers, "Sec-Fetch-Site": site} if site else headers,
            timeout=60,
            **options,
        )
        page.encoding = "utf-8"  # the pages say so in their head, which a browser reads
        return page

    def spawn_page(self, server=""):
        """The page with the form, as HTML."""
        page = self.get(spawn_path(self.name, server))
        assert page.status_code == 200, page.status_code
        return Page(page.text)

    # The ways in. Each answers `Answer(status, text)`; none waits for the server.

    def post_form(self, fields, server="", files=None, page=None):
        """Sends the form of `page`, else of the spawn page, as a browser does: as multipart/form-data."""
        page = page or self.spawn_page(server)
        sent = [(name, (None, value)) for name, value in pairs(fields)]
        answer = self.browser.post(
            urljoin(self.lab.public_url + spawn_path(self.name, server), page.forms["spawn_form"]["action"]),
            files=[*sent, *(files or [])],
            headers={"Sec-Fetch-Mode": "navigate"},
            allow_redirects=False,
            timeout=60,
        )
        return Answer(answer)

    def follow(self, query, server="", site=None):
        """Opens the spawn page with a query: a link in a mail, or on a page as `site` says."""
        path = spawn_path(self.name, server) + "?" + urlencode(list(pairs(query)))
        return Answer(self.get(path, site, allow_redirects=False))

    def rest(self, method, body=None, server="", raw=None):
        """The REST API with one's own token. `body=None` sends none."""
        path = f"/users/{requests.utils.quote(self.name, safe='')}"
        path += f"/servers/{server}" if server else ("/server" if method in ("POST", "DELETE") else "/servers/")
        return Answer(self.lab.api(method, path, body, token=self.token, raw=raw))


class Answer:
    """An answer of the hub: its status, and its text as a person reads it."""

    def __init__(self, response):
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.body = response.content.decode()
        self.html = "html" in response.headers.get("Content-Type", "")

    @property
    def text(self):
        if self.html:
            return Page(self.body).text
        try:
            said = json.loads(self.body)
        except ValueError:
            return self.body
        return said.get("message") or self.body if isinstance(said, dict) else self.body

    def __repr__(self):
        return f"<{self.status} {self.location} {self.text[:500]}>"


class Page(HTMLParser):
    """A page: its elements as `(tag, attributes)`, its text in one line, its forms with their fields."""

    def __init__(self, html):
        super().__init__()
        self.html = html
        self.elements = []
        self.forms = {}
        self._form = None
        self._texts = []
        self._mute = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag in ("script", "style"):
            self._mute += 1
        if tag == "form":
            self._form = {"action": attributes.get("action", ""), "fields": {}}
            self.forms[attributes.get("id") or name_of(attributes)] = self._form
        elif self._form is not None and attributes.get("name"):
            self._form["fields"].setdefault(attributes["name"], attributes.get("value", ""))

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._mute = max(0, self._mute - 1)
        if tag == "form":
            self._form = None

    def handle_data(self, data):
        if not self._mute:
            self._texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self._texts).split())

    def all(self, tag, **attributes):
        """The attributes of the elements with this tag and these attributes."""
        return [
            found for name, found in self.elements if name == tag and attributes.items() <= found.items()
        ]  # fmt: skip

    def chosen(self):
        """The ids of the presets that are chosen."""
        return [radio["value"] for radio in self.all("input", type="radio", name="preset") if "checked" in radio]

    def presets(self):
        """The ids of the presets one may choose, in their order."""
        return [radio["value"] for radio in self.all("input", type="radio", name="preset") if "disabled" not in radio]


def name_of(attributes):
    action = attributes.get("action", "")
    return "login" if "/login" in action else action


def spawn_path(name, server):
    return f"/hub/spawn/{requests.utils.quote(name, safe='')}/{server}" if server else "/hub/spawn"


def pairs(fields):
    """Fields as `(name, value)`, whether given as a mapping or as pairs."""
    return fields.items() if isinstance(fields, dict) else fields
