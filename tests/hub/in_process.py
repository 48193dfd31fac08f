"""A person's spawner without a hub process: the real plugin in this process, and the lab's real service behind it."""

import asyncio

from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from jupyterhub_presets import NotStarted, configure
from traitlets.config import Config


class Workbench:
    """Spawners as the hub makes them, with `backends` of a test's own, asked one after the other."""

    def __init__(self, lab, backends):
        self._loop = asyncio.new_event_loop()
        self._session = orm.new_session_factory("sqlite:///:memory:")()
        self._session.add(orm.Role(name="server", scopes=[]))
        self._row = orm.User(name="alice")
        self._session.add(self._row)
        self._session.commit()
        config = Config()
        configure(
            config, url=lab.service_url, prefix=lab.service_prefix, secret=lab.hub_secret, managed=False,
            backends=backends, timeout=10,
        )  # fmt: skip
        hub = Hub(ip="127.0.0.1", port=8081, base_url="/hub/")
        self._settings = {
            "hub": hub, "config": config, "spawner_class": config.JupyterHub.spawner_class, "base_url": "/",
            "cookie_options": {},
        }  # fmt: skip

    def close(self):
        self._session.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left))
        self._loop.close()

    def run(self, awaitable):
        return self._loop.run_until_complete(awaitable)

    def child(self, options):
        """The child that these options start, as it is just before its start; or the refusal."""
        spawner = User(self._row, self._settings, db=self._session).spawner
        spawner.orm_spawner.user_options = spawner.user_options = options
        spawner.clear_state()
        spawner.api_token = "token"
        try:
            self.run(spawner._run_apply_user_options(options))
        except NotStarted as refusal:
            return refusal
        return spawner._prepare_child()
