"""EXT-X-DATERANGE tags of the breaks and commands of a stream (RFC 8216 clause 4.3.2.7)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.hls.playlist_text import DATE_RANGE, iso_date
from ibe100.scte35.splices import Splice

_MOST_RANGES: Final = 64
_OUT: Final = "SCTE35-OUT"
_COMMAND: Final = "SCTE35-CMD"


@dataclass(slots=True)
class DateRange:
    """One range: a break, or a command at a moment; dates in seconds since the epoch."""

    key: str
    name: str
    start: float
    attribute: str
    section: bytes
    planned_s: float | None = None
    begun: bool = False
    end: float | None = None
    in_section: bytes = b""

    def lines(self) -> list[str]:
        """The tag, and when it is over a second one with the same ID."""
        head = f'{DATE_RANGE}ID="{self.name}",START-DATE="{iso_date(self.start)}"'
        planned = "" if self.planned_s is None else f",PLANNED-DURATION={self.planned_s:.3f}"
        first = f"{head}{planned},{self.attribute}=0x{self.section.hex().upper()}"
        if self.end is None:
            return [first]
        last = f"{head},DURATION={max(0.0, self.end - self.start):.3f}"
        if self.in_section:
            last += f",SCTE35-IN=0x{self.in_section.hex().upper()}"
        return [first, last]

    def is_over_before(self, date: float) -> bool:
        """True if it has ended before a playlist that begins at this date."""
        if self.attribute == _OUT and self.end is None:
            return self.planned_s is not None and self.start + 2 * self.planned_s < date
        return max(self.start, self.end or self.start) < date


class DateRanges:
    """The ranges of one playlist, oldest first."""

    def __init__(self) -> None:
        self._ranges: deque[DateRange] = deque(maxlen=_MOST_RANGES)
        self._commands = 0

    def lines(self, first_date: float) -> list[str]:
        """The tags for a playlist whose first segment has this date; what is over before is forgotten."""
        self._keep(lambda one: not one.is_over_before(first_date))
        return [line for one in self._ranges for line in one.lines()]

    def announce(self, splice: Splice, date: float) -> None:
        """Tell a break that begins at a date; one that was announced under its key is corrected."""
        for one in self._of(splice.key):
            if not one.begun:
                one.start, one.section, one.planned_s = date, splice.section, splice.duration_s
                return
        # An ID must not come twice; event ids may.
        before = sum(one.key == splice.key for one in self._ranges)
        name = f"{splice.key}-{before + 1}" if before else splice.key
        self._ranges.append(DateRange(splice.key, name, date, _OUT, splice.section, splice.duration_s))

    def extend(self, splice: Splice, planned_s: float | None) -> None:
        """Correct the planned duration of a break that runs."""
        for one in self._of(splice.key):
            one.section, one.planned_s = splice.section, planned_s

    def command(self, section: bytes, date: float) -> None:
        """Tell a command at a date."""
        self._commands += 1
        name = f"command-{self._commands}"
        self._ranges.append(DateRange(name, name, date, _COMMAND, section))

    def begin(self, key: str) -> None:
        """Note that a break has begun."""
        for one in self._of(key):
            one.begun = True

    def end(self, key: str, date: float | None, in_section: bytes) -> None:
        """Note the end of a break, by its duration or by a section."""
        for one in self._of(key):
            one.end, one.in_section = date, in_section

    def withdraw(self, key: str | None = None) -> None:
        """Forget the break of a key that has not begun; every such break if there is no key."""
        self._keep(lambda one: one.begun or one.attribute == _COMMAND or key not in (None, one.key))

    def _of(self, key: str) -> list[DateRange]:
        """The ranges of a key that have not ended."""
        return [one for one in self._ranges if one.key == key and one.end is None]

    def _keep(self, wanted: Callable[[DateRange], bool]) -> None:
        self._ranges = deque(filter(wanted, self._ranges), _MOST_RANGES)
