"""Rows of an as-run log made of cues on record, the day they belong to, the digest over them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from ibe100.models.cues.as_run import AsRunRow
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.errors import ConfigurationError
from ibe100.models.scte35_marker import Cue
from ibe100.services.history.as_run_columns import Record

LOCAL = "local"
"""The machine's own time zone."""

EMPTY: Mapping[int, ReturnReceipt] = {}


def day_range(day: date, time_zone: str = "UTC") -> tuple[float, float]:
    """Midnight and the next midnight in `time_zone`, seconds since the epoch: 23 to 25 hours.

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


def digest_of(records: Sequence[Record]) -> str:
    """SHA-256 in hex over the canonical JSON of the records: an array, UTF-8, keys sorted, no spaces."""
    return hashlib.sha256(orjson.dumps(records, option=orjson.OPT_SORT_KEYS)).hexdigest()


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
