"""The as-run log: what became of each cue of a day, as it is handed to a distributor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ibe100.models.base import Value
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.utils.timecode import PTS_HZ


class AsRunFormat(StrEnum):
    """Formats of a log in a file."""

    CSV = "csv"
    JSON = "json"
    PDF = "pdf"


def time_on_air(
    state: CueState, pts_time: int | None, splice_at: float | None, seen_at: float | None
) -> float | None:
    """Wall clock at which a cue took effect; None for one that did not."""
    if not state.has_aired:
        return None
    if pts_time is None or splice_at is None:
        return seen_at
    return max(splice_at, seen_at or 0.0) if state is CueState.AIRED_LATE else splice_at


@dataclass(frozen=True, slots=True)
class AsRunRow:
    """One cue as it was planned, asked for, sent, seen and aired; wall clock is seconds since the epoch."""

    cue: Cue
    stream_name: str
    """The stream's name in the cue's session."""
    came_back: ReturnReceipt | None = None
    """Its receipt at the return feed; None where none was watched."""

    @property
    def due_at(self) -> float:
        """Wall clock the splice was wanted at: as scheduled, else the request and its pre-roll."""
        cue = self.cue
        return cue.scheduled_at if cue.scheduled_at is not None else cue.requested_at + cue.pre_roll_s

    @property
    def aired_at(self) -> float | None:
        """Wall clock the splice fell at: its splice_time, the first sight of an immediate cue, or None."""
        cue = self.cue
        return time_on_air(cue.state, cue.pts_time, cue.splice_at, cue.seen_at)

    @property
    def lateness_ms(self) -> float | None:
        """aired_at less due_at; negative is early."""
        aired_at = self.aired_at
        return None if aired_at is None else round((aired_at - self.due_at) * 1000, 1)

    @property
    def lateness_frames(self) -> float | None:
        """The lateness in frames of the stream; None where their duration is not on record."""
        lateness_ms = self.lateness_ms
        if lateness_ms is None or not self.cue.frame_pts:
            return None
        return round(lateness_ms * PTS_HZ / 1000 / self.cue.frame_pts, 2)

    @property
    def pre_roll_asked_ms(self) -> float | None:
        """None for an immediate cue, and for one that was planned by wall clock."""
        cue = self.cue
        return round(cue.pre_roll_s * 1000, 1) if cue.pts_time is not None and cue.pre_roll_s else None

    @property
    def receipt(self) -> str:
        """Proof of the bytes on the output, in words."""
        cue = self.cue
        if not cue.seen:
            return "not seen on the output" if cue.sent else "not sent"
        bytes_ = "byte for byte" if cue.seen_base64 == cue.section_base64 else "with other bytes"
        return f"seen on the output {bytes_}, {cue.seen} of {cue.sent_expected}"


@dataclass(frozen=True, slots=True)
class AsRunLog:
    """The cues whose splice fell (or would have fallen) within a day, in that order."""

    day: str
    """`2026-11-22`."""
    time_zone: str
    """In which the day began and ended."""
    begins_at: float
    ends_at: float
    """Wall clock, seconds since the epoch; the end is not part of it."""
    stream_id: str | None
    """None is all streams."""
    rows: tuple[AsRunRow, ...]


class LoggedStream(Value):
    """A stream that may have cues on record; number None where it is no longer in the list."""

    stream_id: str
    number: int | None
    name: str


class SignatureCheck(StrEnum):
    """Verdict on the signature of an exported file."""

    RIGHT = "right"
    WRONG = "wrong"
    UNSIGNED = "unsigned"
    """Of a version that signed nothing, or with the signature taken out."""
    UNKNOWN_KEY = "unknown key"


class DigestCheck(Value):
    """A digest as a file names it and as its rows have it, and the verdict on its signature."""

    named: str = ""
    computed: str = ""
    """Both are empty for a PDF, whose signature is over the file."""
    rows: int | None = None
    """Unknown for a PDF."""
    signature: SignatureCheck
    signed_by: str = ""
    """Id of the key, as the file names it."""

    @property
    def is_changed(self) -> bool:
        """True when the file is not what was exported."""
        return self.named != self.computed or self.signature is SignatureCheck.WRONG

    @property
    def is_proved(self) -> bool:
        """True when the file is what a known key has signed."""
        return not self.is_changed and self.signature is SignatureCheck.RIGHT
