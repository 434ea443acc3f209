"""Readers of what tsp's plugins send: influx line protocol, analyze and splicemonitor JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.mpegts.packet import NULL_PID

TR_101_290_SEVERITIES = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Point:
    """One value of line protocol, e.g. `pts,scope=pid,tsid=1,pid=256 value=258000 1795331402344`."""

    measurement: str
    tags: Mapping[str, str]
    value: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class InfluxSample:
    """What one post of `-P influx` says."""

    time_ms: int = 0
    bitrate_bps: int = 0
    null_bps: int = 0
    pts: Mapping[int, int] = field(default_factory=dict)
    pcr: Mapping[int, int] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)
    """TR 101 290 counters of the whole stream since the post before, by name."""


@dataclass(frozen=True, slots=True)
class AnalyzeSample:
    """What one report of `-P analyze` says."""

    bitrate_bps: int
    services: tuple[ServiceSample, ...]
    pids: tuple[PidSample, ...]


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
    pcr: dict[int, int] = {}
    counters: dict[str, int] = {}
    bitrate = null = time_ms = 0
    for point in filter(None, map(parse_point, lines)):
        scope = point.tags.get("scope", "")
        time_ms = max(time_ms, point.time_ms)
        match point.measurement, scope:
            case "bitrate", "ts":
                bitrate = int(point.value)
            case "bitrate", "type" if point.tags.get("type") == "stuffing":
                null = int(point.value)
            case "pts", "pid" if (pid := _pid_of(point)) is not None:
                pts[pid] = int(point.value)
            case "pcr", "pid" if (pid := _pid_of(point)) is not None:
                pcr[pid] = int(point.value)
            case "counter", "ts" if point.tags.get("severity") in TR_101_290_SEVERITIES:
                counters[point.tags.get("name", "")] = int(point.value)
    return InfluxSample(time_ms, bitrate, null, pts, pcr, counters)


def parse_analysis(report: Mapping[str, Any]) -> AnalyzeSample:
    """The services and PIDs of an analyze report; an interval without a PAT tells of no services.

    Raises KeyError on another shape.
    """
    services = tuple(
        ServiceSample(
            service_id=item["id"],
            name=item.get("name", ""),
            provider=item.get("provider", ""),
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
        )
        for item in report.get("pids", ())
    )
    return AnalyzeSample(report["ts"]["bitrate"], services, pids)


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
