"""`/metrics`: how streams, cues, alarms and the console are, as Prometheus reads it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ibe100 import __version__
from ibe100.api.latest import CueKey, Latest
from ibe100.api.roles import ApiServices, Scarce, needs
from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.messages import StreamView
from ibe100.models.rights import Act
from ibe100.models.stream_state import StreamState, Tally, Telemetry

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Observed = Mapping[str, tuple[list[tuple[str, float]], float]]
"""Buckets and sum of each stream."""
K = TypeVar("K", bound=tuple[str, ...])

router = APIRouter(tags=["metrics"])


@dataclass(frozen=True, slots=True)
class _Scrape:
    """Values of one moment, to be written down on another thread."""

    streams: tuple[StreamView, ...]
    telemetry: dict[str, Telemetry]
    alarms: tuple[Alarm, ...]
    cues: dict[CueKey, int]
    machine: MachineHealth | None
    listeners: int
    latency_s: Observed
    pre_roll_s: Observed


@router.get("/metrics", response_class=Response, **needs(Act.READ, Scarce.SCRAPES))
async def prometheus(services: ApiServices, request: Request) -> Response:
    """Return all metrics in the text format of Prometheus."""
    latest: Latest = request.app.state.latest
    scrape = _Scrape(
        streams=services.streams.streams(),
        telemetry=dict(latest.telemetry),
        alarms=services.alarms.standing(),
        cues=dict(latest.cues),
        machine=latest.machine,
        listeners=len(request.app.state.listeners),
        latency_s=latest.latency_s.snapshot(),
        pre_roll_s=latest.pre_roll_s.snapshot(),
    )
    return Response(await asyncio.to_thread(_text, scrape), media_type=MEDIA_TYPE)


def _text(scrape: _Scrape) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(scrape))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, scrape: _Scrape) -> None:
        self._scrape = scrape

    def collect(self) -> Iterable[Metric]:
        yield _gauge("build_info", "The version that runs.", ("version",), {(__version__,): 1})
        yield from self._streams()
        yield from self._measured()
        yield from self._cues_and_alarms()
        yield from self._console()

    def _streams(self) -> Iterator[Metric]:
        streams = self._scrape.streams
        named = {(view.stream_id, view.config.name): 1.0 for view in streams}
        yield _gauge("stream_info", "Streams of the list by id and name.", ("stream", "name"), named)
        states = {
            (view.stream_id, state.value): float(view.state is state)
            for view in streams
            for state in StreamState
        }
        yield _gauge("stream_state", "1 for the state it is in.", ("stream", "state"), states)
        tallies = {
            (view.stream_id, tally.value): float(view.tally is tally)
            for view in streams
            for tally in Tally
            if tally is not Tally.UNKNOWN
        }
        yield _gauge("stream_tally", "1 for what the lamp says.", ("stream", "tally"), tallies)
        attempts = {(view.stream_id,): float(view.attempt) for view in streams}
        yield _gauge("stream_attempt", "Lives of the processor in this session.", ("stream",), attempts)

    def _measured(self) -> Iterator[Metric]:
        active = {view.stream_id for view in self._scrape.streams if view.state.is_active}
        measured = [one for one in self._scrape.telemetry.values() if one.stream_id in active]
        rates = {(one.stream_id,): float(one.bitrate_bps) for one in measured}
        yield _gauge("stream_bitrate_bps", "Of the output.", ("stream",), rates)
        nulls = {(one.stream_id,): float(one.null_bps) for one in measured}
        yield _gauge("stream_null_bps", "Null packets of the output.", ("stream",), nulls)
        errors = {
            (one.stream_id, name): float(count)
            for one in measured
            for name, count in one.counters_total.items()
        }
        words = "TR 101 290 errors since the stream was started or its counters reset."
        yield _counter("stream_tr_101_290_errors", words, ("stream", "check"), errors)

    def _cues_and_alarms(self) -> Iterator[Metric]:
        cues = {key: float(count) for key, count in self._scrape.cues.items()}
        words = "Cues that came into this state since the API is on."
        yield _counter("cues", words, ("stream", "action", "state"), cues)
        words = "Seconds from an immediate cue's datagram to its first sight on the output."
        yield _histogram("cue_latency_seconds", words, self._scrape.latency_s)
        words = "Seconds by which a cue was first seen on the output before its splice."
        yield _histogram("cue_pre_roll_seconds", words, self._scrape.pre_roll_s)
        standing = Counter(
            (alarm.stream_id, alarm.condition, alarm.severity.name.lower(), alarm.state.value)
            for alarm in self._scrape.alarms
            if alarm.is_shown
        )
        alarms = {key: float(count) for key, count in standing.items()}
        words = "Alarms that stand, neither shelved nor explained by another."
        yield _gauge("alarms", words, ("stream", "condition", "severity", "state"), alarms)

    def _console(self) -> Iterator[Metric]:
        yield _gauge("listeners", "WebSockets that listen.", (), {(): float(self._scrape.listeners)})
        machine = self._scrape.machine
        if machine is None:
            return
        words = "The longest a task of the console's loop had to wait within the last look."
        yield _gauge("loop_lag_seconds", words, (), {(): machine.loop_lag_ms / 1000})
        yield _gauge("machine_cpu_percent", "Of all cores.", (), {(): machine.cpu_percent})
        yield _gauge("disk_free_bytes", "Where the data folder is.", (), {(): float(machine.disk_free_bytes)})
        queues = {(name,): float(depth) for name, depth in machine.queues.items()}
        yield _gauge("queue_depth", "What waits.", ("queue",), queues)


def _gauge(name: str, words: str, labels: tuple[str, ...], values: Mapping[K, float]) -> Metric:
    family = GaugeMetricFamily(f"ibe100_{name}", words, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _histogram(name: str, words: str, observed: Observed) -> Metric:
    family = HistogramMetricFamily(f"ibe100_{name}", words, labels=("stream",))
    for stream_id, (buckets, total) in observed.items():
        family.add_metric((stream_id,), buckets, total)
    return family


def _counter(name: str, words: str, labels: tuple[str, ...], values: Mapping[K, float]) -> Metric:
    family = CounterMetricFamily(f"ibe100_{name}", words, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
