"""Stands in for a running server whose backend the hub's configuration no longer names."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional

from jupyterhub.spawner import Spawner
from traitlets import Dict as DictTrait

from .refusal import StartFailed


class LostServer(Spawner):
    """Keeps such a server from being taken for stopped: it runs for as long as its address answers.

    It cannot be stopped from here, because only its backend knew how; putting the backend back into the hub's
    configuration (`"retired": True` keeps it from starting anything new) and restarting the hub brings it back.
    """

    stored = DictTrait(help="The state as it was found, given back unchanged.")

    @classmethod
    def of(cls, wrapper: Any, state: Dict[str, Any]) -> "LostServer":
        """The stand-in for the server of `wrapper`, and the line in the log that says what to do."""
        wrapper.log.error(
            "%s's server runs on a backend that is not in the hub's configuration any more. Put it back, with "
            '"retired": True, until its servers have stopped. Stored: %s',
            wrapper._log_name,
            state,
        )
        lost = cls(
            user=wrapper.user,
            orm_spawner=wrapper.orm_spawner,
            hub=wrapper.hub,
            _deprecated_db_session=wrapper._deprecated_db_session,
        )
        lost.load_state(state)
        return lost

    def load_state(self, state: Dict[str, Any]) -> None:
        super().load_state(state)
        self.stored = state

    def get_state(self) -> Dict[str, Any]:
        return {**super().get_state(), **self.stored}

    async def start(self) -> Any:
        raise StartFailed("This server cannot be started. Choose another preset.")

    async def poll(self) -> Optional[int]:
        server = self.server
        if server is None or not server.port:
            return 0
        try:
            opened = asyncio.open_connection(server.ip or "127.0.0.1", server.port)
            _, writer = await asyncio.wait_for(opened, 2)
        except (OSError, asyncio.TimeoutError):
            return 0
        writer.close()
        return None

    async def stop(self, now: bool = False) -> None:
        if await self.poll() is not None:
            return
        self.log.error(
            "%s's server cannot be stopped: its backend is no longer in the hub's configuration. It was stored as %s",
            self._log_name,
            self.stored,
        )
        raise StartFailed(
            "This server cannot be stopped from here, because the site removed the system it runs on. "
            "Tell the people who run this hub."
        )
