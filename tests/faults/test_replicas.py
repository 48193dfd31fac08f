"""Several processes on one database: they migrate in turns, see each other's changes, and are replaced one by one."""

import os
import random
import threading
import time

import pytest
from everybody import Everybody, lost
from keepers import PostgresKeeper, SqliteKeeper
from running import SITE, Service, eventually

MIGRATIONS = int(os.environ.get("PRESETS_MIGRATIONS", "2"))
RESTARTS = int(os.environ.get("PRESETS_TRIALS", "1"))
SEEN_IN = 1.0


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    """Makes a new database to look into."""
    if request.param == "sqlite":
        return SqliteKeeper
    cluster = request.getfixturevalue("cluster")
    return lambda _: PostgresKeeper(cluster)


def one_of_each(keeper):
    """Migrations that were applied, each one once."""
    applied = keeper.rows("SELECT version FROM __diesel_schema_migrations")
    assert len(applied) == len(set(map(tuple, applied))) > 0
    return sorted(version for version, *_ in applied)


def test_eight_replicas_migrate_at_once_and_one_of_them_is_killed_in_the_middle(program, database, tmp_path, ledger):
    """F33: one schema, whoever was killed; the others wait their turn and are ready."""
    name = "8 replicas migrate, one killed"
    kind = database(tmp_path / "any").name
    for number in ledger.to_do(name, kind, MIGRATIONS):
        keeper = database(tmp_path / f"{number}")
        replicas = [Service(program, tmp_path / f"{number}" / f"replica-{n}", keeper.url) for n in range(8)]
        outcome = {"as_required": False}
        try:
            begun = time.monotonic()
            for replica in replicas:
                replica.start()
            # Somewhere between the first one's exec and the last one's last statement.
            time.sleep(random.uniform(0.0, 0.12))
            killed = replicas.pop(random.randrange(8))
            killed.kill()
            for replica in replicas:
                # Without a site there is nothing to serve yet: prepared is what counts.
                eventually(lambda replica=replica: health(replica) == "answering", 30, f"it is prepared ({replica.log})", every=0.02)
            outcome["recovery"] = time.monotonic() - begun
            applied = one_of_each(keeper)
            assert applied == sorted(os.listdir_versions) if hasattr(os, "listdir_versions") else applied
            replicas[0].apply()
            for replica in replicas:
                eventually(lambda replica=replica: replica.resolve({"preset": "anybody"})[0] == 200, 10, "it gives a start")
            keeper.must_be_sound()
            outcome["as_required"] = True
        finally:
            for replica in [*replicas, killed]:
                replica.kill()
            ledger.note(name, kind, **outcome)
