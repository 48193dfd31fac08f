"""PostgreSQL frozen, killed, cut off, demoted, locked, full and failing to sync, under load: refused in time, nothing lost."""

import os
import signal
import subprocess
import threading
import time

import pytest
from broken import failing
from cluster import Cluster, Standby
from keepers import PostgresKeeper
from room import Room
from running import REPOSITORY, Service, eventually, is_alive
from trials import LOCK_LASTS, Fault, trial


def children(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in listed.stdout.split()]


class Frozen(Fault):
    """F30: connections stay open, new ones are accepted by the kernel, nothing answers."""

    name = "frozen"

    def begin(self):
        self.family = [self.keeper.cluster.pid, *children(self.keeper.cluster.pid)]
        for pid in self.family:
            os.kill(pid, signal.SIGSTOP)

    def end(self):
        for pid in self.family:
            if is_alive(pid):
                os.kill(pid, signal.SIGCONT)


class Killed(Fault):
    name = "killed (all processes)"

    def begin(self):
        self.keeper.cluster.kill()

    def end(self):
        self.keeper.cluster.restart()


class Terminated(Fault):
    """F29: every connection of the service is cut, again and again."""

    name = "connections terminated"
    refuses = False

    def begin(self):
        self.over = threading.Event()
        self.cutting = threading.Thread(target=self._cut, daemon=True)
        self.cutting.start()

    def _cut(self):
        while not self.over.wait(0.3):
            self.keeper.cluster.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{self.keeper.url.rsplit('/', 1)[1]}' AND application_name = 'jupyterhub-presets'"
            )

    def end(self):
        self.over.set()
        self.cutting.join(10)


class Demoted(Fault):
    """F31: it answers, and takes no writes any more: 25006."""

    name = "demoted to read-only"

    def _set(self, read_only):
        name = self.keeper.url.rsplit("/", 1)[1]
        self.keeper.cluster.psql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {read_only}')
        self.keeper.cluster.psql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )

    def begin(self):
        self._set("on")

    def end(self):
        self._set("off")


class DemotedInFlight(Fault):
    """F31: as before, and the connections of before stay."""

    name = "demoted, connections stay"

    def _set(self, read_only):
        self.keeper.cluster.psql(f"ALTER SYSTEM SET default_transaction_read_only = {read_only}")
        self.keeper.cluster.psql("SELECT pg_reload_conf()")

    def begin(self):
        self._set("on")

    def end(self):
        self._set("off")


class Locked(Fault):
    """F32: another session holds what every start needs."""

    name = "locked by another session"
    # Twice as many as there are connections: forms and health must get theirs all the same.
    starters = 16
    lasts = LOCK_LASTS

    def begin(self):
        self.holder = self.keeper.cluster.session(self.keeper.url)
        self.holder.tell("BEGIN; LOCK TABLE decisions, selections IN ACCESS EXCLUSIVE MODE; SELECT 'held';", "held")

    def end(self):
        self.holder.close()


class NotSynced(Fault):
    """F27: a log that cannot be synced makes PostgreSQL panic and recover, twice in a row."""

    name = "log not synced (EIO)"
    calls = "fdatasync"
    refuses = False

    def begin(self):
        for _ in range(2):
            before = self.keeper.cluster.panics()
            # Only those that live: what PostgreSQL starts afterwards finds its disk in order.
            with failing(self.calls, children(self.keeper.cluster.pid), "/pg_wal/", self.service.folder / "trace"):
                eventually(lambda: self.keeper.cluster.panics() > before, 20, "PostgreSQL panics")
            eventually(self._answers, 30, "PostgreSQL has recovered", every=0.1)

    def _answers(self):
        try:
            return self.keeper.cluster.psql("SELECT 1", self.keeper.url)
        except AssertionError:
            return False


class NotWritten(NotSynced):
    """F27: as before, and the write itself fails."""

    name = "log not written (EIO)"
    calls = "pwrite64"


class Full(Fault):
    """F26: no room for the tables."""

    name = "disk full"
    some_fit = True

    def begin(self):
        self.keeper.room.fill()

    def end(self):
        self.keeper.room.clear()


class FailedOver(Fault):
    """F31: the primary dies, its synchronous standby takes over; the service knows both by its URL."""

    name = "failed over to a standby"

    def begin(self):
        self.keeper.cluster.kill()

    def end(self):
        standby = self.keeper.standby
        standby.promote()
        self.keeper.url = standby.url(self.keeper.url.rsplit("/", 1)[1])


FAULTS = [Frozen, Killed, Terminated, Demoted, DemotedInFlight, Locked, NotSynced, NotWritten]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_is_lost_and_it_recovers_by_itself_when_postgres_is(program, cluster, hub, tmp_path, ledger, fault):
    for number in ledger.to_do(fault.name, PostgresKeeper.name):
        keeper = PostgresKeeper(cluster)
        service = Service(program, tmp_path / f"service-{number}", keeper.url, hub=hub.config(tmp_path))
        service.apply()
        trial(fault(service, keeper), ledger)


def test_nothing_is_lost_and_it_recovers_by_itself_when_the_disk_of_postgres_is_full(program, lab, hub, tmp_path, ledger):
    # Room for one database (8 MB) and a little more; the log stands elsewhere.
    with Room(14, owner="postgres") as room:
        cluster = Cluster(lab, REPOSITORY, tmp_path / "lab.log", inside=room.inside)
        try:
            cluster.psql(f"CREATE TABLESPACE small LOCATION '{room.folder}'")
            for number in ledger.to_do(Full.name, PostgresKeeper.name):
                keeper = PostgresKeeper(cluster, more="TABLESPACE small")
                keeper.room = room
                service = Service(program, tmp_path / f"service-{number}", keeper.url, hub=hub.config(tmp_path))
                service.apply()
                try:
                    trial(Full(service, keeper), ledger)
                finally:
                    cluster.psql(f'DROP DATABASE "{keeper.url.rsplit("/", 1)[1]}" WITH (FORCE)')
        finally:
            cluster.close()


def test_nothing_is_lost_and_it_recovers_by_itself_when_postgres_fails_over(program, lab, hub, tmp_path, ledger):
    for number in ledger.to_do(FailedOver.name, PostgresKeeper.name):
        cluster = Cluster(lab, REPOSITORY, tmp_path / f"lab-{number}.log")
        keeper = PostgresKeeper(cluster)
        keeper.standby = Standby(cluster, f"{tmp_path}/standby-{number}.log")
        service = Service(program, tmp_path / f"service-{number}", keeper.standby.url_of_both(keeper.url), hub=hub.config(tmp_path))
        try:
            service.apply()
            trial(FailedOver(service, keeper), ledger)
        finally:
            keeper.standby.close()
            cluster.close()
