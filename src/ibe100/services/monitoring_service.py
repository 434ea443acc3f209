"""Samples become telemetry, clocks and alarms."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Protocol

from ibe100.models.alarm import Alarm
from ibe100.models.messages import CueChanged, Message, ScheduleChanged, TelemetryMeasured
from ibe100.models.schedule import BreakState, ScheduledBreak
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.stream_state import StreamState, Telemetry
from ibe100.services.alarm_board import AlarmBoard
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.machine_watch import MachineWatch
from ibe100.services.runner_link import JournalLine, Sample
from ibe100.services.storage import Storage
from ibe100.services.stream_run import StreamRun
from ibe100.services.task_faults import log_fault
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample, parse_analysis, parse_influx
from ibe100.utils.timecode import format_utc

NEWS_S = 3600.0
"""A cue that failed longer ago is history, not an alarm."""
MEASURED = ("no_null_packets", "sync_loss", "pat_pmt_error", "continuity_error", "heartbeat_lost")
"""Conditions that samples tell of."""
MOST_DELAY_S = 3.0
"""A sample older than this on arrival comes from a clock that was stepped: take it as new."""


class Runs(Protocol):
    """Where the streams are; `ibe100.services.stream_service`."""

    def run_of(self, stream_id: str) -> StreamRun: ...


class MonitoringService:
    """Owns what was measured last, and the alarms. Lives on the loop."""

    def __init__(
        self,
        storage: Storage,
        runs: Runs,
        publish: Callable[[Message], None],
        folder: Path,
        log_problem: Callable[[], str],
    ) -> None:
        self._runs = runs
        self._publish = publish
        self._board = AlarmBoard(storage, publish)
        self._audit = AuditTrail(storage)
        self._machine = MachineWatch(self._board, folder, log_problem)
        self._telemetry: dict[str, Telemetry] = {}
        self._totals: dict[str, Counter[str]] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take up the alarms on record, begin to watch the machine."""
        await self._board.open()
        self._machine.start()

    async def close(self) -> None:
        """Let alarms that are being written come to their end."""
        await self._machine.close()
        await asyncio.gather(*self._work, return_exceptions=True)

    def alarms(self) -> tuple[Alarm, ...]:
        """All that are not closed, most severe and newest first; safe from any thread."""
        return self._board.alarms()

    async def acknowledge(self, alarm_id: int, who: str) -> None:
        """Raises OperatorError when it is closed already."""
        alarm = await self._board.acknowledge(alarm_id, who)
        await self._audit.write(who, "alarm acknowledged", alarm.stream_id, alarm.title)

    async def reset_counters(self, stream_id: str) -> None:
        """Count TR 101 290 errors of a stream from zero."""
        self._totals[stream_id] = Counter()
        current = self._telemetry.get(stream_id)
        if current is not None:
            self._measured(current.model_copy(update={"counters_total": {}}))

    async def on_line(self, run: StreamRun, line: JournalLine) -> None:
        """A change of state may raise or clear an alarm."""
        if line["kind"] != "state":
            return
        state, reason = run.view.state, run.view.reason
        judge = self._board.judge
        # RETRYING follows STALLED, and STARTING that: an alarm stands until packets flow or the stream ends.
        over = state is StreamState.RUNNING or state.is_ended
        for condition, cause in (
            ("input_lost", StreamState.STALLED),
            ("processor_restarting", StreamState.RETRYING),
        ):
            if over or state is cause:
                await judge(run.stream_id, run.name, condition, state is cause, reason)
        if state.is_ended:
            await self._board.clear_now(run.stream_id, MEASURED)
        await judge(run.stream_id, run.name, "stream_failed", state is StreamState.FAILED, reason)
        if state is StreamState.STARTING:
            self._totals[run.stream_id] = Counter()

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """The newest of each kind."""
        mono = float(sample["mono"])
        if sample["sample"] == "influx":
            self._influx(run, parse_influx(sample["lines"]), float(sample["t"]), mono)
        elif sample["sample"] == "analyze":
            self._analysis(run, parse_analysis(sample["json"]), mono)

    def _influx(self, run: StreamRun, influx: InfluxSample, received_at: float, mono: float) -> None:
        delay_s = received_at - influx.time_ms / 1000
        measured_mono = mono - (delay_s if 0 <= delay_s <= MOST_DELAY_S else 0.0)
        run.influx, run.influx_at = influx, mono
        time_pid = run.facts.plan.time_pid if run.facts is not None else None
        pts = influx.pts.get(time_pid) if time_pid is not None else None
        if pts is not None and run.clock is not None:
            run.clock.observe(pts, measured_mono)
        totals = self._totals.setdefault(run.stream_id, Counter())
        totals.update(influx.counters)
        pcr_pid = run.facts.plan.pcr_pid if run.facts is not None else None
        self._measured(
            self._last(run, mono).model_copy(
                update={
                    "bitrate_bps": influx.bitrate_bps,
                    "null_bps": influx.null_bps,
                    "pts": pts,
                    "pcr": influx.pcr.get(pcr_pid) if pcr_pid is not None else None,
                    "counters": dict(influx.counters),
                    "counters_total": dict(totals),
                }
            )
        )
        self._judge_later(run, influx)

    def _analysis(self, run: StreamRun, analysis: AnalyzeSample, mono: float) -> None:
        last = self._last(run, mono)
        # An interval in which the PAT was not repeated tells of no services: they are still there.
        services = analysis.services or last.services
        self._measured(last.model_copy(update={"services": services, "pids": analysis.pids}))

    def _last(self, run: StreamRun, mono: float) -> Telemetry:
        last = self._telemetry.get(run.stream_id, Telemetry(stream_id=run.stream_id, monotonic_s=mono))
        return last.model_copy(update={"monotonic_s": mono})

    def _measured(self, telemetry: Telemetry) -> None:
        self._telemetry[telemetry.stream_id] = telemetry
        self._publish(TelemetryMeasured(telemetry=telemetry))

    def _judge_later(self, run: StreamRun, influx: InfluxSample) -> None:
        flows = influx.bitrate_bps > 0
        count = influx.counters.get
        conditions = {
            "no_null_packets": (flows and influx.null_bps == 0, ""),
            "sync_loss": (count("ts_sync_loss", 0) > 0, f"{count('ts_sync_loss', 0)} per s"),
            "pat_pmt_error": (flows and count("pat_error_2", 0) + count("pmt_error_2", 0) > 0, ""),
            "continuity_error": (count("continuity_count_error", 0) > 0, ""),
            "heartbeat_lost": (bool(run.heartbeat_lost), run.heartbeat_lost),
        }
        self._start(self._judge(run, conditions))

    async def _judge(self, run: StreamRun, conditions: dict[str, tuple[bool, str]]) -> None:
        for condition, (is_true, value) in conditions.items():
            await self._board.judge(run.stream_id, run.name, condition, is_true, value)

    def hear(self, message: Message) -> None:
        """What other services publish; a failed cue is an alarm, and so is a break that was missed."""
        match message:
            case CueChanged(cue=cue) if cue.state is CueState.FAILED:
                if time.time() - cue.requested_at < NEWS_S:
                    self._start(self._cue_failed(cue))
            case ScheduleChanged(changed=changed):
                for one in changed:
                    if one.state is BreakState.MISSED:
                        self._start(self._break_missed(one))

    async def _cue_failed(self, cue: Cue) -> None:
        name = self._runs.run_of(cue.stream_id).name
        value = f"{cue.action} event {cue.splice_event_id}: {cue.reason}"
        await self._board.judge(cue.stream_id, name, "cue_failed", True, value)

    async def _break_missed(self, one: ScheduledBreak) -> None:
        name = self._runs.run_of(one.stream_id).name
        value = f"{one.title} of {format_utc(one.planned_at)}: {one.reason}"
        await self._board.judge(one.stream_id, name, "break_missed", True, value)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(log_fault)
