"""Fixtures of the plugin's tests: real users with real database rows, without a hub process."""

import asyncio
import inspect
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "openapi"))

from jupyterhub import orm  # noqa: E402
from jupyterhub.objects import Hub  # noqa: E402
from jupyterhub.user import User  # noqa: E402
from starting import Recording  # noqa: E402
from surroundings import Peer  # noqa: E402
from traitlets.config import Config  # noqa: E402


def pytest_pyfunc_call(pyfuncitem):
    """Runs a coroutine test in a loop of its own, without a plugin for it."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True)
def nothing_started():
    Recording.started, Recording.fails = [], None


@pytest.fixture
def peer():
    return Peer()


@pytest.fixture
def hub():
    """A real database in memory, and a function that makes users with spawners of a configuration."""
    session = orm.new_session_factory("sqlite:///:memory:")()
    session.add(orm.Role(name="server", scopes=[]))
    session.commit()
    orm_hub = Hub(ip="127.0.0.1", port=8081, base_url="/hub/")
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
