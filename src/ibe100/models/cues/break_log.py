"""The as-run log by break: what became of each break of some days, and the sums over them."""

from __future__ import annotations

from enum import StrEnum

from ibe100.models.base import Value

CHANNEL = "channel"
"""In place of a time zone: each stream's days are those of its own zone."""
MOST_DAYS = 92


class LogBy(StrEnum):
    """Rows of an as-run log."""

    CUE = "cue"
    BREAK = "break"


class BreakOutcome(StrEnum):
    """Outcome of a break, as far as it is on record."""

    PLANNED = "PLANNED"
    ARMED = "ARMED"
    """Its cue is made and has not spliced yet."""
    ON_AIR = "ON AIR"
    AIRED = "AIRED"
    AIRED_LATE = "AIRED LATE"
    """On the output after it was given up on."""
    NOT_RETURNED = "NOT RETURNED"
    """It began, and nothing on record says that it ended."""
    RETURN_ALONE = "RETURN ALONE"
    """An IN that no break was on for."""
    CALLED_OFF = "CALLED OFF"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    """A planned break whose cue was refused."""
    MISSED = "MISSED"
    SKIPPED = "SKIPPED"

    @property
    def has_aired(self) -> bool:
        """Say whether viewers were taken into it."""
        return self in _AIRED

    @property
    def is_judged(self) -> bool:
        """Say whether it counts in the success rate: it was wanted, and its time is over."""
        return self in _JUDGED

    @property
    def is_fault(self) -> bool:
        """Say whether it needs a reason."""
        return self in _FAULTS


_AIRED = frozenset(
    {BreakOutcome.ON_AIR, BreakOutcome.AIRED, BreakOutcome.AIRED_LATE, BreakOutcome.NOT_RETURNED}
)
_FAULTS = frozenset(
    {
        BreakOutcome.AIRED_LATE,
        BreakOutcome.NOT_RETURNED,
        BreakOutcome.RETURN_ALONE,
        BreakOutcome.FAILED,
        BreakOutcome.REFUSED,
        BreakOutcome.MISSED,
    }
)
_JUDGED = frozenset({BreakOutcome.AIRED, *_FAULTS} - {BreakOutcome.RETURN_ALONE})


class Ending(StrEnum):
    """Way in which a break that aired ended."""

    NONE = ""
    BY_CUE = "by its IN"
    BY_ITSELF = "by itself"
    """auto_return: the announced duration was over."""
    BY_NEXT = "by the next break"
    """Chained: another OUT was spliced in it."""
    BY_STOP = "the stream was stopped"


class AsRunBreak(Value):
    """One break as it was planned, announced and aired; wall clock is seconds since the epoch."""

    stream_id: str
    stream_name: str
    distributor: str = ""
    """Name of the stream's contract as it is now; empty without one."""
    time_zone: str = "UTC"
    """Of the channel: IANA name, `UTC` or `local`."""
    outcome: BreakOutcome
    title: str = ""
    """As it was planned."""
    splice_event_id: int | None = None
    break_id: int | None = None
    """Its number in the schedule."""
    out_cue_id: int | None = None
    in_cue_id: int | None = None
    planned_at: float | None = None
    planned_s: float | None = None
    announced_s: float | None = None
    """Duration that its sections announce, the last change included; None where they announce none."""
    aired_at: float | None = None
    ended_at: float | None = None
    ending: Ending = Ending.NONE
    idr_offset_ms: float | None = None
    """From the splice to the IDR picture that came; None where it was not measured."""
    output_proof: str = ""
    """Proof of its OUT on the output, in words."""
    return_proof: str = ""
    """Proof of its OUT at the return feed; empty where none was watched."""
    requested_by: str = ""
    reason: str = ""

    @property
    def at(self) -> float:
        """Time it stands under: aired, else planned, else the return alone."""
        known = (self.aired_at, self.planned_at, self.ended_at)
        return next(at for at in known if at is not None)

    @property
    def actual_s(self) -> float | None:
        """Duration from the OUT splice to its end; None while that is not known."""
        if self.aired_at is None or self.ended_at is None:
            return None
        return round(self.ended_at - self.aired_at, 3)

    @property
    def promised_s(self) -> float | None:
        """Duration that it is held against: announced, else planned."""
        return self.announced_s if self.announced_s is not None else self.planned_s

    @property
    def over_s(self) -> float | None:
        """actual_s less promised_s; negative is short."""
        if self.actual_s is None or self.promised_s is None:
            return None
        return round(self.actual_s - self.promised_s, 3)

    @property
    def late_s(self) -> float | None:
        """aired_at less planned_at; negative is early."""
        if self.aired_at is None or self.planned_at is None:
            return None
        return round(self.aired_at - self.planned_at, 3)


class Reason(Value):
    """An outcome with its reason, and how many breaks share them."""

    outcome: BreakOutcome
    reason: str
    count: int


class BreakSums(Value):
    """Sums over the breaks of one day, channel or distributor, or over all."""

    name: str
    """`2026-11-22`, the stream's or the distributor's name; `all`."""
    breaks: int
    aired: int
    called_off: int
    judged: int
    """Breaks that were wanted and are over: those the success rate is of."""
    right: int
    """Those of them that aired in time and ended."""
    announced_s: float
    """Of those that aired."""
    actual_s: float
    over_s: float
    """Seconds by which breaks were longer than announced; those that were short are no credit."""
    short_s: float
    reasons: tuple[Reason, ...] = ()
    """Of faults, the most frequent first."""

    @property
    def success(self) -> float | None:
        """Share of `judged` that is right, 0 to 1; None where nothing is judged."""
        return self.right / self.judged if self.judged else None


class BreakLog(Value):
    """The breaks that began, or were to begin, within some days, in that order."""

    day: str
    """`2026-11-22`, or `2026-11-22/2026-11-28` with both ends included."""
    time_zone: str
    """In which the days begin and end; `channel` is each stream's own."""
    begins_at: float
    ends_at: float
    """Wall clock; with `channel` the range that holds the days of all zones."""
    stream_id: str | None
    rows: tuple[AsRunBreak, ...]
    all: BreakSums
    days: tuple[BreakSums, ...]
    channels: tuple[BreakSums, ...]
    distributors: tuple[BreakSums, ...]
