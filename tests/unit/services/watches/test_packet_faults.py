"""What the runner found in the packets becomes the same alarms as what the posts tell, sooner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alarm_rig import STREAM, Bench, Kept, Sample, capture, news_of, running
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.alarms.settings import RuleChange
from ibe100.models.stream_config import FileInput
from ibe100.mpegts.constants import NULL_PID
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import EARLY_S
from ibe100.services.alarms.rule import AlarmRule, Judgement, Judgements
from ibe100.services.alarms.signal_catalogue import (
    CONTINUITY_ERROR,
    NO_NULL_PACKETS,
    PAT_ERROR,
    PCR_REPETITION_ERROR,
    PMT_CHANGED,
    PMT_ERROR,
    PTS_ERROR,
    PTS_JUMP,
    SCRAMBLED_PID,
    TRANSPORT_ERROR,
)
from ibe100.services.streams.runner_samples import FlowChanged, PacketFaults, read_sample
from ibe100.services.watches.flow import FlowWatch
from ibe100.services.watches.signal import SETTLE_S, SignalWatch
from ibe100.services.watches.watch import NEWS_S, News
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample, TableSample

FACTS = capture("tsduck_pattern").facts
PLAN = FACTS.plan


def faults(at_s: float, **found: object) -> PacketFaults:
    sample = {"lost": {}, "damaged": 0, "scrambled": [], "jumps_s": {}, "versions": [], "missing_s": {}}
    read = read_sample({"sample": "packet_faults", "t": 0.0, "mono": at_s, **sample, **found})
    assert isinstance(read, PacketFaults)
    return read


class Watched:
    """The signal of a stream that has been healthy for so many seconds, and its time."""

    def __init__(self, rules: AlarmRules | None = None, seconds: float = 20.0, **changes: object) -> None:
        facts = FACTS.model_copy(update=changes)
        self.run = running(facts)
        samples = capture("tsduck_pattern").samples
        first_s = self.now_s = samples[0][0]
        self.flow = FlowWatch(self.run, first_s)
        self.signal = SignalWatch(self.run, facts, self.flow, (rules or AlarmRules()).of_stream(STREAM[0]))
        for at_s, sample in samples:
            if at_s - first_s <= seconds:
                self.now_s = at_s
                self.sample(sample, at_s)

    def take(self, news: News) -> Judgements:
        self.flow.take(news, news.mono_s)
        return self.signal.take(news, news.mono_s)

    def sample(self, sample: Sample, at_s: float) -> Judgements:
        return self.take(news_of(self.run, sample, at_s))

    def judge(self, at_s: float) -> Judgements:
        return self.signal.judge(at_s)


def test_each_fault_is_its_condition() -> None:
    watch = Watched()
    found = faults(
        watch.now_s + 0.3,
        lost={"256": 2, "257": 1},
        damaged=4,
        scrambled=[0x101],
        jumps_s={str(PLAN.time_pid): -7.25},
        versions=[[2, 1, 30, 31]],
        missing_s={"0": 0.95, str(PLAN.pmt_pid): 0.9},
    )
    assert watch.take(found) == {
        CONTINUITY_ERROR: Judgement(True, "3 per s"),
        TRANSPORT_ERROR: Judgement(True, "4 per s"),
        SCRAMBLED_PID: Judgement(True, "0x0101"),
        PTS_JUMP: Judgement(True, "jumped back 7.2 s"),
        PMT_CHANGED: Judgement(True, "PMT of service 1 version 30 → 31"),
        PAT_ERROR: (True, "none for 0.9 s", pytest.approx(watch.now_s - 0.65)),
        PMT_ERROR: (True, "none for 0.9 s", pytest.approx(watch.now_s - 0.6)),
    }


def test_other_pids_and_services_than_ours_have_their_own_clocks_and_tables() -> None:
    watch = Watched()
    found = faults(watch.now_s + 0.3, jumps_s={"4000": 9.0}, missing_s={"4001": 0.9})
    assert watch.take(found) == {}


async def test_the_threshold_of_a_rule_holds_for_a_second_of_them() -> None:
    rules = AlarmRules()
    await rules.set("", CONTINUITY_ERROR.condition, RuleChange(parameters={"least_per_s": 10}))
    watch = Watched(rules)
    told = [
        watch.take(faults(watch.now_s + at_s, lost={"256": 3})).get(CONTINUITY_ERROR)
        for at_s in (0.3, 0.6, 0.9, 1.2, 2.5)
    ]
    assert told == [None, None, None, Judgement(True, "12 per s"), None]


def test_the_first_seconds_of_a_stream_are_not_held_against_it() -> None:
    watch = Watched(seconds=SETTLE_S - 1.5)
    assert watch.take(faults(watch.now_s + 0.3, lost={"256": 1}, jumps_s={"256": 9.0})) == {}


def test_what_is_paced_is_not_missed_between_two_portions() -> None:
    watch = Watched(plan=replace(PLAN, regulate=True))
    found = faults(watch.now_s + 0.3, lost={"256": 1}, missing_s={"0": 0.95})
    assert watch.take(found).keys() == {CONTINUITY_ERROR}


def test_the_seam_of_a_looped_file_is_left_to_the_posts(tmp_path: object) -> None:
    looped = FACTS.config.model_copy(update={"input": FileInput(path=f"{tmp_path}/a.ts", loop=True)})
    watch = Watched(config=looped)
    assert watch.take(faults(watch.now_s + 0.3, lost={"256": 1})) == {}


def test_a_change_that_a_report_has_told_with_all_its_pids_is_not_told_again_in_fewer_words() -> None:
    watch = Watched()
    reports = [one for _, one in capture("tsduck_pattern").samples if isinstance(one, AnalyzeSample)]
    pmt = TableSample(PLAN.pmt_pid, 2, PLAN.service_id, version=31)
    watch.sample(replace(reports[-1], tables=(pmt,)), watch.now_s)
    assert watch.take(faults(watch.now_s + 0.3, versions=[[2, PLAN.service_id, 30, 31]])) == {}
    judgements = watch.take(faults(watch.now_s + 0.6, versions=[[2, PLAN.service_id, 31, 0]]))
    assert judgements.keys() == {PMT_CHANGED}


ABSENT: dict[AlarmRule, tuple[str, int | None, dict[str, object]]] = {
    PCR_REPETITION_ERROR: ("pcr", PLAN.pcr_pid, {"pcr": {}}),
    PTS_ERROR: ("pts", PLAN.time_pid, {"pts": {}}),
    NO_NULL_PACKETS: ("null", NULL_PID, {"null_bps": 0}),
}
"""By condition: what the runner calls it, and a post of a second that was wholly without."""
ABSENCES = pytest.mark.parametrize("rule", ABSENT, ids=lambda rule: rule.condition)
LOOK_S = 0.1


def told(rule: AlarmRule, at_s: float, since_s: float) -> PacketFaults:
    what, pid, _ = ABSENT[rule]
    return faults(at_s, absent=[[what, pid, at_s - since_s]])


def good_post() -> InfluxSample:
    return next(
        one for _, one in reversed(capture("tsduck_pattern").samples) if isinstance(one, InfluxSample)
    )


@ABSENCES
@pytest.mark.parametrize("phase_s", [0.05, 0.5, 0.95])
async def test_what_is_absent_is_an_alarm_when_its_delay_is_over_not_at_the_next_post(
    rule: AlarmRule, phase_s: float
) -> None:
    watch = Watched()
    bench, good = Bench(Kept()), good_post()
    since_s, looks = watch.now_s + phase_s, 0
    while looks < 45:
        looks += 1
        bench.now = watch.now_s + looks * LOOK_S
        if looks % 10 == 0:
            bad = good if looks == 10 else replace(good, **ABSENT[rule][2])
            await bench.board.judge(*STREAM, watch.sample(bad, bench.now))
        if bench.now - since_s >= 0.8:
            watch.take(told(rule, bench.now, since_s))
        await bench.board.judge(*STREAM, watch.judge(bench.now))
    raised_s = bench.first(rule.condition, AlarmState.UNACKNOWLEDGED) - since_s
    delay_s = rule.on_delay_s
    assert delay_s - EARLY_S - 1e-6 <= raised_s <= delay_s + LOOK_S


@ABSENCES
def test_a_post_of_a_second_that_was_good_in_part_does_not_end_what_is_absent(rule: AlarmRule) -> None:
    watch = Watched()
    watch.take(told(rule, watch.now_s + 1.1, watch.now_s + 0.3))
    judgement = watch.sample(good_post(), watch.now_s + 1.2)[rule]
    assert judgement.is_true
    assert judgement.since_s == pytest.approx(watch.now_s + 0.3)
    watch.take(faults(watch.now_s + 1.3))
    assert watch.judge(watch.now_s + 1.3) == {}


def test_a_post_of_a_second_that_was_good_proves_that_nothing_was_absent_in_it() -> None:
    watch = Watched()
    watch.take(told(NO_NULL_PACKETS, watch.now_s + 1.0, watch.now_s - 1.0))
    assert watch.judge(watch.now_s + 0.9).keys() == {NO_NULL_PACKETS}
    assert not watch.sample(good_post(), watch.now_s + 1.0)[NO_NULL_PACKETS].is_true
    assert watch.judge(watch.now_s + 1.1) == {}
    watch.take(told(NO_NULL_PACKETS, watch.now_s + 1.8, watch.now_s + 0.9))
    assert watch.judge(watch.now_s + 1.8).keys() == {NO_NULL_PACKETS}


def test_other_pids_than_ours_are_not_missed() -> None:
    watch = Watched()
    watch.take(faults(watch.now_s + 0.9, absent=[["pcr", 4000, 0.85], ["pts", 4001, 0.85]]))
    assert watch.judge(watch.now_s + 0.9) == {}


def test_nothing_is_absent_while_nothing_flows_or_a_stream_has_not_settled() -> None:
    watch = Watched()
    watch.take(told(NO_NULL_PACKETS, watch.now_s + 0.9, watch.now_s))
    watch.take(FlowChanged(0.0, watch.now_s + 0.7, flows=False, quiet_s=0.5))
    assert watch.judge(watch.now_s + 1.0) == {}
    watch = Watched(seconds=1.0)
    watch.take(told(NO_NULL_PACKETS, watch.now_s + 0.9, watch.now_s))
    assert watch.judge(watch.now_s + 0.9) == {}


def test_what_we_pace_or_loop_is_left_to_the_posts(tmp_path: object) -> None:
    looped = FACTS.config.model_copy(update={"input": FileInput(path=f"{tmp_path}/a.ts", loop=True)})
    for changes in ({"config": looped}, {"plan": replace(PLAN, regulate=True)}):
        watch = Watched(**changes)
        watch.take(told(NO_NULL_PACKETS, watch.now_s + 0.9, watch.now_s))
        assert watch.judge(watch.now_s + 0.9) == {}


@ABSENCES
async def test_what_is_absent_is_judged_at_each_look_also_where_it_was_told_before_the_console_came(
    rule: AlarmRule,
) -> None:
    bench, run = Bench(Kept()), running(FACTS)
    feed = bench.feed()
    start = bench.now
    for at_s, sample in capture("tsduck_pattern").samples:
        if isinstance(sample, InfluxSample) and at_s <= SETTLE_S + 15.0:
            bench.now = start + at_s
            feed.on_sample(run, news_of(run, sample, bench.now))
            await bench.board.settled()
    since_s = bench.now - rule.on_delay_s + 0.5
    feed.on_sample(run, told(rule, bench.now - NEWS_S, since_s))
    await feed.look()
    assert bench.raised() == set()
    bench.now += 0.5
    await feed.look()
    assert bench.raised() == {rule.condition}
    await feed.close()
