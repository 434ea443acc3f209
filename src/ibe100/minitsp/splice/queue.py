"""Cues that wait for their time in spliceinject."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ibe100.mpegts.timestamps import pts_add, pts_difference
from ibe100.scte35.section import decode
from ibe100.scte35.splices import event_pts
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert, TimeSignal

_NAMES: Final = {"SpliceInsert", "SpliceNull", "SpliceSchedule", "TimeSignal", "BandwidthReservation"}


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """Repetition of a cue with a splice time: `count` times, the first `start_delay_pts` before it."""

    start_delay_pts: int
    count: int
    interval_pts: int


@dataclass(slots=True)
class QueuedCue:
    """One section to send; `next_pts` None is at once, `event_pts` None that no PTS makes it stale."""

    section: bytes
    label: str
    next_pts: int | None
    event_pts: int | None
    remaining: int
    came_s: float = 0.0
    """Monotonic time at which the cue was queued."""

    def __str__(self) -> str:
        if self.next_pts is None or self.event_pts is None:
            return f"{self.label}, immediate"
        times = f", {self.remaining} times" if self.remaining > 1 else ""
        return f"{self.label}, start: 0x{self.next_pts:09X}, end: 0x{self.event_pts:09X}{times}"


def queued_cue(section: bytes, rule: RepeatRule) -> QueuedCue:
    """A section with its times; raises SpliceDecodeError if it is no splice_info_section."""
    decoded = decode(section)
    time_pts = event_pts(decoded)
    label = _label(decoded, time_pts)
    if time_pts is None:
        return QueuedCue(section, label, None, None, 1)
    return QueuedCue(section, label, pts_add(time_pts, -rule.start_delay_pts), time_pts, rule.count)


def _label(section: SpliceInfoSection, time_pts: int | None) -> str:
    """The command as tsp names it in its log."""
    command = section.command
    kind = type(command).__name__
    name = kind if kind in _NAMES else "PrivateCommand"
    if isinstance(command, SpliceInsert):
        name += " out" if command.out_of_network_indicator else " in"
    if isinstance(command, SpliceInsert | TimeSignal) and time_pts is not None:
        name += f" @0x{time_pts:09X}"
    return name


class SpliceQueue:
    """Queue of at most `size` cues; immediate ones go first, the others by their time, modulo 2^33.

    `log` gets tsp's verbose lines.
    """

    def __init__(self, size: int, interval_pts: int, log: Callable[[str], None]) -> None:
        self._size = size
        self._interval_pts = interval_pts
        self._log = log
        self._cues: list[QueuedCue] = []

    def __len__(self) -> int:
        return len(self._cues)

    def add(self, cue: QueuedCue) -> bool:
        """Queue a cue; False if the queue is full."""
        self._log(f"enqueuing {cue}")
        if len(self._cues) >= self._size:
            return False
        self._cues.append(cue)
        return True

    def take_overdue(self, came_before_s: float) -> list[QueuedCue]:
        """The immediate cues that have waited since before that time; they are sent no more."""
        overdue = [cue for cue in self._cues if cue.next_pts is None and cue.came_s < came_before_s]
        self._cues = [cue for cue in self._cues if cue not in overdue]
        return overdue

    def take_due(self, current_pts: int | None) -> bytes | None:
        """The next section to send now, None if none is due. Cues whose time is over are dropped."""
        for cue in self._cues:
            if cue.next_pts is None:
                return self._send(cue, current_pts)
        if current_pts is None:
            return None
        for cue in list(self._cues):
            if cue.event_pts is not None and pts_difference(current_pts, cue.event_pts) >= 0:
                self._cues.remove(cue)
                self._log(f"dropping {cue}, obsolete, current PTS: 0x{current_pts:09X}")
        due = [
            (pts_difference(current_pts, cue.next_pts), -position)
            for position, cue in enumerate(self._cues)
            if cue.next_pts is not None and pts_difference(current_pts, cue.next_pts) > 0
        ]
        return self._send(self._cues[-max(due)[1]], current_pts) if due else None

    def _send(self, cue: QueuedCue, current_pts: int | None) -> bytes:
        now = "" if current_pts is None else f", current PTS: 0x{current_pts:09X}"
        self._log(f"injecting {cue}{now}")
        self._cues.remove(cue)
        if cue.remaining > 1 and cue.next_pts is not None and cue.event_pts is not None:
            cue.remaining -= 1
            cue.next_pts = pts_add(cue.next_pts, self._interval_pts)
            if pts_difference(cue.event_pts, cue.next_pts) >= 0:
                self._log(f"requeueing {cue}")
                self._cues.append(cue)
        return cue.section
