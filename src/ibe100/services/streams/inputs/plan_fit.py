"""Fit of a run's plan to what is in the stream by now: its service, its video, its PCR and its PTS."""

from __future__ import annotations

import asyncio

from ibe100.models.stream_config import LIVE_INPUTS, StreamConfig
from ibe100.mpegts.constants import NULL_PID
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import RunRecord
from ibe100.services.streams.runner_facts import AttemptStarted, Fact
from ibe100.services.streams.runner_samples import AnalyzeReport, InfluxPost, Sample
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.telemetry import AnalyzeSample

REPORTS = 3
"""Reports without the cue PID in a PMT that prove it."""
FULL_S = 5.0
"""An input without null packets for so long is given stuffing."""
STUFFED_S = 600.0
"""And not again within so long: one whose null packets come and go must not be planned all the time."""
NO_NULLS = "no null packets are left in the input, and a cue can only replace one"


class PlanFit:
    """Observes the reports of `-P analyze`; `misfit` says what is wrong with a plan.

    `news` is set when a plan does not fit any more, and when an input begins to be passed on without cues.
    """

    def __init__(self) -> None:
        self._misfits: dict[str, str] = {}
        self._cue_pid_missed: dict[str, int] = {}
        """Reports on end in which no PMT names it."""
        self._full_since: dict[str, float] = {}
        self._stuffed_at: dict[str, float] = {}
        self._begins_anew: set[str] = set()
        self.news = asyncio.Event()

    def misfit(self, run: StreamRun) -> str:
        """Reason why the plan of the run does not fit any more; empty while it does."""
        return self._misfits.get(run.stream_id, "")

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Forget what was found before another processor."""
        if isinstance(fact, AttemptStarted):
            self._begins_anew.discard(run.stream_id)
            self._misfits.pop(run.stream_id, None)
            self._full_since.pop(run.stream_id, None)
            self._cue_pid_missed.pop(run.stream_id, None)
            if fact.passes:
                self.news.set()

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Hold what is measured against the plan."""
        # A file or an HTTP source would begin again with another processor: its plan stays.
        may_go_on = isinstance(run.entry.config.input, LIVE_INPUTS)
        if run.record is None or run.passes or not may_go_on or run.stream_id in self._begins_anew:
            return
        if isinstance(sample, InfluxPost):
            self._look_for_nulls(run, run.record, sample)
        if not isinstance(sample, AnalyzeReport):
            return
        found = misfit(run.record.plan, sample.analysis) or self._lost_cue_pid(
            run, run.record, sample.analysis
        )
        if found:
            self._misfits[run.stream_id] = found
            self.news.set()
        elif self.misfit(run) != NO_NULLS:
            self._misfits.pop(run.stream_id, None)

    def _lost_cue_pid(self, run: StreamRun, record: RunRecord, analysis: AnalyzeSample) -> str:
        """Fault of a PMT that does not name our cues any more; the first after a change is not edited yet."""
        plan, named = record.plan, {pid.pid for pid in analysis.pids if pid.services}
        missed = (
            0 if not named or plan.splice_pid in named else self._cue_pid_missed.get(run.stream_id, 0) + 1
        )
        self._cue_pid_missed[run.stream_id] = missed
        if missed < REPORTS:
            return ""
        return f"SCTE-35 PID 0x{plan.splice_pid:04X} is not in the PMT of service {plan.service_id} any more"

    def _look_for_nulls(self, run: StreamRun, record: RunRecord, post: InfluxPost) -> None:
        """An input that has become full needs stuffing, or no cue finds a null packet to replace."""
        decided = record.plan.stuffing is not None or not gets_stuffing(record.config)
        if decided or post.influx.null_bps or not post.influx.bitrate_bps:
            self._full_since.pop(run.stream_id, None)
            return
        since = self._full_since.setdefault(run.stream_id, post.mono_s)
        stuffed_at = self._stuffed_at.get(run.stream_id, float("-inf"))
        if post.mono_s - since >= FULL_S and post.mono_s - stuffed_at >= STUFFED_S:
            self._stuffed_at[run.stream_id] = post.mono_s
            self._misfits[run.stream_id] = NO_NULLS
            self.news.set()

    def leave(self, run: StreamRun) -> None:
        """Keep the plan for as long as this processor runs: another would begin its input again."""
        self._misfits.pop(run.stream_id, None)
        self._begins_anew.add(run.stream_id)


def gets_stuffing(config: StreamConfig) -> bool:
    """True for an input that is given stuffing by itself once it has no null packets."""
    return config.stuffing_ratio is None and isinstance(config.input, LIVE_INPUTS)


def misfit(plan: StreamPlan, analysis: AnalyzeSample) -> str:
    """Reason why a plan does not fit what was analysed; empty where it does, or that is not known yet."""
    # tsp's pmt sends the PMT of a service that has left the PAT: then that has no PMT PID.
    services = [one for one in analysis.services if one.pmt_pid != NULL_PID]
    if not services:
        return ""  # no PAT in this report: an alarm of its own
    service = next((one for one in services if one.service_id == plan.service_id), None)
    if service is None:
        there = ", ".join(str(one.service_id) for one in services)
        return f"service {plan.service_id} is gone; the input has {there}"
    named = {pid.pid for pid in analysis.pids if plan.service_id in pid.services} | {service.pcr_pid}
    if len(named) < 2:
        return ""  # its PMT is on its way
    for what, pid in (("video", plan.video_pid), ("PTS", plan.time_pid), ("PCR", plan.pcr_pid)):
        if pid is not None and pid not in named:
            return f"the {what} of service {plan.service_id} is not on PID 0x{pid:04X} any more"
    return _moved_clock(plan, analysis)


def _moved_clock(plan: StreamPlan, analysis: AnalyzeSample) -> str:
    """Fault of a source that has changed under the same version of its PMT: tsp goes on by the old one."""
    if plan.pcr_pid is None or any(pid.pid == plan.pcr_pid and pid.packets for pid in analysis.pids):
        return ""
    clocked = [pid.pid for pid in analysis.pids if pid.pcr_interval_ms is not None and not pid.services]
    if not clocked:
        return ""  # no PCR at all: an alarm of its own
    return (
        f"the PCR of service {plan.service_id} is on PID 0x{clocked[0]:04X} now, which its PMT does not name"
    )
