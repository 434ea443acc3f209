"""Checks of every request before a route sees it: host, origin, token, body, number at once."""

from __future__ import annotations

import asyncio
import re
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ibe100.api.guard.bodies import Body, ClientGone, check_body
from ibe100.api.guard.connections import Connection
from ibe100.api.guard.places import NoPlace, Places
from ibe100.api.guard.read_pace import ReadPace
from ibe100.api.refusals import bug, refusal, refusal_of
from ibe100.api.roles import API
from ibe100.core.config import ApiSettings
from ibe100.models.errors import NotSignedIn, OperatorError
from ibe100.models.users import Identity
from ibe100.services.access.access_service import NO_TOKEN
from ibe100.services.api_ports import AllServices
from ibe100.services.audit_trail import act_as

HEALTH = "/healthz"
LOGIN = f"{API}/login"
EVENTS = f"{API}/events"
IMPORTS = (f"{API}/schedule/import", f"{API}/profiles/import")
REMOVE = f"{API}/schedule/remove"
SECOND = "x-second-person"
"""Header with the token of the person who confirms, as in `Authorization`."""
NOTE = "x-note"
"""Header with a note beside the name on record, such as the program that asks: UTF-8 with %-escapes."""
OPEN_PATHS = {HEALTH: "health", LOGIN: "login"}
"""Without a token: everything else needs one, whether it exists or not."""
READS = frozenset({"GET", "HEAD"})
CUES = ("/cues", "/cancel", "/fire")
"""Ends of the paths that fire and cancel: nothing else takes their places."""
MOST_AT_ONCE = {
    "health": (8, 8),
    "login": (8, 4),
    "reads": (48, 24),
    "changes": (16, 8),
    "cues": (24, 12),
    "imports": (4, 1),
}
"""Whole requests that are being answered: in all, and of one user; of one address where there is no token."""
MOST_OF_STRANGERS = 4 << 10
MOST_BODY = 64 << 10
MOST_IMPORT = 8 << 20
MOST_REMOVAL, MOST_REMOVED = 1 << 20, 60_000
"""Bytes and numbers of planned breaks that are removed at once."""
BODY_TIMEOUT_S = 10.0
IMPORT_TIMEOUT_S = 30.0
TAKE_TIMEOUT_S = 30.0
"""So long a client may take no part of what it asked for."""
HELD_S = {401: 0.1, 429: 0.5, 503: 0.5}
"""So long such an answer is held back: who asks again at once must not take the loop's time with it."""
HELD_TOGETHER = 8
"""For each so many that are held back at once, all are held back once more as long."""
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

    def __init__(self, app: ASGIApp, services: AllServices, settings: ApiSettings) -> None:
        self._app = app
        self._services = services
        self._names = frozenset({"localhost", settings.host.lower(), *map(str.lower, settings.host_names)})
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.allowed_origins)
        self._is_https = settings.certificate is not None
        self._reads = ReadPace(settings.reads_per_s)
        self._turn = asyncio.Lock()
        self._places = {kind: Places(*most) for kind, most in MOST_AT_ONCE.items()}
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        raw_path: bytes = scope["raw_path"]
        if b"%2f" in raw_path.lower():  # within a name: it separates nothing
            scope["path"] = unquote(re.sub(rb"%2[fF]", b"%252F", raw_path).decode("ascii"))
        connection: Connection = scope["state"]["connection"]
        refused = self._refused(scope)
        identity: Identity | None = scope["state"].get("identity")
        connection.user = "" if identity is None else identity.name
        if scope["type"] == "http":
            await self._answer(refused, connection, scope, receive, send)
        elif refused is None:
            await self._app(scope, receive, send)
        else:
            if await self._hold(refused, receive):
                await refused(scope, receive, self._with_headers(send))

    async def _answer(
        self, refused: Response | None, connection: Connection, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve a request once it is whole: one that is not takes nobody's place."""
        body = Body(scope, receive)
        try:
            if refused is None:
                try:
                    await self._admit(body, connection, scope, send)
                    return
                except NoPlace:
                    refused = refusal(503, "too many requests at once", kind="busy", retry_in_s=1)
                except HTTPException as error:
                    refused = refusal(error.status_code, error.detail)
            await body.drop()
        except ClientGone:
            return
        if not await self._hold(refused, receive):
            return
        if not body.is_whole:
            refused.headers["Connection"] = "close"
        await refused(scope, receive, self._with_headers(send))

    async def _admit(self, body: Body, connection: Connection, scope: Scope, send: Send) -> None:
        """Raises NoPlace, HTTPException, ClientGone, all before anything is answered."""
        kind = _kind_of(scope)
        who = connection.user or connection.address
        if kind == "imports":
            # The place is taken before so large a body is read.
            with self._places[kind].taken_by(who):
                content = await body.read(MOST_IMPORT, IMPORT_TIMEOUT_S)
                await self._serve(connection, scope, body.again(content), send)
            return
        if scope["path"] == REMOVE and connection.user:
            check_body(content := await body.read(MOST_REMOVAL, BODY_TIMEOUT_S), MOST_REMOVED)
        else:
            content = await body.read(MOST_BODY if connection.user else MOST_OF_STRANGERS, BODY_TIMEOUT_S)
            check_body(content)
        if kind != "cues":
            # Many that come at once would take the loop for as long as all of them together.
            async with self._turn:
                await asyncio.sleep(0)
        with self._places[kind].taken_by(who):
            await self._serve(connection, scope, body.again(content), send)

    async def _hold(self, refused: Response, receive: Receive) -> bool:
        """Hold an answer back; False where the client went away meanwhile, which ends the wait."""
        self._held += 1
        held_s = HELD_S.get(refused.status_code, 0.0) * (1 + self._held // HELD_TOGETHER)
        try:
            async with asyncio.timeout(held_s):
                while not (await receive())["type"].endswith(".disconnect"):
                    pass
        except TimeoutError:
            return True
        finally:
            self._held -= 1
        return False

    def _refused(self, scope: Scope) -> Response | None:
        """Answer that refuses the request; None admits it, with `identity` in the scope where it is known."""
        headers = Headers(scope=scope)
        connection: Connection = scope["state"]["connection"]
        if connection.peer is not None:
            scope["state"]["identity"] = Identity(
                name=connection.peer.name, role=connection.peer.role, token_id=None
            )
            act_as(connection.peer.noting(_note(headers)))
            return None
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
            actor = self._services.access.actor_of(identity, _bearer(headers, SECOND))
        except OperatorError as error:
            return refusal_of(error)
        token_id = identity.token_id or 0
        wait_s = self._reads.wait_s(token_id) if scope.get("method", "GET") in READS else 0.0
        if wait_s > 0:
            return refusal(429, "too many reads: listen to the events instead", retry_in_s=wait_s)
        scope["state"]["identity"] = identity
        act_as(actor.noting(_note(headers)))
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

    async def _serve(self, connection: Connection, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            too_long = asyncio.get_running_loop().call_later(TAKE_TIMEOUT_S, connection.abort)
            try:
                await send(message)
            finally:
                too_long.cancel()

        guarded = self._with_headers(sending)
        connection.is_served = True
        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 - the handler within has told of it, or it is told of here
            if not begun:
                await bug(error, f"{scope['method']} {scope['path']}")(scope, receive, guarded)
        finally:
            connection.is_served = False

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


def _kind_of(scope: Scope) -> str:
    """Kind of a request, by which it is counted."""
    path: str = scope["path"]
    if path in OPEN_PATHS:
        return OPEN_PATHS[path]
    if scope["method"] in READS:
        return "reads"
    if path.startswith(IMPORTS):
        return "imports"
    return "cues" if path.endswith(CUES) else "changes"


def _note(headers: Headers) -> str:
    return unquote(headers.get(NOTE, ""), errors="replace")


def _bearer(headers: Headers, header: str = "authorization") -> str:
    scheme, _, token = headers.get(header, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
