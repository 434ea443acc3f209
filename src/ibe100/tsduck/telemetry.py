"""Readers of what tsp's plugins send: influx line protocol, analyze and splicemonitor JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.mpegts.constants import NULL_PID, PAT_PID, PAT_TABLE_ID, PMT_TABLE_ID

TR_101_290_SEVERITIES = ("1", "2", "3")
PCR_PER_MS, PTS_PER_MS = 27_000, 90
LEAST_STAMPS = 2
UNKNOWN_NAME = "(unknown)"


@dataclass(frozen=True, slots=True)
class Point:
    """A value of line protocol, e.g. `pts,scope=pid,tsid=1,pid=256 value=258000 1795331402344`."""

    measurement: str
    tags: Mapping[str, str]
    value: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class InfluxSample:
    """Measurements in one post of `-P influx`."""

    time_ms: int = 0
    bitrate_bps: int = 0
    null_bps: int = 0
    pts: Mapping[int, int] = field(default_factory=dict)
    pts_time_ms: Mapping[int, int] = field(default_factory=dict)
    """When each of them was in the stream; tsp gives the time of the post, and the PTS is somewhat older."""
    pcr: Mapping[int, int] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)
    """TR 101 290 counters of the whole stream since the post before, by name."""
    service_bps: Mapping[int, int] = field(default_factory=dict)
    type_bps: Mapping[str, int] = field(default_factory=dict)
    """By what the PIDs carry: `video`, `audio`, `psi`, `stuffing`, …"""


@dataclass(frozen=True, slots=True)
class TableSample:
    """A table of PSI or SI; `version` is the last one of the interval, None where it has none."""

    pid: int
    table_id: int
    table_id_extension: int | None
    version: int | None


@dataclass(frozen=True, slots=True)
class AnalyzeSample:
    """Services, PIDs and tables in one report of `-P analyze`."""

    bitrate_bps: int
    services: tuple[ServiceSample, ...]
    pids: tuple[PidSample, ...]
    tables: tuple[TableSample, ...] = ()

    @property
    def table_versions(self) -> dict[str, int]:
        """version_number of the PAT and of each PMT, by `PAT`, `PMT 1`, …"""
        versions = {}
        for table in self.tables:
            extension = table.table_id_extension
            if table.version is not None and (table.table_id, table.pid) == (PAT_TABLE_ID, PAT_PID):
                versions["PAT"] = table.version
            elif table.version is not None and table.table_id == PMT_TABLE_ID and extension is not None:
                versions[f"PMT {extension}"] = table.version
        return versions


@dataclass(frozen=True, slots=True)
class SpliceEvent:
    """An event message of `-P splicemonitor`: a cue is pending, immediate, cancelled or has occurred."""

    splice_event_id: int
    progress: str
    splice_pid: int
    event_pts: int | None
    time_to_event_ms: int | None
    pre_roll_ms: int | None
    count: int


def parse_point(line: str) -> Point | None:
    """A point of line protocol; None for a line that is none."""
    parts = line.rsplit(" ", 2)
    if len(parts) != 3 or "=" not in parts[1]:
        return None
    measurement, *tags = parts[0].split(",")
    try:
        value = float(parts[1].partition("=")[2].rstrip("i"))
        time_ms = int(parts[2])
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return Point(measurement, dict(tag.partition("=")[::2] for tag in tags), value, time_ms)


def _pid_of(point: Point) -> int | None:
    text = point.tags.get("pid", "")
    return int(text) if text.isdecimal() else None


def parse_influx(lines: Iterable[str]) -> InfluxSample:
    """Gather the points of one post."""
    pts: dict[int, int] = {}
    pts_time_ms: dict[int, int] = {}
    pcr: dict[int, int] = {}
    counters: dict[str, int] = {}
    services: dict[int, int] = {}
    types: dict[str, int] = {}
    bitrate = time_ms = 0
    for point in filter(None, map(parse_point, lines)):
        scope = point.tags.get("scope", "")
        time_ms = max(time_ms, point.time_ms)
        match point.measurement, scope:
            case "bitrate", "ts":
                bitrate = int(point.value)
            case "bitrate", "type":
                types[point.tags.get("type", "")] = int(point.value)
            case "bitrate", "service" if point.tags.get("service", "").isdecimal():
                services[int(point.tags["service"])] = int(point.value)
            case "pts", "pid" if (pid := _pid_of(point)) is not None:
                pts[pid], pts_time_ms[pid] = int(point.value), point.time_ms
            case "pcr", "pid" if (pid := _pid_of(point)) is not None:
                pcr[pid] = int(point.value)
            case "counter", "ts" if point.tags.get("severity") in TR_101_290_SEVERITIES:
                counters[point.tags.get("name", "")] = int(point.value)
    null = types.get("stuffing", 0)
    return InfluxSample(time_ms, bitrate, null, pts, pts_time_ms, pcr, counters, services, types)


def parse_analysis(report: Mapping[str, Any]) -> AnalyzeSample:
    """The services and PIDs of an analyze report; an interval without a PAT tells of no services.

    Raises KeyError on another shape.
    """
    services = tuple(
        ServiceSample(
            service_id=item["id"],
            name=_told(item.get("name", "")),
            provider=_told(item.get("provider", "")),
            pmt_pid=item.get("pmt-pid", NULL_PID),
            pcr_pid=item.get("pcr-pid", NULL_PID),
            bitrate_bps=item["bitrate"],
        )
        for item in report.get("services", ())
    )
    pids = tuple(
        PidSample(
            pid=item["id"],
            bitrate_bps=item["bitrate"],
            packets=item["packets"]["total"],
            discontinuities=item["packets"]["discontinuities"],
            description=item["description"],
            scrambled=item["is-scrambled"],
            services=tuple(item.get("services", ())),
            languages=tuple(item.get("languages", ())),
            pcr_interval_ms=_interval_ms(item, "pcr", PCR_PER_MS),
            pts_interval_ms=_interval_ms(item, "pts", PTS_PER_MS),
        )
        for item in report.get("pids", ())
    )
    tables = tuple(
        TableSample(item["pid"], item["tid"], item.get("tid-ext"), item.get("last-version"))
        for item in report.get("tables", ())
    )
    return AnalyzeSample(report["ts"]["bitrate"], services, pids, tables)


def _told(name: str) -> str:
    """tsp writes a word where there is no SDT; nothing is what we say of nothing."""
    return "" if name == UNKNOWN_NAME else name


def _interval_ms(item: Mapping[str, Any], stamp: str, ticks_per_ms: int) -> float | None:
    """The mean interval of a PID's time stamps; None where there are too few, or where they jumped."""
    count = item["packets"].get(stamp, 0)
    first, last = item.get(f"first-{stamp}"), item.get(f"last-{stamp}")
    if count < LEAST_STAMPS or first is None or last is None or last <= first:
        return None
    return None if item["packets"].get(f"{stamp}-leap") else (last - first) / (count - 1) / ticks_per_ms


def parse_splice_event(message: Mapping[str, Any]) -> SpliceEvent | None:
    """A splicemonitor event; None when the message is another."""
    if message.get("#name") != "event" or "event-id" not in message:
        return None
    return SpliceEvent(
        splice_event_id=message["event-id"],
        progress=message.get("progress", ""),
        splice_pid=message.get("splice-pid", NULL_PID),
        event_pts=message.get("event-pts"),
        time_to_event_ms=message.get("time-to-event-ms"),
        pre_roll_ms=message.get("pre-roll-ms"),
        count=message.get("count", 0),
    )
