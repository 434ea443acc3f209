"""Receipts of cues seen on the output: matched by bytes, timed by the stream's own clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ibe100.models.messages import CueSeen, Message, NoticePosted
from ibe100.models.scte35_marker import CALL_OFF_LEAST_S, Cue, CueAction, CueState, Direction
from ibe100.services.cues.breaks import BreakLedger, OpenBreak
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.readiness import why_not_reached, why_nothing_leaves
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnOutput
from ibe100.tsduck.telemetry import SpliceEvent
from ibe100.utils.units import format_event_id

TICK_S = 0.05

_log = logging.getLogger(__name__)


class CueReceipts:
    """Used on the loop only."""

    def __init__(
        self,
        cache: CueCache,
        ledger: CueLedger,
        breaks: BreakLedger,
        publish: Callable[[Message], None],
        break_changed: Callable[[StreamRun], None],
        announced_again: Callable[[Cue], None],
    ) -> None:
        self._cache = cache
        self._ledger = ledger
        self._breaks = breaks
        self._publish = publish
        self._break_changed = break_changed
        self._announced_again = announced_again
        self._told: dict[str, OpenBreak] = {}

    def seen(self, run: StreamRun, fact: CueOnOutput) -> bool:
        """A section was on the output; True if it is that of a cue that waits for it, or was given up on."""
        section, at = fact.section, fact.at
        cue = self._cache.waiting_for(run.stream_id, section) or self._sent_unnoted(run, section, at)
        self._publish(
            CueSeen(
                stream_id=run.stream_id,
                at=at,
                section_base64=fact.section_base64,
                splice_pid=fact.splice_pid,
                ours=cue is not None,
            )
        )
        if cue is None:
            return self._seen_late(run, fact)
        cue = self._ledger.move(cue, CueState.SEEN, **_sight(run, cue, fact))
        if cue.pts_time is None:
            self.spliced(run, cue)
        return True

    def _sent_unnoted(self, run: StreamRun, section: bytes, at: float) -> Cue | None:
        """A cue that is ARMED as far as we know, but went out: its bytes are there to be seen.

        Its console ended before that was on record, or its processor right after it had put it out.
        """
        cue = self._cache.armed_with(run.stream_id, section)
        if cue is None or at < cue.requested_at:
            return None
        reason = cue.reason or "the console ended before it was on record that it was sent"
        return self._ledger.move(cue, CueState.SENT, sent=1, reason=reason)

    def _seen_late(self, run: StreamRun, fact: CueOnOutput) -> bool:
        cue = self._cache.given_up_with(run.stream_id, fact.section)
        if cue is None or fact.at < cue.requested_at or cue.action is CueAction.SPLICE_NULL:
            return False  # every splice_null has the same bytes: it is a later one, or a heartbeat
        sight = _sight(run, cue, fact)
        if cue.state is CueState.AIRED_LATE:
            self._ledger.move(cue, CueState.AIRED_LATE, **sight)  # one more of its repeats
            return True
        if cue.state is CueState.CANCELLED and cue.sent_at is not None and _is_ahead(cue):
            self._ledger.move(cue, CueState.CANCELLED, **sight)
            self._announced_again(cue)
            return True
        reason = f"it was {cue.state}" + (f" ({cue.reason})" if cue.reason else "") + ", and aired after that"
        self._tell_late(run, cue, fact.at)
        self._ledger.move(cue, CueState.AIRED_LATE, **sight, reason=reason)
        return True

    def _tell_late(self, run: StreamRun, cue: Cue, at: float) -> None:
        text = (
            f"event {format_event_id(cue.splice_event_id)} was {cue.state} and aired all the same: "
            "do not fire it again; tell the distributor"
        )
        match cue.direction:
            case Direction.OUT:
                text += " and go BACK TO PROGRAMME if the break is not wanted"
            case Direction.IN:
                text += " that the stream is back in its programme"
        self._publish(NoticePosted(at=at, level="error", text=text, stream_id=run.stream_id))
        _log.error("%s: %s", run.name, text)
        left_s = cue.splice_at - time.time() if cue.splice_at is not None else 0.0
        asyncio.get_running_loop().call_later(max(0.0, left_s), self._took_effect, run, cue)

    def _took_effect(self, run: StreamRun, cue: Cue) -> None:
        """Take up the break that a cue began or ended on air though it had been given up on."""
        for other in self._cache.recent(run.stream_id):
            if other.cue_id <= cue.cue_id:
                break
            if other.state.has_aired and other.direction is not Direction.NONE:
                return  # a later one has put it right
        if run.view.state.is_active:
            self._breaks.spliced(cue, run.cue_options)
            self.show_break(run)

    def monitored(self, run: StreamRun, event: SpliceEvent) -> None:
        """An event of splicemonitor: how far ahead a cue was first seen, and when it has occurred."""
        cue = self._cache.with_event_id(run.stream_id, event.splice_event_id)
        if cue is None or cue.pts_time is None or cue.pts_time != event.event_pts:
            return
        if event.progress == "pending" and cue.pre_roll_ms is None and event.time_to_event_ms is not None:
            self._ledger.keep(cue.model_copy(update={"pre_roll_ms": float(event.time_to_event_ms)}))
        elif event.progress == "occurred" and cue.state is CueState.SEEN:
            self.spliced(run, cue)

    def judge(self, run: StreamRun, cue: Cue) -> None:
        """The splice time is over and the monitor has not said so: does the stream's clock?"""
        assert cue.pts_time is not None
        now = time.monotonic()
        leaves = why_nothing_leaves(run) is None
        if leaves and run.clock is not None and run.clock.has_passed(cue.pts_time, now):
            self.spliced(run, cue)
            return
        reason = f"the stream did not reach the splice time: {why_not_reached(run, cue.pts_time, now)}"
        self._ledger.move(cue, CueState.FAILED, reason=reason)

    def spliced(self, run: StreamRun, cue: Cue) -> None:
        """A cue has taken effect."""
        missing = cue.sent_expected - cue.seen
        reason = cue.reason if cue.is_foreign else ""
        if missing > 0:
            reason = f"{missing} of {cue.sent_expected} repeats were not seen"
        # The break first: whoever sees the cue SPLICED may fire the next one before the disk has it.
        self._breaks.spliced(cue, run.cue_options)
        self.show_break(run)
        self._ledger.move(cue, CueState.SPLICED, reason=reason)

    def show_break(self, run: StreamRun) -> None:
        """Bring the tally up to date, now and when the break returns by itself."""
        self._break_changed(run)
        current = self._breaks.open_break(run.stream_id)
        now = time.time()
        on_air = current is not None and current.is_on_air(now)
        ends_at = current.ends_at if current is not None and on_air else None
        shown = current if on_air else None
        run.show_break(
            on_air,
            ends_at,
            None if shown is None else shown.announced_end,
            None if shown is None else shown.began_at,
        )
        if ends_at is not None:
            asyncio.get_running_loop().call_later(max(0.0, ends_at - now) + TICK_S, self.show_break, run)

    def stream_began(self, run: StreamRun) -> None:
        """Packets flow: of a break that the last run ended in, the operator is told once."""
        current = self._breaks.open_break(run.stream_id)
        if current is None or not current.of_earlier_run or self._told.get(run.stream_id) is current:
            return
        self._told[run.stream_id] = current
        if current.is_running(time.time()):
            text = (
                f"the last run ended in the break of event {format_event_id(current.splice_event_id)}: "
                "if the distributor is still in it, go BACK TO PROGRAMME"
            )
            self._publish(NoticePosted(at=time.time(), level="warning", text=text, stream_id=run.stream_id))

    def stream_ended(self, run: StreamRun) -> None:
        """Nothing can be seen any more: what was on its way has failed."""
        self._breaks.stream_ended(run.stream_id, time.time())
        self.show_break(run)
        cause = f": {run.view.reason}" if run.view.reason else ""
        for cue in self._cache.unfinished():
            if cue.stream_id == run.stream_id:
                reason = f"the stream is {run.view.state}{cause}"
                self._ledger.move(cue, CueState.FAILED, reason=reason)


def _is_ahead(cue: Cue) -> bool:
    """True while a withdrawal of the cue is still in time."""
    return cue.splice_at is not None and time.time() < cue.splice_at - CALL_OFF_LEAST_S


def _sight(run: StreamRun, cue: Cue, fact: CueOnOutput) -> dict[str, object]:
    """Changes of a cue that was seen on the output; the first sight is its receipt."""
    seen = cue.seen + 1
    # The runner may have sent some of its repeats, in the place of a console that was gone.
    changes: dict[str, object] = {
        "seen": seen,
        "sent": max(cue.sent, seen),
        "sent_expected": max(cue.sent_expected, seen),
    }
    if cue.seen:
        return changes
    changes |= {"seen_base64": fact.section_base64, "seen_at": fact.at}
    if cue.sent_at is not None:
        changes["latency_ms"] = round((fact.at - cue.sent_at) * 1000, 1)
    # A console that has just begun reads of sights that are older than all it knows of the clock.
    if run.clock is not None and run.clock.is_known(fact.mono_s):
        changes["seen_pts"] = run.clock.now_pts(fact.mono_s)
        if cue.pts_time is not None and cue.pre_roll_ms is None:
            changes["pre_roll_ms"] = round(run.clock.ms_until(cue.pts_time, fact.mono_s), 1)
    if run.record is not None and run.record.plan.frame_pts > 0:
        changes["frame_pts"] = run.record.plan.frame_pts
    return changes
