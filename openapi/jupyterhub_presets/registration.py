"""How the hub is set up for the service, as its database has it: told with the forms, shown to administrators."""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Iterable, List, Optional

from jupyterhub import orm
from jupyterhub.scopes import expand_scopes

HEADER = "X-Presets-Registration"
"""The header of a call that carries it. A service that does not know it ignores it."""

_ADMIN = "custom:presets:admin"
_MOST = 8192  # characters: a header has to fit beside others


class Registration:
    """One per hub process. Looks at most once in `every` seconds, and never raises."""

    def __init__(self, every: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._clock = every, clock
        self._told: Optional[str] = None
        self._until = float("-inf")

    def told(self, spawner: Any, service: str) -> Optional[str]:
        """What the service should know, as JSON for a header; None where it cannot be seen."""
        if self._clock() >= self._until:
            self._until = self._clock() + self._every
            try:
                self._told = look(spawner.user.db, service)
            except Exception:
                # Nobody's form waits for this: at worst an administrator learns less.
                spawner.log.warning("Cannot see how the hub is set up for %s", service, exc_info=True)
                self._told = None
        return self._told


def look(db: Any, service: str) -> Optional[str]:
    """Reads roles and the service's OAuth client. Of scopes only those that decide something here."""
    row = orm.Service.find(db, service)
    client = getattr(row, "oauth_client", None)
    user = orm.Role.find(db, "user")
    roles = db.query(orm.Role).all()
    told = json.dumps(
        {
            "allowed_scopes": _ours(client.allowed_scopes if client else []),
            "user_scopes": _ours(user.scopes if user else []),
            "administered": any(_ADMIN in _ours(role.scopes) and _given(role) for role in roles),
        }
    )
    return told if len(told) <= _MOST else None


def _ours(scopes: Optional[Iterable[str]]) -> List[str]:
    """Those about presets, with all that they include, and those about access, also where misspelt."""
    ours = set()
    for scope in scopes or ():
        if scope.startswith("access:service"):
            ours.add(scope)
        elif scope.startswith("custom:presets:"):
            try:
                ours |= expand_scopes({scope})
            except KeyError:  # the hub does not know it, and so nobody has it
                continue
    return sorted(ours)


def _given(role: Any) -> bool:
    return bool(role.users or role.groups or role.services)
