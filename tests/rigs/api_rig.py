"""The API as its clients meet it: real services, real uvicorn on a free port, httpx and websockets."""

from __future__ import annotations

import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from ibe100.api.listeners import Listeners
from ibe100.api.server import api_server
from ibe100.api.startup import serving
from ibe100.api.tcp_listening import TcpListening, tls_context
from ibe100.core.application import Application
from ibe100.core.config import ApiSettings
from ibe100.models.rights import Role
from ibe100.models.users import NewToken
from services_rig import console

NAMES = {Role.VIEWER: "vera", Role.OPERATOR: "otto", Role.ENGINEER: "emil", Role.ADMIN: "ada"}
PASSWORD = "correct horse battery"


@dataclass
class Served:
    """One API on a port."""

    application: Application
    url: str
    listeners: Listeners
    tokens: dict[Role, NewToken]
    stack: contextlib.AsyncExitStack
    clients: dict[Role | None, httpx.AsyncClient] = field(default_factory=dict)

    async def client(self, role: Role | None, **headers: str) -> httpx.AsyncClient:
        """A client with the token of a role, or with none."""
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role].token}"
        client = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60)
        return await self.stack.enter_async_context(client)

    def listener(self, role: Role | None = Role.VIEWER, query: str = "", **more: Any) -> websockets.connect:
        """A WebSocket of events."""
        headers = {} if role is None else {"Authorization": f"Bearer {self.tokens[role].token}"}
        place = self.url.replace("http", "ws", 1)
        return websockets.connect(
            f"{place}/api/v1/events{query}",
            additional_headers=headers,
            max_size=None,
            open_timeout=60,
            **more,
        )

    async def audit(self) -> list[tuple[str, str, str]]:
        """Who did what to what, the oldest first."""
        records = await self.application.records.audit.list()
        return [(record.who, record.action, record.subject) for record in reversed(records)]


def free_door() -> socket.socket:
    """Listening on a free port of loopback."""
    door = socket.create_server(("127.0.0.1", 0))
    door.setblocking(False)
    return door


@contextlib.asynccontextmanager
async def served(data_dir: Path, **settings: Any) -> AsyncIterator[Served]:
    """The services with the API, a user and a token for each role."""
    async with contextlib.AsyncExitStack() as stack:
        application = await stack.enter_async_context(console(data_dir))
        tokens = {}
        for role, name in NAMES.items():
            await application.access.add_user(name, role, None)
            tokens[role] = await application.access.add_token(name, "test", None, 3600)
        plan = ApiSettings(**{"reads_per_s": 100_000, **settings})
        context = tls_context(plan)
        listening = TcpListening(free_door(), context)
        stack.callback(listening.close)
        api = await stack.enter_async_context(api_server(application, plan, [listening]))
        clients = await stack.enter_async_context(contextlib.AsyncExitStack())
        yield Served(application, listening.url, api.listeners, tokens, clients)


def at_socket(application: Application, data_dir: Path) -> contextlib.AbstractAsyncContextManager[None]:
    """The API on the Unix socket of a data folder, at once."""
    return serving(application, ApiSettings(), data_dir, load_after_s=0.0)


def key() -> dict[str, str]:
    """A header with a new Idempotency-Key."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def words(response: httpx.Response, status: int) -> str:
    """The words of a refusal; asserts its status and form."""
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) >= {"error", "kind"}
    text: str = body["error"]
    return text


async def event(connection: ClientConnection, kind: str, **wanted: Any) -> Mapping[str, Any]:
    """The next event of a kind; `wanted` are values of its subject."""
    while True:
        told: dict[str, Any] = json.loads(await connection.recv())
        subject = next((value for value in told.values() if isinstance(value, dict)), told)
        if told["type"] == kind and all(subject.get(name) == value for name, value in wanted.items()):
            return told


async def closing(connection: ClientConnection) -> tuple[int, str]:
    """Reads to the end; its code and reason."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await connection.recv()
    assert connection.close_code is not None
    return connection.close_code, connection.close_reason or ""
