"""A PostgreSQL cluster of the lab that may be killed, and psql as the process that looks into it."""

import json
import os
import subprocess
from urllib.parse import urlsplit


class Cluster:
    """`lab postgres`: ended when this object is closed, and by the kernel if we are gone before."""

    def __init__(self, lab, repository, log):
        self._log = open(log, "ab")
        self._lab = subprocess.Popen(
            [lab, "postgres"], cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        facts = self._answer()
        self.url, self.pid = facts["url"], facts["pid"]

    def kill(self):
        """`kill -9` of every process of the cluster."""
        self._tell("kill postgres")

    def restart(self):
        self.pid = self._tell("start postgres")["pid"]

    def database(self, name):
        """The URL of a new database."""
        self.psql(f'CREATE DATABASE "{name}"')
        return self.url.rsplit("/", 1)[0] + "/" + name

    def psql(self, statement, url=None):
        """The rows of a statement, each a list of texts."""
        parts = urlsplit(url or self.url)
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", parts.hostname, "-p", str(parts.port),
             "-U", parts.username, "-d", parts.path[1:], "-c", statement],
            env={**os.environ, "PGPASSWORD": parts.password}, capture_output=True, text=True, timeout=60, check=False,
        )
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines() if line]

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
