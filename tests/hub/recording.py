"""A spawner that writes down what it was made with before it starts anything: the witness of the tests."""

import json
import os

from jupyterhub.spawner import SimpleLocalProcessSpawner

WRITTEN = ("mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee", "cmd", "args", "notebook_dir", "default_url")
TIMES = ("start_timeout", "http_timeout", "poll_interval")
MORE = ("env_keep", "user_options", "interrupt_timeout")


class RecordingSpawner(SimpleLocalProcessSpawner):
    """Appends one line of JSON to the file that RECORD_FILE names, and then starts a real process."""

    async def start(self):
        entry = {
            "user": self.user.name,
            "server": self.name,
            "traits": {name: getattr(self, name) for name in (*WRITTEN, *TIMES, *MORE)},
            "environment": dict(self.environment),
            "env": self.get_env(),
            "class": type(self).__name__,
        }
        # One write of one line: a reader never sees half of it.
        line = (json.dumps(entry, default=str) + "\n").encode()
        file = os.open(os.environ["RECORD_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
        return await super().start()
