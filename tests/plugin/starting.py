"""A child class that records its starts, and what the hub does around a start."""

from jupyterhub.spawner import SimpleLocalProcessSpawner
from surroundings import configured

FALLBACK = {"title": "Standard server", "backend": "local", "traits": {"mem_limit": 1024}}


class Recording(SimpleLocalProcessSpawner):
    """Records its starts instead of making processes; `fails` is raised by the next one."""

    started = []
    fails = None

    async def start(self):
        if Recording.fails:
            raise Recording.fails
        Recording.started.append((self.mem_limit, dict(self.environment), self.user_options))
        self.pid = 4711
        return "127.0.0.1", 1234

    async def poll(self):
        return None if self.pid else 0

    async def stop(self, now=False):
        self.pid = 0

    async def progress(self):
        yield {"progress": 50, "message": "node1 boots"}


def spawner_of(hub, url, c=None, **changes):
    backends = {"local": {"class": Recording, "traits": ["mem_limit", "cpu_limit"]}}
    changes = {"backends": backends, "timeout": 0.5, "contact": "hpc@example.org", **changes}
    c, _ = configured(c, url=url, **changes)
    return hub.user(config=c, groups=["physics", "hpc"]).spawner


async def start(spawner, options):
    """What the hub does with options: store, hand over, apply, start."""
    spawner.orm_spawner.user_options = spawner.user_options = options
    spawner.clear_state()
    spawner.api_token = "token"
    await spawner._run_apply_user_options(spawner.user_options)
    return await spawner.start()
