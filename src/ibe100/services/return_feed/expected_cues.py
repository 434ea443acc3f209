"""Cues that were on our output, held against what comes back: matched by bytes, altered ones told apart.

No input or output here: time and evidence are handed in, new receipts come back.
"""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from ibe100.models.cues.return_receipt import ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue
from ibe100.scte35.comparison import differences, is_of_one_event, is_same_but_for_ids, says_the_same
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.values import SpliceInfoSection
from ibe100.services.return_feed.diagnosis import absent, altered, mistimed, restamped, unreachable
from ibe100.services.return_feed.feed_log import FeedLog
from ibe100.services.return_feed.tags import Tag, judged
from ibe100.services.streams.runner_facts import CueTagged
from ibe100.tsduck.telemetry import SpliceEvent

MOST_ARRIVALS = 256
MOST_CLOSED = 64
MOST_TAGS = 64
HEAD_START_S = 0.5
"""Our own output and the return feed are read by two processes: the far one may be quicker to tell."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A section of the return feed that can be decoded."""

    at: float
    section_base64: str
    section: SpliceInfoSection
    splice_pid: int


@dataclass(slots=True)
class _Expected:
    receipt: ReturnReceipt
    cue: Cue
    section: SpliceInfoSection
    sent_pid: int


class ExpectedCues:
    """One stream's open receipts; used on the loop only."""

    def __init__(self, log: FeedLog) -> None:
        self._log = log
        self._open: dict[int, _Expected] = {}
        self._closed: deque[SpliceInfoSection] = deque(maxlen=MOST_CLOSED)
        self._arrivals: deque[Arrival] = deque(maxlen=MOST_ARRIVALS)
        self._tags: deque[Tag] = deque(maxlen=MOST_TAGS)
        self._pre_rolls: dict[tuple[int, int], float] = {}
        """Pre-roll (ms) when a splice was first announced at the far end, by event id and splice time."""

    def is_open(self, cue_id: int) -> bool:
        """True while something can still become of the receipt."""
        return cue_id in self._open

    def expect(self, cue: Cue, receipt: ReturnReceipt, sent_pid: int) -> ReturnReceipt | None:
        """A cue is on our output: look for it from now on; its receipt if it came back already."""
        section = _decoded(cue.section_base64)
        if section is None:
            return None
        expected = self._open[cue.cue_id] = _Expected(receipt, cue, section, sent_pid)
        since = min(receipt.left_at, cue.sent_at or receipt.left_at) - HEAD_START_S
        early = [one for one in self._arrivals if one.at >= since and _concerns(expected, one)]
        changed = None
        for arrival in early:
            self._arrivals.remove(arrival)
            changed = self._hold(expected, arrival) or changed
        for tag in [one for one in self._tags if one.said.at >= since and one.is_of(cue, section)]:
            self._tags.remove(tag)
            changed = self._told_by(expected, tag) or changed
        return changed

    def tagged(self, said: CueTagged) -> ReturnReceipt | None:
        """A tag of a playlist or an event message told of a cue; the receipt that it changes."""
        tag = Tag.of(said)
        if tag.section is not None and any(says_the_same(one, tag.section) for one in self._closed):
            return None
        of_it = [one for one in self._open.values() if tag.is_of(one.cue, one.section)]
        since = said.at + HEAD_START_S
        waiting = [
            one for one in of_it if one.receipt.seen < one.receipt.expected and one.receipt.left_at <= since
        ]
        if not waiting:
            if not of_it:
                self._tags.append(tag)
            return None
        return self._told_by(min(waiting, key=lambda one: abs(tag.off_s(one.cue) or 0.0)), tag)

    def _told_by(self, expected: _Expected, tag: Tag) -> ReturnReceipt | None:
        """Hold a tag against a cue; None where it tells nothing new."""
        before = expected.receipt
        if before.state.is_proof and before.splice_pid is not None:
            return None  # its bytes came back already
        receipt = self._keep(expected, **judged(tag, expected.cue, expected.section, before))
        self._close_if_complete(expected)
        return receipt

    def progress(self, cue: Cue) -> ReturnReceipt | None:
        """Another step of a cue that is looked for: more repeats, or its end."""
        expected = self._open.get(cue.cue_id)
        if expected is None:
            return None
        expected.cue = cue
        if cue.seen > expected.receipt.expected:
            return self._keep(expected, expected=cue.seen)
        self._close_if_complete(expected)
        return None

    def arrived(self, at: float, section_base64: str, splice_pid: int) -> ReturnReceipt | None:
        """A section came back; the receipt that it changes."""
        section = _decoded(section_base64)
        if section is None:
            return None
        arrival = Arrival(at, section_base64, section, splice_pid)
        expected = self._sent_as(section_base64)
        if expected is None and any(says_the_same(one, section) for one in self._closed):
            return None  # one repeat more of a cue that has its receipt
        expected = expected or self._made_of(arrival)
        if expected is None:
            self._arrivals.append(arrival)
            return None
        return self._hold(expected, arrival)

    def announced(self, event: SpliceEvent) -> ReturnReceipt | None:
        """splicemonitor's reckoning of how far ahead a splice lies, by the return feed's own PTS."""
        if event.progress != "pending" or event.time_to_event_ms is None or event.event_pts is None:
            return None
        if len(self._pre_rolls) >= MOST_ARRIVALS:
            self._pre_rolls.clear()
        splice = event.splice_event_id, event.event_pts
        self._pre_rolls.setdefault(splice, float(event.time_to_event_ms))
        for expected in tuple(self._open.values()):
            if expected.receipt.seen and _splice_of(expected) == splice:
                timed = self._timed(expected)
                self._close_if_complete(expected)
                return timed
        return None

    def ahead_s(self, section_base64: str) -> float | None:
        """Seconds from the section to its splice as they were on our output; None for what is not ours."""
        sent = self._sent_as(section_base64)
        if sent is None or sent.cue.splice_at is None:
            return None
        return sent.cue.splice_at - sent.receipt.left_at

    def unclaimed(self, since: float, until: float) -> list[Arrival]:
        """Sections that came between two times and are of no cue of ours."""
        return [one for one in self._arrivals if since < one.at <= until]

    def due(self, now: float) -> list[ReturnReceipt]:
        """The receipts whose time is over and of which there is something new to say."""
        over = [one for one in tuple(self._open.values()) if one.receipt.ends_at <= now]
        return [receipt for one in over if (receipt := self._judge(one)) is not None]

    def give_up(self, reason: str) -> list[ReturnReceipt]:
        """The feed is not watched any more: what is still open cannot be told."""
        unknown = {"state": ReturnState.UNKNOWN, "cause": ReturnCause.FEED_ABSENT, "reason": reason}
        waiting = [one for one in self._open.values() if one.receipt.state is ReturnState.WAITING]
        self._open.clear()
        return [self._keep(one, **unknown) for one in waiting]

    def _sent_as(self, section_base64: str) -> _Expected | None:
        """The oldest cue of these bytes that is not complete, else the newest."""
        same = [one for one in self._open.values() if one.cue.section_base64 == section_base64]
        return _incomplete(same) or (same[-1] if same else None)

    def _made_of(self, arrival: Arrival) -> _Expected | None:
        """The cue that another hop made this section of."""
        same_event = [one for one in self._open.values() if is_of_one_event(one.section, arrival.section)]
        same = [one for one in same_event if says_the_same(one.section, arrival.section)]
        if same:
            return _incomplete(same) or same[-1]
        return min(same_event, key=lambda one: len(differences(one.section, arrival.section)), default=None)

    def _hold(self, expected: _Expected, arrival: Arrival) -> ReturnReceipt | None:
        """Hold an arrival against a cue; None when it tells nothing new."""
        if arrival.section_base64 == expected.cue.section_base64:
            return self._came(expected, arrival, ReturnState.SEEN, "")
        if expected.receipt.state is ReturnState.SEEN:
            return None
        words = restamped(expected.section, arrival.section)
        if words is not None:
            return self._came(expected, arrival, ReturnState.RESTAMPED, words)
        return self._altered(expected, arrival)

    def _altered(self, expected: _Expected, arrival: Arrival) -> ReturnReceipt | None:
        before = expected.receipt
        receipt = self._keep(
            expected,
            state=ReturnState.FAULTY,
            cause=ReturnCause.SECTION_ALTERED,
            reason=altered(expected.section, arrival.section),
            **_first_sight(before, arrival),
        )
        return receipt if receipt != before else None

    def _came(self, expected: _Expected, arrival: Arrival, state: ReturnState, reason: str) -> ReturnReceipt:
        before = expected.receipt
        changes: dict[str, object] = {"seen": before.seen + 1, **_first_sight(before, arrival)}
        if before.cause is not ReturnCause.MISTIMED:
            changes |= {"state": state, "cause": ReturnCause.NONE, "reason": reason}
        fault = unreachable(self._log.tables, expected.sent_pid)
        if fault is not None:
            changes |= {"state": ReturnState.FAULTY, "cause": fault.cause, "reason": fault.words}
        receipt = self._keep(expected, **changes)
        receipt = self._timed(expected) or receipt
        self._close_if_complete(expected)
        return receipt

    def _timed(self, expected: _Expected) -> ReturnReceipt | None:
        """Hold the pre-roll at the far end against ours, once."""
        splice = _splice_of(expected)
        pre_roll_ms = None if splice is None else self._pre_rolls.get(splice)
        if expected.receipt.pre_roll_ms is not None or pre_roll_ms is None:
            return None
        changes: dict[str, object] = {"pre_roll_ms": pre_roll_ms}
        words = mistimed(expected.cue.pre_roll_ms, pre_roll_ms)
        if words is not None:
            changes |= {"state": ReturnState.FAULTY, "cause": ReturnCause.MISTIMED, "reason": words}
        return self._keep(expected, **changes)

    def _judge(self, expected: _Expected) -> ReturnReceipt | None:
        """Its window is over: what is known now stands."""
        self._close(expected)
        receipt = expected.receipt
        if receipt.state is ReturnState.WAITING:
            return self._judge_absent(expected)
        missing = receipt.expected - receipt.seen if receipt.splice_pid is not None else 0
        if receipt.state.is_proof and missing > 0:
            words = f"{missing} of {receipt.expected} repeats did not come back"
            return self._keep(expected, reason=f"{receipt.reason}; {words}" if receipt.reason else words)
        return None

    def _judge_absent(self, expected: _Expected) -> ReturnReceipt:
        receipt = expected.receipt
        others = [one for one in self._arrivals if receipt.left_at <= one.at <= receipt.ends_at]
        for arrival in others:
            if is_same_but_for_ids(expected.section, arrival.section):
                return self._altered(expected, arrival) or receipt
        return self._keep(expected, **absent(self._log, receipt, expected.sent_pid, len(others)))

    def _close_if_complete(self, expected: _Expected) -> None:
        receipt, cue = expected.receipt, expected.cue
        is_timed = receipt.pre_roll_ms is not None or cue.pts_time is None or receipt.splice_pid is None
        if receipt.state.is_proof and receipt.seen >= receipt.expected and cue.state.is_final and is_timed:
            self._close(expected)

    def _close(self, expected: _Expected) -> None:
        if self._open.pop(expected.cue.cue_id, None) is not None:
            self._closed.append(expected.section)

    def _keep(self, one: _Expected, **changes: object) -> ReturnReceipt:
        one.receipt = one.receipt.model_copy(update=changes)
        return one.receipt


def _incomplete(found: Iterable[_Expected]) -> _Expected | None:
    return next((one for one in found if one.receipt.seen < one.receipt.expected), None)


def _concerns(expected: _Expected, arrival: Arrival) -> bool:
    identical = arrival.section_base64 == expected.cue.section_base64
    return identical or is_of_one_event(expected.section, arrival.section)


def _splice_of(expected: _Expected) -> tuple[int, int] | None:
    """Event id and splice time as they came back; None for an immediate cue."""
    came = _decoded(expected.receipt.seen_base64)
    if came is None or came.splice_pts is None or expected.cue.splice_event_id is None:
        return None
    return expected.cue.splice_event_id, came.splice_pts


def _first_sight(receipt: ReturnReceipt, arrival: Arrival) -> dict[str, object]:
    if receipt.seen:
        return {}
    return {
        "seen_at": arrival.at,
        "seen_base64": arrival.section_base64,
        "splice_pid": arrival.splice_pid,
    }


def _decoded(section_base64: str) -> SpliceInfoSection | None:
    try:
        return decode(base64.b64decode(section_base64, validate=True))
    except (SpliceDecodeError, binascii.Error):
        return None
