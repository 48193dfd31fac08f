"""A PostgreSQL cluster of the lab that may be killed, and psql as the process that looks into it."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from running import WITH_US, eventually, free_port


class Cluster:
    """`lab postgres`: ended when this object is closed, and by the kernel if we are gone before."""

    def __init__(self, lab, repository, log, inside=()):
        """`inside`: the words of a program that runs others, as those of a room of their own."""
        self._log = open(log, "ab")
        self._lab = subprocess.Popen(
            [*inside, lab, "postgres"], cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        facts = self._answer()
        self.url, self.pid = facts["url"], facts["pid"]
        self.log = Path(facts["state_dir"]) / "logs" / "postgres.log"

    def kill(self):
        """`kill -9` of every process of the cluster."""
        self._tell("kill postgres")

    def restart(self):
        self.pid = self._tell("start postgres")["pid"]

    def database(self, name, more=""):
        """The URL of a new database."""
        self.psql(f'CREATE DATABASE "{name}" {more}')
        return self.url.rsplit("/", 1)[0] + "/" + name

    def psql(self, statement, url=None):
        """The rows of a statement, each a list of texts."""
        return rows(url or self.url, statement)

    def panics(self):
        """How often it has panicked so far."""
        return self.log.read_text(errors="replace").count("PANIC:")

    def session(self, url):
        """A session of its own, that stays."""
        return Session(url)

    def close(self):
        # Its data go away with it: a checkpoint of every file would only take time.
        self.kill()
        self._lab.stdin.close()
        self._lab.wait(30)
        self._lab.stdout.close()
        self._log.close()

    def _tell(self, line):
        self._lab.stdin.write(line + "\n")
        self._lab.stdin.flush()
        answer = self._answer()
        assert answer["ok"], answer
        return answer

    def _answer(self):
        line = self._lab.stdout.readline()
        assert line, f"the lab ended; its words are in {self._log.name}"
        return json.loads(line)


class Standby:
    """A copy of a cluster that follows it and has every commit before it is acknowledged; it can take over."""

    def __init__(self, primary, log):
        [bin_folder] = {each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
        # PostgreSQL does not run as root, and its account cannot enter a test's folder.
        self._folder = Path(tempfile.mkdtemp(prefix="presets-standby-"))
        self._as_owner = []
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
            self._as_owner = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "--", *WITH_US]
        self._parts, self.port = urlsplit(primary.url), free_port()
        data = self._folder / "data"
        copy = [bin_folder / "pg_basebackup", "-h", "127.0.0.1", "-p", str(self._parts.port), "-U", self._parts.username]
        self._log = open(log, "wb")
        subprocess.run(
            [*self._as_owner, *copy, "-D", data, "-R", "-c", "fast", "-X", "stream"], cwd=self._folder, check=True, timeout=60,
            env={**os.environ, "PGPASSWORD": self._parts.password}, stdout=self._log, stderr=self._log,
        )
        # A standby may not have fewer than its primary.
        settings = ["-c", "max_connections=200", "-c", f"port={self.port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}"]
        self._postgres = subprocess.Popen(
            [*self._as_owner, bin_folder / "postgres", "-D", data, *settings], cwd=self._folder, stdout=self._log, stderr=self._log
        )
        primary.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.psql("SELECT pg_reload_conf()")
        in_step = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        eventually(lambda: primary.psql(in_step), 30, f"the standby follows in step ({log})", every=0.1)

    def url(self, database):
        who = f"{self._parts.username}:{self._parts.password}"
        return f"postgres://{who}@127.0.0.1:{self.port}/{database}"

    def url_of_both(self, url):
        """As an administrator writes it who wants whichever of the two takes writes."""
        parts = urlsplit(url)
        return url.replace(f":{parts.port}/", f":{parts.port},127.0.0.1:{self.port}/") + "?target_session_attrs=read-write"

    def promote(self):
        argv, env = psql(self.url("postgres"))
        subprocess.run([*argv, "-c", "SELECT pg_promote()"], env=env, check=True, timeout=60, stdout=self._log, stderr=self._log)

    def close(self):
        self._postgres.send_signal(signal.SIGQUIT)
        self._postgres.wait(20)
        self._log.close()
        shutil.rmtree(self._folder)


class Session:
    """One psql that was told something and stays."""

    def __init__(self, url):
        argv, env = psql(url)
        self._psql = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, statements, until):
        """Sends statements and reads up to the line `until`."""
        self._psql.stdin.write(statements + "\n")
        self._psql.stdin.flush()
        while (line := self._psql.stdout.readline().strip()) != until:
            assert self._psql.poll() is None, line

    def close(self):
        self._psql.stdin.close()
        self._psql.wait(10)
        self._psql.stdout.close()


def rows(url, statement):
    argv, env = psql(url)
    done = subprocess.run([*argv, "-c", statement], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines() if line]


def psql(url):
    """The words and the environment of a psql at `url`; a demoted database is one to change settings in."""
    parts = urlsplit(url)
    argv = ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", parts.hostname, "-p", str(parts.port)]
    argv += ["-U", parts.username, "-d", parts.path[1:]]
    return argv, {**os.environ, "PGPASSWORD": parts.password, "PGOPTIONS": "-c default_transaction_read_only=off"}
