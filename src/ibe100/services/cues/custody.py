"""Cues of a stream that moves between hosts: the one that gains it takes them up, the other leaves them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ibe100.database.database import Database
from ibe100.models.errors import CueRefused
from ibe100.models.messages import CueChanged, Message
from ibe100.models.records.hosts import elsewhere
from ibe100.models.scte35_marker import Cue, CuePreview, CueRequest, CueState, Readiness
from ibe100.models.stream_config import FileInput, TestPatternInput
from ibe100.services.cues.breaks import BreakLedger
from ibe100.services.cues.cache import KEPT, CueCache
from ibe100.services.cues.dispatch import CueDispatch
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.readiness import least_lead_s
from ibe100.services.cues.receipts import CueReceipts
from ibe100.services.streams.run import StreamRun


class Forward(Protocol):
    """Asks the owner of a stream; each raises CueRefused with its reason, or where it cannot be asked."""

    def readiness(self, run: StreamRun) -> Readiness:
        """Readiness as far as it is known here; safe from any thread."""

    async def fire(self, run: StreamRun, request: CueRequest) -> Cue: ...
    async def preview(self, run: StreamRun, request: CueRequest) -> CuePreview: ...
    async def cancel(self, run: StreamRun, cue_id: int) -> Cue: ...


class CueCustody:
    """Used on the loop only."""

    def __init__(
        self,
        storage: Database,
        cache: CueCache,
        breaks: BreakLedger,
        ledger: CueLedger,
        receipts: CueReceipts,
        dispatch: CueDispatch,
        publish: Callable[[Message], None],
    ) -> None:
        self._storage = storage
        self._cache = cache
        self._breaks = breaks
        self._ledger = ledger
        self._receipts = receipts
        self._dispatch = dispatch
        self._publish = publish
        self.forward: Forward | None = None
        """None where this host works on its database alone."""

    def readiness(self, run: StreamRun) -> Readiness:
        """Readiness of a stream of another host; safe from any thread."""
        if self.forward is None:
            return Readiness(ready=False, reasons=(elsewhere(run.name, run.view.owner or ""),))
        return self.forward.readiness(run)

    def owner_of(self, run: StreamRun) -> Forward:
        """Where cues for a stream of another host are asked for. Raises CueRefused."""
        if self.forward is None:
            raise CueRefused(elsewhere(run.name, run.view.owner or ""))
        return self.forward

    def lose(self, run: StreamRun) -> None:
        """Send and judge nothing more of a stream: its owner does."""
        self._breaks.forget(run.stream_id)
        for cue in self._cache.open_of(run.stream_id):
            self._dispatch.leave(cue)

    def hear(self, cues: Sequence[Cue]) -> None:
        """Show cues as another host has committed them."""
        for cue in cues:
            if cue != self._cache.get(cue.cue_id):
                self._cache.put(cue)
                self._publish(CueChanged(cue=cue))

    async def gain(self, run: StreamRun, why: str) -> None:
        """Take up what is on record of a stream that this host owns since a moment ago. Raises StorageError.

        What is still to come is armed again with the same ids and bytes; those whose time was in between have
        failed, `why` is the reason. A break on air is returned from.
        """
        stream_id = run.stream_id
        recent = await self._storage.cues.recent(stream_id, KEPT)
        self.hear([*reversed(recent), *await self._storage.cues.unfinished(stream_id)])
        for cue in self._cache.unfinished():
            if cue.stream_id == stream_id:
                self._take_up(run, cue, why)
        run.arm(self._cache.is_armed(stream_id))
        newest = await self._storage.cues.newest_splice(stream_id)
        if newest is not None:
            self._breaks.spliced(newest, run.cue_options)
            if isinstance(run.entry.config.input, FileInput | TestPatternInput):
                self._breaks.lose_time(stream_id)  # its timestamps begin anew
            self._breaks.take_over(stream_id, time.time())
        self._receipts.show_break(run)

    def _take_up(self, run: StreamRun, cue: Cue, why: str) -> None:
        if cue.state is CueState.SENT and cue.pts_time is None:
            reason = f"it is not known whether it was on the output, and it is not repeated: {why}"
            self._ledger.move(cue, CueState.FAILED, reason=reason)
            return
        if cue.state is CueState.SENT:
            cue = self._ledger.move(cue, CueState.ARMED, sent=0, reason=f"sent again: {why}")
        if cue.state is CueState.ARMED and cue.splice_at is not None:
            if cue.splice_at - least_lead_s(run, cue) < time.time():
                reason = f"not sent in time, and not sent late: {why}"
                self._ledger.move(cue, CueState.FAILED, reason=reason)
                return
        elif cue.state is CueState.SEEN and cue.sent > cue.seen:
            cue = cue.model_copy(update={"sent": cue.seen})  # what was not put out yet is owed
            self._ledger.keep(cue)
        self._dispatch.watch(cue)
