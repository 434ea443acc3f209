"""Each condition of the signal, made in samples that TSDuck and minitsp really sent of a healthy stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alarm_rig import Bench, Fault, Kept, capture
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.mpegts.constants import PAT_PID
from ibe100.mpegts.timestamps import pts_add
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import EARLY_S
from ibe100.services.alarms.catalogue import RULES
from ibe100.services.alarms.signal_catalogue import BITRATE_COLLAPSE
from ibe100.services.streams.runner_samples import Measurement
from ibe100.services.watches.bitrate import NEW_NORMAL_S, BitrateWatch
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample

VIDEO, AUDIO, CUES, PMT = 0x100, 0x101, 500, 0x1000
BEGIN_S, END_S = 20.0, 32.0
SAMPLE_S, REPORT_S = 1.1, 2.3
"""At most, between two samples of one kind."""


@pytest.fixture
def bench() -> Bench:
    return Bench(Kept())


def counters(**counts: int) -> Fault:
    """A post with these counters."""

    def fault(sample: Any) -> Any:
        is_post = isinstance(sample, InfluxSample)
        return replace(sample, counters={**sample.counters, **counts}) if is_post else sample

    return fault


def post(**changes: Any) -> Fault:
    """A post with these fields; a function makes one out of what was there."""

    def fault(sample: Any) -> Any:
        if not isinstance(sample, InfluxSample):
            return sample
        found = {name: made(getattr(sample, name)) for name, made in changes.items()}
        return replace(sample, **found)

    return fault


def shifted(ticks: int) -> Any:
    return lambda stamps: {pid: pts_add(stamp, ticks) for pid, stamp in stamps.items()}


def pids(change: Any) -> Fault:
    """A report whose PIDs went through `change`: another PID, or None for one that is not listed."""

    def fault(sample: Any) -> Any:
        if not isinstance(sample, AnalyzeSample):
            return sample
        found = (change(pid) for pid in sample.pids)
        return replace(sample, pids=tuple(pid for pid in found if pid is not None))

    return fault


def changed(pid: int, **changes: Any) -> Fault:
    return pids(lambda one: one.model_copy(update=changes) if one.pid == pid else one)


def both(one: Fault, other: Fault) -> Fault:
    return lambda sample: one(other(sample))


def without(pid: int) -> Fault:
    return pids(lambda one: None if one.pid == pid else one)


def another_audio(sample: Any) -> Any:
    if not isinstance(sample, AnalyzeSample):
        return sample
    new = PidSample(pid=0x102, bitrate_bps=80_000, packets=100, discontinuities=0, description="AC-3 Audio")
    return replace(sample, pids=(*sample.pids, new))


def another_service(sample: Any) -> Any:
    if not isinstance(sample, AnalyzeSample):
        return sample
    new = ServiceSample(
        service_id=9, name="Other", provider="", pmt_pid=0x1000, pcr_pid=VIDEO, bitrate_bps=1_000_000
    )
    return replace(sample, services=(new,))


FAULTS: dict[str, tuple[Fault, float]] = {
    "sync_loss": (counters(ts_sync_loss=2), SAMPLE_S),
    "sync_byte_error": (counters(sync_byte_error=7), SAMPLE_S),
    "pat_error": (
        both(counters(pat_error=1, pat_error_2=1), changed(PAT_PID, packets=0)),
        REPORT_S + SAMPLE_S,
    ),
    "pmt_error": (both(counters(pmt_error=1, pmt_error_2=1), changed(PMT, packets=0)), REPORT_S + SAMPLE_S),
    "continuity_error": (counters(continuity_count_error=3), SAMPLE_S),
    "transport_error": (counters(transport_error=4), SAMPLE_S),
    "crc_error": (counters(crc_error=1), SAMPLE_S),
    "pcr_repetition_error": (
        counters(pcr_error=2, pcr_repetition_error=2, pcr_discontinuity_indicator_error=2),
        SAMPLE_S,
    ),
    "pcr_discontinuity_indicator_error": (counters(pcr_discontinuity_indicator_error=1), SAMPLE_S),
    "pts_error": (counters(pts_error=1), SAMPLE_S),
    "no_null_packets": (post(null_bps=lambda _: 0), SAMPLE_S),
    "bitrate_collapse": (post(bitrate_bps=lambda bps: int(bps * 0.4)), SAMPLE_S),
    "video_lost": (changed(VIDEO, packets=0, bitrate_bps=0), REPORT_S),
    "pid_error": (changed(AUDIO, packets=0, bitrate_bps=0), 3 * REPORT_S),
    "scrambled_pid": (changed(AUDIO, scrambled=True), REPORT_S),
    "cue_pid_lost": (without(CUES), REPORT_S),
    "service_lost": (another_service, 3 * REPORT_S),
    "pmt_changed": (another_audio, REPORT_S),
}
ALSO = {
    "cue_pid_lost": {"pmt_changed"},
    "service_lost": {"pmt_changed"},
}
"""A PID that leaves the PMT is a change of it as well."""
PROVED = {"pat_error", "pmt_error", "no_null_packets", "bitrate_collapse"}
"""Their first sample proves that they began with its interval, a sample before."""


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
async def test_tables_that_come_every_half_second_and_arrive_unevenly_are_no_fault(
    bench: Bench, engine: str
) -> None:
    uneven = counters(pat_error=1, pat_error_2=1, pmt_error=1, pmt_error_2=1)
    twice = both(changed(PAT_PID, packets=2), changed(PMT, packets=2))
    await bench.play(capture(f"{engine}_pattern"), both(uneven, twice), (BEGIN_S, END_S))
    assert bench.raised() == set()


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
async def test_pcr_that_are_often_enough_and_only_arrive_unevenly_are_no_fault(
    bench: Bench, engine: str
) -> None:
    uneven = counters(pcr_error=5, pcr_repetition_error=5)
    await bench.play(capture(f"{engine}_pattern"), uneven, (BEGIN_S, END_S))
    assert bench.raised() == set()


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
@pytest.mark.parametrize("condition", FAULTS)
async def test_a_fault_is_its_own_alarm_in_time_and_clears_by_itself(
    bench: Bench, engine: str, condition: str
) -> None:
    fault, first_sample_s = FAULTS[condition]
    rule, start = RULES[condition], bench.now
    await bench.play(capture(f"{engine}_pattern"), fault, (BEGIN_S, END_S))
    assert bench.raised() == {condition, *ALSO.get(condition, ())}
    raised_s = bench.first(condition, AlarmState.UNACKNOWLEDGED) - start - BEGIN_S
    proved_s = SAMPLE_S if condition in PROVED else 0.0
    assert raised_s >= rule.on_delay_s - proved_s - EARLY_S
    assert raised_s <= first_sample_s + max(0.0, rule.on_delay_s - proved_s) + EARLY_S
    cleared_s = bench.first(condition, AlarmState.CLEARED_UNACKNOWLEDGED) - start
    assert END_S + rule.off_delay_s <= cleared_s <= END_S + rule.off_delay_s + 3 * REPORT_S


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("pts_jump", post(pts=shifted(20 * 90_000))),
        ("pts_jump", post(pts=shifted(-5 * 90_000))),
        ("pcr_jump", post(pcr=lambda pcr: {pid: (one + 30 * 27_000_000) for pid, one in pcr.items()})),
    ],
)
async def test_timestamps_that_jump_are_an_alarm_for_a_while(
    bench: Bench, engine: str, condition: str, fault: Fault
) -> None:
    start = bench.now
    await bench.play(capture(f"{engine}_pattern"), fault, (BEGIN_S, 1000.0))
    assert bench.raised() == {condition}
    assert bench.first(condition, AlarmState.UNACKNOWLEDGED) - start - BEGIN_S <= 2 * SAMPLE_S
    alarm = bench.alarm(condition)
    assert alarm is not None
    assert alarm.state is AlarmState.CLEARED_UNACKNOWLEDGED
    assert "jumped" in alarm.value


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
@pytest.mark.parametrize("condition", ["pat_error", "pmt_error"])
async def test_a_table_that_was_late_once_with_all_other_packets_is_no_alarm(
    bench: Bench, engine: str, condition: str
) -> None:
    held_up = counters(**{f"{condition}_2": 1, "pcr_repetition_error": 1})
    await bench.play(capture(f"{engine}_pattern"), held_up, (BEGIN_S, BEGIN_S + 0.9))
    assert bench.raised() == set()
    pid = PAT_PID if condition == "pat_error" else PMT
    missing = both(counters(**{f"{condition}_2": 1}), changed(pid, packets=0))
    await bench.play(capture(f"{engine}_pattern"), missing, (BEGIN_S, BEGIN_S + REPORT_S + SAMPLE_S))
    assert bench.raised() == {condition}, "the PCR came in time"


@pytest.mark.parametrize(("is_counted", "raised"), [(False, set()), (True, {"pts_jump"})])
async def test_a_source_that_lags_a_second_jumped_only_if_its_pcr_did(
    bench: Bench, is_counted: bool, raised: set[str]
) -> None:
    start = bench.now

    def late(sample: Any) -> Any:
        if not isinstance(sample, InfluxSample):
            return sample
        apart = {"pcr_discontinuity_indicator_error": 1} if is_counted and bench.now - start < 22 else {}
        back = {pid: one - 27_000_000 for pid, one in sample.pcr.items()}
        return replace(sample, pts=shifted(-90_000)(sample.pts), pcr=back, counters=apart)

    await bench.play(capture("tsduck_pattern"), late, (BEGIN_S, 1000.0))
    assert bench.raised() == raised


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
@pytest.mark.parametrize(
    ("name", "true_faults"),
    [
        ("pattern", set()),
        # Its PCR are up to 200 ms apart; that is so in the file.
        ("ott", {"pcr_discontinuity_indicator_error"}),
        # PAT and PMT come once in 12 s; the missing PMT is explained by the missing PAT.
        ("sat", {"pat_error"}),
    ],
)
async def test_nothing_but_true_faults_is_raised_on_real_streams_across_the_seams_of_their_loops(
    bench: Bench, engine: str, name: str, true_faults: set[str]
) -> None:
    await bench.play(capture(f"{engine}_{name}"))
    assert bench.raised() == true_faults


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
async def test_packets_lost_in_the_middle_of_a_loop_are_an_alarm_one_sample_later(
    bench: Bench, engine: str
) -> None:
    start = bench.now
    await bench.play(capture(f"{engine}_ott"), counters(continuity_count_error=3), (50.0, 53.0))
    raised_s = bench.first("continuity_error", AlarmState.UNACKNOWLEDGED) - start
    assert 50.0 < raised_s <= 50.0 + 2 * SAMPLE_S


@pytest.mark.parametrize("engine", ["tsduck", "builtin"])
@pytest.mark.parametrize(
    ("condition", "stamps"), [("pcr_repetition_error", {"pcr": {}}), ("pts_error", {"pts": {}})]
)
async def test_time_stamps_that_do_not_come_at_all_are_an_alarm_though_nobody_counts_them(
    bench: Bench, engine: str, condition: str, stamps: dict[str, Any]
) -> None:
    ((name, none),) = stamps.items()
    await bench.play(capture(f"{engine}_pattern"), post(**{name: lambda _: none}), (BEGIN_S, END_S))
    assert condition in bench.raised()
    (told,) = {one.alarm.value for one in bench.told if one.alarm.condition == condition and one.alarm.value}
    assert told.startswith(f"no {name.upper()} on PID 0x0100")


async def test_pid_errors_of_our_own_silent_cue_pid_are_no_alarm(bench: Bench) -> None:
    captured = capture("builtin_pattern")
    counted = [one.counters for _, one in captured.samples if isinstance(one, InfluxSample)]
    assert any(one.get("pid_error") for one in counted), "the capture shows what is to be left alone"
    await bench.play(captured)
    assert bench.raised() == set()


async def test_what_was_scrambled_from_the_start_is_no_alarm_but_the_video_is(bench: Bench) -> None:
    captured = capture("tsduck_pattern")
    await bench.play(captured, changed(AUDIO, scrambled=True), (0.0, 1000.0))
    assert bench.raised() == set()
    await bench.play(captured, changed(VIDEO, scrambled=True), (0.0, 1000.0))
    assert bench.raised() == {"scrambled_pid"}


async def test_what_is_measured_in_the_first_seconds_is_no_alarm(bench: Bench) -> None:
    await bench.play(capture("tsduck_pattern"), counters(continuity_count_error=9, pts_error=1), (0.0, 2.5))
    assert bench.raised() == set()


async def test_a_stream_without_samples_runs_without_anything_flowing(bench: Bench) -> None:
    start = bench.now
    dry = post(bitrate_bps=lambda _: 0, counters=lambda _: {"pat_error_2": 2, "pmt_error_2": 2})
    await bench.play(capture("builtin_pattern"), dry, (BEGIN_S, END_S))
    assert bench.raised() == {"nothing_flows"}
    assert bench.first("nothing_flows", AlarmState.UNACKNOWLEDGED) - start <= BEGIN_S + 3.6
    assert bench.first("nothing_flows", AlarmState.CLEARED_UNACKNOWLEDGED) - start <= END_S + SAMPLE_S


def collapsed(watch: BitrateWatch, bitrate_bps: int, at_s: float) -> str:
    sample = Measurement(0.0, at_s, InfluxSample(bitrate_bps=bitrate_bps), at_s, None, None, None)
    return watch.take(sample, at_s)[BITRATE_COLLAPSE].value


def test_a_bitrate_that_stays_low_collapsed_until_it_is_the_new_normal() -> None:
    watch = BitrateWatch(AlarmRules().of_stream("one"))
    for second in range(60):
        assert collapsed(watch, 2_000_000, second) == ""
    assert collapsed(watch, 1_010_000, 60.0) == "", "half is not below half"
    assert collapsed(watch, 900_000, 61.0) == "40 % of 2.00 Mb/s"
    assert collapsed(watch, 1_100_000, 62.0) != "", "it must come back to 60 %"
    for second in range(63, 63 + int(NEW_NORMAL_S) - 3):
        assert collapsed(watch, 900_000, second) != ""
    assert collapsed(watch, 900_000, 62.0 + NEW_NORMAL_S) == ""
    assert collapsed(watch, 900_000, 63.0 + NEW_NORMAL_S) == ""


@pytest.mark.parametrize("low_s", [0.1, 0.4, 0.6, 0.7])
def test_when_the_bitrate_collapsed_is_read_from_the_second_that_held_both(low_s: float) -> None:
    watch = BitrateWatch(AlarmRules().of_stream("one"))
    for second in range(60):
        collapsed(watch, 2_000_000, second)
    assert collapsed(watch, round(2_000_000 - 1_400_000 * low_s), 60.0) == ""
    assert collapsed(watch, 600_000, 61.0) != ""
    assert watch.judge(61.0)[BITRATE_COLLAPSE].since_s == pytest.approx(60.0 - low_s, abs=0.01)


def test_a_bitrate_that_is_low_at_once_may_have_collapsed_all_through_the_second() -> None:
    watch = BitrateWatch(AlarmRules().of_stream("one"))
    for second in range(60):
        collapsed(watch, 2_000_000, second)
    assert collapsed(watch, 700_000, 60.0) != ""
    assert watch.judge(61.0)[BITRATE_COLLAPSE].since_s == pytest.approx(59.0)
