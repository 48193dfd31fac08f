"""Hub configuration for the contract's tests: a child class with settings of its own, and starts that go wrong."""

import asyncio
import sys
from pathlib import Path

from recording import RecordingSpawner

c = get_config()  # noqa: F821
load_subconfig(str(Path(sys.modules["recording"].__file__).with_name("quick_config.py")))  # noqa: F821

# Settings of the child's class, each of which the stock wrapper overwrites.
c.RecordingSpawner.args = ["--of-the-class"]
c.RecordingSpawner.default_url = "/of-the-class"
c.RecordingSpawner.environment = {"OF_THE_CLASS": "1"}
c.RecordingSpawner.start_timeout = 10
c.RecordingSpawner.http_timeout = 10

c.Spawner.group_overrides = {
    "big": {
        "groups": ["big"],
        "spawner_override": {
            "default_url": "/of-the-group",
            # Only the child has this one.
            "interrupt_timeout": 4,
            "environment": {"OF_THE_GROUP": "1"},
            # What a preset decides is not a group override's to change.
            "mem_limit": "1T",
        },
    }
}

_start = RecordingSpawner.start


async def _start_by_job_name(self):
    name = self.environment.get("PRESETS_JOB_NAME")
    if name == "hang":
        await asyncio.sleep(3600)
    if name == "break":
        raise RuntimeError("line 4711 of the site's secrets")
    return await _start(self)


RecordingSpawner.start = _start_by_job_name
