"""Cues: checked, committed, sent, looked for on the output, and answered for."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import socket
import time
from collections.abc import Callable
from typing import Protocol

from ibe100.database.records import EventIdRange
from ibe100.models.errors import CueRefused, StorageError, StreamError
from ibe100.models.messages import CueChanged, CueSeen, Message, NoticePosted
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, CueState, Readiness
from ibe100.scte35.section import encode, to_base64
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.break_ledger import BreakLedger
from ibe100.services.cue_readiness import SEND_AHEAD_S, readiness, splice_target, why_unseen
from ibe100.services.cue_section import describe, sealed, section_of
from ibe100.services.cue_shelf import CueShelf
from ibe100.services.runner_link import JournalLine, Sample
from ibe100.services.storage import Storage
from ibe100.services.stream_run import StreamRun
from ibe100.tsduck.loopback_ports import LOOPBACK
from ibe100.tsduck.telemetry import parse_splice_event

LATE_S = 0.25
"""A cue that could not be sent this long before its splice is not sent at all."""

_log = logging.getLogger(__name__)


class Runs(Protocol):
    """Where the streams are; `ibe100.services.stream_service`."""

    def run_of(self, stream_id: str) -> StreamRun: ...


class SCTE35Service:
    """Owns every cue from the request to its end. All coroutines run on the loop."""

    def __init__(
        self, storage: Storage, runs: Runs, publish: Callable[[Message], None], *, seen_timeout_s: float = 2.0
    ) -> None:
        self._storage = storage
        self._runs = runs
        self._publish = publish
        self._seen_timeout_s = seen_timeout_s
        self._shelf = CueShelf()
        self._audit = AuditTrail(storage)
        self._breaks = BreakLedger()
        self._locks: dict[str, asyncio.Lock] = {}
        self._watchers: dict[int, asyncio.Task[None]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    async def open(self) -> None:
        """Take up the cues on record; before the streams are opened, for their journals may tell of them."""
        for cue in reversed(await self._storage.cues.recent(limit=500)):
            self._shelf.put(cue)

    async def settle(self) -> None:
        """After the streams are opened: watch cues that are in time, fail the others, restore open breaks."""
        for stream_id in self._shelf.streams():
            with contextlib.suppress(StreamError):
                run = self._runs.run_of(stream_id)
                recent = self._shelf.recent(stream_id)
                if run.view.state.is_active:
                    auto_return = run.entry.config.scte35.auto_return
                    self._breaks.restore(stream_id, recent, auto_return=auto_return)
                    self._show_break(run)
        for cue in self._shelf.unfinished():
            if cue.state is CueState.ARMED and (
                cue.splice_at is None or cue.splice_at - LATE_S < time.time()
            ):
                await self._move(
                    cue, CueState.FAILED, reason="the console was down when it was due; not sent late"
                )
            else:
                self._watch(cue)

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
        if cue.splice_event_id is None:
            options = run.entry.config.scte35
            next_id = self._shelf.next_event_id(
                request.stream_id, options.event_id_first, options.event_id_last
            )
            cue = cue.model_copy(update={"splice_event_id": next_id})
        section = section_of(cue, run.entry.config.scte35)
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
            options = run.entry.config.scte35
            ids = EventIdRange(first=options.event_id_first, last=options.event_id_last)
            cue = await self._storage.cues.create(draft, ids, lambda numbered: sealed(numbered, options))
            self._put(cue)
            if cue.pts_time is None:
                cue = await self._send(cue)
            self._watch(cue)
        detail = f"event {cue.splice_event_id} {cue.section_base64}"
        await self._audit.write(request.requested_by, request.action.value, request.stream_id, detail)
        return self._now(cue)

    async def cancel(self, cue_id: int) -> Cue:
        """Only while ARMED: then the processor has not got it yet, and it truly never airs."""
        cue = self._shelf.get(cue_id)
        if cue is None:
            raise CueRefused(f"there is no cue {cue_id}")
        if cue.state is not CueState.ARMED:
            raise CueRefused(
                f"event {cue.splice_event_id} is {cue.state}: only an ARMED cue can be cancelled"
            )
        cancelled = await self._move(cue, CueState.CANCELLED, reason="disarmed by the operator")
        if (task := self._watchers.pop(cue_id, None)) is not None:
            task.cancel()
        return cancelled

    def _check(self, run: StreamRun, request: CueRequest) -> None:
        ready = readiness(run)
        if not ready.ready:
            raise CueRefused("; ".join(ready.reasons))
        pending = self._shelf.unfinished()
        refusal = self._breaks.refusal(request.stream_id, request.action, pending, time.time())
        if refusal is not None:
            raise CueRefused(refusal)

    def _draft(self, run: StreamRun, request: CueRequest) -> Cue:
        options = run.entry.config.scte35
        pts_time, splice_at = None, None
        if request.pre_roll_s > 0:
            pts_time, splice_at = splice_target(run, request.pre_roll_s)
        event_id = None
        duration_s: float | None = request.duration_s or options.break_duration_s
        if request.action is CueAction.BACK_TO_PROGRAMME:
            current = self._breaks.open_break(request.stream_id)
            if current is None:
                raise CueRefused("the stream is not in a break")
            event_id, duration_s = current.splice_event_id, None
        return Cue(
            cue_id=0,
            stream_id=request.stream_id,
            session_id=run.facts.session_id if run.facts is not None else None,
            action=request.action,
            state=CueState.REQUESTED,
            requested_by=request.requested_by,
            requested_at=time.time(),
            splice_event_id=event_id,
            duration_s=duration_s,
            pre_roll_s=request.pre_roll_s,
            pts_time=pts_time,
            splice_at=splice_at,
            sent_expected=options.inject_count if pts_time is not None else 1,
        )

    async def _record_refusal(self, run: StreamRun, request: CueRequest, reason: str) -> None:
        draft = Cue(
            cue_id=0,
            stream_id=request.stream_id,
            session_id=run.facts.session_id if run.facts is not None else None,
            action=request.action,
            state=CueState.REQUESTED,
            requested_by=request.requested_by,
            requested_at=time.time(),
            duration_s=request.duration_s,
            pre_roll_s=request.pre_roll_s,
        )
        try:
            cue = await self._storage.cues.create(
                draft, None, lambda numbered: numbered.moved_to(CueState.REFUSED, reason=reason)
            )
        except StorageError as error:
            _log.error("%s: a refused cue is not on record: %s", run.name, error)
            return
        self._put(cue)

    async def _send(self, cue: Cue) -> Cue:
        """One datagram, one section. The step is on record after, for the datagram must not wait."""
        run = self._runs.run_of(cue.stream_id)
        if run.facts is None or not readiness(run).ready:
            return await self._move(cue, CueState.FAILED, reason=f"not sent: {why_unseen(run)}")
        now = time.time()
        self._put(cue.moved_to(CueState.SENT, sent=cue.sent_expected, sent_at=now))
        try:
            self._socket.sendto(base64.b64decode(cue.section_base64), (LOOPBACK, run.facts.ports.cue))
        except OSError as error:
            return await self._move(self._now(cue), CueState.FAILED, reason=f"not sent: {error.strerror}")
        sent = self._now(cue)
        await self._record(sent)
        return self._now(cue)

    def _watch(self, cue: Cue) -> None:
        task = asyncio.create_task(self._until_over(cue), name=f"cue {cue.cue_id}")
        self._watchers[cue.cue_id] = task
        task.add_done_callback(lambda _: self._watchers.pop(cue.cue_id, None))

    async def _until_over(self, cue: Cue) -> None:
        """Send an ARMED cue in time, then see that it is seen and spliced, or fail it with the reason."""
        run = self._runs.run_of(cue.stream_id)
        options = run.entry.config.scte35
        if cue.state is CueState.ARMED:
            assert cue.splice_at is not None
            lead_s = options.start_delay_ms / 1000 + SEND_AHEAD_S
            await _sleep_until(cue.splice_at - lead_s)
            cue = await self._send(self._now(cue))
        if self._now(cue).state is CueState.SENT:
            first_due = cue.sent_at or time.time()
            if cue.splice_at is not None:
                first_due = max(first_due, cue.splice_at - options.start_delay_ms / 1000)
            await _sleep_until(first_due + self._seen_timeout_s)
            if self._now(cue).state is CueState.SENT:
                timeout = f"not seen on the output in {self._seen_timeout_s:g} s: {why_unseen(run)}"
                await self._move(self._now(cue), CueState.FAILED, reason=timeout)
        if self._now(cue).state is CueState.SEEN and cue.splice_at is not None:
            await _sleep_until(cue.splice_at + self._seen_timeout_s)
            if self._now(cue).state is CueState.SEEN:
                await self._judge(run, self._now(cue))

    async def _judge(self, run: StreamRun, cue: Cue) -> None:
        """The splice time is over and the monitor has not said so: does the stream's clock?"""
        assert cue.pts_time is not None
        if run.clock is not None and run.clock.has_passed(cue.pts_time, time.monotonic()):
            await self._spliced(run, cue)
            return
        notice = run.clock.last_jump_words(time.monotonic()) if run.clock is not None else None
        cause = notice or why_unseen(run)
        await self._move(cue, CueState.FAILED, reason=f"the stream did not reach the splice time: {cause}")

    async def on_line(self, run: StreamRun, line: JournalLine) -> None:
        """What the runner wrote down; cues are matched by their bytes."""
        match line["kind"]:
            case "cue_seen":
                await self._seen(run, line)
            case "splice_event":
                await self._splice_event(run, line)
            case "state" if run.view.state.is_ended:
                await self._stream_ended(run)

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Samples are for others."""

    async def _seen(self, run: StreamRun, line: JournalLine) -> None:
        seen_base64, at = str(line["base64"]), float(line["t"])
        cue = self._shelf.waiting_for(run.stream_id, base64.b64decode(seen_base64))
        self._publish(
            CueSeen(
                stream_id=run.stream_id,
                at=at,
                section_base64=seen_base64,
                splice_pid=int(line["splice_pid"]),
                ours=cue is not None,
            )
        )
        if cue is None:
            self._check_late(run, base64.b64decode(seen_base64), at)
            return
        changes: dict[str, object] = {"seen": cue.seen + 1}
        if cue.state is CueState.SENT:
            changes |= {"seen_base64": seen_base64, "seen_at": at}
            if cue.sent_at is not None:
                changes["latency_ms"] = round((at - cue.sent_at) * 1000, 1)
            if cue.pts_time is not None and cue.pre_roll_ms is None and run.clock is not None:
                changes["pre_roll_ms"] = run.clock.ms_until(cue.pts_time, float(line["mono"]))
        cue = await self._move(cue, CueState.SEEN, **changes)
        if cue.pts_time is None:
            await self._spliced(run, cue)

    def _check_late(self, run: StreamRun, section: bytes, at: float) -> None:
        failed = self._shelf.failed_with(run.stream_id, section)
        if failed is None:
            return
        text = f"event {failed.splice_event_id} was FAILED and aired all the same; tell the distributor"
        self._publish(NoticePosted(at=at, level="error", text=text, stream_id=run.stream_id))
        _log.error("%s: %s", run.name, text)

    async def _splice_event(self, run: StreamRun, line: JournalLine) -> None:
        event = parse_splice_event(line["json"])
        if event is None:
            return
        cue = self._shelf.with_event_id(run.stream_id, event.splice_event_id)
        if cue is None or cue.pts_time is None or cue.pts_time != event.event_pts:
            return
        if event.progress == "pending" and cue.pre_roll_ms is None and event.time_to_event_ms is not None:
            self._put(cue.model_copy(update={"pre_roll_ms": float(event.time_to_event_ms)}))
        elif event.progress == "occurred" and cue.state is CueState.SEEN:
            await self._spliced(run, cue)

    async def _spliced(self, run: StreamRun, cue: Cue) -> None:
        missing = cue.sent_expected - cue.seen
        reason = f"{missing} of {cue.sent_expected} repeats were not seen" if missing > 0 else ""
        cue = await self._move(cue, CueState.SPLICED, reason=reason)
        self._breaks.spliced(cue, auto_return=run.entry.config.scte35.auto_return)
        self._show_break(run)

    def _show_break(self, run: StreamRun) -> None:
        current = self._breaks.open_break(run.stream_id)
        now = time.time()
        run.in_break = current is not None and current.is_running(now)
        ends_at = current.ends_at if current is not None and run.in_break else None
        run.update(break_ends_at=ends_at)
        if ends_at is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(max(0.05, ends_at - now + 0.05), self._show_break, run)

    async def _stream_ended(self, run: StreamRun) -> None:
        self._breaks.forget(run.stream_id)
        self._show_break(run)
        for cue in self._shelf.unfinished():
            if cue.stream_id == run.stream_id:
                cause = f"the stream is {run.view.state}" + (
                    f": {run.view.reason}" if run.view.reason else ""
                )
                await self._move(cue, CueState.FAILED, reason=cause)

    async def _move(self, cue: Cue, state: CueState, **changes: object) -> Cue:
        """A step of its life: on screen at once, on record as soon as the disk has it."""
        moved = cue.moved_to(state, **changes)
        self._put(moved)
        await self._record(moved)
        return moved

    async def _record(self, cue: Cue) -> None:
        try:
            await self._storage.cues.step(cue)
        except StorageError as error:
            text = f"event {cue.splice_event_id} is {cue.state}, but that is not on record: {error}"
            self._publish(NoticePosted(at=time.time(), level="error", text=text, stream_id=cue.stream_id))
            _log.error("%s", text)

    def _put(self, cue: Cue) -> None:
        self._shelf.put(cue)
        self._publish(CueChanged(cue=cue))
        with contextlib.suppress(StreamError):
            run = self._runs.run_of(cue.stream_id)
            run.armed = self._shelf.has_pending_break(cue.stream_id)
            run.refresh()

    def _now(self, cue: Cue) -> Cue:
        current = self._shelf.get(cue.cue_id)
        assert current is not None
        return current


async def _sleep_until(wall: float) -> None:
    await asyncio.sleep(max(0.0, wall - time.time()))
