"""Answers of the API as values. Times are wall clock, seconds since the epoch, where nothing else is said.

Each has the fields that scripts ask for; `Client.json` gives all that came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FINAL_STATES = frozenset({"REFUSED", "CANCELLED", "FAILED", "SPLICED", "AIRED LATE"})
"""States in which nobody waits for anything of a cue any more."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of the list."""

    stream_id: str
    number: int
    config: Mapping[str, Any]
    """Without passphrases; may be changed and sent back."""
    state: str
    tally: str
    reason: str = ""
    engine: str = ""
    command: str = ""
    input_lost_at: float | None = None
    retry_at: float | None = None
    started_at: float | None = None
    break_ends_at: float | None = None
    kept_secrets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name that operators call it by."""
        return str(self.config["name"])


@dataclass(frozen=True, slots=True)
class ReturnReceipt:
    """Receipt of a cue at the distributor's end."""

    state: str
    expected: int
    seen: int
    words: str
    reason: str = ""
    delay_s: float | None = None


@dataclass(frozen=True, slots=True)
class CueStep:
    """A step in the life of a cue."""

    step: int
    state: str
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue and its receipt."""

    cue_id: int
    stream_id: str
    action: str
    state: str
    requested_by: str
    requested_at: float
    splice_event_id: int | None = None
    duration_s: float | None = None
    pts_time: int | None = None
    """Splice time, 90 kHz ticks; None is immediate."""
    splice_at: float | None = None
    section_base64: str = ""
    sent_expected: int = 1
    sent_at: float | None = None
    seen: int = 0
    seen_at: float | None = None
    latency_ms: float | None = None
    pre_roll_ms: float | None = None
    idr_offset_ms: float | None = None
    """Splice less the nearest picture at which decoding can begin; negative is before it."""
    break_update: int | None = None
    """Number of this change of its break's length, from 1; None for all other cues."""
    reason: str = ""
    return_feed: ReturnReceipt | None = None
    steps: tuple[CueStep, ...] = ()
    """Of `cues.one` only."""

    @property
    def is_final(self) -> bool:
        """Nobody waits for anything of it any more."""
        return self.state in FINAL_STATES

    @property
    def has_aired(self) -> bool:
        """It has taken effect on the output."""
        return self.state in ("SPLICED", "AIRED LATE")


@dataclass(frozen=True, slots=True)
class Readiness:
    """Readiness of a stream for a cue, with the reasons against it."""

    ready: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CuePreview:
    """The section that would go out now."""

    section_base64: str
    splice_event_id: int | None = None
    pts_time: int | None = None
    splice_at: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm: severity 1 is the worst of three."""

    alarm_id: int
    stream_id: str
    stream_name: str
    condition: str
    severity: int
    title: str
    what_to_do: str
    state: str
    raised_at: float
    value: str = ""
    cause: str = ""
    cleared_at: float | None = None
    acknowledged_by: str = ""
    shelved_until: float | None = None
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class PlannedBreak:
    """A break of the schedule."""

    break_id: int
    stream_id: str
    title: str
    duration_s: float
    when: Mapping[str, Any]
    state: str
    planned_at: float | None = None
    reason: str = ""
    cue_id: int | None = None


@dataclass(frozen=True, slots=True)
class BreakPage:
    """Page of the planned breaks."""

    total: int
    breaks: tuple[PlannedBreak, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A conflict of planned breaks."""

    stream_id: str
    break_ids: tuple[int, ...]
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of a file of planned breaks: its plan, or why it is none."""

    line: int
    plan: Mapping[str, Any] | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """Preview or outcome of an import."""

    good: int
    bad: int
    stored: int
    rows: tuple[ImportRow, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whoever asks."""

    name: str
    role: str
    streams: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    name: str
    role: str
    has_password: bool
    created_at: float
    streams: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret."""

    token_id: int
    user: str
    label: str
    role: str
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; `token` is its secret, shown this once."""

    token_id: int
    user: str
    role: str
    token: str
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup, proved."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Event:
    """A fact or sample, or `Snapshot`, `Resumed` and the client's own `ConnectionLost`."""

    type: str
    data: Mapping[str, Any]
    """All fields of the event."""
    cursor: str = ""
    """Place in the order of facts; `after` this one the events go on."""
