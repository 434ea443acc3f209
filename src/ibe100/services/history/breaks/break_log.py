"""Reads the as-run log by break of some days from the record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ibe100.database.stores.as_run import AsRunStore
from ibe100.database.stores.break_facts import Channel
from ibe100.models.cues.break_log import CHANNEL, MOST_DAYS, BreakLog
from ibe100.models.cues.time_zone import LOCAL_ZONE
from ibe100.models.errors import ConfigurationError
from ibe100.services.history import as_run
from ibe100.services.history.breaks.rows import Record, rows_of
from ibe100.services.history.breaks.sums import ALL, by_channel, by_day, by_distributor, sums_by, sums_of

AROUND_S = 86_400.0
"""Longest duration of a break: what lies this far outside the days may belong to a break within them."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days of all channels: when they begin and end, by the zone of each or by one for all."""

    text: str
    begins_at: float
    ends_at: float
    of_stream: Mapping[str, tuple[float, float]]
    otherwise: tuple[float, float]
    """For a stream that is not known any more."""

    def hold(self, stream_id: str, at: float) -> bool:
        """Say whether a moment lies within the days of its stream."""
        begins_at, ends_at = self.of_stream.get(stream_id, self.otherwise)
        return begins_at <= at < ends_at


def days_of(first: date, days: int, time_zone: str, channels: Mapping[str, Channel]) -> Days:
    """`days` days from `first` on. Raises ConfigurationError."""
    if not 1 <= days <= MOST_DAYS:
        raise ConfigurationError(f"{days} days: 1 to {MOST_DAYS} can be read at once")
    try:
        last = first + timedelta(days=days - 1)
    except OverflowError as error:
        raise ConfigurationError(f"{first} is no day that can be logged") from error

    def span(zone: str) -> tuple[float, float]:
        return as_run.day_range(first, zone)[0], as_run.day_range(last, zone)[1]

    if time_zone == CHANNEL:
        zones = {zone: span(zone) for zone in {one.time_zone for one in channels.values()} | {LOCAL_ZONE}}
        of_stream = {one.stream_id: zones[one.time_zone] for one in channels.values()}
        otherwise = zones[LOCAL_ZONE]
    else:
        otherwise = span(time_zone)
        of_stream = {}
    spans = (otherwise, *of_stream.values())
    text = first.isoformat() if days == 1 else f"{first.isoformat()}/{last.isoformat()}"
    return Days(text, min(span[0] for span in spans), max(span[1] for span in spans), of_stream, otherwise)


async def read_record(
    storage: AsRunStore,
    channels: Mapping[str, Channel],
    begins_at: float,
    ends_at: float,
    stream_id: str | None,
    now: float,
) -> Record:
    """Facts of a range, of one stream or all, and of the day around it. Raises StorageError."""
    facts = storage.facts
    (cues, names), spliced, planned, runs = await asyncio.gather(
        storage.cues(begins_at, ends_at, stream_id),
        facts.spliced(begins_at - AROUND_S, ends_at + AROUND_S),
        facts.planned(begins_at, ends_at),
        facts.runs(begins_at - AROUND_S, ends_at + AROUND_S),
    )
    ids = [cue.cue_id for cue in cues]
    came_back = await storage.return_receipts(min(ids), max(ids)) if ids else {}
    if stream_id is not None:
        spliced = tuple(one for one in spliced if one.stream_id == stream_id)
        planned = tuple(one for one in planned if one.stream_id == stream_id)
    return Record(
        cues=as_run.rows_of(cues, names, came_back),
        spliced=spliced,
        planned=planned,
        runs=runs,
        channels=channels,
        now=now,
    )


async def read_breaks(
    storage: AsRunStore, first: date, days: int, time_zone: str, stream_id: str | None
) -> BreakLog:
    """The breaks of `days` days from `first` on. Raises StorageError, ConfigurationError."""
    channels = {one.stream_id: one for one in await storage.facts.channels()}
    span = days_of(first, days, time_zone, channels)
    record = await read_record(storage, channels, span.begins_at, span.ends_at, stream_id, time.time())

    def made() -> BreakLog:
        rows = rows_of(record, span.hold)
        return BreakLog(
            day=span.text,
            time_zone=time_zone,
            begins_at=span.begins_at,
            ends_at=span.ends_at,
            stream_id=stream_id,
            rows=rows,
            all=sums_of(ALL, rows),
            days=sums_by(rows, by_day),
            channels=sums_by(rows, by_channel(rows)),
            distributors=sums_by(rows, by_distributor),
        )

    return await asyncio.to_thread(made)
