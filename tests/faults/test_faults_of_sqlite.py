"""SQLite's file locked, full, failing, read-only, removed, replaced and damaged under load: refused in time, nothing lost."""

import os
import shutil
import sqlite3
import time

import pytest
from broken import failing
from keepers import SqliteKeeper
from room import Room
from running import Service, eventually
from trials import LOCK_LASTS, Fault, trial


class Locked(Fault):
    """F32: another process holds the write lock."""

    name = "locked by another process"
    # Twice as many as there are connections: forms and health must get theirs all the same.
    starters = 16
    lasts = LOCK_LASTS

    def begin(self):
        self.other = sqlite3.connect(self.keeper.file, isolation_level=None)
        self.other.execute("PRAGMA busy_timeout = 5000")
        self.other.execute("BEGIN IMMEDIATE")

    def end(self):
        self.other.execute("ROLLBACK")
        self.other.close()


class NotSynced(Fault):
    """F27: what was written may be anywhere; it must not be acknowledged."""

    name = "not synced (EIO)"
    calls = "fdatasync,fsync"

    def begin(self):
        files = [self.keeper.file, f"{self.keeper.file}-wal"]
        self.broken = failing(self.calls, [self.service.process.pid], files, self.service.folder / "trace", threads=True)
        self.broken.__enter__()

    def end(self):
        self.broken.__exit__(None, None, None)


class NotWritten(NotSynced):
    name = "not written (EIO)"
    calls = "pwrite64"


class Removed(Fault):
    """F28: SQLite itself would go on writing to a file without a name, and acknowledge what nobody will ever find."""

    name = "file removed"

    def begin(self):
        os.rename(self.keeper.file, f"{self.keeper.file}.aside")

    def must_hold(self, everybody):
        assert not self.keeper.file.exists(), "it is never made anew"
        assert '"degraded"' in self.service.get("api/v1/health/ready")[1]
        assert "was removed while it was in use" in self.service.log.read_text()

    def end(self):
        os.rename(f"{self.keeper.file}.aside", self.keeper.file)


class Replaced(Removed):
    """F28: a copy put in its place under the running service."""

    name = "file replaced"

    def begin(self):
        shutil.copy(self.keeper.file, f"{self.keeper.file}.copy")
        super().begin()
        os.rename(f"{self.keeper.file}.copy", self.keeper.file)

    def must_hold(self, everybody):
        assert '"degraded"' in self.service.get("api/v1/health/ready")[1]
        assert "was replaced by another one" in self.service.log.read_text()


class Restarted(Fault):
    """What is met by a service that starts."""

    def restart(self, change):
        begun = time.monotonic()
        self.service.kill()
        change()
        self.service.start()
        eventually(self.shows_forms, 10, "it answers again")
        self.away.append((begun, time.monotonic()))

    def shows_forms(self):
        try:
            return self.service.form()[0] == 200
        except OSError:
            return False

    def begin(self):
        self.restart(self.spoil)

    def end(self):
        self.restart(self.mend)


class ReadOnly(Restarted):
    """F28: forms are shown, nothing is started, and it says so."""

    name = "file read-only at start"

    def spoil(self):
        self.keeper.file.chmod(0o400)

    def mend(self):
        self.keeper.file.chmod(0o600)

    def must_hold(self, everybody):
        assert "readonly database" in self.service.log.read_text()

    def end(self):
        # Mended under the running service: it needs no restart.
        self.mend()


class Damaged(Restarted):
    """F28: read-only and loud, and the file stays as it is."""

    name = "file damaged at start"

    def spoil(self):
        # A checkpoint, so that all there is stands in the one file; and a page of the newest decisions is spoilt.
        with sqlite3.connect(self.keeper.file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'decisions_by_person'").fetchall()
        connection.close()
        shutil.copy(self.keeper.file, f"{self.keeper.file}.good")
        with open(self.keeper.file, "r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xa5" * 512)
        self.spoilt = self.keeper.file.read_bytes()

    def mend(self):
        for more in ("-wal", "-shm"):
            self.keeper.file.with_name(self.keeper.file.name + more).unlink(missing_ok=True)
        os.rename(f"{self.keeper.file}.good", self.keeper.file)

    def must_hold(self, everybody):
        assert self.keeper.file.read_bytes() == self.spoilt, "it is left as it was found"
        assert "restore it from a backup" in self.service.log.read_text()


class Full(Fault):
    """F26: not a byte left for the log."""

    name = "disk full"
    some_fit = True

    def begin(self):
        self.keeper.room.fill()

    def end(self):
        self.keeper.room.clear()


FAULTS = [Locked, NotSynced, NotWritten, Removed, Replaced, ReadOnly, Damaged]


def bounded_by_modes():
    """Words before a program that, also as root, may do with a file what its mode says."""
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"] if os.geteuid() == 0 else []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_is_lost_and_it_recovers_by_itself_when_the_file_is(program, hub, tmp_path, ledger, fault):
    for number in ledger.to_do(fault.name, SqliteKeeper.name):
        keeper = SqliteKeeper(tmp_path / f"service-{number}")
        service = Service(program, tmp_path / f"service-{number}", keeper.url, inside=bounded_by_modes(), hub=hub.config(tmp_path))
        service.apply()
        trial(fault(service, keeper), ledger)


def test_nothing_is_lost_and_it_recovers_by_itself_when_the_disk_is_full(program, hub, tmp_path, ledger):
    for number in ledger.to_do(Full.name, SqliteKeeper.name):
        with Room(4) as room:
            keeper = SqliteKeeper(room.folder, inside=room.inside)
            keeper.room = room
            service = Service(program, tmp_path / f"service-{number}", keeper.url, inside=room.inside, hub=hub.config(tmp_path))
            service.apply()
            trial(Full(service, keeper), ledger)
