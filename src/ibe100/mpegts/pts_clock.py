"""The PTS clock of a running stream, from samples of its PTS and of the machine's monotonic clock."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor, inf
from statistics import median

from ibe100.mpegts.timestamps import PTS_HZ, pcr_to_pts, pts_add, pts_difference

_WINDOW_SAMPLES = 16
_WINDOW_S = 20.0
_JUMP_S = 0.5
_FRESH_S = 5.0
_STALLED_S = 2.5
_SAMPLING_SLACK_S = 2.5
_REMEMBERED_S = 60.0
# What one sample alone is good for: it may have been late by a reading interval.
_UNPROVEN_MS = 500.0
_STEP_SAMPLES = 3
_LEAST_STEP_S = 0.008
_STEP_SCATTERS = 3.0


class JumpKind(StrEnum):
    """Kind of a jump of timestamps."""

    BACK = "jumped back"
    AHEAD = "jumped ahead"
    STALL = "stood still"
    LAG = "fell behind"
    """Timestamps that went on later than they should: the source or the machine paused."""


@dataclass(frozen=True, slots=True)
class ClockJump:
    """Timestamps that did not follow time: by `amount_s`, somewhere in `after_s`..`at_s` (monotonic)."""

    kind: JumpKind
    after_s: float
    at_s: float
    amount_s: float


@dataclass(frozen=True, slots=True)
class Stamp:
    """A PTS, 90 kHz ticks, or a PCR, 27 MHz ticks, and the monotonic time at which the stream had it."""

    ticks: int
    at_s: float


@dataclass(frozen=True, slots=True)
class _Sample:
    pts: int
    at_s: float


class PtsClock:
    """Follows a stream's PTS: tells the PTS at any near time, and whether the clock can be trusted.

    All times are `time.monotonic()` seconds, all PTS are 90 kHz ticks modulo 2^33. `frame_duration_pts`
    may be a fraction (1501.5 at 59.94 frames/s); without it splices are not aligned to frames.
    """

    def __init__(self, frame_duration_pts: Fraction | float | None = None) -> None:
        self.jumps: deque[ClockJump] = deque(maxlen=8)
        self.wraps = 0
        """Number of times the PTS went over 2^33 as time went on; a jump is no wrap."""
        self.last_pcr: Stamp | None = None
        self._frame = Fraction(frame_duration_pts) if frame_duration_pts else None
        self._samples: deque[_Sample] = deque(maxlen=_WINDOW_SAMPLES)
        self._suspect: _Sample | None = None
        self._still_since_s: float | None = None
        self._last_heard_s = -inf
        self._lead_ticks = 0.0
        self._spread_ticks = 0.0

    def observe(self, pts: int, monotonic_s: float) -> ClockJump | None:
        """Take the PTS the stream had at a time; returns the jump this sample proves, if any.

        Samples older than the last one are ignored.
        """
        if monotonic_s <= self._last_heard_s:
            return None
        heard_before_s, self._last_heard_s = self._last_heard_s, monotonic_s
        sample = _Sample(pts, monotonic_s)
        if not self._samples:
            self._accept(sample)
            return None
        if pts == self._samples[-1].pts:
            self._still_since_s = self._still_since_s or self._samples[-1].at_s
            return None
        off_s = self._off_line_s(sample)
        if abs(off_s) <= _JUMP_S:
            self._suspect = None
            self._accept(sample)
            return None
        if self._may_be_late(sample, off_s):
            self._suspect = sample
            return None
        return self._jump(sample, off_s, heard_before_s)

    def observe_pcr(self, pcr: int, monotonic_s: float) -> None:
        """Take the PCR the stream had at a time."""
        if self.last_pcr is None or monotonic_s > self.last_pcr.at_s:
            self.last_pcr = Stamp(pcr, monotonic_s)

    @property
    def last_pts(self) -> Stamp | None:
        """The newest PTS that was believed."""
        return Stamp(self._samples[-1].pts, self._samples[-1].at_s) if self._samples else None

    @property
    def pcr_behind_s(self) -> float:
        """Seconds by which the PCR lies behind the PTS; 0 while either is not known."""
        if self.last_pcr is None or not self._samples:
            return 0.0
        pts = self.now_pts(self.last_pcr.at_s)
        return max(0.0, pts_difference(pts, pcr_to_pts(self.last_pcr.ticks)) / PTS_HZ)

    @property
    def has_begun(self) -> bool:
        """True once a PTS or a PCR was seen."""
        return bool(self._samples) or self.last_pcr is not None

    def is_known(self, monotonic_s: float) -> bool:
        """True if there are fresh samples and they advance."""
        if not self._samples or monotonic_s - self._last_heard_s > _FRESH_S:
            return False
        return self._still_since_s is None or monotonic_s - self._still_since_s <= _STALLED_S

    def now_pts(self, monotonic_s: float) -> int:
        """The stream's PTS at a time, extrapolated at real-time rate; needs one sample at least."""
        if not self._samples:
            raise RuntimeError("the PTS clock was asked before its first sample")
        last = self._samples[-1]
        ticks = self._lead_ticks + (monotonic_s - last.at_s) * PTS_HZ
        return pts_add(last.pts, floor(ticks))

    @property
    def uncertainty_ms(self) -> float:
        """Largest distance of recent samples from the line through them; infinite before the first."""
        if not self._samples:
            return inf
        return self._spread_ticks * 1000 / PTS_HZ if len(self._samples) > 1 else _UNPROVEN_MS

    def ms_until(self, pts: int, monotonic_s: float) -> float:
        """Milliseconds from a time until the stream reaches `pts`; negative when it has passed."""
        return pts_difference(pts, self.now_pts(monotonic_s)) * 1000 / PTS_HZ

    def has_passed(self, pts: int, monotonic_s: float) -> bool:
        """True if the stream is known to have reached `pts` at a time."""
        return self.is_known(monotonic_s) and self.ms_until(pts, monotonic_s) <= 0

    def splice_pts_at(self, monotonic_s: float) -> int:
        """PTS of the first frame at or after a time; frames lie on the grid through the last sample."""
        target = self.now_pts(monotonic_s)
        if self._frame is None:
            return target
        anchor = self._samples[-1].pts
        frames = -floor(-pts_difference(target, anchor) / self._frame)
        return pts_add(anchor, floor(frames * self._frame))

    def has_paused_since(self, monotonic_s: float) -> bool:
        """True if timestamps only stood still or fell behind since: each names the same frame, but later."""
        kinds = {jump.kind for jump in self.jumps if jump.at_s > monotonic_s}
        return bool(kinds) and kinds <= {JumpKind.STALL, JumpKind.LAG}

    def next_jump_s(self, monotonic_s: float) -> float | None:
        """Earliest time at which timestamps are to be expected to jump again; None where nothing hints at it.

        A jump back by so many seconds is what a loop of that length does at its seam, so the next seam lies
        that much later; other jumps have to repeat themselves to be expected. An expectation that did not
        come true is given up.
        """
        if not self.jumps:
            return None
        last, period_s = self.jumps[-1], self._period_s()
        if period_s is None or monotonic_s > last.at_s + period_s + _SAMPLING_SLACK_S:
            return None
        return last.after_s + period_s

    def refusal(self, monotonic_s: float, ahead_s: float) -> str | None:
        """The reason why a splice `ahead_s` from now cannot be kept; None when it can."""
        if not self.is_known(monotonic_s):
            if self._still_since_s is not None:
                return f"timestamps have stood still for {monotonic_s - self._still_since_s:.1f} s"
            return "no timestamps were seen in the last seconds"
        expected_s = self.next_jump_s(monotonic_s)
        if expected_s is None or monotonic_s + ahead_s < expected_s - self.uncertainty_ms / 1000:
            return None
        return self.last_jump_words(monotonic_s)

    def last_jump_words(self, monotonic_s: float) -> str | None:
        """Description of the last jump of timestamps within a minute; None if there was none."""
        if not self.jumps or monotonic_s - self.jumps[-1].at_s > _REMEMBERED_S:
            return None
        last = self.jumps[-1]
        ago_s = max(monotonic_s - last.at_s, 0.0)
        words = f"timestamps {last.kind} {_by(last)} {ago_s:.1f} s ago"
        period_s = self._period_s()
        if len(self.jumps) > 1 and self.jumps[-2].kind is last.kind and period_s is not None:
            words += f", every {period_s:.1f} s"
        return words

    def _period_s(self) -> float | None:
        last = self.jumps[-1]
        if last.kind is JumpKind.BACK:
            return last.amount_s
        if last.kind is JumpKind.AHEAD and len(self.jumps) > 1 and self.jumps[-2].kind is last.kind:
            return last.at_s - self.jumps[-2].at_s
        return None

    def _off_line_s(self, sample: _Sample) -> float:
        """Seconds by which a sample lies ahead of (behind, if negative) the line of the samples before."""
        last = self._samples[-1]
        expected = self._lead_ticks + (sample.at_s - last.at_s) * PTS_HZ
        return (pts_difference(sample.pts, last.pts) - expected) / PTS_HZ

    def _may_be_late(self, sample: _Sample, off_s: float) -> bool:
        """True if a sample that lags, but advances, may only have been read late; a second one proves it."""
        if off_s > 0 or self._suspect is not None or self._still_since_s is not None:
            return False
        return pts_difference(sample.pts, self._samples[-1].pts) > 0

    def _jump(self, sample: _Sample, off_s: float, heard_before_s: float) -> ClockJump:
        suspect, self._suspect = self._suspect, None
        advanced = pts_difference(sample.pts, self._samples[-1].pts) > 0
        if off_s > 0:
            kind = JumpKind.AHEAD
        elif self._still_since_s is not None and advanced:
            kind = JumpKind.STALL
        elif advanced:
            kind = JumpKind.LAG
        else:
            kind = JumpKind.BACK
        after_s, at_s = heard_before_s, sample.at_s
        if suspect is not None and advanced:
            after_s, at_s = self._samples[-1].at_s, suspect.at_s
            off_s = self._off_line_s(suspect)
        jump = ClockJump(kind, after_s, at_s, abs(off_s))
        self.jumps.append(jump)
        self._samples.clear()
        self.last_pcr = None
        self._accept(sample)
        return jump

    def _accept(self, sample: _Sample) -> None:
        self._still_since_s = None
        if self._samples and sample.pts < (before := self._samples[-1].pts):
            self.wraps += pts_difference(sample.pts, before) > 0
        self._samples.append(sample)
        while sample.at_s - self._samples[0].at_s > _WINDOW_S:
            self._samples.popleft()
        leads = [
            pts_difference(one.pts, sample.pts) - (one.at_s - sample.at_s) * PTS_HZ for one in self._samples
        ]
        if _has_stepped(leads):
            leads = leads[-_STEP_SAMPLES:]
            while len(self._samples) > _STEP_SAMPLES:
                self._samples.popleft()
        self._lead_ticks = median(leads)
        self._spread_ticks = max(abs(lead - self._lead_ticks) for lead in leads)


def _has_stepped(leads: Sequence[float]) -> bool:
    """True if the last samples lie on another line than those before them, all of them and all to one side.

    A source slips by a frame or two, or its buffer settles; a median of all would believe it only half a
    window later. What the older samples themselves scatter by, as with reordered frames, is no step.
    """
    older, newer = leads[:-_STEP_SAMPLES], leads[-_STEP_SAMPLES:]
    if len(older) < _STEP_SAMPLES:
        return False
    middle = median(older)
    slack = max(_LEAST_STEP_S * PTS_HZ, _STEP_SCATTERS * median(abs(lead - middle) for lead in older))
    return all(lead - middle > slack for lead in newer) or all(middle - lead > slack for lead in newer)


def _by(jump: ClockJump) -> str:
    amount = f"{jump.amount_s:.1f} s"
    return f"for {amount}, until" if jump.kind is JumpKind.STALL else amount
