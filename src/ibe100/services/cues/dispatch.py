"""A cue from ARMED to its end: kept until its time, sent, looked for on the output, sent again if need be."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import time
from collections.abc import Callable

from ibe100.models.errors import StorageError
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.runner.launch import short_socket_path
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.readiness import (
    WAY_OUT_S,
    least_lead_s,
    pause_s,
    readiness,
    send_lead_s,
    why_hold,
    why_no_repeat,
    why_too_late,
    why_unseen,
)
from ibe100.services.cues.receipts import CueReceipts
from ibe100.services.cues.repeats import LEAST_GRACE_S, StandIn, repeats_left
from ibe100.services.cues.retiming import RETIMED, audit_detail, retimed
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.runner_facts import AttemptEnded
from ibe100.tsduck.stream_ports import LOOPBACK
from ibe100.utils.tasks import keep_running
from ibe100.utils.wall_clock import WallClock

POLL_S = 0.05
SEND_BUFFER_BYTES = 64 << 10
"""By itself macOS sends 2 kB at most to a Unix socket; a section has up to 4."""
HEARD_S = 0.1
"""The time in which lines of the journal that wait already are taken."""
JUDGE_PATIENCE_S = 15.0
"""A splice whose processor is just restarting is judged when the stream's clock is known again."""

_log = logging.getLogger(__name__)


class CueDispatch:
    """Used on the loop only."""

    def __init__(
        self,
        runs: Runs,
        cache: CueCache,
        ledger: CueLedger,
        receipts: CueReceipts,
        clock: WallClock,
        audit: AuditTrail,
        seen_timeout_s: float,
    ) -> None:
        self._runs = runs
        self._cache = cache
        self._ledger = ledger
        self._receipts = receipts
        self._clock = clock
        self._audit = audit
        self._seen_timeout_s = seen_timeout_s
        self._watchers: dict[int, asyncio.Task[None]] = {}
        self._stand_in = StandIn()
        self._called_off: set[int] = set()
        """Cues that are being called off: nothing more of them is sent."""
        self._to_port = _sender(socket.AF_INET)
        self._to_path = _sender(socket.AF_UNIX)

    async def close(self) -> None:
        """Stop watching; what is ARMED stays on record for the next console."""
        for task in self._watchers.values():
            task.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)
        await self._stand_in.close()
        self._to_port.close()
        self._to_path.close()

    def set_seen_timeout(self, seen_timeout_s: float) -> None:
        """Also for cues that are waited for."""
        self._seen_timeout_s = seen_timeout_s

    def watch(self, cue: Cue) -> None:
        """See a cue to its end."""
        task = keep_running(lambda: self._follow(cue), f"cue {cue.cue_id}")
        self._watchers[cue.cue_id] = task
        task.add_done_callback(lambda _: self._watchers.pop(cue.cue_id, None))

    def leave(self, cue: Cue) -> None:
        """See no more to a cue of a stream that another host has: nothing of it is sent or judged here."""
        if (task := self._watchers.pop(cue.cue_id, None)) is not None:
            task.cancel()

    def put_out(self, run: StreamRun, section: bytes) -> None:
        """Send the processor one datagram with one section. Raises OSError."""
        assert run.record is not None
        port = run.record.ports.cue
        if isinstance(port, int):
            self._to_port.sendto(section, (LOOPBACK, port))
            return
        with short_socket_path(run.link.stream_dir / port) as name:
            self._to_path.sendto(section, name)

    async def hand_over(self, cue: Cue) -> None:
        """Let the runner have a cue that is armed before anybody is told that it is."""
        await self._stand_in.hand_over(self._runs.run_of(cue.stream_id), cue)

    def send(self, cue: Cue) -> Cue:
        """Send an ARMED cue. The step is on record after, for the datagram must not wait."""
        run = self._runs.run_of(cue.stream_id)
        self._clock.now()
        cue = self._ledger.now(cue)  # a clock that was just set has moved its splice
        reason = why_unseen(run) if not readiness(run).ready else why_too_late(run, cue)
        if run.record is None or reason is not None:
            before = f"; {cue.reason}" if cue.reason else ""
            return self._ledger.move(cue, CueState.FAILED, reason=f"not sent: {reason}{before}")
        sent = cue.moved_to(CueState.SENT, sent=1, sent_at=self._clock.now(), reason="")
        self._ledger.keep(sent)
        try:
            self.put_out(run, base64.b64decode(cue.section_base64))
        except OSError as error:
            return self._ledger.move(sent, CueState.FAILED, reason=f"not sent: {error.strerror}")
        self._ledger.record(sent)
        return self._ledger.now(sent)

    def processor_ended(self, run: StreamRun, fact: AttemptEnded) -> None:
        """Its queue is gone: what it had not put out yet is ours again while there is time, or has failed."""
        # Until the next one has posted a sample nothing is ready, whatever state is still on its way to us.
        run.processor_ended()
        outcome = fact.outcome or "no reason known"
        for cue in self._cache.unfinished():
            if cue.stream_id != run.stream_id:
                continue
            if cue.state is CueState.SEEN and cue.sent > cue.seen:
                self._ledger.keep(
                    cue.model_copy(update={"sent": cue.seen})
                )  # what it had not put out is owed
            elif cue.state is CueState.SENT and cue.pts_time is not None:
                reason = f"the processor restarted before it was seen: {outcome}"
                self._ledger.move(cue, CueState.ARMED, sent=0, reason=reason)
            elif cue.state is CueState.SENT and (cue.sent_at or 0.0) <= fact.at:
                reason = (
                    f"processor restarted before it was seen, an immediate cue is not repeated: {outcome}"
                )
                self._ledger.move(cue, CueState.FAILED, reason=reason)

    async def _follow(self, cue: Cue) -> None:
        run = self._runs.run_of(cue.stream_id)
        while True:
            current = self._cache.get(cue.cue_id)
            match current.state if current is not None else None:
                case CueState.ARMED:
                    await self._hold(run, cue)
                case CueState.SENT:
                    await self._look_out(run, cue)
                case CueState.SEEN:
                    await self._see_spliced(run, cue)
                case _:
                    self._called_off.discard(cue.cue_id)
                    # One that was replaced or has failed while it was armed must not be sent by the runner.
                    await self._stand_in.drop(run, cue)
                    return

    async def _hold(self, run: StreamRun, cue: Cue) -> None:
        """Custody: until its lead time, and longer while the stream cannot take it, but never too long."""
        assert cue.splice_at is not None
        lead_s = send_lead_s(run.cue_options)

        def waits(held: Cue, *, is_held_back: bool = False) -> bool:
            if held.cue_id not in self._called_off:
                self._stand_in.follow(run, held, is_held_back=is_held_back)
            return True

        await self._stay(run, cue, CueState.ARMED, lambda held: _splice_at(held) - lead_s, waits)

        def latest(held: Cue) -> float:
            return _splice_at(held) - least_lead_s(run, held) - WAY_OUT_S

        def is_held_back(held: Cue) -> bool:
            if why_hold(run, held) is None:
                return False
            return waits(held, is_held_back=True)

        await self._stay(run, cue, CueState.ARMED, latest, is_held_back)
        while cue.cue_id in self._called_off and self._still(cue, CueState.ARMED) is not None:
            await asyncio.sleep(POLL_S)
        await self._hear_of_stand_in(run, cue)
        if (held := self._still(cue, CueState.ARMED)) is not None:
            if (moved := retimed(run, held)) is not None:
                await self._retime(run, moved)
            if self._still(cue, CueState.ARMED) is not None:
                self.send(held)

    async def _hear_of_stand_in(self, run: StreamRun, cue: Cue) -> None:
        """A console that was held itself reads first whether the runner has sent the cue in its place."""
        held = self._still(cue, CueState.ARMED)
        due = repeats_left(run, held) if held is not None else ()
        if not due or self._clock.now() < due[0] + LEAST_GRACE_S:
            return
        await asyncio.sleep(HEARD_S)
        patience = time.monotonic() + JUDGE_PATIENCE_S
        while time.monotonic() < patience and self._still(cue, CueState.ARMED) and run.is_behind():
            await asyncio.sleep(POLL_S)

    async def _retime(self, run: StreamRun, moved: Cue) -> None:
        """On record before it is sent, as every cue: its bytes are how it is known again."""
        try:
            await self._ledger.commit(moved)
        except StorageError as error:
            _log.error("%s: event %s was not re-timed: %s", run.name, moved.splice_event_id, error)
            return
        _log.warning("%s: timestamps jumped, event %s is re-timed", run.name, moved.splice_event_id)
        done = self._audit.write(RETIMED, moved.stream_id, audit_detail(moved))
        self._ledger.writes.add(done, "audit of a cue re-timed")

    async def _look_out(self, run: StreamRun, cue: Cue) -> None:
        """SENT: it must be seen soon after the first repeat is due."""
        began = self._clock.now()

        def latest(sent: Cue) -> float:
            first_due = sent.sent_at or began
            if sent.splice_at is not None:
                first_due = max(first_due, sent.splice_at - run.cue_options.start_delay_ms / 1000)
            return first_due + self._seen_timeout_s

        await self._stay(run, cue, CueState.SENT, latest, lambda sent: self._repeat(run, sent))
        # What was seen in time may still wait among the lines of the journal that are not taken yet.
        patience = time.monotonic() + JUDGE_PATIENCE_S
        while time.monotonic() < patience and self._still(cue, CueState.SENT) and run.is_behind():
            await asyncio.sleep(POLL_S)
        if (unseen := self._still(cue, CueState.SENT)) is not None:
            reason = f"not seen on the output in {self._seen_timeout_s:g} s: {why_unseen(run)}"
            self._ledger.move(unseen, CueState.FAILED, reason=reason)

    async def _see_spliced(self, run: StreamRun, cue: Cue) -> None:
        """SEEN: until its splice is known to be over; its repeats go on."""
        if cue.pts_time is None:  # its console ended before it was on record that an immediate cue is over
            self._receipts.spliced(run, self._ledger.now(cue))
            return

        def latest(seen: Cue) -> float:
            return _splice_at(seen) + self._seen_timeout_s

        await self._stay(run, cue, CueState.SEEN, latest, lambda seen: self._repeat(run, seen))
        patience = time.monotonic() + JUDGE_PATIENCE_S
        while (
            time.monotonic() < patience and self._still(cue, CueState.SEEN) and why_hold(run, cue) is not None
        ):
            await asyncio.sleep(POLL_S)
        if (unjudged := self._still(cue, CueState.SEEN)) is not None:
            self._receipts.judge(run, unjudged)

    def _repeat(self, run: StreamRun, cue: Cue) -> bool:
        """Send the same bytes again where that is due and in time; the runner is told of what is left."""
        if cue.pts_time is None or cue.cue_id in self._called_off:
            return True
        due = repeats_left(run, cue)
        can_go = readiness(run).ready and why_hold(run, cue) is None and why_no_repeat(run, cue) is None
        if due and due[0] <= self._clock.now() and can_go:
            try:
                self.put_out(run, base64.b64decode(cue.section_base64))
            except OSError as error:
                _log.error("%s: event %s was not repeated: %s", run.name, cue.splice_event_id, error.strerror)
            cue = cue.model_copy(update={"sent": cue.sent + 1})
            self._ledger.keep(cue)
        self._stand_in.follow(run, cue)
        return True

    async def call_off(self, cue: Cue) -> str:
        """Send nothing more of a cue, and have its runner send nothing; returns why that is unsure."""
        self._called_off.add(cue.cue_id)
        return await self._stand_in.drop(self._runs.run_of(cue.stream_id), cue)

    def go_on_with(self, cue: Cue) -> None:
        """It was not called off after all."""
        self._called_off.discard(cue.cue_id)

    async def _stay(
        self,
        run: StreamRun,
        cue: Cue,
        state: CueState,
        until: Callable[[Cue], float],
        goes_on: Callable[[Cue], bool] = lambda _: True,
    ) -> None:
        """Wait for a wall clock time of the cue as it then stands, or until it has left `state`."""
        while (still := self._still(cue, state)) is not None and goes_on(still):
            now = self._clock.now()
            if later_s := pause_s(run, still):
                self._put_off(still, later_s)
            # Asked again: a clock that was just set, or a stream that paused, has moved the cue's times.
            if (still := self._still(cue, state)) is None or (left_s := until(still) - now) <= 0:
                return
            await asyncio.sleep(min(left_s, POLL_S))

    def _put_off(self, cue: Cue, later_s: float) -> None:
        """Its PTS stays, as it is of the same frame; the stream comes there later by the wall clock."""
        self._ledger.keep(cue.model_copy(update={"splice_at": _splice_at(cue) + later_s}))
        self._ledger.record(self._ledger.now(cue))
        _log.warning("the stream paused: event %s is spliced %.1f s later", cue.splice_event_id, later_s)

    def _still(self, cue: Cue, state: CueState) -> Cue | None:
        """The cue as it stands, while it is in `state`; one that is over may be out of the cache already."""
        current = self._cache.get(cue.cue_id)
        return current if current is not None and current.state is state else None


def _sender(family: socket.AddressFamily) -> socket.socket:
    sender = socket.socket(family, socket.SOCK_DGRAM)
    sender.setblocking(False)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    return sender


def _splice_at(cue: Cue) -> float:
    """Wall clock of the splice, of a cue that has one."""
    assert cue.splice_at is not None, f"cue {cue.cue_id} is immediate"
    return cue.splice_at
