"""The break that is open on each stream, when it ends, and so which cue makes sense next."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, Direction
from ibe100.models.stream_config import Scte35Options
from ibe100.mpegts.timestamps import PTS_HZ, pts_add
from ibe100.utils.units import format_event_id

TAKEN_OVER_S = 30.0
"""So long after a stream has come to another host the return of its break may be late."""


@dataclass(frozen=True, slots=True)
class OpenBreak:
    """A break that was spliced and not yet returned from by a cue of ours; the one owner of its end."""

    splice_event_id: int
    announced_end: float | None
    """Wall clock at which its announced duration is over; None where none was announced."""
    end_pts: int | None
    """The PTS at which it is over, of a break that began at a known one."""
    resumes_itself: bool
    """The splicer resumes the programme when the announced duration is over (auto_return)."""
    resumes_by_cue: bool
    """An explicit return is sent when its announced duration is over."""
    began_at: float
    """Wall clock of its splice."""
    returns_until: float | None = None
    """Wall clock until which a late return is better than none: the stream was off the air at its end."""
    of_earlier_run: bool = False
    """The stream ended in it: the distributor may still be in the break, the next run is not."""

    @classmethod
    def begun_by(cls, cue: Cue, options: Scte35Options) -> OpenBreak:
        """The break of a cue that has taken effect, on a stream with these options."""
        assert cue.splice_event_id is not None
        terms = options.ending_by(cue.returns)
        end_pts = None
        if cue.pts_time is not None and cue.duration_s is not None:
            end_pts = pts_add(cue.pts_time, round(cue.duration_s * PTS_HZ))
        return cls(
            cue.splice_event_id,
            cue.announced_end,
            end_pts,
            terms.auto_return,
            terms.explicit_return,
            cue.splice_at or cue.seen_at or cue.requested_at,
        )

    def changed_by(self, change: Cue) -> OpenBreak:
        """The break with the end that a CHANGE LENGTH has announced."""
        end, end_pts = change.announced_end, self.end_pts
        if end_pts is not None and end is not None and self.announced_end is not None:
            end_pts = pts_add(end_pts, round((end - self.announced_end) * PTS_HZ))
        return replace(self, announced_end=end, end_pts=end_pts)

    @property
    def returns(self) -> BreakEnd:
        """Way it ends."""
        if self.resumes_by_cue:
            return BreakEnd.CUE
        return BreakEnd.AUTO if self.resumes_itself else BreakEnd.HAND

    def terms(self, options: Scte35Options) -> Scte35Options:
        """Options of its stream, as this break ends."""
        ends = {"auto_return": self.resumes_itself, "explicit_return": self.resumes_by_cue}
        return options.model_copy(update=ends)

    @property
    def ends_at(self) -> float | None:
        """Wall clock at which it returns by itself; None where it does not."""
        return self.announced_end if self.resumes_itself else None

    def is_running(self, now: float) -> bool:
        """True while the break is on at wall time `now`, at the distributor at least."""
        return self.ends_at is None or now < self.ends_at

    def is_on_air(self, now: float) -> bool:
        """True while this run of the stream is in the break at wall time `now`."""
        return self.is_running(now) and not self.of_earlier_run


class BreakLedger:
    """No IN without an OUT, no OUT within an OUT, one cue of a break at a time."""

    def __init__(self) -> None:
        self._breaks: dict[str, OpenBreak] = {}

    def open_break(self, stream_id: str) -> OpenBreak | None:
        """The last break that no cue of ours has returned from; safe from any thread."""
        return self._breaks.get(stream_id)

    def restore(
        self, newest: Cue, session_id: int | None, options: Scte35Options, changes: Iterable[Cue] = ()
    ) -> None:
        """Take up the newest cue on record that took viewers away or back, and changes of its break's length.

        No session is a stopped stream.
        """
        for cue in (newest, *changes):
            self.spliced(cue, options)
        if newest.session_id != session_id:
            self.stream_ended(newest.stream_id, time.time())

    def spliced(self, cue: Cue, options: Scte35Options) -> None:
        """A cue has taken effect; `options` are those of its stream."""
        if cue.direction is Direction.IN:
            self._breaks.pop(cue.stream_id, None)
        elif cue.direction is Direction.OUT:
            self._breaks[cue.stream_id] = OpenBreak.begun_by(cue, options)
        elif cue.action is CueAction.CHANGE_LENGTH:
            current = self._breaks.get(cue.stream_id)
            if current is not None and current.splice_event_id == cue.splice_event_id:
                self._breaks[cue.stream_id] = current.changed_by(cue)

    def forget(self, stream_id: str) -> None:
        """Another host has the stream, and its break."""
        self._breaks.pop(stream_id, None)

    def lose_time(self, stream_id: str) -> None:
        """The timestamps of the stream have begun anew: of its break only the wall clock's end is known."""
        if (current := self._breaks.get(stream_id)) is not None:
            self._breaks[stream_id] = replace(current, end_pts=None)

    def take_over(self, stream_id: str, now: float) -> None:
        """This host has the stream since now: its break is returned from, also a little late."""
        if (current := self._breaks.get(stream_id)) is not None:
            self._breaks[stream_id] = replace(current, returns_until=now + TAKEN_OVER_S)

    def clock_was_set(self, step_s: float) -> None:
        """The wall clock was set by so much: the breaks end when they would have, at another time of it."""
        for stream_id, one in self._breaks.items():
            end = None if one.announced_end is None else one.announced_end + step_s
            self._breaks[stream_id] = replace(one, announced_end=end, began_at=one.began_at + step_s)

    def stream_ended(self, stream_id: str, now: float) -> None:
        """The stream is off: its next run may still return from a break that has not returned by itself."""
        current = self._breaks.pop(stream_id, None)
        if current is not None and current.is_running(now):
            self._breaks[stream_id] = replace(
                current, end_pts=None, resumes_by_cue=False, of_earlier_run=True
            )

    def refusal(
        self, stream_id: str, action: CueAction, direction: Direction, pending: Iterable[Cue], now: float
    ) -> str | None:
        """Reason why a cue of `direction` makes no sense now; None when it does. Safe from any thread.

        `pending` are the cues of the stream's breaks that are not over.
        """
        if direction is Direction.NONE and action is not CueAction.CHANGE_LENGTH:
            return None
        waiting = next(iter(pending), None)
        if waiting is not None:
            event = format_event_id(waiting.splice_event_id)
            return f"{waiting.action} (event {event}) is on its way; wait for it or disarm it"
        current, during = self._breaks.get(stream_id), action.traits.during
        if during == "either":
            during = "programme" if direction is Direction.OUT else "a break"
        if during == "programme":
            is_in_break = current is not None and current.is_on_air(now)
            return "the stream is in a break already; go BACK TO PROGRAMME first" if is_in_break else None
        if current is None:
            return "the stream is not in a break"
        if action is CueAction.CHANGE_LENGTH and current.of_earlier_run:
            return "the last run ended in its break: go BACK TO PROGRAMME"
        if action.traits.splices == "at once" and not current.is_running(now):
            return "the stream is not in a break: it has returned when the announced duration was over"
        return None
