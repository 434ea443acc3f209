"""What the samples of one stream say about the conditions of its signal. Pure; all times are monotonic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ibe100.models.stream_config import FileInput, HlsInput
from ibe100.mpegts.pts_clock import ClockJump, JumpKind, PtsClock
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, PTS_MODULO
from ibe100.services.alarms.board import NOW, Judgements
from ibe100.services.alarms.signal_catalogue import COUNTED, PACED
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

    def __init__(
        self, facts: RunFacts, monotonic_s: float, least_per_s: Callable[[str], int] = lambda _: 1
    ) -> None:
        source = facts.config.input
        self._least_per_s = least_per_s
        self._plan = facts.plan
        self._rules = COUNTED if facts.plan.regulate else COUNTED + PACED
        self._seam = SeamWatch() if isinstance(source, FileInput) and source.loop else None
        self._bitrate = BitrateWatch()
        self._pids = PidWatch(facts.plan, in_segments=isinstance(source, HlsInput))
        self._pcr = PtsClock()
        self._pcr_apart_at = float("-inf")
        self._stamps: dict[str, int | None] = {}
        """The newest PCR and PTS, by the condition that misses them."""
        self._flowing_since: float | None = None
        self._flow = FlowWatch(monotonic_s)
        self._faults = FaultWatch(facts.plan, self._pids, least_per_s)
        self._absences = Absences(facts.plan)
        self._sampled_at: float | None = None
        self.since: dict[str, float] = {}
        """When conditions of the newest sample are proved to have begun: its interval was all like that."""

    def sample(self, influx: InfluxSample, jump: ClockJump | None, monotonic_s: float) -> Judgements:
        """What a post tells; `jump` is what it proved of the PTS."""
        self._flow.posted(monotonic_s, has_packets=influx.bitrate_bps > 0)
        began_s, self._sampled_at, self.since = self._sampled_at, monotonic_s, {}
        if influx.bitrate_bps <= 0:
            return {}
        if self._flowing_since is None:
            self._flowing_since = monotonic_s
        collapsed = self._bitrate.observe(influx.bitrate_bps, monotonic_s)
        counters = self._settled(influx, monotonic_s)
        if influx.counters.get("pcr_discontinuity_indicator_error"):
            self._pcr_apart_at = monotonic_s
        pcr_jump = self._pcr_jump(influx, monotonic_s)
        stopped_s = 0.0 if began_s is None else self._without_pcr_s(influx, monotonic_s - began_s)
        is_behind = began_s is None or stopped_s > BEHIND_S
        gone = self._gone(influx)
        if began_s is not None:
            self.since = dict.fromkeys(self._proved(influx, gone), began_s)
            self.since["bitrate_collapse"] = self._bitrate.began_s
            if stopped_s > BEHIND_S:
                self.since["pcr_repetition_error"] = monotonic_s - stopped_s
        if monotonic_s - self._flowing_since < SETTLE_S:
            return {}
        judgements = {
            "no_null_packets": (influx.null_bps == 0, ""),
            "bitrate_collapse": (bool(collapsed), collapsed),
            "pts_jump": self._jumped(jump, monotonic_s),
            "pcr_jump": self._jumped(pcr_jump, monotonic_s),
        }
        if counters is not None:
            for condition, names in self._rules:
                count = 0 if self._pids.in_time(condition) else sum(counters.get(name, 0) for name in names)
                if condition == "pcr_repetition_error" and not is_behind:
                    count = min(count, counters.get("pcr_discontinuity_indicator_error", 0))
                judgements[condition] = (
                    count >= self._least_per_s(condition),
                    f"{count} per s" if count else "",
                )
        judgements.update(gone)
        if began_s is not None:
            self._absences.disproved(judgements, began_s)
        lasting, since = self.between_posts(monotonic_s)
        self.since.update(since)
        return {**judgements, **lasting}

    def _proved(self, influx: InfluxSample, gone: Judgements) -> set[str]:
        """What was so all through the interval, if it is so at all.

        A table that is missing while PCR comes in time is missing; if both are late, all packets were.
        """
        in_time = not influx.counters.get("pcr_repetition_error")
        proved = {"no_null_packets"} | {name for name, (is_true, _) in gone.items() if is_true}
        return proved | {"pat_error", "pmt_error"} if in_time and self._plan.pcr_pid is not None else proved

    def packet_faults(self, faults: PacketFaults) -> tuple[Judgements, Mapping[str, float]]:
        """What the runner found in the packets, and since when; a looped file is left to the posts."""
        is_settled = self._flowing_since is not None and faults.mono_s - self._flowing_since >= SETTLE_S
        return self._faults.judge(faults) if is_settled and self._seam is None else ({}, {})

    def absences(self, faults: PacketFaults) -> None:
        """What the runner misses, however long ago it said so."""
        self._absences.told(faults)

    def between_posts(self, monotonic_s: float) -> tuple[Judgements, Mapping[str, float]]:
        """What is missed or has collapsed by now, and since when: so no alarm waits for a post to be raised.

        What we pace comes in portions, and a loop has a seam: both are left to the posts.
        """
        settled_s = monotonic_s if self._flowing_since is None else self._flowing_since + SETTLE_S
        is_ours = self._plan.regulate or self._seam is not None
        if is_ours or monotonic_s <= settled_s or self._flow.is_quiet(monotonic_s):
            return {}, NOW
        judgements, since = self._absences.judge(settled_s)
        if self._bitrate.words:
            judgements = {**judgements, "bitrate_collapse": (True, self._bitrate.words)}
            since = {**since, "bitrate_collapse": max(self._bitrate.began_s, settled_s)}
        return judgements, since

    def report(self, analysis: AnalyzeSample) -> Judgements:
        """What an analyze report tells."""
        return self._pids.observe(analysis)

    def pulse(self, flows: bool, since_s: float) -> None:
        """What the runner noticed of the flow, and since when."""
        self._flow.pulse(flows, since_s)

    def flow(self, monotonic_s: float) -> Judgements:
        """Whether a stream that is called running has packets at all."""
        quiet = self._flow.is_quiet(monotonic_s)
        return {"nothing_flows": (quiet, "no packets any more" if quiet else "")}

    def _settled(self, influx: InfluxSample, monotonic_s: float) -> Mapping[str, int] | None:
        if self._seam is None:
            return influx.counters
        time_pid = self._plan.time_pid
        pts = influx.pts.get(time_pid) if time_pid is not None else None
        return self._seam.settled(influx, pts, monotonic_s)

    def _gone(self, influx: InfluxSample) -> Judgements:
        """Time stamps that do not come, or stand still: TSDuck counts an interval only at its end."""
        judgements: dict[str, tuple[bool, str]] = {}
        for condition, name, pid, stamps in (
            ("pcr_repetition_error", "PCR", self._plan.pcr_pid, influx.pcr),
            ("pts_error", "PTS", self._plan.time_pid, influx.pts),
        ):
            if pid is None:
                continue
            before, self._stamps[condition] = self._stamps.get(condition), stamps.get(pid)
            if stamps.get(pid) is None or stamps.get(pid) == before:
                judgements[condition] = True, f"no {name} on PID 0x{pid:04X}"
            elif condition not in dict(self._rules):
                judgements[condition] = False, ""
        return judgements

    def _without_pcr_s(self, influx: InfluxSample, elapsed_s: float) -> float:
        """How long before the end of an interval its last PCR came.

        Those that are late otherwise, and no more than 100 ms apart by their values, only arrive unevenly: at
        exactly every 100 ms, as many multiplexers send them, half of them do by what the way to us adds.
        """
        pcr_pid = self._plan.pcr_pid
        pcr = influx.pcr.get(pcr_pid) if pcr_pid is not None else None
        before = self._stamps.get("pcr_repetition_error")
        if pcr is None or before is None:
            return elapsed_s
        return min(max(elapsed_s - (pcr - before) % PCR_MODULO / PCR_HZ, 0.0), elapsed_s)

    def _pcr_jump(self, influx: InfluxSample, monotonic_s: float) -> ClockJump | None:
        pcr_pid = self._plan.pcr_pid
        pcr = influx.pcr.get(pcr_pid) if pcr_pid is not None else None
        if pcr is None:
            return None
        return self._pcr.observe(pcr // PCR_PER_PTS % PTS_MODULO, monotonic_s)

    def _jumped(self, jump: ClockJump | None, monotonic_s: float) -> tuple[bool, str]:
        """A looped file goes back at its seam, as it must; what we pace falls behind with our machine."""
        if jump is None or (self._seam is not None and jump.kind is JumpKind.BACK):
            return False, ""
        if self._plan.regulate and jump.kind is JumpKind.LAG:
            return False, ""
        is_proven = not self._plan.regulate and monotonic_s - self._pcr_apart_at < PROVEN_S
        if jump.amount_s < SURE_JUMP_S and not is_proven:
            return False, ""
        return True, f"{jump.kind} {jump.amount_s:.1f} s"
