"""Telemetry of streams: the latest of each kind of sample, joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ibe100.models.messages import Message, TelemetryMeasured
from ibe100.models.rights import Act
from ibe100.models.stream_state import PidSample, StreamState, Telemetry
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.rights import demand
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import Fact, StateEntered
from ibe100.services.streams.runner_samples import (
    PCR_FRESH_S,
    AnalyzeReport,
    Measurement,
    PcrRhythm,
    PcrRhythms,
    PicturesSeen,
    Sample,
    SrtSide,
    SwitchStatus,
)
from ibe100.services.watches.steady_words import steady_pids, steady_services


class MonitoringService:
    """Observes the runners; publishes what was measured last. Lives on the loop."""

    def __init__(self, publish: Callable[[Message], None], audit: AuditTrail) -> None:
        self._publish = publish
        self._audit = audit
        self._telemetry: dict[str, Telemetry] = {}
        self._pcrs: dict[str, PcrRhythms] = {}

    async def reset_counters(self, stream_id: str) -> None:
        """Count TR 101 290 errors of a stream from zero."""
        demand(Act.RESET_COUNTERS, stream_id)
        async with self._audit.doing("counters reset", stream_id):
            if stream_id in self._telemetry:
                self._measured(self._from_zero(stream_id))

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Begin anew with a start: counters at zero, tables not known."""
        if isinstance(fact, StateEntered) and fact.state is StreamState.STARTING:
            last = self._from_zero(run.stream_id)
            self._telemetry[run.stream_id] = last.model_copy(
                update={"table_versions": {}, "pictures": (), "input_switch": None}
            )

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Join the sample with what was measured before."""
        match sample:
            case Measurement():
                self._measurement(run, sample)
            case AnalyzeReport():
                self._analysis(run, sample)
            case PcrRhythms():
                self._pcrs[run.stream_id] = sample
            case PicturesSeen():
                self._pictures(run, sample)
            case SrtSide():
                # Only the connection is news: what was measured of the stream is as old as it was.
                last = self._last(run.stream_id)
                self._measured(last.model_copy(update={f"srt_{sample.side}": sample.link}))
            case SwitchStatus():
                last = self._last(run.stream_id)
                self._measured(last.model_copy(update={"input_switch": sample.state}))

    def _measurement(self, run: StreamRun, sample: Measurement) -> None:
        influx, last = sample.influx, self._last(run.stream_id)
        total = dict(last.counters_total)
        for name, count in influx.counters.items():
            total[name] = total.get(name, 0) + count
        seen_at = {name: sample.at for name, count in influx.counters.items() if count}
        changes = {
            "monotonic_s": sample.mono_s,
            "bitrate_bps": influx.bitrate_bps,
            "null_bps": influx.null_bps,
            "pts": sample.pts,
            "pcr": sample.pcr,
            "counters": dict(influx.counters),
            "counters_total": total,
            "counters_seen_at": {**last.counters_seen_at, **seen_at},
        }
        self._measured(last.model_copy(update=changes))

    def _pictures(self, run: StreamRun, sample: PicturesSeen) -> None:
        plan = run.record.plan if run.record is not None else None
        pictures = tuple(
            one.gops.described(
                pid,
                one.codec,
                plan.frame_pts if plan is not None and pid == plan.video_pid else 0.0,
                scrambled=one.scrambled,
                last_s=None if one.age_s is None else sample.mono_s - one.age_s,
            )
            for pid, one in sorted(sample.pids.items())
        )
        self._measured(self._last(run.stream_id).model_copy(update={"pictures": pictures}))

    def _analysis(self, run: StreamRun, sample: AnalyzeReport) -> None:
        analysis, last = sample.analysis, self._last(run.stream_id)
        # An interval in which the PAT was not repeated tells of no services: they are still there.
        services = steady_services(analysis.services, last.services) or last.services
        told = self._pcrs.get(run.stream_id)
        pcrs = told.pids if told is not None and sample.mono_s - told.mono_s <= PCR_FRESH_S else {}
        steady = _added_up(steady_pids(analysis.pids, last.pids), last.pids)
        changes = {
            "monotonic_s": sample.mono_s,
            "services": services,
            "pids": tuple(_with_rhythm(_with_probed(pid, run), pcrs.get(pid.pid)) for pid in steady),
            "table_versions": {**last.table_versions, **analysis.table_versions},
        }
        self._measured(last.model_copy(update=changes))

    def _last(self, stream_id: str) -> Telemetry:
        return self._telemetry.get(stream_id, Telemetry(stream_id=stream_id, monotonic_s=0.0))

    def _from_zero(self, stream_id: str) -> Telemetry:
        last = self._last(stream_id)
        pids = tuple(pid.model_copy(update={"discontinuities_total": 0}) for pid in last.pids)
        return last.model_copy(update={"counters_total": {}, "counters_seen_at": {}, "pids": pids})

    def _measured(self, telemetry: Telemetry) -> None:
        self._telemetry[telemetry.stream_id] = telemetry
        self._publish(TelemetryMeasured(telemetry=telemetry))


def _added_up(now: Iterable[PidSample], before: Iterable[PidSample]) -> tuple[PidSample, ...]:
    """The PIDs of now, each with its continuity errors added to those of before."""
    totals = {pid.pid: pid.discontinuities_total for pid in before}
    return tuple(
        pid.model_copy(update={"discontinuities_total": totals.get(pid.pid, 0) + pid.discontinuities})
        for pid in now
    )


def _with_probed(pid: PidSample, run: StreamRun) -> PidSample:
    """Add what only the probe has read: frame rate of the video that times the cues, format of AAC."""
    plan = run.record.plan if run.record is not None else None
    if plan is None:
        return pid
    if pid.pid == plan.video_pid and plan.frame_pts:
        return pid.model_copy(update={"frame_rate": PTS_HZ / plan.frame_pts})
    sound = dict(plan.aac).get(pid.pid, "")
    return pid.model_copy(update={"sound": sound}) if sound and "AAC" in pid.description else pid


def _with_rhythm(pid: PidSample, rhythm: PcrRhythm | None) -> PidSample:
    """Add what the runner alone has measured."""
    if rhythm is None:
        return pid
    return pid.model_copy(update={"pcr_longest_ms": rhythm.longest_ms, "pcr_jitter_us": rhythm.jitter_us})
