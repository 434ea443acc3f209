"""Breaks at the return feed: paired and in time, and whether they are ours."""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections import deque

from ibe100.models.scte35_marker import Direction
from ibe100.scte35.break_track import BreakTrack
from ibe100.scte35.comparison import event_ids
from ibe100.scte35.direction import direction_of
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.splices import Splice, event_pts
from ibe100.scte35.values import SpliceInfoSection
from ibe100.services.return_feed.expected_cues import Arrival, ExpectedCues
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnOutput, CueTagged
from ibe100.tsduck.telemetry import SpliceEvent
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_event_id

CLAIMED_S = 3.0
"""Our own output is read by another process: it has told of a cue by then."""
MOST_REMEMBERED = 256
LATE_S = 0.6
SAME_MOMENT_S = 3.0
"""A packager may write a break in two kinds of tags, at its segment and at its date."""


class FeedBreaks:
    """Used on the loop only; times are wall clock."""

    def __init__(self, run: StreamRun, expected: ExpectedCues, window_s: float) -> None:
        self._run = run
        self._expected = expected
        self._track = BreakTrack()
        self._judged_until = time.time() + window_s
        """What comes before this time may have left in the days of an earlier console."""
        self._announced: dict[tuple[int, int], float] = {}
        """Seconds to the splice by event id and PTS, as the monitor of the feed reckons them."""
        self._of_input: deque[int] = deque(maxlen=MOST_REMEMBERED)
        self._foreign = ""
        self._has_sections = False
        self._tagged_at: dict[bool, float] = {}
        """Time of the newest OUT and IN that a tag told."""
        self._number = 0

    def forget(self) -> None:
        """The feed was away: begin anew."""
        self._track.forget()

    def announced(self, event: SpliceEvent) -> None:
        """Note how far ahead a splice lies by the feed's own clock."""
        if event.event_pts is not None and event.time_to_event_ms is not None:
            if len(self._announced) >= MOST_REMEMBERED:
                self._announced.clear()
            self._announced[event.splice_event_id, event.event_pts] = event.time_to_event_ms / 1000

    def input_cue(self, section_base64: str) -> None:
        """Note the events of our input."""
        if (section := _decoded(section_base64)) is not None:
            self._of_input.extend(event_ids(section))

    def take(self, cue: CueOnOutput) -> None:
        """Follow a section that came."""
        section = _decoded(cue.section_base64)
        if section is None:
            return
        pts, ahead_s = event_pts(section), 0.0
        if pts is not None:
            told = (self._announced.get((one, pts)) for one in event_ids(section))
            reckoned = next((one for one in told if one is not None), None)
            ahead_s = reckoned or self._expected.ahead_s(cue.section_base64) or 0.0
        self._has_sections = True
        self._track.take(cue.section, cue.at, ahead_s)

    def in_segments(self, target_s: float) -> None:
        """The feed comes in segments of this length: an end is told with the segment that it is in."""
        self._track.late_s = LATE_S + 2 * target_s

    def tagged(self, tag: CueTagged) -> None:
        """Follow a cue that a tag told of, where the packets tell none; two tags of one moment are one."""
        at = tag.at + (tag.from_edge_s or 0.0)
        if self._has_sections or tag.out is None:
            return
        if abs(at - self._tagged_at.get(tag.out, -math.inf)) < SAME_MOMENT_S:
            return
        self._tagged_at[tag.out] = at
        self._number += tag.out
        name = f"tag-{self._number}"
        self._track.place(Splice(name, tag.out, 0, b"", tag.duration_s if tag.out else None), at)

    def found(self, now: float) -> dict[str, str]:
        """Faults as the fields of a ReturnFeedView."""
        faults = self._track.judge(now, math.inf)
        words = {one.name.lower(): found.words for one, found in faults.items()}
        until = now - CLAIMED_S
        for arrival in self._expected.unclaimed(self._judged_until, until):
            if self._is_foreign(arrival):
                ids = ", ".join(map(format_event_id, sorted(event_ids(arrival.section))))
                self._foreign = f"a break of event {ids} began at {format_utc(arrival.at)}"
        self._judged_until = max(self._judged_until, until)
        return {**words, "foreign": self._foreign}

    def _is_foreign(self, arrival: Arrival) -> bool:
        options, ids = self._run.cue_options, event_ids(arrival.section)
        is_ours = any(options.event_id_first <= one <= options.event_id_last for one in ids)
        is_out = direction_of(arrival.section, self._run.contract) is Direction.OUT
        return is_out and not is_ours and ids.isdisjoint(self._of_input)


def _decoded(section_base64: str) -> SpliceInfoSection | None:
    try:
        return decode(base64.b64decode(section_base64, validate=True))
    except (SpliceDecodeError, binascii.Error):
        return None
