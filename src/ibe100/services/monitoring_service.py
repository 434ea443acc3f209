"""Samples become telemetry, clocks and alarms."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ibe100.database.database import Database
from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.alarms.settings import RuleChange, RuleView
from ibe100.models.messages import MachineMeasured, Message, TelemetryMeasured
from ibe100.models.stream_config import FileOutput, HlsOutput
from ibe100.models.stream_state import PidSample, StreamState, Telemetry
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.rule import Judgements
from ibe100.services.alarms.shelving import check_shelving
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.history.metrics_recorder import MetricsRecorder
from ibe100.services.machine.watch import Backlog, MachineWatch
from ibe100.services.return_feed.alarms import ReturnFeedAlarms
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.runner_facts import Fact, StateEntered
from ibe100.services.streams.runner_samples import (
    PCR_FRESH_S,
    AnalyzeReport,
    FlowChanged,
    InfluxPost,
    PacketFaults,
    PcrRhythm,
    PcrRhythms,
    Sample,
    SrtSide,
    StrayDatagrams,
)
from ibe100.services.watches.feed import AlarmFeed
from ibe100.services.watches.steady_words import steady_pids, steady_services
from ibe100.tsduck.telemetry import InfluxSample

RULES_FILE = "alarm_settings.json"
"""In the data folder."""
MOST_DELAY_S = 3.0
"""A sample older than this on arrival comes from a clock that was stepped: take it as new."""


class MonitoringService:
    """Owns what was measured last, and the alarms. Lives on the loop."""

    def __init__(
        self,
        storage: Database,
        runs: Runs,
        publish: Callable[[Message], None],
        folder: Path,
        log_problem: Callable[[], str],
        metrics: MetricsRecorder,
        backlog: Callable[[], Backlog] = Backlog,
    ) -> None:
        self._publish = publish
        self._runs = runs
        self._metrics = metrics
        self._rules = AlarmRules(folder / RULES_FILE, publish)
        self._board = AlarmBoard(storage, publish, rules=self._rules)
        self._feed = AlarmFeed(self._board, runs, publish, self._rules)
        self._returns = ReturnFeedAlarms(self._board, runs, storage.cues.get)
        self._audit = AuditTrail(storage)
        self._machine = MachineWatch(
            self._board,
            self._rules,
            folder,
            log_problem,
            self._machine_measured,
            self._stream_dirs,
            backlog,
            self._recordings,
        )
        self._telemetry: dict[str, Telemetry] = {}
        self._totals: dict[str, Counter[str]] = {}
        self._pcrs: dict[str, PcrRhythms] = {}
        self._seen_at: dict[str, dict[str, float]] = {}
        """When each counter last counted, by stream; wall clock."""

    async def open(self) -> None:
        """Take up the alarms on record, begin to watch the machine and the time."""
        await self._rules.read_if_changed()
        await self._board.open()
        self._feed.start()
        self._machine.start()

    async def settle(self) -> None:
        """To be called once the streams are there: those that ended meanwhile have no alarms that stand."""
        await self._feed.settle()

    async def close(self) -> None:
        """Let alarms that are being written come to their end."""
        await self._machine.close()
        await self._feed.close()
        await self._returns.close()
        await self._board.settled()

    def alarms(self) -> tuple[Alarm, ...]:
        """All that are not closed, shelved and explained ones too; safe from any thread."""
        return self._board.alarms()

    def alarm_rate(self) -> int:
        """Alarms put before the operator within the last 10 minutes; safe from any thread."""
        return self._board.rate()

    async def acknowledge(self, alarm_id: int) -> None:
        """Raises OperatorError when it is closed already."""
        alarm = await self._board.acknowledge(alarm_id)
        await self._audit.write("alarm acknowledged", alarm.stream_id, alarm.title)

    async def shelve(self, alarm_id: int, minutes: float, reason: str) -> None:
        """Raises OperatorError without a reason, for more than a day, or when it is closed already."""
        check_shelving(minutes, reason)
        alarm = await self._board.shelve(alarm_id, minutes, reason)
        detail = f"{alarm.title}, for {minutes:g} minutes: {alarm.shelve_reason}"
        await self._audit.write("alarm shelved", alarm.stream_id, detail)

    async def unshelve(self, alarm_id: int) -> None:
        """Raises OperatorError when it is not shelved."""
        alarm = await self._board.unshelve(alarm_id)
        await self._audit.write("alarm unshelved", alarm.stream_id, alarm.title)

    def alarm_rules(self, stream_id: str = "") -> tuple[RuleView, ...]:
        """All rules as they hold for a stream, or in general; safe from any thread."""
        return self._rules.views(stream_id)

    async def set_alarm_rule(self, stream_id: str, condition: str, change: RuleChange) -> RuleView:
        """Change a rule for a stream, or with an empty stream_id for all; an empty change undoes it."""
        view = await self._rules.set(stream_id, condition, change)
        detail = f"{view.title}: {change.model_dump_json(exclude_none=True)}"
        await self._audit.write("alarm rule changed", stream_id, detail)
        return view

    async def reset_counters(self, stream_id: str) -> None:
        """Count TR 101 290 errors of a stream from zero."""
        self._count_from_zero(stream_id)
        current = self._telemetry.get(stream_id)
        if current is not None:
            self._measured(current.model_copy(update={"counters_total": {}, "counters_seen_at": {}}))
        await self._audit.write("counters reset", stream_id)

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """A change of state may raise or clear an alarm; a start counts from zero."""
        await self._feed.on_fact(run, fact)
        if isinstance(fact, StateEntered) and run.view.state is StreamState.STARTING:
            self._count_from_zero(run.stream_id)
            self._metrics.begin(run.stream_id)

    def _count_from_zero(self, stream_id: str) -> None:
        self._totals[stream_id] = Counter()
        self._seen_at[stream_id] = {}

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """The newest of each kind."""
        match sample:
            case InfluxPost():
                self._influx(run, sample)
            case AnalyzeReport():
                self._analysis(run, sample)
            case FlowChanged():
                self._feed.pulse(run, sample)
            case PacketFaults():
                self._feed.packet_faults(run, sample)
            case PcrRhythms():
                self._pcrs[run.stream_id] = sample
                if time.monotonic() - sample.mono_s < PCR_FRESH_S:
                    self._metrics.pcr(run.stream_id, sample.at, sample.pids)
            case StrayDatagrams():
                self._feed.strays(run, sample)
            case SrtSide():
                self._srt(run, sample)

    def _influx(self, run: StreamRun, sample: InfluxPost) -> None:
        influx, received_at, mono = sample.influx, sample.at, sample.mono_s
        delay_s = received_at - influx.time_ms / 1000
        measured_mono = mono - (delay_s if 0 <= delay_s <= MOST_DELAY_S else 0.0)
        run.measure(influx, mono)
        time_pid = run.facts.plan.time_pid if run.facts is not None else None
        pts = influx.pts.get(time_pid) if time_pid is not None else None
        jump = None
        if pts is not None and run.clock is not None:
            jump = run.clock.observe(pts, measured_mono - _age_s(influx, time_pid, run))
        totals = self._totals.setdefault(run.stream_id, Counter())
        totals.update(influx.counters)
        seen_at = self._seen_at.setdefault(run.stream_id, {})
        seen_at.update({name: received_at for name, count in influx.counters.items() if count})
        pcr_pid = run.facts.plan.pcr_pid if run.facts is not None else None
        pcr = influx.pcr.get(pcr_pid) if pcr_pid is not None else None
        if pcr is not None and run.clock is not None:
            run.clock.observe_pcr(pcr, measured_mono)
        self._metrics.influx(run.stream_id, received_at, measured_mono, influx, pts, pcr)
        self._measured(
            self._last(run, mono).model_copy(
                update={
                    "bitrate_bps": influx.bitrate_bps,
                    "null_bps": influx.null_bps,
                    "pts": pts,
                    "pcr": pcr,
                    "counters": dict(influx.counters),
                    "counters_total": dict(totals),
                    "counters_seen_at": dict(seen_at),
                }
            )
        )
        self._feed.sample(run, influx, jump, measured_mono)

    def _analysis(self, run: StreamRun, sample: AnalyzeReport) -> None:
        analysis, last = sample.analysis, self._last(run, sample.mono_s)
        versions = self._metrics.analysis(run.stream_id, sample.at, analysis)
        # An interval in which the PAT was not repeated tells of no services: they are still there.
        services = steady_services(analysis.services, last.services) or last.services
        told = self._pcrs.get(run.stream_id)
        pcrs = told.pids if told is not None and sample.mono_s - told.mono_s <= PCR_FRESH_S else {}
        steady = steady_pids(analysis.pids, last.pids)
        pids = tuple(_with_rhythm(_with_probed(pid, run), pcrs.get(pid.pid)) for pid in steady)
        self._measured(
            last.model_copy(update={"services": services, "pids": pids, "table_versions": versions})
        )
        self._feed.report(run, analysis)

    def _srt(self, run: StreamRun, sample: SrtSide) -> None:
        """Only the connection is news: what was measured of the stream is as old as it was."""
        if sample.side == "output":
            run.note_srt_output(sample.link)
        last = self._telemetry.get(run.stream_id, Telemetry(stream_id=run.stream_id, monotonic_s=0.0))
        self._measured(last.model_copy(update={f"srt_{sample.side}": sample.link}))
        if sample.link is not None and sample.link.statistics is not None:
            self._metrics.srt(run.stream_id, sample.at, sample.side, sample.link.statistics)
        self._feed.srt(run, sample)

    def _last(self, run: StreamRun, mono: float) -> Telemetry:
        last = self._telemetry.get(run.stream_id, Telemetry(stream_id=run.stream_id, monotonic_s=mono))
        return last.model_copy(update={"monotonic_s": mono})

    def _measured(self, telemetry: Telemetry) -> None:
        self._telemetry[telemetry.stream_id] = telemetry
        self._publish(TelemetryMeasured(telemetry=telemetry))

    def judge_content(self, stream_id: str, judgements: Judgements | None) -> None:
        """What a preview found in picture and sound of a stream; None when it looks no more."""
        if judgements is None:
            self._feed.content_unwatched(stream_id)
        else:
            self._feed.content(stream_id, judgements)

    async def judge_machine(self, judgements: Judgements) -> None:
        """Conditions of this machine that another service looks at."""
        await self._board.judge_machine(judgements)

    def _machine_measured(self, health: MachineHealth) -> None:
        self._metrics.machine(health)
        self._publish(MachineMeasured(health=health))

    def _stream_dirs(self) -> dict[str, Path]:
        """Of those that may have a runner."""
        running = (view.stream_id for view in self._runs.streams() if view.state.is_active)
        return {stream_id: self._runs.run_of(stream_id).link.stream_dir for stream_id in running}

    def _recordings(self) -> set[Path]:
        """The folders that streams on air write to."""
        outputs = [view.config.output for view in self._runs.streams() if view.state.is_active]
        files = [one.path for one in outputs if isinstance(one, FileOutput)]
        return {path.parent for path in files + [o.playlist for o in outputs if isinstance(o, HlsOutput)]}

    def hear(self, message: Message) -> None:
        """What other services publish."""
        self._feed.hear(message)
        self._returns.hear(message)


def _age_s(influx: InfluxSample, time_pid: int | None, run: StreamRun) -> float:
    """How much older the sample's PTS is than the sample: half a frame where nobody measured it.

    tsp gives a PTS the time of its post, and the frame came at any moment of the frame time before.
    """
    measured_ms = influx.pts_time_ms.get(time_pid or 0, influx.time_ms)
    if measured_ms < influx.time_ms:
        return (influx.time_ms - measured_ms) / 1000
    return run.facts.plan.frame_pts / PTS_HZ / 2 if run.facts is not None else 0.0


def _with_probed(pid: PidSample, run: StreamRun) -> PidSample:
    """What only the probe has read: the frame rate of the video that times the cues, and how AAC sounds."""
    plan = run.facts.plan if run.facts is not None else None
    if plan is None:
        return pid
    if pid.pid == plan.video_pid and plan.frame_pts:
        return pid.model_copy(update={"frame_rate": PTS_HZ / plan.frame_pts})
    sound = dict(plan.aac).get(pid.pid, "")
    return pid.model_copy(update={"sound": sound}) if sound and "AAC" in pid.description else pid


def _with_rhythm(pid: PidSample, rhythm: PcrRhythm | None) -> PidSample:
    """What the runner alone has measured."""
    if rhythm is None:
        return pid
    return pid.model_copy(update={"pcr_longest_ms": rhythm.longest_ms, "pcr_jitter_us": rhythm.jitter_us})
