"""Following of a server: its events into the mirror, what no event tells asked for again and again."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from ibe100.core.event_bus import EventBus
from ibe100.models.console import StreamWindow, WindowState
from ibe100.models.errors import NotSignedIn, OperatorError
from ibe100.models.messages import (
    CueChanged,
    Message,
    NoticePosted,
    ScheduleChanged,
    StreamStateChanged,
)
from ibe100.models.scte35_marker import Readiness
from ibe100.remote.connection import Connection
from ibe100.remote.mirror import PARTS, SAMPLES, Mirror, message_of, values_of
from ibe100.utils.tasks import keep_running
from ibe100_client import ClientError, Refused, system
from ibe100_client.values import Event

PING_S = 2.0
"""A connection on which a ping is not answered for so long is lost."""
LONGEST_PAUSE_S = 5.0
LOOK_S = 1.0
CLOCK_TOLERANCE_S = 2.0
NOT_READ = Readiness(ready=False, reasons=("what can go out is being read; wait a moment",))
ASKS_AGAIN = (StreamStateChanged, CueChanged, ScheduleChanged)
"""Events after which what can go out may be another."""

_log = logging.getLogger(__name__)


class Following:
    """Keeps the mirror, the bus and the state of the window as the server says. Used on the loop."""

    def __init__(self, connection: Connection, mirror: Mirror, bus: EventBus) -> None:
        self._connection, self._mirror, self._bus = connection, mirror, bus
        self._tasks: list[asyncio.Task[None]] = []
        self._parts: dict[str, list[Any]] = {}
        self._is_resuming = False
        self._look_now = asyncio.Event()
        self._looked = asyncio.Event()
        self._tag = ""
        self._clock_told = False
        self._window: WindowState | None = None
        self._of_streams: Mapping[str, StreamWindow] = {}
        self.known = asyncio.Event()
        """Set once the whole state was read."""

    @property
    def window(self) -> WindowState | None:
        """State that no event tells, as last read; None before that. Safe from any thread."""
        return self._window

    def of_stream(self, stream_id: str) -> StreamWindow | None:
        """The same of one stream."""
        return self._of_streams.get(stream_id)

    def begin(self) -> None:
        """Follow with the token that the connection has now."""
        self._tasks = [
            keep_running(self._follow, f"events of {self._connection.host}"),
            keep_running(self._look, f"window of {self._connection.host}"),
        ]

    async def end(self, reason: str) -> None:
        """Follow no more; what is shown from now on is what was known last."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._connection.set_lost(reason)

    async def look(self) -> None:
        """Read what no event tells now: after a change of it that was made here."""
        self._looked.clear()
        self._look_now.set()
        await self._looked.wait()

    async def until_up(self) -> None:
        """Return as soon as the server answers."""
        while not self._connection.link.is_up:
            await asyncio.sleep(LOOK_S / 2)

    async def _follow(self) -> None:
        events = self._connection.client.events(whole=True, ping_s=PING_S, longest_pause_s=LONGEST_PAUSE_S)
        try:
            async with aclosing(events):
                async for event in events:
                    self._take(event)
        except Refused as refused:
            self._over(str(refused), is_signed_out=refused.status == 401)
        except ClientError as error:
            self._over(str(error), is_signed_out=False)

    def _over(self, reason: str, *, is_signed_out: bool) -> None:
        """End for good: trying again would change nothing."""
        if is_signed_out:
            self._connection.identity = None
        self._connection.set_lost(reason)

    def _take(self, event: Event) -> None:
        match event.type:
            case "ConnectionLost":
                _log.warning("no connection to %s: %s", self._connection.host, event.data["reason"])
                self._connection.set_lost(str(event.data["reason"]))
            case "Resumed":
                self._is_resuming = True
                self._look_now.set()
            case "Snapshot":
                self._is_resuming = False
                self._parts = {name: [] for name in PARTS}
                self._compare_clocks(float(event.data["at"]))
                self._look_now.set()
            case "SnapshotPart":
                for name, found in event.data.items():
                    if name in PARTS:
                        self._parts[name] += values_of(name, found)
            case "SnapshotDone":
                self._mirror.replace(self._parts)
                self._parts = {}
                self._bus.close()  # who listens reads everything again
                self._came_up()
            case kind:
                message = message_of(kind, event.data)
                if message is not None:
                    self._publish(message)

    def _publish(self, message: Message) -> None:
        self._connection.heard()
        self._mirror.take(message)
        self._bus.publish(message)
        if isinstance(message, ASKS_AGAIN):
            self._look_now.set()
        if self._is_resuming and isinstance(message, SAMPLES):
            # Samples come behind all facts that were missed: from here on what is known is the present.
            self._is_resuming = False
            self._came_up()

    def _came_up(self) -> None:
        self._connection.set_up(round_trip_ms=self._connection.link.round_trip_ms)
        self._look_now.set()

    def _compare_clocks(self, at: float) -> None:
        ahead_s = time.time() - at
        if abs(ahead_s) > CLOCK_TOLERANCE_S and not self._clock_told:
            self._clock_told = True
            way = "ahead of" if ahead_s > 0 else "behind"
            self.notice(
                f"The clock of this machine is {abs(ahead_s):.1f} s {way} that of {self._connection.host}: "
                "countdowns are off by as much."
            )

    def notice(self, text: str) -> None:
        """Tell the operator of something that happened on the way."""
        self._bus.publish(NoticePosted(at=time.time(), level="warning", text=text))

    async def _look(self) -> None:
        while True:
            try:
                await self._read_window()
                self._looked.set()
            except NotSignedIn as error:
                self._over(str(error), is_signed_out=True)
            except OperatorError as error:
                _log.info("the window's state is not read: %s", error)
            self._look_now.clear()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._look_now.wait()
            except TimeoutError:
                continue

    async def _read_window(self) -> None:
        call = replace(system.window(), headers={"If-None-Match": self._tag})
        if not self._connection.link.is_up:
            return
        began_s = time.monotonic()
        answer = await self._connection.answer(call)
        took_ms = round(1000 * (time.monotonic() - began_s), 1)
        if self._connection.link.is_up:
            self._connection.set_up(round_trip_ms=took_ms)
        if answer.status == 304:
            return
        self._tag = answer.headers.get("etag", "")
        window = self._connection.read(TypeAdapter(WindowState), json.loads(answer.body))
        self._of_streams = {one.stream_id: one for one in window.streams}
        self._window = window
        self.known.set()
