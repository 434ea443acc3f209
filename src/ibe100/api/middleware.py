"""Checks of every request before a route sees it: host, origin, token, size, time, number at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ibe100.api.read_pace import ReadPace
from ibe100.api.refusals import bug, refusal, refusal_of
from ibe100.api.roles import API
from ibe100.core.config import ApiSettings
from ibe100.models.actor import Actor
from ibe100.models.errors import NotSignedIn, OperatorError
from ibe100.services.access.access_service import NO_TOKEN
from ibe100.services.audit_trail import act_as
from ibe100.services.ports import Services

HEALTH = "/healthz"
LOGIN = f"{API}/login"
EVENTS = f"{API}/events"
IMPORT = f"{API}/schedule/import"
OPEN_PATHS = frozenset({HEALTH, LOGIN})
"""Without a token: everything else needs one, whether it exists or not."""
MOST_BODY = 1 << 20
MOST_IMPORT = 8 << 20
MOST_REQUESTS = 64
"""At once; a WebSocket is none of them."""
MOST_READS = 48
"""Reads among the requests: however many wait, there is room for a cue."""
READS = frozenset({"GET", "HEAD"})
HELD_S = {401: 0.1, 429: 0.5}
"""So long such an answer is held back: who asks again at once must not take the loop's time with it."""
BODY_TIMEOUT_S = 30.0
TAKE_TIMEOUT_S = 30.0
"""So long a client may take no part of what it asked for."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
STRICT_TRANSPORT = "max-age=31536000"


class RequestGuard:
    """Outermost layer of the application: admits requests, and turns bugs into answers."""

    def __init__(self, app: ASGIApp, services: Services, settings: ApiSettings) -> None:
        self._app = app
        self._services = services
        self._names = frozenset({"localhost", settings.host.lower(), *map(str.lower, settings.host_names)})
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.allowed_origins)
        self._is_https = settings.certificate is not None
        self._reads = ReadPace(settings.reads_per_s)
        self._turn = asyncio.Lock()
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        scope.setdefault("state", {})
        refused = self._refused(scope)
        if refused is not None:
            await asyncio.sleep(HELD_S.get(refused.status_code, 0.0))
            await refused(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        elif self._inside >= (MOST_READS if scope["method"] in READS else MOST_REQUESTS):
            busy = refusal(503, "too many requests at once", kind="busy", retry_in_s=1)
            await busy(scope, receive, self._with_headers(send))
        else:
            self._inside += 1
            try:
                if scope["method"] in READS:
                    # Many that come at once would take the loop for as long as all of them together.
                    async with self._turn:
                        await asyncio.sleep(0)
                await self._serve(scope, _Body(scope, receive), send)
            finally:
                self._inside -= 1

    def _refused(self, scope: Scope) -> Response | None:
        """Answer that refuses the request; None admits it, with `identity` in the scope where it is known."""
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            return refusal(421, "this is not the name of this machine; see the setting api.host_names")
        origin = headers.get("origin")
        if origin is not None and origin.rstrip("/").lower() not in self._origins:
            return refusal(403, "web pages may not use this; see the setting api.allowed_origins")
        if scope["path"] in OPEN_PATHS:
            return None
        token = _bearer(headers)
        if not token and scope["type"] == "websocket" and scope["path"] == EVENTS:
            return None  # it may come as the first message
        try:
            if not token:
                raise NotSignedIn(NO_TOKEN)
            identity = self._services.access.identify(token)
        except OperatorError as error:
            return refusal_of(error)
        wait_s = self._reads.wait_s(identity.token_id) if scope.get("method", "GET") in READS else 0.0
        if wait_s > 0:
            return refusal(429, "too many reads: listen to the events instead", retry_in_s=wait_s)
        scope["state"]["identity"] = identity
        act_as(Actor(identity.name))
        return None

    def _is_ours(self, host: str) -> bool:
        """A name that somebody else's DNS has pointed here is not; an address cannot be."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    async def _serve(self, scope: Scope, body: _Body, send: Send) -> None:
        begun = False
        abort: Callable[[], None] = scope["state"].get("abort", _nothing)

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            too_long = asyncio.get_running_loop().call_later(TAKE_TIMEOUT_S, abort)
            try:
                await send(message)
            finally:
                too_long.cancel()

        guarded = self._with_headers(sending)
        try:
            await self._app(scope, body, guarded)
        except HTTPException as error:  # of the body, before a route could take it
            if not begun:
                await refusal(error.status_code, error.detail)(scope, body, guarded)
        except Exception as error:  # noqa: BLE001 - the handler within has told of it, or it is told of here
            if not begun:
                await bug(error, f"{scope['method']} {scope['path']}")(scope, body, guarded)

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self._is_https:
                    headers["Strict-Transport-Security"] = STRICT_TRANSPORT
            await send(message)

        return sending


class _Body:
    """A request's body, of a bounded size and within a bounded time."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._most = MOST_IMPORT if scope["path"].startswith(IMPORT) else MOST_BODY
        self._length = Headers(scope=scope).get("content-length", "0")
        self._got = 0
        self._ends_at = time.monotonic() + BODY_TIMEOUT_S
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        if self._length.isdigit() and int(self._length) > self._most:
            raise self._too_large()
        try:
            async with asyncio.timeout(max(0.0, self._ends_at - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {BODY_TIMEOUT_S:.0f} s") from None
        self._got += len(message.get("body", b""))
        if self._got > self._most:
            raise self._too_large()
        self._is_whole = not message.get("more_body", False)
        return message

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"the body is larger than {self._most >> 20} MiB")


def _nothing() -> None:
    """Cut off no connection: in tests without one."""


def _bearer(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
