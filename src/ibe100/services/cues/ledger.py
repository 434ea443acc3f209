"""Ledger of cues, the one place where they change: kept in memory, published, put on record."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable

from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.models.actor import EMERGENCY
from ibe100.models.errors import StorageError, StreamError
from ibe100.models.messages import CueChanged, Message, NoticePosted
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.services.audit_trail import acting
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.draft import Draft
from ibe100.services.streams.run import Runs
from ibe100.utils.tasks import BackgroundWrites
from ibe100.utils.units import format_event_id

SLOW_S = 0.5
"""A commit that takes less is covered by the margin that every pre-roll has."""
REMEMBERED_S = 120.0
MOST = 8
OFF_RECORD_IDS = 4096
"""Last event ids of a range that are given to cues which no database knows."""

_log = logging.getLogger(__name__)


class CommitPace:
    """Remembers the last commits; times are monotonic seconds."""

    def __init__(self) -> None:
        self._took: deque[tuple[float, float]] = deque(maxlen=MOST)

    def note(self, seconds: float, now_s: float) -> bool:
        """A cue was recorded in so many seconds; True when the disk has become slow with it."""
        was_slow = self.margin_s(now_s) > 0
        self._took.append((now_s, seconds))
        return self.margin_s(now_s) > 0 and not was_slow

    def margin_s(self, now_s: float) -> float:
        """The longest of the last commits; 0 while the disk is as quick as it should be."""
        longest = max((took for at, took in self._took if now_s - at < REMEMBERED_S), default=0.0)
        return longest if longest > SLOW_S else 0.0


class CueLedger:
    """Used on the loop only."""

    def __init__(
        self, storage: Database, runs: Runs, cache: CueCache, publish: Callable[[Message], None]
    ) -> None:
        self._storage = storage
        self._runs = runs
        self._cache = cache
        self._publish = publish
        self._pace = CommitPace()
        self.writes = BackgroundWrites()

    @property
    def commit_s(self) -> float:
        """Seconds that a slow disk takes to record a cue; 0 while it is quick."""
        return self._pace.margin_s(time.monotonic())

    async def create(self, draft: Draft, ids: EventIdRange) -> Cue:
        """Give a draft its number and event id, and commit it. Raises CueRefused, StorageError."""
        began = time.monotonic()
        allocated = ids if draft.allocates else None
        try:
            cue = await self._storage.cues.create(draft.cue, allocated, draft.sealed, draft.foreign_ids)
        except StorageError as error:
            if acting().name != EMERGENCY.name:
                raise
            cue = self._off_record(draft, ids, error)
        now = time.monotonic()
        if self._pace.note(now - began, now):
            text = (
                f"recording {cue.action} took {now - began:.1f} s, for the disk is slow: cues go out so much "
                "later, and pre-rolled ones are timed for it"
            )
            self._publish(NoticePosted(at=time.time(), level="warning", text=text, stream_id=cue.stream_id))
        self.keep(cue)
        return cue

    def _off_record(self, draft: Draft, ids: EventIdRange, error: StorageError) -> Cue:
        """A cue of the emergency key that the database cannot take: in the logs, whole, and told loudly.

        Its event id is one of the last of the range, for the allocator may give out the next again.
        """
        now = time.time()
        number = ids.last - int(now) % min(OFF_RECORD_IDS, ids.last - ids.first + 1)
        sealed = draft.sealed(draft.numbered(number))
        cue = sealed.model_copy(update={"cue_id": int(now * 1000) - 2**62})
        text = (
            f"{cue.action} event {format_event_id(cue.splice_event_id)} goes out by the emergency key and is "
            f"not in the database: {error}"
        )
        _log.critical("%s: %s; section %s", cue.stream_id, text, cue.section_base64)
        self._publish(NoticePosted(at=now, level="error", text=text, stream_id=cue.stream_id))
        return cue

    async def commit(self, cue: Cue) -> None:
        """Put the cue as it now is on record, then in memory and on screen. Raises StorageError."""
        await self._storage.cues.step(cue)
        self.keep(cue)

    async def refuse(self, cue: Cue, reason: str) -> None:
        """Put a cue that was refused on record; one that the disk cannot take is in the log only."""
        try:
            refused = await self._storage.cues.create(
                cue, None, lambda numbered: numbered.moved_to(CueState.REFUSED, reason=reason)
            )
        except StorageError as error:
            _log.error("%s: a refused cue is not on record: %s", cue.stream_id, error)
            return
        self.keep(refused)

    def move(self, cue: Cue, state: CueState, **changes: object) -> Cue:
        """A step of its life: on screen at once, on record as soon as the disk has it."""
        moved = cue.moved_to(state, **changes)
        self.keep(moved)
        self.record(moved)
        return moved

    def keep(self, cue: Cue) -> None:
        """In memory and on screen; the tally of its stream follows."""
        self._cache.put(cue)
        self._publish(CueChanged(cue=cue))
        with contextlib.suppress(StreamError):
            if (run := self._runs.run_of(cue.stream_id)).is_ours:
                run.arm(self._cache.is_armed(cue.stream_id))

    def record(self, cue: Cue) -> None:
        """Put the cue as it now is on record, after all that was put there before."""
        self.writes.add(self._record(cue), f"event {format_event_id(cue.splice_event_id)} {cue.state}")

    async def _record(self, cue: Cue) -> None:
        """Store a step; when the disk cannot take it, the operator is told, for it has happened on air."""
        if cue.cue_id < 0:
            _log.error("event %s off the record is %s", format_event_id(cue.splice_event_id), cue.state)
            return
        try:
            await self._storage.cues.step(cue, has_happened=True)
        except StorageError as error:
            event = format_event_id(cue.splice_event_id)
            text = f"event {event} is {cue.state}, but that is not on record: {error}"
            self._publish(NoticePosted(at=time.time(), level="error", text=text, stream_id=cue.stream_id))
            _log.error("%s", text)

    def now(self, cue: Cue) -> Cue:
        """The cue as it stands."""
        current = self._cache.get(cue.cue_id)
        assert current is not None
        return current
