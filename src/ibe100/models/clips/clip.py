"""A clip on record: what it shows, its file, its digest, and what became of it."""

from __future__ import annotations

from enum import StrEnum

from ibe100.models.base import Value
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_bytes

MOST_LISTED = 500


class ClipSide(StrEnum):
    """Side of the processor that a clip shows."""

    OUTPUT = "output"
    INPUT = "input"


class Clip(Value):
    """A clip around a cue or an alarm; times are wall clock. Without `file` there was nothing to cut."""

    clip_id: int = 0
    """0 until it is on record."""
    stream_id: str
    stream_name: str
    side: ClipSide
    cue_id: int | None = None
    alarm_id: int | None = None
    subject: str
    """What is in its middle, in words."""
    centre_at: float
    """Time of the splice, or at which the alarm was raised."""
    made_at: float
    starts_at: float | None = None
    ends_at: float | None = None
    host: str = ""
    """Machine whose disk it is on."""
    file: str = ""
    """Absolute path there; the folder of clips may be another by now."""
    size: int = 0
    """In bytes."""
    sha256: str = ""
    lost_packets: int = 0
    """Packets that the recorder was not given, or could not write, within the clip."""
    incomplete: str = ""
    """What it lacks, in words; empty for a whole one."""
    removed_at: float | None = None
    removed_why: str = ""

    @property
    def is_kept(self) -> bool:
        """True while its file is on disk, as far as is on record."""
        return bool(self.file) and self.removed_at is None

    @property
    def duration_s(self) -> float | None:
        """Seconds from its first to its last packet."""
        return None if self.starts_at is None or self.ends_at is None else self.ends_at - self.starts_at

    @property
    def words(self) -> str:
        """State in a few words: length and size, what it lacks, or why it is gone."""
        if not self.file:
            return f"no clip: {self.incomplete}"
        if self.removed_at is not None:
            return f"gone {self.removed_why} at {format_utc(self.removed_at)}"
        whole = f"{self.duration_s or 0:.1f} s, {format_bytes(self.size)}"
        return f"{whole}, incomplete: {self.incomplete}" if self.incomplete else whole


class ClipQuery(Value):
    """Clips that are asked for; empty fields ask for all, the newest first."""

    stream_id: str | None = None
    cue_id: int | None = None
    alarm_id: int | None = None
    begins_at: float | None = None
    """Centre at or after this time."""
    ends_at: float | None = None
    """Centre before this time."""
    limit: int = MOST_LISTED


class ClipBundle(Value):
    """An archive of clips that was written."""

    clips: int
    """Clips in it."""
    without: int
    """Clips on record whose files are not in it; the list in it says why."""
    size: int
    """Bytes of the clips."""


class RecordingState(Value):
    """How the recording of one stream stands."""

    stream_id: str
    is_wanted: bool
    trouble: str = ""
    """Why nothing is recorded though it is wanted; empty while it is."""
    lost_packets: int = 0
    """Since the recorder began."""


class ClipUse(Value):
    """Disk space of the clips."""

    folder: str
    clips: int
    size: int
    """Bytes of the clips that are kept."""
    ring_size: int
    """Bytes of the rings."""
    oldest_at: float | None = None
