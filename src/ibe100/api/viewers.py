"""Previews that are looked at over the API: each look keeps them running for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping

from ibe100.models.alarms.confidence import PictureSize
from ibe100.models.errors import OperatorError
from ibe100.services.api_ports import AllServices
from ibe100.utils.tasks import log_fault

LOOK_S = 15.0
MOST_STREAMS = 16
"""Streams looked at over the API at once: each takes a decoder."""


class Viewers:
    """Looks of all clients. Used on the loop only."""

    def __init__(self, services: AllServices) -> None:
        self._services = services
        self._looks: dict[str, dict[str, tuple[PictureSize, float]]] = {}
        """By viewer and stream_id: the size, and the monotonic time until which it is looked at."""
        self._ending: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self, who: str, streams: Collection[str], size: PictureSize) -> None:
        """Keep previews of these streams running for 15 s. Raises OperatorError where they are too many."""
        watched = {stream_id for looks in self._looks.values() for stream_id in looks}
        if len(watched | set(streams)) > MOST_STREAMS:
            raise OperatorError(f"{MOST_STREAMS} streams are looked at over the API already")
        until = time.monotonic() + LOOK_S
        self._looks.setdefault(who, {}).update(dict.fromkeys(streams, (size, until)))
        await self._tell(who)

    async def close(self) -> None:
        """Look at nothing any more."""
        for who in list(self._looks):
            self._looks[who].clear()
            await self._tell(who)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tell(self, who: str) -> None:
        now = time.monotonic()
        looks = {one: look for one, look in self._looks.get(who, {}).items() if look[1] > now}
        if (timer := self._ending.pop(who, None)) is not None:
            timer.cancel()
        if looks:
            self._looks[who] = looks
            first_s = min(until for _, until in looks.values()) - now
            self._ending[who] = asyncio.get_running_loop().call_later(first_s + 0.1, self._again, who)
        else:
            self._looks.pop(who, None)
        wanted: Mapping[str, PictureSize] = {one: size for one, (size, _) in looks.items()}
        await self._services.preview.watch(f"API {who}", wanted)

    def _again(self, who: str) -> None:
        task = asyncio.create_task(self._tell(who), name="looks over the API")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(log_fault)
