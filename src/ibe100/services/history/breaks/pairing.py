"""Breaks made of the OUT and IN cues of one stream. Pure.

Viewers are in one break at a time: an OUT in a break ends it and begins another (chained breaks), unless it
has the same event id, by which the break on air is extended or shortened. Any IN ends the break on air,
whichever event it names, as `services/cues/breaks` has it while the stream runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ibe100.models.cues.break_log import Ending

EDGE_S = 1.0
"""An IN this long after the announced end of a break that returns by itself is still its end."""


@dataclass(frozen=True, slots=True)
class Splice:
    """An OUT or IN that took effect; wall clock is seconds since the epoch."""

    cue_id: int
    at: float
    is_out: bool
    event_id: int | None = None
    duration_s: float | None = None
    """Announced by an OUT."""
    returns_itself: bool = False
    """auto_return of an OUT."""
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class PairedBreak:
    """A break from its OUT to its end, or an IN alone."""

    out: Splice | None
    returned: Splice | None = None
    """The IN that ended it, or came after it had returned by itself."""
    ended_at: float | None = None
    """None while it is on air, and where nothing says that it ended."""
    ending: Ending = Ending.NONE
    announced_s: float | None = None
    """As announced last, from the OUT on."""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Open:
    """A break that has begun, until it is known how it ended."""

    out: Splice
    newest: Splice
    """The OUT that announced last: the first one, or one that changed the duration."""
    notes: list[str] = field(default_factory=list)

    @property
    def announced_end(self) -> float | None:
        newest = self.newest
        return None if newest.duration_s is None else newest.at + newest.duration_s

    @property
    def resumes_at(self) -> float | None:
        """Wall clock at which it returns by itself; None where it does not."""
        return self.announced_end if self.newest.returns_itself else None

    def ended(self, at: float | None, ending: Ending, returned: Splice | None = None) -> PairedBreak:
        announced_end = self.announced_end
        announced_s = None if announced_end is None else round(announced_end - self.out.at, 3)
        return PairedBreak(self.out, returned, at, ending, announced_s, tuple(self.notes))


def pair(
    splices: Iterable[Splice], now: float, stops: Mapping[int, float] | None = None
) -> tuple[PairedBreak, ...]:
    """The breaks of one stream in the order in which they began, each IN and OUT in one of them.

    `stops` says by session_id when a run ended. One that is on air at `now` has no end yet.
    """
    stops = stops or {}
    found: list[PairedBreak] = []
    current: _Open | None = None
    for splice in sorted(splices, key=lambda one: (one.at, one.cue_id)):
        if current is not None and (resumed := _resumed(current, splice)) is not None:
            is_its_own = not splice.is_out and splice.event_id in (None, current.out.event_id)
            if is_its_own:
                current.notes.append(
                    f"its IN came {splice.at - resumed:.1f} s after it had returned by itself"
                )
            found.append(current.ended(resumed, Ending.BY_ITSELF, splice if is_its_own else None))
            current = None
            if is_its_own:
                continue
        if not splice.is_out:
            if current is None:
                found.append(PairedBreak(None, splice, splice.at))
            else:
                if splice.event_id not in (None, current.out.event_id):
                    current.notes.append(f"ended by the IN of another event, cue {splice.cue_id}")
                if _stopped(current, splice.at, stops) is not None:
                    current.notes.append("the stream was stopped in it, and returned in its next run")
                found.append(current.ended(splice.at, Ending.BY_CUE, splice))
            current = None
        elif current is not None and _changes(current, splice, stops):
            current.notes.append(_change(current, splice))
            current.newest = splice
        else:
            if current is not None:
                found.append(_ended_by_out(current, splice, stops))
            current = _Open(splice, splice)
    if current is not None:
        found.append(_ended_last(current, now, stops))
    return tuple(sorted(found, key=_begin))


def _begin(one: PairedBreak) -> tuple[float, int]:
    first = one.out or one.returned
    assert first is not None
    return first.at, first.cue_id


def _resumed(current: _Open, splice: Splice) -> float | None:
    """Wall clock at which the break had returned by itself before this splice; None where it had not."""
    resumes_at = current.resumes_at
    if resumes_at is None:
        return None
    late = splice.at - resumes_at
    return resumes_at if (late >= 0 if splice.is_out else late > EDGE_S) else None


def _changes(current: _Open, splice: Splice, stops: Mapping[int, float]) -> bool:
    """Say whether an OUT changes the duration of the break on air, in the same run."""
    is_same = splice.event_id is not None and splice.event_id == current.out.event_id
    return is_same and _stopped(current, splice.at, stops) is None


def _change(current: _Open, splice: Splice) -> str:
    before, after = current.announced_end, splice.duration_s
    if before is None or after is None:
        return f"announced again by cue {splice.cue_id}"
    verb = "extended" if splice.at + after > before else "shortened"
    begin = current.out.at
    return f"{verb} by cue {splice.cue_id} from {before - begin:.1f} to {splice.at + after - begin:.1f} s"


def _stopped(current: _Open, before: float, stops: Mapping[int, float]) -> float | None:
    """Wall clock at which the run ended in the break, where that was before this."""
    session_id = current.newest.session_id
    stopped = None if session_id is None else stops.get(session_id)
    return stopped if stopped is not None and current.out.at <= stopped <= before else None


def _ended_by_out(current: _Open, splice: Splice, stops: Mapping[int, float]) -> PairedBreak:
    stopped = _stopped(current, splice.at, stops)
    if stopped is not None:
        return current.ended(stopped, Ending.BY_STOP)
    current.notes.append(f"cue {splice.cue_id} began the next break in it")
    return current.ended(splice.at, Ending.BY_NEXT)


def _ended_last(current: _Open, now: float, stops: Mapping[int, float]) -> PairedBreak:
    """The end of a break after which nothing was spliced."""
    resumes_at = current.resumes_at
    if resumes_at is not None and resumes_at <= now:
        return current.ended(resumes_at, Ending.BY_ITSELF)
    stopped = _stopped(current, now, stops)
    if stopped is not None:
        return current.ended(stopped, Ending.BY_STOP)
    return current.ended(None, Ending.NONE)
