"""Report of an interval as tsp's influx plugin makes it, in lines of InfluxDB's protocol."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from ibe100.minitsp.chain.packet_batch import Batch
from ibe100.minitsp.reports.tr101290 import SEVERITIES, TS_SCOPE, Tr101290
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS, PID_COUNT
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.service_map import ServiceMap

Tags: TypeAlias = Sequence[tuple[str, str | int]]

_GLOBAL: Final = "global"
_TYPE_ORDER: Final = ("psi", "video", "audio", "subtitles", "data", "stuffing", "undefined")
_TYPE_OF_KIND: Final = {
    StreamKind.VIDEO: "video",
    StreamKind.AUDIO: "audio",
    StreamKind.SUBTITLES: "subtitles",
    StreamKind.SPLICE: "data",
    StreamKind.DATA: "data",
}


@dataclass(frozen=True, slots=True)
class MetricsChoice:
    """Metrics to report, as chosen by influx's options; `stamps` out of "pcr", "pts", "dts"."""

    bitrate: bool
    services: bool
    names: bool
    types: bool
    pids: frozenset[int]
    stamps: tuple[str, ...]
    tr_101_290: bool
    max_severity: int
    extra_tags: tuple[tuple[str, str], ...] = ()
    local_time: bool = False


@dataclass(frozen=True, slots=True)
class _Stamp:
    value: int
    arrival_s: float


class InfluxMetrics:
    """Gathers batches; `lines` ends an interval.

    Bitrates and counters carry the end of the interval as their time, time stamps the moment they arrived.
    """

    def __init__(self, choice: MetricsChoice, monotonic_s: float) -> None:
        self._choice = choice
        self._services = ServiceMap()
        self._errors = Tr101290(self._services)
        self._packets = np.zeros(PID_COUNT, np.int64)
        self._stamps: dict[str, dict[int, _Stamp]] = {stamp: {} for stamp in choice.stamps}
        self._start_s = monotonic_s

    @property
    def has_stamps(self) -> bool:
        """True when each kind of time stamp was seen in this interval."""
        return all(self._stamps.values())

    def feed(self, batch: Batch) -> None:
        """Take packets of this interval."""
        sections = self._services.feed_headers(batch.headers)
        by_pid = batch.headers.by_pid
        self._packets[by_pid.pids] += by_pid.last - by_pid.first + 1
        if "pcr" in self._stamps:
            rows, values = batch.headers.pcr
            for row, value in zip(rows.tolist(), values.tolist(), strict=True):
                self._stamps["pcr"][int(batch.pids[row])] = _Stamp(value, float(batch.arrivals_s[row]))
        if "pts" in self._stamps or "dts" in self._stamps:
            self._take_pes(batch)
        if self._choice.tr_101_290:
            self._errors.feed(batch, sections)

    def idle(self, monotonic_s: float) -> None:
        """Count missing tables and PIDs while no packets flow."""
        if self._choice.tr_101_290:
            self._errors.idle(monotonic_s)

    def lines(self, monotonic_s: float) -> list[str]:
        """The interval's lines, in tsp's order; the next interval begins."""
        offset_s = time.time() - time.monotonic() + (_local_offset_s() if self._choice.local_time else 0)
        now_ms = int((monotonic_s + offset_s) * 1000)
        seconds = max(monotonic_s - self._start_s, 1e-3)
        services = self._pids_by_service()
        report = [*self._bitrate_lines(seconds, services, now_ms)] if self._choice.bitrate else []
        for stamp, found in self._stamps.items():
            report += self._stamp_lines(stamp, found, services, offset_s)
            found.clear()
        if self._choice.tr_101_290:
            report += self._counter_lines(services, now_ms)
        self._packets[:] = 0
        self._start_s = monotonic_s
        return report

    def _take_pes(self, batch: Batch) -> None:
        starts = batch.headers.pes
        for stamp, values in (("pts", starts.pts), ("dts", starts.dts)):
            if stamp in self._stamps:
                there = values != NO_TIMESTAMP
                for row, pid, value in zip(
                    starts.rows[there].tolist(),
                    starts.pids[there].tolist(),
                    values[there].tolist(),
                    strict=True,
                ):
                    self._stamps[stamp][pid] = _Stamp(value, float(batch.arrivals_s[row]))

    def _pids_by_service(self) -> dict[str, frozenset[int]]:
        """Components of every service (PMT PIDs are global, as in tsp), then what belongs to none."""
        services: dict[str, frozenset[int]] = {}
        for number, pmt in self._services.pmts.items():
            named = self._services.services.get(number)
            label = named.name if self._choice.names and named and named.name else str(number)
            services[label] = frozenset(stream.pid for stream in pmt.streams)
        belonging: frozenset[int] = frozenset().union(*services.values())
        services[_GLOBAL] = frozenset(np.flatnonzero(self._packets).tolist()) - belonging
        return services

    def _tags(self, scope: str, *tags: tuple[str, str | int], first: Tags = ()) -> Tags:
        tsid = self._services.transport_stream_id
        known: Tags = () if tsid is None else (("tsid", tsid),)
        return (*first, ("scope", scope), *known, *tags, *self._choice.extra_tags)

    def _bitrate_lines(
        self, seconds: float, services: dict[str, frozenset[int]], now_ms: int
    ) -> Iterator[str]:
        def bitrate(packets: int) -> int:
            return int(packets * PACKET_BITS / seconds)

        yield line("bitrate", self._tags("ts"), bitrate(int(self._packets.sum())), now_ms)
        parts: list[tuple[str, str | int, Collection[int]]] = []
        if self._choice.services:
            parts += [("service", service, pids) for service, pids in services.items()]
        if self._choice.types:
            parts += [("type", kind, pids) for kind, pids in self._pids_by_type().items()]
        parts += [("pid", pid, (pid,)) for pid in self._chosen_pids()]
        for scope, name, pids in parts:
            packets = int(self._packets[list(pids)].sum())
            if packets:
                yield line("bitrate", self._tags(scope, (scope, name)), bitrate(packets), now_ms)

    def _pids_by_type(self) -> dict[str, set[int]]:
        kinds = {pid: _TYPE_OF_KIND[codec.kind] for pid, codec in self._services.all_codecs().items()}
        kinds |= dict.fromkeys(self._services.table_pids, "psi")
        kinds[NULL_PID] = "stuffing"
        by_type: dict[str, set[int]] = {kind: set() for kind in _TYPE_ORDER}
        for pid in np.flatnonzero(self._packets).tolist():
            by_type[kinds.get(pid, "undefined")].add(pid)
        return by_type

    def _chosen_pids(self) -> list[int]:
        return [pid for pid in np.flatnonzero(self._packets).tolist() if pid in self._choice.pids]

    def _stamp_lines(
        self, stamp: str, found: dict[int, _Stamp], services: dict[str, frozenset[int]], offset_s: float
    ) -> Iterator[str]:
        def one(scope: str, name: str | int, seen: _Stamp) -> str:
            return line(
                stamp, self._tags(scope, (scope, name)), seen.value, int((seen.arrival_s + offset_s) * 1000)
            )

        if self._choice.services:
            for service, pids in services.items():
                newest = self._newest_of_service(stamp, found, pids)
                if newest is not None and service != _GLOBAL:
                    yield one("service", service, newest)
        for pid in sorted(found.keys() & self._choice.pids):
            yield one("pid", pid, found[pid])

    def _newest_of_service(self, stamp: str, found: dict[int, _Stamp], pids: frozenset[int]) -> _Stamp | None:
        """The service's last stamp, of its video where it has any: pictures are what cues refer to."""
        timed = found.keys() & pids
        if stamp != "pcr":
            codecs = self._services.all_codecs()
            video = {pid for pid in timed if pid in codecs and codecs[pid].kind is StreamKind.VIDEO}
            timed = video or timed
        return max((found[pid] for pid in timed), key=lambda seen: seen.arrival_s, default=None)

    def _counter_lines(self, services: dict[str, frozenset[int]], now_ms: int) -> Iterator[str]:
        errors = self._errors.take()
        for name, severity in SEVERITIES.items():
            if severity <= self._choice.max_severity:
                by_pid = {pid: count for (found, pid), count in errors.items() if found == name}
                yield from self._counter(name, severity, by_pid, services, now_ms)
        if self._choice.max_severity >= 4:
            packets = {pid: int(self._packets[pid]) for pid in np.flatnonzero(self._packets).tolist()}
            yield from self._counter("packet_count", 4, packets, services, now_ms)
            tags = self._tags("ts", first=(("name", "error_count"), ("severity", 4)))
            yield line("counter", tags, Tr101290.total(errors), now_ms)

    def _counter(
        self,
        name: str,
        severity: int,
        by_pid: dict[int, int],
        services: dict[str, frozenset[int]],
        now_ms: int,
    ) -> Iterator[str]:
        first: Tags = (("name", name), ("severity", severity))
        yield line("counter", self._tags("ts", first=first), sum(by_pid.values()), now_ms)
        if self._choice.services:
            belonging: frozenset[int] = frozenset().union(
                *(pids for service, pids in services.items() if service != _GLOBAL)
            )
            for service, pids in services.items():
                mine = by_pid.keys() - belonging - {TS_SCOPE} if service == _GLOBAL else by_pid.keys() & pids
                count = sum(by_pid[pid] for pid in mine)
                if count:
                    yield line(
                        "counter", self._tags("service", ("service", service), first=first), count, now_ms
                    )
        for pid in sorted(by_pid.keys() & self._choice.pids):
            yield line("counter", self._tags("pid", ("pid", pid), first=first), by_pid[pid], now_ms)


def _local_offset_s() -> int:
    return time.localtime().tm_gmtoff


def line(measurement: str, tags: Tags, value: int, time_ms: int) -> str:
    """`measurement,tag=x,… value=n t`: one figure at a time in milliseconds of the epoch."""
    text = "".join(f",{escape(name)}={escape(str(tag))}" for name, tag in tags)
    return f"{measurement}{text} value={value} {time_ms}"


def escape(text: str) -> str:
    """A tag's name or value with its separators escaped; line breaks become spaces."""
    flat = " ".join(text.splitlines())
    for special in "\\,= ":
        flat = flat.replace(special, f"\\{special}")
    return flat
