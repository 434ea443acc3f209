"""A network between a client and a server: delay, loss, a cut, answers that never arrive."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PORTION = 16_384
SENT_AGAIN_S = 0.25
"""So much later a lost segment comes: TCP sends it again after its timeout."""


@dataclass
class Relay:
    """Carries bytes both ways; changed while it runs. Used on its loop."""

    to_port: int
    delay_s: float = 0.0
    """One way."""
    loss: float = 0.0
    """Part of the portions that are lost and sent again."""
    is_cut: bool = False
    """True carries nothing, and says nothing: as a cable that is out."""
    loses_answer: Callable[[bytes], bool] = lambda _portion: False
    """True for a portion from the server whose connection is to end instead."""
    port: int = 0
    connections: set[asyncio.StreamWriter] = field(default_factory=set)
    portions: int = 0
    bytes_to_client: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def end_all(self) -> None:
        """End every connection."""
        for writer in tuple(self.connections):
            writer.close()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.is_cut:
            await asyncio.sleep(0.02)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.close()
            return
        self.connections |= {writer, up_writer}
        ways = (
            asyncio.create_task(self._one_way(reader, up_writer, is_answer=False)),
            asyncio.create_task(self._one_way(up_reader, writer, is_answer=True)),
        )
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for one in (writer, up_writer):
                self.connections.discard(one)
                one.close()

    async def _one_way(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, portion = await waiting.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                while self.is_cut:
                    await asyncio.sleep(0.02)
                if is_answer and self.loses_answer(portion):
                    writer.close()
                    return
                writer.write(portion)
                await writer.drain()

        delivering = asyncio.create_task(deliver())
        try:
            while portion := await reader.read(PORTION):
                self.portions += 1
                self.bytes_to_client += len(portion) * is_answer
                late = SENT_AGAIN_S if random.random() < self.loss else 0.0
                waiting.put_nowait((loop.time() + self.delay_s + late, portion))
                if delivering.done():
                    return
            await asyncio.sleep(self.delay_s)
        except ConnectionError:
            return
        finally:
            delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await delivering


@asynccontextmanager
async def relay_to(port: int, **kind: float) -> AsyncIterator[Relay]:
    """A relay to a port of loopback, for as long as the context lasts."""
    relay = Relay(port, **kind)  # type: ignore[arg-type]
    server = await asyncio.start_server(relay.carry, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        relay.is_cut = False
        relay.end_all()
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await server.wait_closed()
