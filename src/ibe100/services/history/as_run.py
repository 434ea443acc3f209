"""From cues on record to the rows of an as-run log, and the digest over them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import orjson

from ibe100.models.cues.as_run import AsRunRow
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.errors import ConfigurationError
from ibe100.models.scte35_marker import Cue

LOCAL = "local"
"""The machine's own time zone."""

Record: TypeAlias = dict[str, str | int | float | None]
"""An exported row: times are UTC with milliseconds, empty where unknown; PTS are 90 kHz ticks mod 2^33."""

COLUMNS: dict[str, type[str] | type[int] | type[float]] = {
    "cue_id": int,
    "stream_id": str,
    "stream_name": str,
    "action": str,
    "state": str,
    "splice_event_id": int,
    "duration_s": float,
    "scheduled_at": str,
    "requested_at": str,
    "requested_by": str,
    "due_at": str,
    "sent_at": str,
    "seen_at": str,
    "aired_at": str,
    "lateness_ms": float,
    "lateness_frames": float,
    "splice_pts": int,
    "seen_pts": int,
    "pre_roll_asked_ms": float,
    "pre_roll_real_ms": float,
    "sent": int,
    "sent_expected": int,
    "seen": int,
    "receipt": str,
    "reason": str,
    "section_base64": str,
    "return_state": str,
    "return_seen_at": str,
    "return_delay_s": float,
    "return_seen": int,
    "return_expected": int,
    "return_pid": int,
    "return_pre_roll_ms": float,
    "return_reason": str,
    "return_base64": str,
}
"""Every column of an export with the type of its values; numbers may be None."""

RETURN_COLUMNS = tuple(name for name in COLUMNS if name.startswith("return_"))
"""What the return feed said; logs of earlier versions have none of them."""
EMPTY: Mapping[int, ReturnReceipt] = {}


def day_range(day: date, time_zone: str = "UTC") -> tuple[float, float]:
    """From midnight to the next midnight in `time_zone`, seconds since the epoch; 23 to 25 hours.

    `time_zone` is an IANA name, `UTC` or `local`. Raises ConfigurationError.
    """
    try:
        following = day + timedelta(days=1)
    except OverflowError as error:
        raise ConfigurationError(f"{day} is no day that can be logged") from error
    return _midnight(day, time_zone), _midnight(following, time_zone)


def today(time_zone: str = "UTC") -> date:
    """The day it is now in `time_zone`. Raises ConfigurationError."""
    if time_zone == LOCAL:
        return datetime.now().astimezone().date()
    return datetime.now(_zone(time_zone)).date()


def rows_of(
    cues: Iterable[Cue], stream_names: Mapping[int, str], came_back: Mapping[int, ReturnReceipt] = EMPTY
) -> tuple[AsRunRow, ...]:
    """A row for each cue, in the same order; `stream_names` by cue_id, else the stream's id will do.

    `came_back` holds, by cue_id, what the return feeds said.
    """
    return tuple(
        AsRunRow(cue, stream_names.get(cue.cue_id, cue.stream_id), came_back.get(cue.cue_id)) for cue in cues
    )


def record_of(row: AsRunRow) -> Record:
    """A row as it is exported: the columns of COLUMNS."""
    cue = row.cue
    return {
        "cue_id": cue.cue_id,
        "stream_id": cue.stream_id,
        "stream_name": row.stream_name,
        "action": cue.action.value,
        "state": cue.state.value,
        "splice_event_id": cue.splice_event_id,
        "duration_s": cue.duration_s,
        "scheduled_at": utc_text(cue.scheduled_at),
        "requested_at": utc_text(cue.requested_at),
        "requested_by": cue.requested_by,
        "due_at": utc_text(row.due_at),
        "sent_at": utc_text(cue.sent_at),
        "seen_at": utc_text(cue.seen_at),
        "aired_at": utc_text(row.aired_at),
        "lateness_ms": row.lateness_ms,
        "lateness_frames": row.lateness_frames,
        "splice_pts": cue.pts_time,
        "seen_pts": cue.seen_pts,
        "pre_roll_asked_ms": row.pre_roll_asked_ms,
        "pre_roll_real_ms": cue.pre_roll_ms,
        "sent": cue.sent,
        "sent_expected": cue.sent_expected,
        "seen": cue.seen,
        "receipt": row.receipt,
        "reason": cue.reason,
        "section_base64": cue.section_base64,
        **_return_record(row.came_back),
    }


def _return_record(receipt: ReturnReceipt | None) -> Record:
    """Empty where no return feed was watched."""
    if receipt is None:
        return {name: "" if COLUMNS[name] is str else None for name in RETURN_COLUMNS}
    return {
        "return_state": receipt.state.value,
        "return_seen_at": utc_text(receipt.seen_at),
        "return_delay_s": receipt.delay_s,
        "return_seen": receipt.seen,
        "return_expected": receipt.expected,
        "return_pid": receipt.splice_pid,
        "return_pre_roll_ms": receipt.pre_roll_ms,
        "return_reason": receipt.reason,
        "return_base64": receipt.seen_base64,
    }


def digest_of(records: Sequence[Record]) -> str:
    """SHA-256 in hex over the canonical JSON of the records: an array, UTF-8, keys sorted, no spaces."""
    return hashlib.sha256(orjson.dumps(records, option=orjson.OPT_SORT_KEYS)).hexdigest()


def utc_text(at: float | None) -> str:
    """`2026-11-22T14:03:07.024Z`; empty if unknown."""
    if at is None:
        return ""
    try:
        moment = datetime.fromtimestamp(round(at, 3), UTC)
    except (OverflowError, ValueError, OSError):
        # A refused request may have asked for any time; the rest of the day is to be read all the same.
        return "beyond the calendar"
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


def _midnight(day: date, time_zone: str) -> float:
    midnight = datetime(day.year, day.month, day.day)
    try:
        if time_zone == LOCAL:
            return midnight.astimezone().timestamp()
        return midnight.replace(tzinfo=_zone(time_zone)).timestamp()
    except (OverflowError, OSError) as error:
        raise ConfigurationError(f"{day} is no day that can be logged") from error


def _zone(time_zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"{time_zone!r} is no time zone; write UTC, local or a name such as Europe/Berlin"
        ) from error
