"""The two databases, each looked into by another program than the service: what was kept, and whether it is sound."""

import json
import random
import subprocess
import sys


# As a process of its own, because a file in a room of its own is not seen from here.
LOOK = """
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=10)
print(json.dumps(connection.execute(sys.argv[2]).fetchall()))
"""


class SqliteKeeper:
    """Looks into the file with the SQLite of another process."""

    name = "SQLite"
    may_be_killed = False

    def __init__(self, folder, inside=()):
        self.file, self.inside = folder / "presets.sqlite", list(inside)
        self.url = f"sqlite:{self.file}"

    def rows(self, statement):
        argv = [*self.inside, sys.executable, "-c", LOOK, str(self.file), statement]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return [tuple(row) for row in json.loads(done.stdout)]

    def decisions(self):
        return {row[0] for row in self.rows("SELECT id FROM decisions WHERE outcome = 'given'")}

    def selections(self):
        return self.rows("SELECT person, chosen_values FROM selections WHERE server_name = 'desk'")

    def saved(self):
        return self.rows("SELECT id, version, document FROM preset_versions WHERE id NOT IN ('numbered', 'anybody')")

    def preferred(self):
        return self.rows("SELECT person, version, document FROM preferences")

    def must_be_sound(self):
        assert self.rows("PRAGMA integrity_check") == [("ok",)]
        assert self.rows("PRAGMA foreign_key_check") == []


class PostgresKeeper:
    """Looks into the cluster by psql."""

    name = "PostgreSQL"
    may_be_killed = True

    def __init__(self, cluster, name=None, more=""):
        self.cluster = cluster
        self.url = cluster.database(name or f"kept_{random.getrandbits(48):012x}", more)

    def rows(self, statement):
        return self.cluster.psql(statement, self.url)

    def decisions(self):
        return {row[0] for row in self.rows("SELECT id FROM decisions WHERE outcome = 'given'")}

    def selections(self):
        return self.rows("SELECT person, chosen_values FROM selections WHERE server_name = 'desk'")

    def saved(self):
        return self.rows("SELECT id, version, document FROM preset_versions WHERE id NOT IN ('numbered', 'anybody')")

    def preferred(self):
        return self.rows("SELECT person, version, document FROM preferences")

    def must_be_sound(self):
        self.rows("CREATE EXTENSION IF NOT EXISTS amcheck")
        checked = self.rows(
            "SELECT count(bt_index_check(c.oid, true)::text) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON a.oid = c.relam "
            "WHERE n.nspname = 'public' AND a.amname = 'btree'"
        )
        assert int(checked[0][0]) >= 5
