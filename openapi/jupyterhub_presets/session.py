"""The service's API for programs: sends the calls of `calls` with a hub token, over the standard library.

    session = Session("https://hub.example.org/services/presets/", token)
    for preset in session.send(calls.list_presets())["items"]: ...
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, Dict, Optional, TypeVar, cast
from urllib.parse import urlencode

from .calls import Call, Problem

Answer = TypeVar("Answer")


class Refusal(Exception):
    """The service answered with a problem: `status`, its `type` and `detail`, and all of it as `problem`."""

    def __init__(self, status: int, problem: Dict[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or f"answered {status}")
        self.status = status
        self.type = str(problem.get("type", ""))
        self.problem = cast(Problem, problem)


class Session:
    """One service and one token. Blocking; `timeout` is in seconds, for each wait on the network."""

    def __init__(self, url: str, token: str, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._token = token

    def send(self, call: Call[Answer]) -> Answer:
        """What the service answers to `call`; `Refusal` for a problem, `OSError` where it does not answer."""
        url = self.url + call.path + ("?" + urlencode(call.query, doseq=True) if call.query else "")
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self._token}", **call.headers}
        body: Optional[bytes] = None
        if call.body is not None:
            body = json.dumps(call.body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data=body, headers=headers, method=call.method)
        try:
            with _OPENER.open(request, timeout=self.timeout) as response:
                return cast(Answer, _read(response.read()))
        except urllib.error.HTTPError as error:
            problem = _read(error.read())
            raise Refusal(error.code, problem if isinstance(problem, dict) else {}) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:  # the token is for this address only
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
