"""Asks the service: one JSON POST with a wall-clock deadline, a breaker, and only two ways to fail."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import ssl
import time
from typing import Any, Callable, Dict, Optional, Union, cast

from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from . import calls
from .refusal import Refused, ServiceDown, Unsendable, plain
from .registration import HEADER
from .version import PROTOCOL

MOST_ANSWER = 1024 * 1024
"""Bytes of an answer that are read at most."""

MOST_QUESTION = 64 * 1024
"""Characters of a request that are sent at most: options are a few fields, whatever the REST API lets in."""

_NOT_REACHED = {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL}


class Breaker:
    """After `limit` failures in a row nobody waits for `rest` seconds; then one caller tries for all."""

    def __init__(self, limit: int = 5, rest: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self.rest, self._clock = limit, rest, clock
        self._failures = 0
        self._quiet_until = 0.0

    def admit(self) -> None:
        """Raises `ServiceDown` at once while the breaker is open."""
        if self._failures < self.limit:
            return
        if self._clock() < self._quiet_until:
            raise ServiceDown(f"{self._failures} failures in a row, not trying again yet")
        self._quiet_until = self._clock() + self.rest

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self.limit:
            self._quiet_until = self._clock() + self.rest


class Client:
    """One per hub process. Never raises anything but `ServiceDown` and `Refused` (and cancellation)."""

    def __init__(
        self,
        secret: str,
        timeout: float = 2.0,
        tls: Union[None, ssl.SSLContext, Callable[[], Optional[ssl.SSLContext]]] = None,
        breaker: Optional[Breaker] = None,
    ) -> None:
        self._secret = secret
        self._tls = tls
        self.timeout = timeout
        self.breaker = breaker or Breaker()
        self._http: Optional[SimpleAsyncHTTPClient] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    async def form(self, base: str, question: Dict[str, Any], registration: Optional[str] = None) -> str:
        """The HTML fragment for a person. `base` is the service's address with its prefix."""
        asked = cast(calls.FormRequest, {"protocol": PROTOCOL, **question})
        html = (await self._ask(base, calls.form(asked), registration)).get("html")
        if not isinstance(html, str) or not html.strip():
            raise ServiceDown("the form came without HTML")
        return html

    async def resolve(self, base: str, question: Dict[str, Any]) -> Dict[str, Any]:
        """The service's resolution of a person's options, as it came; `Resolution` checks what is in it."""
        asked = cast(calls.ResolveRequest, {"protocol": PROTOCOL, **question})
        return await self._ask(base, calls.resolve(asked))

    async def _ask(self, base: str, call: calls.Call[Any], registration: Optional[str] = None) -> Dict[str, Any]:
        self.breaker.admit()
        body = _encode(call.body)
        try:
            url = base.rstrip("/") + call.path
            response = await asyncio.wait_for(self._post(url, body, registration), self.timeout)
            answer = _decode(response)
        except (ServiceDown, Refused) as reason:
            self._count(reason)
            raise
        except asyncio.TimeoutError:
            self.breaker.failed()
            raise ServiceDown(f"no answer within {self.timeout:g} s") from None
        except Exception as error:  # whatever a broken peer provokes in HTTP, TLS or JSON
            self.breaker.failed()
            raise ServiceDown(f"{type(error).__name__}: {plain(error, 200)}") from None
        self.breaker.succeeded()
        return answer

    def _count(self, reason: Exception) -> None:
        # A prompt answer is an answer: what one person provokes must not stop everybody's forms.
        if isinstance(reason, ServiceDown) and not reason.answered:
            self.breaker.failed()
        else:
            self.breaker.succeeded()

    async def _post(self, url: str, body: str, registration: Optional[str]) -> HTTPResponse:
        ends = time.monotonic() + self.timeout
        headers = {
            "Authorization": f"Bearer {self._secret}",
            "Content-Type": "application/json",
            "Accept": "application/json, application/problem+json",
        }
        if registration:
            headers[HEADER] = registration
        try:
            return await self._fetch(url, body, headers, ends)
        except OSError as error:
            if not _never_reached(error):
                raise
        # Nothing was sent, so asking again cannot decide twice. The pause lets a restarting service bind.
        await asyncio.sleep(min(0.2, self.timeout / 10))
        return await self._fetch(url, body, headers, ends)

    async def _fetch(self, url: str, body: str, headers: Dict[str, str], ends: float) -> HTTPResponse:
        left = max(ends - time.monotonic(), 0.01)
        request = HTTPRequest(
            url,
            method="POST",
            body=body,
            headers=headers,
            connect_timeout=left,
            request_timeout=left,
            follow_redirects=False,
            decompress_response=False,
            ssl_options=self._certificates(),
        )
        return await self._own_http().fetch(request, raise_error=False)

    def _certificates(self) -> Optional[ssl.SSLContext]:
        # Asked for late: a hub makes its certificates after its configuration was read.
        if callable(self._tls):
            self._tls = self._tls()
        return self._tls

    def _own_http(self) -> SimpleAsyncHTTPClient:
        loop = asyncio.get_running_loop()
        if self._http is None or self._loop is not loop:
            # Its own instance: the hub may have set tornado's shared one to curl, with other limits.
            self._http = SimpleAsyncHTTPClient(
                force_instance=True,
                max_clients=256,
                max_body_size=MOST_ANSWER,
                max_buffer_size=2 * MOST_ANSWER,
            )
            self._loop = loop
        return self._http


def _never_reached(error: OSError) -> bool:
    return isinstance(error, socket.gaierror) or error.errno in _NOT_REACHED


def _encode(question: Dict[str, Any]) -> str:
    """JSON of a bounded size. Options come from people: what cannot be sent is their refusal, not our failure."""
    size, pieces = 0, []
    try:
        for piece in json.JSONEncoder(allow_nan=False, check_circular=False).iterencode(question):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_QUESTION:
                raise Unsendable("The options for this start are too large. Start from the form instead.")
    except (TypeError, ValueError, RecursionError):
        raise Unsendable("The options for this start cannot be read. Start from the form instead.") from None
    return "".join(pieces)


def _decode(response: HTTPResponse) -> Dict[str, Any]:
    status = response.code
    try:
        answer = json.loads(response.body or b"", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ServiceDown(f"answered {status} without a JSON object")
    if status == 200:
        protocol = answer.get("protocol")
        if isinstance(protocol, bool) or protocol not in (PROTOCOL - 1, PROTOCOL, PROTOCOL + 1):
            raise ServiceDown(f"speaks protocol {plain(protocol, 20)}, this plugin {PROTOCOL}")
        return answer
    detail = answer.get("detail")
    detail = plain(detail) if isinstance(detail, str) and detail.strip() else None
    unreadable = status == 422 and str(answer.get("type", "")).endswith("/invalid-request")
    if status in (400, 413) or unreadable:
        # Our envelope is always well formed; only what a person put into the options can be at fault.
        raise Refused(422, "The options for this start cannot be read. Start from the form instead.")
    if status in (403, 422):
        errors = answer.get("errors")
        sentence = detail or "This cannot be started. Choose something else."
        raise Refused(status, sentence, errors if isinstance(errors, list) else [])
    if status == 503 and str(answer.get("type", "")).endswith("/groups-unknown"):
        # The service is there and the site lets nobody start unchecked: no case for the standard server.
        raise Refused(503, detail or "Your groups cannot be checked now. Try again in a minute.")
    if status == 401:
        raise ServiceDown("does not accept the hub's secret (PRESETS_HUB_SECRET or secret_file)", answered=True)
    if status == 503:
        raise ServiceDown("says that it cannot answer now", detail, answered=True)
    raise ServiceDown(f"answered {status}: {detail or 'no reason given'}", answered=True)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
