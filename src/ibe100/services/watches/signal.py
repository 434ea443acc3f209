"""The signal of one stream: what the samples of one processor's life say about its conditions."""

from __future__ import annotations

from collections.abc import Mapping

from ibe100.models.stream_config import FileInput, HlsInput
from ibe100.models.stream_state import StreamState
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO
from ibe100.services.alarms.alarm_rules import StreamRules
from ibe100.services.alarms.catalogue import COUNTED
from ibe100.services.alarms.rule import FALSE, AlarmRule, Judgement, Judgements
from ibe100.services.alarms.signal_catalogue import (
    NO_NULL_PACKETS,
    PAT_ERROR,
    PCR_REPETITION_ERROR,
    PMT_ERROR,
    PTS_ERROR,
)
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import RunRecord
from ibe100.services.streams.runner_samples import Measurement, PacketFaults
from ibe100.services.watches.bitrate import BitrateWatch
from ibe100.services.watches.flow import FlowWatch
from ibe100.services.watches.jumps import JumpWatch
from ibe100.services.watches.loop_seam import SeamWatch
from ibe100.services.watches.packet_faults import Absences, FaultWatch
from ibe100.services.watches.pids import PidWatch
from ibe100.services.watches.watch import News, Watch
from ibe100.tsduck.telemetry import InfluxSample

SETTLE_S = 3.0
"""First seconds of a flow in which nothing is judged: tables are not known yet, buffers fill."""
BEHIND_S = 0.3
"""Most by which a PCR may be late."""


class SignalWatch(Watch):
    """Watches one processor's life; made anew for each attempt."""

    def __init__(self, run: StreamRun, record: RunRecord, flow: FlowWatch, rules: StreamRules) -> None:
        source = record.config.input
        self._run = run
        self._plan = record.plan
        self._flow = flow
        self._rules = rules
        self._counted = [rule for rule in COUNTED if not (rule.by_arrival and record.plan.regulate)]
        self._seam = SeamWatch() if isinstance(source, FileInput) and source.loop else None
        self._by_measurement: tuple[Watch, ...] = (
            JumpWatch(record.plan, is_looped=self._seam is not None),
            BitrateWatch(rules),
        )
        """Judged by each measurement once the stream has settled, and between two of them."""
        self._pids = PidWatch(record.plan, in_segments=isinstance(source, HlsInput))
        self._faults = FaultWatch(record.plan, self._pids, rules)
        self._absences = Absences(record.plan)
        self._stamps: dict[AlarmRule, int | None] = {}
        """The newest PCR and PTS, by the condition that misses them."""
        self._flowing_since: float | None = None
        self._measured_at: float | None = None

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge by a sample."""
        match news:
            case Measurement():
                return self._measured(news)
            case PacketFaults():
                return self._found(news, now_s)
        return self._pids.take(news, now_s)

    def judge(self, now_s: float) -> Judgements:
        """Judge what is missed or has collapsed by now, so that no alarm waits for a post to be raised."""
        return self._between_posts(now_s) if self._run.view.state is StreamState.RUNNING else {}

    def _measured(self, news: Measurement) -> Judgements:
        influx, now_s = news.influx, news.measured_s
        began_s, self._measured_at = self._measured_at, now_s
        if influx.bitrate_bps <= 0:
            return {}
        if self._flowing_since is None:
            self._flowing_since = now_s
        judgements: dict[AlarmRule, Judgement] = {}
        for watch in self._by_measurement:
            judgements.update(watch.take(news, now_s))
        counters = influx.counters if self._seam is None else self._seam.settled(influx, news.pts, now_s)
        stopped_s = 0.0 if began_s is None else self._without_pcr_s(news, now_s - began_s)
        gone = self._gone(influx)
        if now_s - self._flowing_since < SETTLE_S:
            return {}
        is_behind = began_s is None or stopped_s > BEHIND_S
        judgements[NO_NULL_PACKETS] = Judgement(influx.null_bps == 0)
        judgements.update({} if counters is None else self._counts(counters, is_behind=is_behind))
        judgements.update(gone)
        if began_s is not None:
            for rule in self._proved(influx, gone) & judgements.keys():
                judgements[rule] = judgements[rule]._replace(since_s=began_s)
            if stopped_s > BEHIND_S and PCR_REPETITION_ERROR in judgements:
                late = judgements[PCR_REPETITION_ERROR]
                judgements[PCR_REPETITION_ERROR] = late._replace(since_s=now_s - stopped_s)
            self._absences.disproved(judgements, began_s)
        return {**judgements, **self._between_posts(now_s)}

    def _counts(self, counters: Mapping[str, int], *, is_behind: bool) -> Judgements:
        judgements: dict[AlarmRule, Judgement] = {}
        for shipped in self._counted:
            in_time = self._pids.in_time(shipped)
            count = 0 if in_time else sum(counters.get(name, 0) for name in shipped.counters)
            if shipped is PCR_REPETITION_ERROR and not is_behind:
                count = min(count, counters.get("pcr_discontinuity_indicator_error", 0))
            is_true = count >= self._rules.rule(shipped).least_per_s
            judgements[shipped] = Judgement(is_true, f"{count} per s" if count else "")
        return judgements

    def _proved(self, influx: InfluxSample, gone: Judgements) -> set[AlarmRule]:
        """Conditions that were true all through the interval, if they are true at all.

        A table that is missing while PCR comes in time is missing; if both are late, all packets were.
        """
        in_time = not influx.counters.get("pcr_repetition_error")
        proved = {NO_NULL_PACKETS} | {rule for rule, judgement in gone.items() if judgement.is_true}
        return proved | {PAT_ERROR, PMT_ERROR} if in_time and self._plan.pcr_pid is not None else proved

    def _found(self, faults: PacketFaults, now_s: float) -> Judgements:
        """Judge what the runner found; what is missing holds however long ago it said so.

        A looped file is left to the posts.
        """
        self._absences.told(faults)
        is_settled = self._flowing_since is not None and faults.mono_s - self._flowing_since >= SETTLE_S
        return self._faults.take(faults, now_s) if is_settled and self._seam is None else {}

    def _between_posts(self, now_s: float) -> Judgements:
        """Judge what lasts. What we pace comes in portions, a loop has a seam: both are left to the posts."""
        settled_s = now_s if self._flowing_since is None else self._flowing_since + SETTLE_S
        is_ours = self._plan.regulate or self._seam is not None
        if is_ours or now_s <= settled_s or self._flow.is_quiet(now_s):
            return {}
        judgements = dict(self._absences.judge(settled_s))
        for watch in self._by_measurement:
            for rule, found in watch.judge(now_s).items():
                since_s = None if found.since_s is None else max(found.since_s, settled_s)
                judgements[rule] = found._replace(since_s=since_s)
        return judgements

    def _gone(self, influx: InfluxSample) -> Judgements:
        """Judge time stamps that do not come, or stand still: TSDuck counts an interval only at its end."""
        judgements: dict[AlarmRule, Judgement] = {}
        for rule, name, pid, stamps in (
            (PCR_REPETITION_ERROR, "PCR", self._plan.pcr_pid, influx.pcr),
            (PTS_ERROR, "PTS", self._plan.time_pid, influx.pts),
        ):
            if pid is None:
                continue
            before, self._stamps[rule] = self._stamps.get(rule), stamps.get(pid)
            if stamps.get(pid) is None or stamps.get(pid) == before:
                judgements[rule] = Judgement(True, f"no {name} on PID 0x{pid:04X}")
            elif rule not in self._counted:
                judgements[rule] = FALSE
        return judgements

    def _without_pcr_s(self, news: Measurement, elapsed_s: float) -> float:
        """Seconds between the last PCR of an interval and its end.

        Those that are late otherwise, and no more than 100 ms apart by their values, only arrive unevenly: at
        exactly every 100 ms, as many multiplexers send them, half of them do by what the way to us adds.
        """
        before = self._stamps.get(PCR_REPETITION_ERROR)
        if news.pcr is None or before is None:
            return elapsed_s
        return min(max(elapsed_s - (news.pcr - before) % PCR_MODULO / PCR_HZ, 0.0), elapsed_s)
