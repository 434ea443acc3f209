"""Planned breaks on record: in the database, and in a second copy that puts a lost or older one right."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from ibe100.database.stores.cues import CueStore
from ibe100.database.stores.schedule import ScheduleStore
from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.services.schedule.second_copy import Copied, SecondCopy, read_copy

_log = logging.getLogger(__name__)


class ScheduleRecord:
    """Each change goes into the database, then into the copy, and has been told to nobody before.

    So what the copy knows of a break is never older than what the database does, but for a change that was
    cut off between the two, which nobody was told of.
    """

    def __init__(
        self, store: ScheduleStore, cues: CueStore, copy: Path | None, warn: Callable[[str], None]
    ) -> None:
        """`copy` is its file, None where other hosts write to the database; `warn` tells the operator."""
        self._store = store
        self._cues = cues
        self._copy = None if copy is None else SecondCopy(copy)
        self._warn = warn
        self._known: dict[int, ScheduledBreak] = {}
        self._since = 0.0
        self._refused = False
        self._writing = asyncio.Lock()

    async def load(self, since: float) -> tuple[ScheduledBreak, ...]:
        """Planned breaks that are not over, and those that were due since then, by their numbers.

        Where the copy knows otherwise, the database was lost or set back: it is brought up to the copy first.
        """
        stored = {one.break_id: one for one in await self._store.load(since)}
        if self._copy is not None:
            copied = await asyncio.to_thread(read_copy, self._copy.path)
            await self._bring_up(stored, copied, since)
        self._known, self._since = stored, since
        await self.mend()
        return tuple(stored[break_id] for break_id in sorted(stored))

    async def add(self, breaks: Sequence[ScheduledBreak]) -> tuple[ScheduledBreak, ...]:
        """Store new ones, all or none; see `ScheduleStore.add`. Raises StorageError."""
        stored = await self._store.add(breaks)
        await self._note(stored)
        return stored

    async def save(self, breaks: Sequence[ScheduledBreak]) -> None:
        """Store them as they now are, all or none. Raises StorageError."""
        await self._store.save(breaks)
        await self._note(breaks)

    async def remove(self, break_ids: Collection[int]) -> None:
        """Take them off the schedule; their cues stay on record. Raises StorageError."""
        await self._store.remove(break_ids)
        await self._note((), break_ids)

    async def mend(self) -> None:
        """Write the copy anew where it could not be written, or is not as it was left."""
        if (copy := self._copy) is None:
            return
        async with self._writing:
            if await asyncio.to_thread(lambda: copy.is_due):
                await self._write_whole(copy)

    async def read(self, since: float) -> tuple[ScheduledBreak, ...]:
        """Planned breaks as the database has them now, also those that other hosts have changed."""
        return await self._store.load(since)

    async def _note(self, changed: Sequence[ScheduledBreak], removed: Collection[int] = ()) -> None:
        self._known |= {one.break_id: one for one in changed}
        for gone in removed:
            self._known.pop(gone, None)
        if (copy := self._copy) is None:
            return
        async with self._writing:
            if await asyncio.to_thread(lambda: copy.is_due):
                await self._write_whole(copy)
            else:
                await self._try(lambda: copy.append(changed, removed))

    async def _write_whole(self, copy: SecondCopy) -> None:
        kept = [
            one
            for one in self._known.values()
            if not one.state.is_final or (one.planned_at or 0) >= self._since
        ]
        await self._try(lambda: copy.write(kept))

    async def _try(self, write: Callable[[], None]) -> None:
        """The database has it: a copy that cannot be written is told once, and tried again."""
        try:
            await asyncio.to_thread(write)
        except OSError as error:
            if not self._refused:
                self._warn(f"the second copy of the schedule cannot be written: {error.strerror}")
            self._refused = True
        else:
            self._refused = False

    async def _bring_up(self, stored: dict[int, ScheduledBreak], copied: Copied, since: float) -> None:
        changed = [
            await self._with_cues(one)
            for one in copied.breaks.values()
            if stored.get(one.break_id) != one
            # One that was over long ago is not loaded, and is on record as long as the database is whole.
            and (one.break_id in stored or not one.state.is_final or (one.planned_at or 0) >= since)
        ]
        changed = [one for one in changed if stored.get(one.break_id) != one]
        removed = copied.removed & stored.keys()
        if not changed and not removed:
            return
        await self._store.save(changed)
        await self._store.remove(removed)
        stored |= {one.break_id: one for one in changed}
        for gone in removed:
            del stored[gone]
        self._warn(
            f"{len(changed) + len(removed)} planned breaks were lost or older in the database: "
            "they are again as their second copy tells"
        )

    async def _with_cues(self, one: ScheduledBreak) -> ScheduledBreak:
        """The break without cues that the record does not know any more."""
        numbers = {"cue_id": one.cue_id, "back_cue_id": one.back_cue_id}
        lost = {
            name: None
            for name, number in numbers.items()
            if number is not None and await self._cues.get(number) is None
        }
        return one.model_copy(update=lost) if lost else one
