"""Events after the backup, as far as they are known, and what a restore made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ibe100.models.scte35_marker import Direction


@dataclass(frozen=True, slots=True)
class UsedId:
    """A splice_event_id that was used, as something beside the database tells."""

    stream_id: str
    splice_event_id: int
    at: float


Sights: TypeAlias = tuple[tuple[float, str], ...]
"""When which section (base64) was seen on the output; wall clock."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Trace of a stream in the folder of its runner."""

    stream_id: str
    stream_name: str
    is_alive: bool
    engine: str
    command: str
    session_id: int | None
    started_at: float
    journal: str
    """Identity of the journal in which the sequence numbers count."""
    seq_before_run: int
    """The last line of the runs before the present one."""


@dataclass(frozen=True, slots=True)
class AuditedCue:
    """A cue that was fired, as the audit log tells."""

    at: float
    who: str
    action: str
    stream_id: str
    splice_event_id: int
    section_base64: str
    duration_s: float | None
    pts_time: int | None
    direction: Direction
    is_cancelled: bool
    cue_id: int | None = None
    """The number that whoever fired it was told; None where that is not on record."""
    is_of_journal: bool = False
    """True where no audit line tells of it, and `at` is when it was on the output."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence beside the databases: runs, used event ids, cues."""

    traces: tuple[Trace, ...] = ()
    seen: Mapping[str, Sights] = field(default_factory=dict)
    """By stream_id, as the journals tell, also where nothing else is known of the stream's runs."""
    used: tuple[UsedId, ...] = ()
    """In the order of their times."""
    cues: tuple[AuditedCue, ...] = ()
    """Since the backup, in the order of their times."""


@dataclass(slots=True)
class Merged:
    """Result of merging them into the restored database."""

    goes_on: bool = False
    """True when the record of the present database is continued."""
    facts_left_out: int = 0
    """Sessions and cues that are in the present database only."""
    breaks_left_out: int = 0
    """Planned breaks that are in the present database only."""
    streams_left_out: list[str] = field(default_factory=list)
    """Streams of the present list that are neither in the backup's nor running."""
    event_ids: int = 0
    """Entered as used."""
    cues_closed: int = 0
    cues_rebuilt: int = 0
    """Entered from the audit log and the journals."""
    sessions: dict[str, int] = field(default_factory=dict)
    """By stream_id, the session of the run that is on air, where it had to be numbered anew."""
    will_start: list[str] = field(default_factory=list)
    """Streams that should run and do not: the next console starts them."""
