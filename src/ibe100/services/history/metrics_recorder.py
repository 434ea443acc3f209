"""Records measurements over time, and the changes of tables and PIDs that they show."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ibe100.database.metrics_store import MetricsStore
from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.messages import MachineMeasured, Message
from ibe100.models.metrics import (
    CHECKS,
    EDGES,
    MACHINE,
    TYPES,
    ChangeKind,
    Kind,
    Series,
    StreamChange,
)
from ibe100.models.stream_state import SrtLink, SrtStatistics, StreamState
from ibe100.mpegts.constants import PMT_TABLE_ID
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, PTS_MODULO
from ibe100.services.history.performance_log import PerformanceLog
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import Fact, StateEntered
from ibe100.services.streams.runner_samples import (
    PCR_FRESH_S,
    AnalyzeReport,
    Measurement,
    PcrRhythm,
    PcrRhythms,
    Sample,
    SrtSide,
)
from ibe100.tsduck.telemetry import AnalyzeSample

BYTES_PER_MB = 1_000_000
PCR_PER_MS = PCR_HZ // 1000
PCR_WRAP_MS = PCR_MODULO / PCR_PER_MS
MOST_OFFSET_MS = 10_000.0
"""A PCR further from the clock than this has jumped: it is measured from there on."""
_CHECK_PLACE = {name: place for place, name in enumerate(CHECKS)}
_TYPE_PLACE = {name: place for place, name in enumerate(TYPES)}


class MetricsRecorder:
    """Observes the runners and hears of the machine; the store takes everything without waiting."""

    def __init__(self, storage: MetricsStore) -> None:
        self._storage, self._log = storage, PerformanceLog()
        self._pcr_start: dict[str, tuple[int, float]] = {}
        self._versions: dict[str, dict[str, int]] = {}
        self._pids: dict[str, dict[int, dict[int, str]]] = {}

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Begin anew with another processor: its tables and clock are no change of what was before."""
        if isinstance(fact, StateEntered) and fact.state is StreamState.STARTING:
            self.begin(run.stream_id)

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Record what was measured."""
        match sample:
            case Measurement():
                self.influx(run.stream_id, sample)
            case AnalyzeReport():
                self.analysis(run.stream_id, sample.at, sample.analysis)
            case PcrRhythms() if time.monotonic() - sample.mono_s < PCR_FRESH_S:
                self.pcr(run.stream_id, sample.at, sample.pids)
            case SrtSide(link=SrtLink(statistics=SrtStatistics() as figures)):
                self.srt(run.stream_id, sample.at, sample.side, figures)

    def hear(self, message: Message) -> None:
        """Record a look at the machine."""
        if isinstance(message, MachineMeasured):
            self.machine(message.health)

    def begin(self, stream_id: str) -> None:
        """Hold what comes against nothing that was before."""
        self._pcr_start.pop(stream_id, None)
        self._versions.pop(stream_id, None)
        self._pids.pop(stream_id, None)

    def influx(self, stream_id: str, measured: Measurement) -> None:
        """Record a second of measurements."""
        self._log.stream(stream_id, measured.influx)
        sample, pts, pcr = measured.influx, measured.pts, measured.pcr
        values: dict[Series, float] = {
            Series(Kind.BITRATE): sample.bitrate_bps,
            Series(Kind.NULL_BITRATE): sample.null_bps,
        }
        for service_id, bitrate_bps in sample.service_bps.items():
            values[Series(Kind.SERVICE_BITRATE, service_id)] = bitrate_bps
        for name, bitrate_bps in sample.type_bps.items():
            if name in _TYPE_PLACE:
                values[Series(Kind.TYPE_BITRATE, _TYPE_PLACE[name])] = bitrate_bps
        for name, count in sample.counters.items():
            if name in _CHECK_PLACE:
                values[Series(Kind.TR_101_290, _CHECK_PLACE[name])] = count
        if pcr is not None:
            values[Series(Kind.PCR_OFFSET)] = self._offset_ms(stream_id, pcr, measured.measured_s)
            if pts is not None:
                values[Series(Kind.PTS_MINUS_PCR)] = pts_minus_pcr_ms(pts, pcr)
        self._storage.record(stream_id, measured.at, values)

    def srt(self, stream_id: str, at: float, side: str, figures: SrtStatistics) -> None:
        """Record about a second of an SRT connection; `side` is `input` or `output`."""
        edge = EDGES.index(side)
        values = {
            Series(Kind.SRT_RTT, edge): figures.rtt_ms,
            Series(Kind.SRT_BITRATE, edge): figures.rate_bps,
            Series(Kind.SRT_LOST, edge): figures.lost_packets,
            Series(Kind.SRT_SENT_AGAIN, edge): figures.retransmitted_packets,
            Series(Kind.SRT_DROPPED, edge): figures.dropped_packets,
            Series(Kind.SRT_BUFFER, edge): figures.buffer_ms,
        }
        self._storage.record(stream_id, at, values)

    def analysis(self, stream_id: str, at: float, sample: AnalyzeSample) -> None:
        """Record a report of the analysis, and the changes that it shows."""
        values: dict[Series, float] = {}
        for pid in sample.pids:
            values[Series(Kind.PID_BITRATE, pid.pid)] = pid.bitrate_bps
            values[Series(Kind.CONTINUITY_ERRORS, pid.pid)] = pid.discontinuities
            if pid.pcr_interval_ms is not None:
                values[Series(Kind.PCR_INTERVAL, pid.pid)] = pid.pcr_interval_ms
            if pid.pts_interval_ms is not None:
                values[Series(Kind.PTS_INTERVAL, pid.pid)] = pid.pts_interval_ms
        if values:
            self._storage.record(stream_id, at, values)
        self._note_pids(stream_id, at, sample)
        self._note_versions(stream_id, at, sample.table_versions)

    def pcr(self, stream_id: str, at: float, rhythms: Mapping[int, PcrRhythm]) -> None:
        """Record a second of the PCRs of each PID."""
        values = {Series(Kind.PCR_LONGEST, pid): one.longest_ms for pid, one in rhythms.items()}
        jitter = {
            Series(Kind.PCR_JITTER, pid): one.jitter_us
            for pid, one in rhythms.items()
            if one.jitter_us is not None
        }
        self._storage.record(stream_id, at, values | jitter)

    def machine(self, health: MachineHealth) -> None:
        """Record a look at the machine, the console and the processes of each stream."""
        self._log.console(health)
        values = {
            Series(Kind.MACHINE_CPU): health.cpu_percent,
            Series(Kind.MACHINE_MEMORY): health.memory_percent,
            Series(Kind.DISK_FREE): health.disk_free_bytes / BYTES_PER_MB,
            Series(Kind.NETWORK_IN): health.network_in_bps,
            Series(Kind.NETWORK_OUT): health.network_out_bps,
            Series(Kind.LOOP_LAG): health.loop_lag_ms,
            Series(Kind.QUEUE_DEPTH): sum(health.queues.values()),
        }
        if health.clock.offset_ms is not None:
            values[Series(Kind.CLOCK_OFFSET)] = health.clock.offset_ms
        self._storage.record(MACHINE, health.at, values)
        for load in health.streams:
            used = {
                Series(Kind.PROCESS_CPU): load.cpu_percent,
                Series(Kind.PROCESS_MEMORY): load.memory_bytes / BYTES_PER_MB,
            }
            self._storage.record(load.stream_id, health.at, used)

    def _offset_ms(self, stream_id: str, pcr: int, mono_s: float) -> float:
        """Milliseconds by which the PCR is ahead of the clock since the first PCR or its last jump."""
        first_pcr, first_s = self._pcr_start.setdefault(stream_id, (pcr, mono_s))
        gone_ms = (pcr - first_pcr) / PCR_PER_MS - (mono_s - first_s) * 1000
        offset_ms = (gone_ms + PCR_WRAP_MS / 2) % PCR_WRAP_MS - PCR_WRAP_MS / 2
        if abs(offset_ms) > MOST_OFFSET_MS:
            self._pcr_start[stream_id] = (pcr, mono_s)
            return 0.0
        return offset_ms

    def _note_versions(self, stream_id: str, at: float, versions: Mapping[str, int]) -> None:
        known = self._versions.setdefault(stream_id, {})
        for name, version in versions.items():
            before = known.setdefault(name, version)
            known[name] = version
            if version != before:
                kind = ChangeKind.PAT if name == "PAT" else ChangeKind.PMT
                text = f"{name}: version {before} became {version}"
                self._storage.record_change(StreamChange(stream_id=stream_id, at=at, kind=kind, text=text))

    def _note_pids(self, stream_id: str, at: float, sample: AnalyzeSample) -> None:
        """Note PIDs of services whose PMT came in this report; without it nothing is known of them."""
        texts: list[str] = []
        known = self._pids.setdefault(stream_id, {})
        for table in sample.tables:
            service_id = table.table_id_extension
            if table.table_id != PMT_TABLE_ID or service_id is None:
                continue
            now = {
                pid.pid: pid.description
                for pid in sample.pids
                if service_id in pid.services and pid.pid != table.pid
            }
            before = known.get(service_id)
            known[service_id] = now
            texts += [] if before is None else _differences(before, now)
        if texts:
            text = "; ".join(dict.fromkeys(texts))
            self._storage.record_change(
                StreamChange(stream_id=stream_id, at=at, kind=ChangeKind.PIDS, text=text)
            )


def pts_minus_pcr_ms(pts: int, pcr: int) -> float:
    """Milliseconds by which a picture's time is ahead of the clock, modulo the wrap of both."""
    half = PTS_MODULO // 2
    return ((pts - pcr / 300 + half) % PTS_MODULO - half) / 90


def _differences(before: Mapping[int, str], now: Mapping[int, str]) -> list[str]:
    gone = [f"PID 0x{pid:04X} is gone ({before[pid]})" for pid in sorted(before.keys() - now.keys())]
    new = [f"PID 0x{pid:04X} is new ({now[pid]})" for pid in sorted(now.keys() - before.keys())]
    other = [
        f"PID 0x{pid:04X}: {before[pid]} became {now[pid]}"
        for pid in sorted(before.keys() & now.keys())
        if _is_other(before[pid], now[pid])
    ]
    return [*gone, *new, *other]


def _is_other(before: str, now: str) -> bool:
    """Say whether a coding changed; an interval without a sequence header tells the coding alone."""
    first, second = before.partition(" (")[0], now.partition(" (")[0]
    return first != second or ("(" in before and "(" in now and before != now)
