"""What the samples of one stream say about the conditions of its signal. Pure; all times are monotonic."""

from __future__ import annotations

from collections.abc import Mapping

from ibe100.models.stream_config import FileInput, HlsInput
from ibe100.mpegts.pts_clock import ClockJump, JumpKind, PtsClock
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, PTS_MODULO
from ibe100.services.alarms.alarm_rules import StreamRules
from ibe100.services.alarms.catalogue import COUNTED
from ibe100.services.alarms.rule import FALSE, AlarmRule, Judgement, Judgements, true_if
from ibe100.services.alarms.signal_catalogue import (
    BITRATE_COLLAPSE,
    NO_NULL_PACKETS,
    PAT_ERROR,
    PCR_JUMP,
    PCR_REPETITION_ERROR,
    PMT_ERROR,
    PTS_ERROR,
    PTS_JUMP,
)
from ibe100.services.alarms.stream_catalogue import NOTHING_FLOWS
from ibe100.services.streams.run_facts import RunFacts
from ibe100.services.streams.runner_samples import PacketFaults
from ibe100.services.watches.bitrate import BitrateWatch
from ibe100.services.watches.flow import FlowWatch
from ibe100.services.watches.loop_seam import SeamWatch
from ibe100.services.watches.packet_faults import Absences, FaultWatch
from ibe100.services.watches.pids import PidWatch
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample

SETTLE_S = 3.0
"""The first seconds after packets begin to flow: tables are not known yet, buffers fill."""
PCR_PER_PTS = 300
BEHIND_S = 0.3
"""So much more than a PCR may be late by."""
SURE_JUMP_S = 3.0
"""Less may only be a source that lags or a file of variable bitrate that we pace by its mean."""
PROVEN_S = 2.5
"""A smaller jump is one if PCR values that are apart were counted so short a time before."""


class SignalWatch:
    """One processor's life: made anew for each attempt."""

    def __init__(self, facts: RunFacts, monotonic_s: float, rules: StreamRules) -> None:
        source = facts.config.input
        self._rules = rules
        self._plan = facts.plan
        self._counted = [rule for rule in COUNTED if not (rule.by_arrival and facts.plan.regulate)]
        self._seam = SeamWatch() if isinstance(source, FileInput) and source.loop else None
        self._bitrate = BitrateWatch(rules)
        self._pids = PidWatch(facts.plan, in_segments=isinstance(source, HlsInput))
        self._pcr = PtsClock()
        self._pcr_apart_at = float("-inf")
        self._stamps: dict[AlarmRule, int | None] = {}
        """The newest PCR and PTS, by the condition that misses them."""
        self._flowing_since: float | None = None
        self._flow = FlowWatch(monotonic_s)
        self._faults = FaultWatch(facts.plan, self._pids, rules)
        self._absences = Absences(facts.plan)
        self._sampled_at: float | None = None

    def sample(self, influx: InfluxSample, jump: ClockJump | None, monotonic_s: float) -> Judgements:
        """What a post tells; `jump` is what it proved of the PTS."""
        self._flow.posted(monotonic_s, has_packets=influx.bitrate_bps > 0)
        began_s, self._sampled_at = self._sampled_at, monotonic_s
        if influx.bitrate_bps <= 0:
            return {}
        if self._flowing_since is None:
            self._flowing_since = monotonic_s
        self._bitrate.observe(influx.bitrate_bps, monotonic_s)
        counters = self._settled(influx, monotonic_s)
        if influx.counters.get("pcr_discontinuity_indicator_error"):
            self._pcr_apart_at = monotonic_s
        pcr_jump = self._pcr_jump(influx, monotonic_s)
        stopped_s = 0.0 if began_s is None else self._without_pcr_s(influx, monotonic_s - began_s)
        is_behind = began_s is None or stopped_s > BEHIND_S
        gone = self._gone(influx)
        if monotonic_s - self._flowing_since < SETTLE_S:
            return {}
        judgements = {
            NO_NULL_PACKETS: Judgement(influx.null_bps == 0),
            PTS_JUMP: self._jumped(jump, monotonic_s),
            PCR_JUMP: self._jumped(pcr_jump, monotonic_s),
            **({} if counters is None else self._counts(counters, is_behind=is_behind)),
            **gone,
        }
        if began_s is not None:
            for rule in self._proved(influx, gone):
                if rule in judgements:
                    judgements[rule] = judgements[rule]._replace(since_s=began_s)
            if stopped_s > BEHIND_S and PCR_REPETITION_ERROR in judgements:
                late = judgements[PCR_REPETITION_ERROR]
                judgements[PCR_REPETITION_ERROR] = late._replace(since_s=monotonic_s - stopped_s)
            self._absences.disproved(judgements, began_s)
        judgements[BITRATE_COLLAPSE] = self._bitrate.judgement()
        return {**judgements, **self.between_posts(monotonic_s)}

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
        """What was so all through the interval, if it is so at all.

        A table that is missing while PCR comes in time is missing; if both are late, all packets were.
        """
        in_time = not influx.counters.get("pcr_repetition_error")
        proved = {NO_NULL_PACKETS} | {rule for rule, judgement in gone.items() if judgement.is_true}
        return proved | {PAT_ERROR, PMT_ERROR} if in_time and self._plan.pcr_pid is not None else proved

    def packet_faults(self, faults: PacketFaults) -> Judgements:
        """What the runner found in the packets, and since when; a looped file is left to the posts."""
        is_settled = self._flowing_since is not None and faults.mono_s - self._flowing_since >= SETTLE_S
        return self._faults.judge(faults) if is_settled and self._seam is None else {}

    def absences(self, faults: PacketFaults) -> None:
        """What the runner misses, however long ago it said so."""
        self._absences.told(faults)

    def between_posts(self, monotonic_s: float) -> Judgements:
        """What is missed or has collapsed by now, and since when: so no alarm waits for a post to be raised.

        What we pace comes in portions, and a loop has a seam: both are left to the posts.
        """
        settled_s = monotonic_s if self._flowing_since is None else self._flowing_since + SETTLE_S
        is_ours = self._plan.regulate or self._seam is not None
        if is_ours or monotonic_s <= settled_s or self._flow.is_quiet(monotonic_s):
            return {}
        judgements = dict(self._absences.judge(settled_s))
        collapse = self._bitrate.judgement()
        if collapse.is_true:
            judgements[BITRATE_COLLAPSE] = collapse._replace(since_s=max(collapse.since_s or 0.0, settled_s))
        return judgements

    def report(self, analysis: AnalyzeSample) -> Judgements:
        """What an analyze report tells."""
        return self._pids.observe(analysis)

    def pulse(self, flows: bool, since_s: float) -> None:
        """What the runner noticed of the flow, and since when."""
        self._flow.pulse(flows, since_s)

    def flow(self, monotonic_s: float) -> Judgements:
        """Whether a stream that is called running has packets at all."""
        quiet = self._flow.is_quiet(monotonic_s)
        return {NOTHING_FLOWS: true_if("no packets any more" if quiet else "")}

    def _settled(self, influx: InfluxSample, monotonic_s: float) -> Mapping[str, int] | None:
        if self._seam is None:
            return influx.counters
        time_pid = self._plan.time_pid
        pts = influx.pts.get(time_pid) if time_pid is not None else None
        return self._seam.settled(influx, pts, monotonic_s)

    def _gone(self, influx: InfluxSample) -> Judgements:
        """Time stamps that do not come, or stand still: TSDuck counts an interval only at its end."""
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

    def _without_pcr_s(self, influx: InfluxSample, elapsed_s: float) -> float:
        """How long before the end of an interval its last PCR came.

        Those that are late otherwise, and no more than 100 ms apart by their values, only arrive unevenly: at
        exactly every 100 ms, as many multiplexers send them, half of them do by what the way to us adds.
        """
        pcr_pid = self._plan.pcr_pid
        pcr = influx.pcr.get(pcr_pid) if pcr_pid is not None else None
        before = self._stamps.get(PCR_REPETITION_ERROR)
        if pcr is None or before is None:
            return elapsed_s
        return min(max(elapsed_s - (pcr - before) % PCR_MODULO / PCR_HZ, 0.0), elapsed_s)

    def _pcr_jump(self, influx: InfluxSample, monotonic_s: float) -> ClockJump | None:
        pcr_pid = self._plan.pcr_pid
        pcr = influx.pcr.get(pcr_pid) if pcr_pid is not None else None
        if pcr is None:
            return None
        return self._pcr.observe(pcr // PCR_PER_PTS % PTS_MODULO, monotonic_s)

    def _jumped(self, jump: ClockJump | None, monotonic_s: float) -> Judgement:
        """A looped file goes back at its seam, as it must; what we pace falls behind with our machine."""
        if jump is None or (self._seam is not None and jump.kind is JumpKind.BACK):
            return FALSE
        if self._plan.regulate and jump.kind is JumpKind.LAG:
            return FALSE
        is_proven = not self._plan.regulate and monotonic_s - self._pcr_apart_at < PROVEN_S
        if jump.amount_s < SURE_JUMP_S and not is_proven:
            return FALSE
        return Judgement(True, f"{jump.kind} {jump.amount_s:.1f} s")
