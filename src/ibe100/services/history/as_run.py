"""Rows of an as-run log made of cues on record, the day they belong to, the digest over them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import orjson

from ibe100.models.cues.as_run import AsRunRow
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.cues.time_zone import midnight, zone_named
from ibe100.models.errors import ConfigurationError
from ibe100.models.scte35_marker import Cue
from ibe100.services.history.as_run_columns import Record

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
    return datetime.now(zone_named(check_zone(time_zone))).date()


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


def check_zone(time_zone: str) -> str:
    """`time_zone` itself. Raises ConfigurationError when it names no zone."""
    try:
        zone_named(time_zone)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return time_zone


def _midnight(day: date, time_zone: str) -> float:
    try:
        return midnight(day, check_zone(time_zone))
    except (OverflowError, OSError, ValueError) as error:
        raise ConfigurationError(f"{day} is no day that can be logged") from error
