"""Cues: checked, committed, sent, looked for on the output, and answered for."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import time
from collections.abc import Callable

from ibe100.database.records import EventIdRange
from ibe100.models.errors import CueRefused, StorageError, StreamError
from ibe100.models.messages import Message
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, CueState, Readiness
from ibe100.scte35.section import encode, to_base64
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.break_ledger import BreakLedger
from ibe100.services.cue_ledger import CueLedger, Runs
from ibe100.services.cue_readiness import (
    LATE_S,
    SEND_AHEAD_S,
    readiness,
    splice_target,
    why_too_late,
    why_unseen,
)
from ibe100.services.cue_receipts import CueReceipts
from ibe100.services.cue_section import describe, sealed, section_of
from ibe100.services.cue_shelf import CueShelf
from ibe100.services.runner_link import JournalLine, Sample
from ibe100.services.storage import Storage
from ibe100.services.stream_run import StreamRun
from ibe100.services.task_faults import log_fault
from ibe100.tsduck.loopback_ports import LOOPBACK

REMEMBERED_CUES = 500

_log = logging.getLogger(__name__)


class SCTE35Service:
    """Owns every cue from the request to its end. All coroutines run on the loop."""

    def __init__(
        self, storage: Storage, runs: Runs, publish: Callable[[Message], None], *, seen_timeout_s: float = 2.0
    ) -> None:
        self._storage = storage
        self._runs = runs
        self._seen_timeout_s = seen_timeout_s
        self._shelf = CueShelf()
        self._breaks = BreakLedger()
        self._ledger = CueLedger(storage, runs, self._shelf, publish)
        self._receipts = CueReceipts(self._shelf, self._ledger, self._breaks, publish)
        self._audit = AuditTrail(storage)
        self._locks: dict[str, asyncio.Lock] = {}
        self._watchers: dict[int, asyncio.Task[None]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    async def open(self) -> None:
        """Take up the cues on record; before the streams are opened, for their journals may tell of them."""
        for cue in reversed(await self._storage.cues.recent(limit=REMEMBERED_CUES)):
            self._shelf.put(cue)
        for cue in await self._storage.cues.unfinished():
            self._shelf.put(cue)

    async def settle(self) -> None:
        """After the streams are opened: watch cues that are in time, fail the others, restore open breaks."""
        for cue in self._shelf.unfinished():
            due = cue.splice_at - LATE_S if cue.splice_at is not None else 0.0
            if not self._exists(cue.stream_id):
                await self._ledger.move(cue, CueState.FAILED, reason="its stream was deleted")
            elif cue.state is CueState.ARMED and due < time.time():
                reason = "the console was down when it was due; it is not sent late"
                await self._ledger.move(cue, CueState.FAILED, reason=reason)
            else:
                self._watch(cue)
        for stream_id in filter(self._exists, self._shelf.streams()):
            run = self._runs.run_of(stream_id)
            if run.view.state.is_active:
                auto_return = run.cue_options.auto_return
                self._breaks.restore(stream_id, self._shelf.recent(stream_id), auto_return=auto_return)
                self._receipts.show_break(run)

    async def close(self) -> None:
        """Stop watching; what is ARMED stays on record for the next console."""
        for task in self._watchers.values():
            task.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)
        self._socket.close()

    def readiness(self, stream_id: str) -> Readiness:
        """Whether a cue can go out now; safe from any thread."""
        return readiness(self._runs.run_of(stream_id))

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        """The newest cues first, at most 50; safe from any thread."""
        return self._shelf.recent(stream_id)

    async def preview(self, request: CueRequest) -> CuePreview:
        """What would go out now; nothing is reserved. Raises CueRefused when it could not."""
        run = self._runs.run_of(request.stream_id)
        cue = self._draft(run, request)
        options = run.cue_options
        if cue.splice_event_id is None:
            next_id = self._shelf.next_event_id(run.stream_id, options.event_id_first, options.event_id_last)
            cue = cue.model_copy(update={"splice_event_id": next_id})
        section = section_of(cue, options)
        assert cue.splice_event_id is not None
        return CuePreview(
            splice_event_id=cue.splice_event_id,
            section_base64=to_base64(encode(section)),
            pts_time=cue.pts_time,
            splice_at=cue.splice_at,
            fields=describe(section),
        )

    async def fire(self, request: CueRequest) -> Cue:
        """Committed, then sent; returns it SENT (immediate) or ARMED. Raises CueRefused, StorageError."""
        run = self._runs.run_of(request.stream_id)
        async with self._locks.setdefault(request.stream_id, asyncio.Lock()):
            try:
                self._check(run, request)
                draft = self._draft(run, request)
            except CueRefused as refusal:
                await self._record_refusal(run, request, str(refusal))
                raise
            options = run.cue_options
            ids = EventIdRange(first=options.event_id_first, last=options.event_id_last)
            cue = await self._storage.cues.create(draft, ids, lambda numbered: sealed(numbered, options))
            self._ledger.keep(cue)
            if cue.pts_time is None:
                cue = await self._send(cue)
            self._watch(cue)
        detail = f"event {cue.splice_event_id} {cue.section_base64}"
        await self._audit.write(request.requested_by, request.action.value, request.stream_id, detail)
        return self._ledger.now(cue)

    async def cancel(self, cue_id: int) -> Cue:
        """Only while ARMED: then the processor has not got it yet, and it truly never airs."""
        cue = self._shelf.get(cue_id)
        if cue is None:
            raise CueRefused(f"there is no cue {cue_id}")
        if cue.state is not CueState.ARMED:
            raise CueRefused(f"event {cue.splice_event_id} is {cue.state}: only an ARMED cue is still ours")
        if (task := self._watchers.pop(cue_id, None)) is not None:
            task.cancel()
        cancelled = await self._ledger.move(cue, CueState.CANCELLED, reason="disarmed by the operator")
        await self._audit.write("operator", "cue disarmed", cue.stream_id, f"event {cue.splice_event_id}")
        return cancelled

    async def on_line(self, run: StreamRun, line: JournalLine) -> None:
        """What the runner wrote down; cues are matched by their bytes."""
        match line["kind"]:
            case "cue_seen":
                await self._receipts.seen(run, line)
            case "splice_event":
                await self._receipts.monitored(run, line)
            case "attempt_ended":
                await self._receipts.processor_ended(run, str(line.get("outcome") or "no reason known"))
            case "state" if run.view.state.is_ended:
                await self._receipts.stream_ended(run)

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Samples are for others."""

    def _exists(self, stream_id: str) -> bool:
        try:
            self._runs.run_of(stream_id)
        except StreamError:
            return False
        return True

    def _check(self, run: StreamRun, request: CueRequest) -> None:
        ready = readiness(run)
        if not ready.ready:
            raise CueRefused("; ".join(ready.reasons))
        pending = self._shelf.unfinished()
        refusal = self._breaks.refusal(request.stream_id, request.action, pending, time.time())
        if refusal is not None:
            raise CueRefused(refusal)

    def _draft(self, run: StreamRun, request: CueRequest) -> Cue:
        options = run.cue_options
        pts_time, splice_at = None, None
        if request.pre_roll_s > 0 or request.splice_at is not None:
            pts_time, splice_at = splice_target(run, request.pre_roll_s, request.splice_at)
        event_id = None
        duration_s: float | None = request.duration_s or options.break_duration_s
        if request.action is CueAction.BACK_TO_PROGRAMME:
            current = self._breaks.open_break(request.stream_id)
            if current is None:
                raise CueRefused("the stream is not in a break")
            event_id, duration_s = current.splice_event_id, None
        return _requested(run, request).model_copy(
            update={
                "splice_event_id": event_id,
                "duration_s": duration_s,
                "pts_time": pts_time,
                "splice_at": splice_at,
                "sent_expected": options.inject_count if pts_time is not None else 1,
            }
        )

    async def _record_refusal(self, run: StreamRun, request: CueRequest, reason: str) -> None:
        draft = _requested(run, request)
        try:
            cue = await self._storage.cues.create(
                draft, None, lambda numbered: numbered.moved_to(CueState.REFUSED, reason=reason)
            )
        except StorageError as error:
            _log.error("%s: a refused cue is not on record: %s", run.name, error)
            return
        self._ledger.keep(cue)

    async def _send(self, cue: Cue) -> Cue:
        """One datagram, one section. The step is on record after, for the datagram must not wait."""
        run = self._runs.run_of(cue.stream_id)
        reason = why_unseen(run) if not readiness(run).ready else why_too_late(run, cue)
        if run.facts is None or reason is not None:
            return await self._ledger.move(cue, CueState.FAILED, reason=f"not sent: {reason}")
        sent = cue.moved_to(CueState.SENT, sent=cue.sent_expected, sent_at=time.time())
        self._ledger.keep(sent)
        try:
            self._socket.sendto(base64.b64decode(cue.section_base64), (LOOPBACK, run.facts.ports.cue))
        except OSError as error:
            return await self._ledger.move(sent, CueState.FAILED, reason=f"not sent: {error.strerror}")
        await self._ledger.record(sent)
        return self._ledger.now(sent)

    def _watch(self, cue: Cue) -> None:
        task = asyncio.create_task(self._until_over(cue), name=f"cue {cue.cue_id}")
        self._watchers[cue.cue_id] = task
        task.add_done_callback(lambda _: self._watchers.pop(cue.cue_id, None))
        task.add_done_callback(log_fault)

    async def _until_over(self, cue: Cue) -> None:
        """Send an ARMED cue in time, then see that it is seen and spliced, or fail it with the reason."""
        run = self._runs.run_of(cue.stream_id)
        start_delay_s = run.cue_options.start_delay_ms / 1000
        if cue.state is CueState.ARMED:
            assert cue.splice_at is not None
            await _sleep_until(cue.splice_at - start_delay_s - SEND_AHEAD_S)
            cue = self._ledger.now(cue)
            if cue.state is not CueState.ARMED:
                return
            cue = await self._send(cue)
        if self._is_still(cue, CueState.SENT):
            first_due = cue.sent_at or time.time()
            if cue.splice_at is not None:
                first_due = max(first_due, cue.splice_at - start_delay_s)
            await _sleep_until(first_due + self._seen_timeout_s)
            if self._is_still(cue, CueState.SENT):
                reason = f"not seen on the output in {self._seen_timeout_s:g} s: {why_unseen(run)}"
                await self._ledger.move(self._ledger.now(cue), CueState.FAILED, reason=reason)
        if self._is_still(cue, CueState.SEEN) and cue.splice_at is not None:
            await _sleep_until(cue.splice_at + self._seen_timeout_s)
            if self._is_still(cue, CueState.SEEN):
                await self._receipts.judge(run, self._ledger.now(cue))

    def _is_still(self, cue: Cue, state: CueState) -> bool:
        """A cue that is over may be off the shelf already."""
        current = self._shelf.get(cue.cue_id)
        return current is not None and current.state is state


def _requested(run: StreamRun, request: CueRequest) -> Cue:
    """What was asked, before anything is decided."""
    return Cue(
        cue_id=0,
        stream_id=request.stream_id,
        session_id=run.facts.session_id if run.facts is not None else None,
        action=request.action,
        state=CueState.REQUESTED,
        requested_by=request.requested_by,
        requested_at=time.time(),
        duration_s=request.duration_s,
        pre_roll_s=request.pre_roll_s,
        scheduled_at=request.splice_at,
    )


async def _sleep_until(wall: float) -> None:
    await asyncio.sleep(max(0.0, wall - time.time()))
