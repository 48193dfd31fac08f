"""People who save without end: a preset of their own, or what they prefer, each time over the one before."""

import json

from running import PREFIX


class Saver:
    """What to ask next, and what an answer says was kept. What was not answered is asked again, word for word."""

    def __init__(self, person):
        self.person, self.id, self.etag, self.mark = person, None, None, 1

    def question(self):
        """Method, path, headers, body."""
        headers = {"Authorization": f"Bearer token-of-{self.person}", "Content-Type": "application/json"}
        body = json.dumps({"title": self.title(), "profile": "desk", "values": {"ticket": self.mark}})
        if self.id is None:
            headers["Idempotency-Key"] = f"{self.person}-{self.mark}"
            return "POST", f"{PREFIX}api/v1/presets", headers, body
        headers["If-Match"] = self.etag
        return "PUT", f"{PREFIX}api/v1/presets/{self.id}", headers, body

    def title(self):
        return f"Number {self.mark} of {self.person}"

    def told(self, status, etag, body):
        """`(id, version, title)` if that is kept now."""
        if status == 412:
            # The one before was kept, though nobody was told.
            self.etag = etag
            return None
        if status not in (200, 201):
            return None
        preset = json.loads(body)
        kept = (preset["id"], preset["version"], self.title())
        self.id, self.etag, self.mark = preset["id"], etag, self.mark + 1
        return kept


class Preferrer:
    """The same of what somebody prefers: their default is, in turns, one of two presets."""

    def __init__(self, person):
        self.person, self.etag, self.mark = person, '"0"', 1

    def question(self):
        headers = {"Authorization": f"Bearer token-of-{self.person}", "Content-Type": "application/json", "If-Match": self.etag}
        return "PUT", f"{PREFIX}api/v1/me/preferences", headers, json.dumps({"default": self.default()})

    def default(self):
        return ["numbered", "anybody"][self.mark % 2]

    def told(self, status, etag, body):
        """`(person, version, default)` if that is kept now."""
        if status == 412:
            self.etag = etag
            return None
        if status != 200:
            return None
        kept = (self.person, int(etag.strip('"')), self.default())
        self.etag, self.mark = etag, self.mark + 1
        return kept


def missing(saved, kept, preferred):
    """What was acknowledged and is not kept as it was said. `kept`: rows of id, version, document; `preferred`: of people."""
    titles = {(id, int(version)): json.loads(document)["title"] for id, version, document in kept}
    newest = {person: (int(version), json.loads(document)["default"]) for person, version, document in preferred}

    def is_kept(id, version, what):
        if id in newest:
            # Only the newest is kept: it is this one, or a later one.
            return newest[id] == (version, what) or newest[id][0] > version
        return titles.get((id, version)) == what

    return [one for one in saved if not is_kept(*one)]
