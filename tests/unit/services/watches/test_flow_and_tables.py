"""What only the posts' own times tell, and what a report tells of PAT and PMT."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alarm_rig import capture, running
from ibe100.services.alarms.rule import FALSE, Judgement
from ibe100.services.alarms.signal_catalogue import PAT_ERROR, PID_ERROR, PMT_CHANGED, PMT_ERROR
from ibe100.services.streams.runner_samples import AnalyzeReport, FlowChanged, Measurement
from ibe100.services.watches.flow import MARGIN_S, FlowWatch
from ibe100.services.watches.pids import MISSED_REPORTS, SEGMENT_REPORTS, STEADY_REPORTS, PidWatch
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample, TableSample

FIRST_REPORTS = 4


def posted(watch: FlowWatch, at_s: float, bitrate_bps: int = 1_000_000) -> None:
    watch.take(Measurement(0.0, at_s, InfluxSample(bitrate_bps=bitrate_bps), at_s, None, None, None), at_s)


def pulse(watch: FlowWatch, at_s: float, *, flows: bool) -> None:
    watch.take(FlowChanged(0.0, at_s, flows, 0.0), at_s)


def watching(now_s: float) -> FlowWatch:
    return FlowWatch(running(capture("builtin_pattern").facts), now_s)


@pytest.mark.parametrize("unevenness_s", [0.0, 0.1, 0.3])
def test_posts_that_come_are_never_called_overdue_and_one_that_does_not_is_soon(unevenness_s: float) -> None:
    random, now = Random(7), 100.0
    watch = watching(now)
    for number in range(100):
        due = 101.0 + number + random.uniform(0, unevenness_s)
        while now < due:
            assert not watch.is_quiet(now) or number == 0
            now += 0.1
        posted(watch, due)
    assert not watch.is_quiet(due + 1.0)
    assert watch.is_quiet(due + 1.0 + 2 * unevenness_s + MARGIN_S + 0.01)


def test_an_interruption_makes_nobody_more_patient() -> None:
    watch = watching(0.0)
    for at in (1.0, 2.0, 3.0, 8.0, 9.0):
        posted(watch, at)
    assert watch.patience_s == pytest.approx(1.0 + MARGIN_S)


def test_a_post_without_packets_says_at_once_that_nothing_flows() -> None:
    watch = watching(0.0)
    posted(watch, 1.0)
    posted(watch, 2.0, 0)
    assert watch.is_quiet(2.0)


def test_what_the_runner_notices_between_two_posts_is_believed_until_posts_prove_otherwise() -> None:
    watch = watching(0.0)
    for at in range(1, 10):
        posted(watch, float(at))
    pulse(watch, 9.1, flows=False)
    assert watch.is_quiet(9.8)
    posted(watch, 10.0)
    assert watch.is_quiet(10.0), "of packets before the stop"
    posted(watch, 11.0)
    assert not watch.is_quiet(11.0), "a post of packets that came after the stop"
    pulse(watch, 11.1, flows=False)
    pulse(watch, 11.1, flows=True)
    assert not watch.is_quiet(11.2)


def report_of(analysis: AnalyzeSample) -> AnalyzeReport:
    return AnalyzeReport(0.0, 0.0, analysis)


def test_a_changed_table_is_told_with_its_versions_and_with_what_changed() -> None:
    captured = capture("builtin_pattern")
    report = next(one for _, one in captured.samples if isinstance(one, AnalyzeSample) and one.services)
    service = report.services[0].service_id
    report = replace(report, tables=(TableSample(0, 0, 1, 3), TableSample(0x1000, 2, service, 31)))
    watch = PidWatch(captured.facts.plan)
    for _ in range(FIRST_REPORTS + 1):
        assert watch.take(report_of(report), 0.0)[PMT_CHANGED] == FALSE
    sound = next(pid for pid in report.pids if "AAC" in pid.description)
    other = tuple(
        pid.model_copy(update={"description": "AC-3 Audio"}) if pid is sound else pid for pid in report.pids
    )
    changed = replace(report, pids=other, tables=(report.tables[0], replace(report.tables[1], version=0)))
    words = f"PID 0x{sound.pid:04X}"
    assert watch.take(report_of(changed), 0.0)[PMT_CHANGED] == Judgement(
        True,
        f"PMT of service {service} version 31 → 0, {words} MPEG-2 AAC Audio became {words} AC-3 Audio",
    )
    assert watch.take(report_of(changed), 0.0)[PMT_CHANGED] == FALSE


def test_a_report_that_names_the_size_of_the_picture_only_now_and_then_is_no_change() -> None:
    captured = capture("builtin_pattern")
    report = next(one for _, one in captured.samples if isinstance(one, AnalyzeSample) and one.services)
    watch = PidWatch(captured.facts.plan)
    for number in range(2 * FIRST_REPORTS):
        size = " (320x180, level 1.3)" if number % 2 else ""
        pids = tuple(
            pid.model_copy(update={"description": pid.description.partition(" (")[0] + size})
            for pid in report.pids
        )
        assert watch.take(report_of(replace(report, pids=pids)), 0.0)[PMT_CHANGED] == FALSE


@pytest.mark.parametrize(
    ("in_segments", "tables_every", "is_missing"), [(True, 6, False), (True, 99, True), (False, 6, True)]
)
def test_a_pat_once_in_a_segment_is_enough_for_hls_and_for_nothing_else(
    in_segments: bool, tables_every: int, is_missing: bool
) -> None:
    captured = capture("builtin_pattern")
    report = next(one for _, one in captured.samples if isinstance(one, AnalyzeSample) and one.services)
    tables = {0, captured.facts.plan.pmt_pid}
    without = tuple(
        pid.model_copy(update={"packets": 0}) if pid.pid in tables else pid for pid in report.pids
    )
    watch = PidWatch(replace(captured.facts.plan, regulate=True), in_segments=in_segments)
    told = [
        watch.take(report_of(report if number % tables_every == 0 else replace(report, pids=without)), 0.0)
        for number in range(3 * SEGMENT_REPORTS)
    ]
    for rule in (PAT_ERROR, PMT_ERROR):
        assert any(one.get(rule, FALSE).is_true for one in told) is is_missing


@pytest.mark.parametrize("pid", [0x14, 0x201])
def test_sound_that_falls_silent_is_told_also_on_a_pid_of_dvb_s_tables(pid: int) -> None:
    captured = capture("builtin_pattern")
    report = next(one for _, one in captured.samples if isinstance(one, AnalyzeSample) and one.services)
    named = {"pid": pid, "services": (report.services[0].service_id,)}
    sound = next(one for one in report.pids if "AAC" in one.description).model_copy(update=named)
    watch = PidWatch(captured.facts.plan)
    report = replace(report, pids=(*(one for one in report.pids if "AAC" not in one.description), sound))
    for _ in range(STEADY_REPORTS):
        assert watch.take(report_of(report), 0.0)[PID_ERROR] == FALSE
    silent = replace(report, pids=(*report.pids[:-1], sound.model_copy(update={"packets": 0})))
    for _ in range(MISSED_REPORTS):
        judged = watch.take(report_of(silent), 0.0)[PID_ERROR]
    assert judged == Judgement(True, f"0x{pid:04X} {sound.description}")
