"""Surroundings of the plugin: a configuration, a whole answer of the service, and a server that misbehaves."""

import inspect
import json

from jupyterhub_presets import configure
from tornado import httpserver, netutil, web
from traitlets.config import Config

SECRET = "0123456789abcdef0123456789abcdef"
LOCAL = {"local": {"class": "jupyterhub.spawner.SimpleLocalProcessSpawner", "traits": ["mem_limit", "cpu_limit"]}}


def configured(c=None, **changes):
    """A configuration with presets, and the settings made for it. `...` leaves an argument out."""
    c = Config() if c is None else c
    given = {"url": "http://127.0.0.1:8889", "command": ["serve"], "backends": LOCAL, **changes}
    settings = configure(c, **{key: value for key, value in given.items() if value is not ...})
    return c, settings


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
