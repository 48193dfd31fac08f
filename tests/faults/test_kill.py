"""What was acknowledged stays: eight writers, and `kill -9` of the service and of the database under it."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from keepers import PostgresKeeper, SqliteKeeper
from running import PREFIX, SECRET, WITH_US, Service, eventually
from saving import missing

READY_IN = 5.0  # seconds after its start; 2 where nothing else runs
ROUNDS = int(os.environ.get("PRESETS_ROUNDS", "5"))
WRITERS = [f"writer-{number}" for number in range(8)]


class Writers:
    """Eight processes that start servers, and what they noted."""

    def __init__(self, port, folder):
        self.notes = {person: folder / f"{person}.notes" for person in WRITERS}
        folder.mkdir()
        script = str(Path(__file__).with_name("writer.py"))
        self._processes = []
        for person, notes in self.notes.items():
            notes.touch()
            argv = [*WITH_US, sys.executable, script, str(port), PREFIX, SECRET, person, str(notes)]
            self._processes.append(subprocess.Popen(argv, stdin=subprocess.PIPE))

    def notes_so_far(self):
        """`(person, words)` of all answers read so far."""
        for person, notes in self.notes.items():
            # A line that is just being written was acknowledged, too; the next look sees it.
            for line in notes.read_text().split("\n")[:-1]:
                yield person, line.split(" ", 1)

    def acknowledged(self):
        """`{decision: (person, ticket)}` of all starts."""
        found = {}
        for person, (what, rest) in self.notes_so_far():
            if what == "start":
                ticket, decision = rest.split()
                found[decision] = (person, int(ticket))
        return found

    def saved(self):
        """All presets and preferences that were saved, see `saving.missing`."""
        return {tuple(json.loads(rest)) for _, (what, rest) in self.notes_so_far() if what == "saved"}

    def odd(self):
        """What was answered though it belongs to no fault; 412 is how one learns that the one before was kept."""
        refused = {rest for _, (what, rest) in self.notes_so_far() if what == "-"}
        return refused - {"503", "412"}

    def all_live(self):
        return all(process.poll() is None for process in self._processes)

    def end(self):
        for process in self._processes:
            process.stdin.close()
        for process in self._processes:
            process.wait(15)


@pytest.fixture(params=["sqlite", "postgres"])
def keeper(request, tmp_path):
    if request.param == "sqlite":
        return SqliteKeeper(tmp_path / "service")
    return PostgresKeeper(request.getfixturevalue("cluster"))


def test_nothing_acknowledged_is_lost_when_the_service_and_its_database_are_killed(program, keeper, hub, tmp_path, ledger):
    """F25."""
    service = Service(program, tmp_path / "service", keeper.url, hub=hub.config(tmp_path))
    service.apply()
    service.start().ready()
    writers = Writers(service.port, tmp_path / "notes")
    seen, name = set(), "kill -9 under 8 writers"
    try:
        for number in ledger.to_do(name, keeper.name, ROUNDS):
            before = len(writers.acknowledged())
            eventually(lambda: len(writers.acknowledged()) > before + 8, 20, "eight starts were acknowledged")
            after = random.uniform(0.3, 1.2)
            time.sleep(after)  # the fault comes at any moment: this is the experiment, not a wait
            both = keeper.may_be_killed and number % 2 == 0
            if both and random.random() < 0.5:
                keeper.cluster.kill()
                service.kill()
            else:
                service.kill()
                if both:
                    keeper.cluster.kill()
            acknowledged, saved = writers.acknowledged(), writers.saved()
            if both:
                keeper.cluster.restart()
            new = (set(acknowledged) | saved) - seen
            outcome = {"as_required": False, "acknowledged": len(new)}
            try:
                killed = time.monotonic()
                service.start().ready()
                outcome["recovery"] = time.monotonic() - killed
                gone = set(acknowledged) - keeper.decisions()
                older = stale_selections(acknowledged, keeper.selections())
                unsaved = missing(saved, keeper.saved(), keeper.preferred())
                outcome["lost"] = len(gone) + len(older) + len(unsaved)
                keeper.must_be_sound()
                assert not outcome["lost"], f"round {number}: lost {sorted(gone)[:5]}, older {older}, unsaved {unsaved[:5]}"
                assert len(new) > 8 and new & saved and writers.all_live() and not writers.odd(), writers.odd()
                assert outcome["recovery"] <= READY_IN
                outcome["as_required"] = True
            finally:
                ledger.note(name, keeper.name, **outcome)
            seen |= new
    finally:
        writers.end()
        service.kill()


def stale_selections(acknowledged, selections):
    """People whose kept selection is older than the newest start that was acknowledged to them."""
    newest = {}
    for person, ticket in acknowledged.values():
        newest[person] = max(ticket, newest.get(person, 0))
    kept = {person: int(json.loads(values)["ticket"]) for person, values in selections}
    return [(person, ticket, kept.get(person)) for person, ticket in newest.items() if kept.get(person, -1) < ticket]
