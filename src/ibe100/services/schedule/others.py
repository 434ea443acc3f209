"""Planned breaks of streams that other hosts own: shown here, aired there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.messages import ScheduleChanged
from ibe100.services.schedule.cache import ScheduleCache
from ibe100.services.stream_port import StreamPort


class OtherBreaks:
    """Tells breaks of this host's streams from those of others, and takes these from the record."""

    def __init__(
        self,
        streams: StreamPort,
        cache: ScheduleCache,
        busy: asyncio.Lock,
        read: Callable[[], Awaitable[tuple[ScheduledBreak, ...]]],
        tell: Callable[[ScheduleChanged], None],
    ) -> None:
        """`read` reads the record, `tell` tells everybody and has the schedule looked at."""
        self._streams = streams
        self._cache = cache
        self._busy = busy
        self._read = read
        self._tell = tell

    def has(self, one: ScheduledBreak) -> bool:
        """True for a break of a stream that another host owns, or none does now."""
        owners = {view.stream_id: view.owner for view in self._streams.streams()}
        return owners.get(one.stream_id) is not None

    async def refresh(self) -> None:
        """Take from the record what other hosts have planned or done. Raises StorageError."""
        async with self._busy:
            stored = await self._read()
            known = {one.break_id: one for one in self._cache.snapshot if self.has(one)}
            changed = [one for one in stored if self.has(one) and known.get(one.break_id) != one]
            removed = tuple(known.keys() - {one.break_id for one in stored})
            self._cache.drop(removed)
            if changed or removed:
                self._tell(ScheduleChanged(changed=self._cache.put(changed), removed=removed))
