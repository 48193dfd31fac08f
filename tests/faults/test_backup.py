"""A backup while others write: whole, nobody else's to read, and enough to go on from."""

import contextlib
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from everybody import Everybody, lost
from keepers import SqliteKeeper
from room import Room
from running import Service, eventually

ROUNDS = int(os.environ.get("PRESETS_ROUNDS", "3"))


class SoFar:
    """What everybody had been told by now."""

    def __init__(self, everybody):
        self._acknowledged, self._saved = everybody.acknowledged(), everybody.saved()

    def acknowledged(self):
        return self._acknowledged

    def saved(self):
        return self._saved

    def __len__(self):
        return len(self._acknowledged) + len(self._saved)


class Watcher(threading.Thread):
    """Looks again and again who may read what stands in a folder, until the end of the `with`."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.over, self.seen = folder, threading.Event(), set()

    def run(self):
        while not self.over.is_set():
            self.look()

    def look(self):
        for entry in os.scandir(self.folder):
            with contextlib.suppress(FileNotFoundError):
                self.seen.add((entry.name, stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(10)
        self.look()


def dump(file):
    """All that is kept, as statements."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        return sorted(database.iterdump())


def restored(program, backup, folder, **more):
    """A service of its own on a copy of a backup, not started yet."""
    service = Service.on_sqlite(program, folder, **more)
    file = service.folder / "presets.sqlite"
    shutil.copyfile(backup, file)
    file.chmod(0o600)
    return service


def back_up(service, target):
    done = service.command("backup", target)
    assert done.returncode == 0, done.stderr
    assert f"{target} holds {Path(target).stat().st_size} bytes" in done.stdout, done.stdout
    assert stat.S_IMODE(Path(target).stat().st_mode) == 0o600
    return done


def test_a_service_goes_on_from_a_backup_that_was_made_while_others_wrote(program, hub, tmp_path, ledger):
    name, own = "restored from a backup", hub.config(tmp_path)
    service = Service.on_sqlite(program, tmp_path / "service", hub=own)
    service.apply()
    service.start().ready()
    windows = []
    try:
        with Everybody(service) as everybody:
            for number in ledger.to_do(name, SqliteKeeper.name, ROUNDS):
                everybody.await_starts(8)
                eventually(everybody.saved, 20, "something is saved")
                outcome = {"as_required": False}
                try:
                    round_of(everybody, service, tmp_path / f"round-{number}", own, outcome, windows)
                finally:
                    ledger.note(name, SqliteKeeper.name, **outcome)
    finally:
        service.kill()
    odd = [answer for answer in everybody.answers if answer.status not in (200, 412)]
    assert not odd, f"others were refused: {odd[:3]}"
    given = [sum(a.status == 200 for a in everybody.of("start", *window)) for window in windows]
    assert sum(given) or not windows, "others wrote while it was made"


def round_of(everybody, service, folder, own, outcome, windows):
    """Makes a backup, restores it in another folder, and starts a service there."""
    folder.mkdir()
    backup = folder / "backup.sqlite"
    before, begun = SoFar(everybody), time.monotonic()
    back_up(service, backup)
    windows.append((begun, time.monotonic()))
    assert sorted(os.listdir(folder)) == ["backup.sqlite"]
    second = restored(service.program, backup, folder / "second", hub=own)
    keeper, starting = SqliteKeeper(second.folder), time.monotonic()
    second.start()
    try:
        second.ready()
        outcome["recovery"] = time.monotonic() - starting
        status, _ = second.resolve({"preset": "numbered", "values": {"ticket": "5"}}, "writer-9", "another")
        assert status == 200
    finally:
        second.kill()
    gone = lost(before, keeper)
    outcome["acknowledged"], outcome["lost"] = len(before), len(gone)
    assert not gone, gone[:5]
    keeper.must_be_sound()
    assert "made a new, empty one" not in second.log.read_text()
    outcome["as_required"] = True
    # Copies of a hundred rounds would fill the disk.
    shutil.rmtree(folder)


def test_what_is_restored_is_what_was_there_and_the_file_alone_is_not(service, tmp_path):
    service.start().ready()
    for ticket in range(20):
        assert service.resolve({"preset": "numbered", "values": {"ticket": str(ticket)}}, server_name="desk")[0] == 200
    service.kill()
    kept, alone, backup = service.folder / "presets.sqlite", tmp_path / "alone.sqlite", tmp_path / "backup.sqlite"
    shutil.copyfile(kept, alone)
    back_up(service, backup)
    whole = dump(kept)
    assert dump(backup) == whole
    assert set(whole) - set(dump(alone)), "what came last stands in presets.sqlite-wal"

    second = restored(service.program, backup, tmp_path / "second")
    try:
        second.start().ready()
        assert second.stop() == 0
    finally:
        second.kill()
    # It may have sealed its audit meanwhile; nothing else is new, and nothing is gone.
    after = dump(second.folder / "presets.sqlite")
    assert not set(whole) - set(after)
    assert [line for line in set(after) - set(whole) if "audit_seals" not in line] == []


@pytest.mark.parametrize("umask", ["0", "777"])
def test_nobody_else_reads_a_backup_at_any_moment(program, tmp_path, umask):
    service = Service.on_sqlite(program, tmp_path / "service")
    service.apply()
    service.inside = ["sh", "-c", f'umask {umask}; exec "$@"', "sh"]
    folder = tmp_path / "backups"
    folder.mkdir()
    with Watcher(folder) as watcher:
        for number in range(5):
            back_up(service, folder / f"kept-{number}.sqlite")
    assert {f"kept-{number}.sqlite" for number in range(5)} <= {name for name, _ in watcher.seen}
    assert [(name, oct(mode)) for name, mode in watcher.seen if mode & 0o077] == []


def test_what_is_there_is_refused_and_stays_as_it_is(service, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    there, link, nowhere = folder / "there.sqlite", folder / "link.sqlite", folder / "nowhere.sqlite"
    there.write_text("another")
    there.chmod(0o640)
    link.symlink_to(nowhere)
    for target in (there, link, folder, service.folder / "presets.sqlite"):
        before = dump(service.folder / "presets.sqlite")
        done = service.command("backup", target)
        assert done.returncode == 1 and f"{target} is there" in done.stderr, done.stderr
        assert done.stdout == ""
        assert dump(service.folder / "presets.sqlite") == before
    assert (there.read_text(), stat.S_IMODE(there.stat().st_mode)) == ("another", 0o640)
    assert sorted(os.listdir(folder)) == ["link.sqlite", "there.sqlite"]


def test_where_there_is_no_room_no_half_backup_stays(program, tmp_path):
    with Room(4) as room:
        service = Service.on_sqlite(program, tmp_path / "service", inside=room.inside)
        service.apply()
        room.fill()
        done = service.command("backup", room.folder / "kept.sqlite")
        assert done.returncode == 1 and ("disk is full" in done.stderr or "No space left" in done.stderr), done.stderr
        assert os.listdir(room.seen_from_here) == ["filler"]
        room.clear()
        assert service.command("backup", room.folder / "kept.sqlite").returncode == 0
        assert os.listdir(room.seen_from_here) == ["kept.sqlite"]


def test_of_postgres_the_line_to_type_is_told_and_makes_a_backup(program, cluster, tmp_path):
    parts = urlsplit(cluster.database(f"backup_{os.urandom(5).hex()}"))
    service = Service(program, tmp_path / "service", parts.geturl() + "?sslmode=prefer")
    service.apply()
    target = tmp_path / "it's.dump"
    done = service.command("backup", target)
    assert done.returncode == 1 and not target.exists()
    assert parts.password not in done.stdout + done.stderr
    [line] = re.findall(r"^ +(\(umask 077; pg_dump .*\))$", done.stderr, re.MULTILINE)
    assert "?sslmode=prefer" in line
    [tools] = {str(each.parent) for each in Path("/usr/lib/postgresql").glob("*/bin/pg_dump")}
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PGPASSWORD": parts.password}
    subprocess.run(["sh", "-c", line], env=env, timeout=60, check=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    listed = subprocess.run([f"{tools}/pg_restore", "--list", target], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "TABLE DATA public preset_versions" in listed.stdout
