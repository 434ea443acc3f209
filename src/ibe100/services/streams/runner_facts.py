"""Facts of a runner: the lines of its journal as typed values. Kinds that are not used become `OtherFact`."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from ibe100.models.stream_state import StreamState
from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.timestamps import PTS_MODULO
from ibe100.tsduck.telemetry import SpliceEvent, parse_splice_event

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
MALFORMED = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
"""Errors that a parser raises for JSON of another shape than it expects."""
MOST_FORM: Final = 80
_LEVELS: Final[Mapping[Any, LogLevel]] = {"debug": "debug", "warning": "warning", "error": "error"}

BEHIND_S = 0.5
"""A line of the journal is taken within so long after it was written, unless the disk is slow."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FactHead:
    """Place in the journal, wall clock and monotonic time in seconds."""

    seq: int
    at: float
    mono_s: float


@dataclass(frozen=True, slots=True)
class StateEntered(FactHead):
    """The stream is in this state from now on.

    `input_lost_at`: when the last packets came from an input that is silent; `retry_at`: when the processor
    that is waited for is started; both wall clock, None where it is not so.
    """

    state: StreamState
    reason: str
    input_lost_at: float | None = None
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class LogLine(FactHead):
    """A line that the processor, its source or the runner itself (`plugin`) printed."""

    level: LogLevel
    plugin: str
    text: str


@dataclass(frozen=True, slots=True)
class AttemptStarted(FactHead):
    """A processor was started; the runner counts its attempts from 1."""

    attempt: int
    passes: str = ""
    """Why it passes the input on without cues; empty for one that takes cues."""


@dataclass(frozen=True, slots=True)
class AttemptEnded(FactHead):
    """A processor has ended after so many seconds; `outcome` says how."""

    attempt: int
    seconds: float
    exit_code: int | None
    outcome: str
    of_input: bool = False
    """It ended because its input gave nothing."""


@dataclass(frozen=True, slots=True)
class CueOnOutput(FactHead):
    """A splice_info_section was seen on the output."""

    section_base64: str
    splice_pid: int

    @property
    def section(self) -> bytes:
        """The section in binary."""
        return base64.b64decode(self.section_base64)


@dataclass(frozen=True, slots=True)
class CueOnInput(FactHead):
    """A splice_info_section of somebody else came with the input; it may be damaged."""

    section_base64: str
    splice_pid: int


@dataclass(frozen=True, slots=True)
class CueTagged(FactHead):
    """A tag of a playlist, a manifest or an event message told of a cue.

    `form`: its name in the standard; `out`: None where it does not say; `section_base64`: empty without one;
    `pts`: of the media at its place; `from_edge_s`: from the live edge, negative behind it.
    """

    form: str
    out: bool | None
    section_base64: str
    duration_s: float | None
    pts: int | None
    from_edge_s: float | None
    on_input: bool


@dataclass(frozen=True, slots=True)
class SpliceMonitored(FactHead):
    """splicemonitor told of an event on the output."""

    event: SpliceEvent


@dataclass(frozen=True, slots=True)
class InputSwitched(FactHead):
    """Another input is on air; indices from 0."""

    before: int
    on_air: int
    reason: str


@dataclass(frozen=True, slots=True)
class OtherFact(FactHead):
    """A line that no service needs, or that cannot be read."""

    kind: str


Fact: TypeAlias = (
    StateEntered
    | LogLine
    | AttemptStarted
    | AttemptEnded
    | CueOnOutput
    | CueOnInput
    | CueTagged
    | SpliceMonitored
    | InputSwitched
    | OtherFact
)


def read_fact(line: Mapping[str, Any]) -> Fact:
    """A line of a journal; raises a MALFORMED error for JSON that has no sequence number, time or kind."""
    head, kind = (int(line["seq"]), float(line["t"]), float(line["mono"])), str(line["kind"])
    try:
        return _fact(kind, line, head)
    except MALFORMED:
        _log.exception("journal line %d of the kind %s cannot be read", head[0], kind)
        return OtherFact(*head, kind)


def _fact(kind: str, line: Mapping[str, Any], head: tuple[int, float, float]) -> Fact:
    match kind:
        case "state":
            state = StreamState(line["state"])
            # A runner that an older console started does not say so of the two.
            lost_at = line.get("input_lost_at", line["t"] if state is StreamState.STALLED else None)
            reason = str(line.get("reason") or "")
            return StateEntered(*head, state, reason, _time(lost_at), _time(line.get("retry_at")))
        case "log":
            level = _LEVELS.get(line.get("level"), "info")
            return LogLine(*head, level, str(line.get("plugin") or ""), str(line["text"]))
        case "attempt_started":
            return AttemptStarted(*head, int(line["attempt"]), str(line.get("passes") or ""))
        case "attempt_ended":
            code, seconds = line.get("exit_code"), float(line.get("seconds") or 0.0)
            return AttemptEnded(
                *head,
                int(line["attempt"]),
                seconds,
                None if code is None else int(code),
                str(line.get("outcome") or ""),
                bool(line.get("of_input")),
            )
        case "cue_seen":
            base64.b64decode(line["base64"])
            return CueOnOutput(*head, str(line["base64"]), int(line["splice_pid"]))
        case "input_cue_seen":
            pid = line.get("splice_pid")
            return CueOnInput(*head, str(line.get("base64") or ""), pid if isinstance(pid, int) else NULL_PID)
        case "cue_tag" | "input_cue_tag":
            return _cue_tagged(line["json"], head, on_input=kind == "input_cue_tag")
        case "splice_event" if (event := parse_splice_event(line["json"])) is not None:
            return SpliceMonitored(*head, event)
        case "input_switched":
            reason = str(line.get("reason") or "")
            return InputSwitched(*head, int(line["before"]), int(line["on_air"]), reason)
    return OtherFact(*head, kind)


def _cue_tagged(tag: Mapping[str, Any], head: tuple[int, float, float], *, on_input: bool) -> CueTagged:
    """Read a tag; its time is that at which it was read, not that of its line."""
    section, out = str(tag.get("base64") or ""), tag.get("out")
    base64.b64decode(section, validate=True)
    seq, at, mono_s = head
    seen_at = min(float(tag.get("seen") or at), at)
    pts = tag.get("pts")
    return CueTagged(
        seq,
        seen_at,
        mono_s - (at - seen_at),
        str(tag["form"])[:MOST_FORM],
        out if isinstance(out, bool) else None,
        section,
        _time(tag.get("duration")),
        pts % PTS_MODULO if isinstance(pts, int) else None,
        _time(tag.get("from-edge")),
        on_input,
    )


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


class JournalLag:
    """Lag of who takes the lines of a journal behind the runner that writes them."""

    def __init__(self) -> None:
        self._taking_since: float | None = None
        self._lag_s, self._taken_at = 0.0, float("-inf")

    def taking(self, written_at: float) -> None:
        """A line, written at this wall time, is being taken."""
        self._taking_since = time.monotonic()
        self._lag_s = time.time() - written_at

    def taken(self) -> None:
        """The line was taken."""
        self._taking_since, self._taken_at = None, time.monotonic()

    def is_behind(self) -> bool:
        """True while the journal holds more than is taken so far."""
        now = time.monotonic()
        if self._taking_since is not None:
            return self._lag_s + now - self._taking_since > BEHIND_S
        return self._lag_s > BEHIND_S and now - self._taken_at < BEHIND_S
