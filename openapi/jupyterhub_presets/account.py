"""Whose account a start is for: a name that the hub gives to somebody else one day inherits nothing here."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Optional

from jupyterhub import orm
from sqlalchemy import func


class Accounts:
    """One per hub process. Asks for the oldest account at most once in `every` seconds, and never raises."""

    def __init__(self, every: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._clock = every, clock
        self._since: Optional[datetime] = None
        self._until = float("-inf")

    def told(self, spawner: Any) -> Optional[Dict[str, str]]:
        """When the hub made this account, and the oldest it has: in another database, everybody's account is new.

        None where the hub does not know; nothing is compared then.
        """
        try:
            made = spawner.user.orm_user.created
            if made is None:
                return None
            if self._clock() >= self._until:
                self._since = spawner.user.db.query(func.min(orm.User.created)).scalar()
                self._until = self._clock() + self._every
            return {"made_at": _instant(made), "hub_since": _instant(min(self._since or made, made))}
        except Exception:
            spawner.log.warning("Cannot see when the account of %s was made", spawner._log_name, exc_info=True)
            return None


def _instant(when: datetime) -> str:
    """In RFC 3339. The hub keeps UTC, and most databases no zone with it."""
    utc = when if when.tzinfo is None else when.astimezone(timezone.utc).replace(tzinfo=None)
    return utc.isoformat() + "Z"
