"""Sixty-four people change one preset at the same moment: one of them wins each round, and all others are told so."""

import http.client
import json
import os
import threading

import pytest
from keepers import PostgresKeeper, SqliteKeeper
from running import PREFIX, SITE, Service

EDITORS = [f"editor-{number}" for number in range(64)]
# A few in verify; a soak makes as many as of kill -9.
ROUNDS = int(os.environ.get("PRESETS_ROUNDS", "3"))
NAME = "64 editors of one preset"


@pytest.fixture(params=["sqlite", "postgres"])
def house(request, program, hub, tmp_path):
    """Who looks into the database, and the services before it: on PostgreSQL two, that the editors are spread over."""
    on_sqlite = request.param == "sqlite"
    keeper = SqliteKeeper(tmp_path) if on_sqlite else PostgresKeeper(request.getfixturevalue("cluster"))
    services = [
        Service(program, tmp_path / f"service-{n}", keeper.url, hub=hub.config(tmp_path), people=EDITORS)
        for n in range(1 if on_sqlite else 2)
    ]
    site = tmp_path / "site.yaml"
    site.write_text(SITE.read_text().replace("from: {file: writers}", f"from: {{file: writers}}, managers: {json.dumps(EDITORS)}"))
    services[0].apply(site)
    for service in services:
        service.start().ready()
    yield keeper, services
    for service in services:
        service.kill()


class Editor(threading.Thread):
    """Puts a preset of its own in place of the one everybody has read."""

    def __init__(self, person, port, path, etag, together):
        super().__init__()
        self.person, self.port, self.path, self.etag, self.together = person, port, path, etag, together
        self.status, self.answer = 0, {}

    def title(self):
        return f"By {self.person} over {self.etag}"

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.connect()
        headers = {"Authorization": f"Bearer token-of-{self.person}", "Content-Type": "application/json", "If-Match": self.etag}
        body = json.dumps(preset(self.title()))
        self.together.wait(20)
        connection.request("PUT", self.path, body, headers)
        answer = connection.getresponse()
        self.status, self.answer = answer.status, json.loads(answer.read())
        connection.close()


def preset(title):
    return {"title": title, "profile": "desk", "values": {"place": "here"}, "owner": {"kind": "group", "name": "writers"}}


def test_of_all_who_change_a_preset_at_once_exactly_one_wins(house, ledger):
    keeper, services = house
    headers = {"Authorization": "Bearer token-of-editor-0", "Content-Type": "application/json"}
    status, etag, body = services[0].ask("POST", f"{PREFIX}api/v1/presets", headers, json.dumps(preset("The first")))
    assert status == 201, body
    path = f"{PREFIX}api/v1/presets/{json.loads(body)['id']}"
    for _ in ledger.to_do(NAME, keeper.name, ROUNDS):
        outcome, together = {"as_required": False}, threading.Barrier(len(EDITORS))
        try:
            editors = [
                Editor(person, services[number % len(services)].port, path, etag, together) for number, person in enumerate(EDITORS)
            ]
            for editor in editors:
                editor.start()
            for editor in editors:
                editor.join()
            won = [editor for editor in editors if editor.status == 200]
            assert len(won) == 1, sorted(editor.status for editor in editors)
            version = int(etag.strip('"')) + 1
            for loser in editors:
                assert loser in won or (loser.status, loser.answer["current"]) == (412, version), loser.answer
            status, etag, body = services[-1].ask("GET", path, headers, None)
            assert (status, etag, json.loads(body)["title"]) == (200, f'"{version}"', won[0].title())
            kept = [row for row in keeper.saved() if int(row[1]) == version]
            assert len(kept) == 1 and json.loads(kept[0][2])["title"] == won[0].title()
            outcome |= {"as_required": True, "acknowledged": 1, "lost": 0}
        finally:
            ledger.note(NAME, keeper.name, **outcome)
