"""Fixtures of the plugin's tests: a real user with a real database row, and a real server that misbehaves."""

import asyncio
import inspect
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "openapi"))

from jupyterhub import orm  # noqa: E402
from jupyterhub.objects import Hub  # noqa: E402
from jupyterhub.user import User  # noqa: E402
from tornado import httpserver, netutil, web  # noqa: E402
from traitlets.config import Config  # noqa: E402

SECRET = "0123456789abcdef0123456789abcdef"


def pytest_pyfunc_call(pyfuncitem):
    """Runs a coroutine test in a loop of its own, without a plugin for it."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


class Peer:
    """A service on a real socket that answers as a test tells it: `peer.answers[path]` is a function or a value."""

    def __init__(self):
        self.asked = []
        self.answers = {}
        self._server = None

    async def __aenter__(self):
        peer = self

        class Handler(web.RequestHandler):
            async def post(self, path):
                peer.asked.append((path, dict(self.request.headers), json.loads(self.request.body)))
                answer = peer.answers.get(path, (404, {"detail": "not here"}))
                if callable(answer):
                    answer = answer(self)
                    if inspect.isawaitable(answer):
                        answer = await answer
                if answer is not None:
                    status, body = answer
                    self.set_status(status)
                    self.write(body if isinstance(body, (dict, str, bytes)) else json.dumps(body))

        [socket] = netutil.bind_sockets(0, "127.0.0.1")
        self._server = httpserver.HTTPServer(web.Application([(r"/services/presets/api/v1/(.*)", Handler)]))
        self._server.add_sockets([socket])
        self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        self.base = self.url + "/services/presets/"
        return self

    async def __aexit__(self, *_):
        self._server.stop()
        await self._server.close_all_connections()


@pytest.fixture
def peer():
    return Peer()


def resolution(**changes):
    """A whole answer of hub/resolve."""
    return {
        "protocol": 1,
        "decision": "5a1f",
        "preset": {"id": "pytorch", "title": "PyTorch on 1 GPU", "version": 3},
        "backend": "local",
        "traits": {"mem_limit": 4096},
        "environment": {"PRESETS_CORES": "4"},
        "options": {"preset": "pytorch", "values": {"walltime": "4h"}},
        "message": None,
        **changes,
    }


@pytest.fixture
def hub():
    """A real database in memory, and a function that makes users with spawners of a configuration."""
    session = orm.new_session_factory("sqlite:///:memory:")()
    session.add(orm.Role(name="server", scopes=[]))
    session.commit()
    orm_hub = Hub(ip="127.0.0.1", port=8081, base_url="/hub/", cookie_name="x")
    users = {}

    def user(name="alice", config=None, spawner_class=None, groups=()):
        from jupyterhub_presets import PresetsSpawner

        row = orm.User.find(session, name)
        if row is None:
            row = orm.User(name=name)
            session.add(row)
            for group in groups:
                row.groups.append(orm.Group(name=group))
            session.commit()
        settings = {
            "hub": orm_hub,
            "config": config if config is not None else Config(),
            "spawner_class": spawner_class or PresetsSpawner,
            "base_url": "/",
            "cookie_options": {},
        }
        users[name] = User(row, settings, db=session)
        return users[name]

    return SimpleNamespace(user=user, session=session)
