"""Narrows batchspawner's port API to what its jobs need: one port number, while that server is starting.

Taken as it comes, the API accepts more than a port. The guard replaces its `post` and nothing else.
"""

from __future__ import annotations

import hmac
import importlib
import importlib.util
import json
import re
from typing import Any

from tornado import web
from traitlets.log import get_logger

_PATH = "/api/batchspawner"


def guard_batch_port() -> int:
    """Imports batchspawner where it is installed, and guards its API. Answers how many handlers it guarded.

    The import is needed in any case: a batchspawner class that is imported only when the first server starts
    registers its API too late, and each job then waits for its port until the start times out.
    """
    if importlib.util.find_spec("batchspawner") is None:
        return 0
    try:
        importlib.import_module("batchspawner")
    except ImportError as error:
        get_logger().warning("batchspawner is installed but cannot be imported: %s", error)
        return 0
    from jupyterhub.apihandlers import default_handlers

    guarded = 0
    for route in default_handlers:
        path, handler = route[0], route[1]
        if isinstance(path, str) and path.rstrip("/$") == _PATH:
            handler.post = post_port
            guarded += 1
    if not guarded:
        get_logger().warning("batchspawner registers no handler at %s: there is nothing to guard", _PATH)
    return guarded


@web.authenticated
def post_port(handler: Any) -> None:
    """`POST {"port": N}` by a server that is starting, with that server's own token. 403 and 400 otherwise."""
    user = handler.current_user
    token = handler.get_auth_token() or ""
    spawner = _owner_of(token, getattr(user, "spawners", None) or {})
    if spawner is None:
        raise web.HTTPError(403, "Only a starting server may report its port, with its own token")
    if not spawner._spawn_pending:
        raise web.HTTPError(403, "This server is not starting")
    spawner_port = _port_in(handler.get_json_body())
    accept = getattr(spawner, "accept_port", None)
    if callable(accept):
        accept(spawner_port)
    else:
        spawner.port = spawner_port
    handler.set_status(201)
    handler.finish(json.dumps({"message": "BatchSpawner data configured"}))


def _owner_of(token: str, spawners: Any) -> Any:
    for spawner in spawners.values():
        own = getattr(spawner, "api_token", "")
        if token and own and hmac.compare_digest(own.encode(), token.encode()):
            return spawner
    return None


def _port_in(body: Any) -> int:
    port = body.get("port") if isinstance(body, dict) and set(body) == {"port"} else None
    if isinstance(port, str) and re.fullmatch("[0-9]{1,5}", port):
        port = int(port)
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:
        raise web.HTTPError(400, 'The body must be {"port": N} with N between 1 and 65535, and nothing else')
    return port
