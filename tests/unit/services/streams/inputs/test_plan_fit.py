"""Fit of a plan to the reports of the analysis: one report is enough, wherever the PMT has gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig, UdpInput
from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.mpegts.constants import NULL_PID
from ibe100.services.streams.inputs.plan_fit import NO_NULLS, PlanFit, misfit
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import RunRecord
from ibe100.services.streams.runner_facts import AttemptStarted
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.runner_samples import AnalyzeReport, InfluxPost
from ibe100.tsduck.stream_ports import StreamPorts
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample
from tsduck_cases import PLAN

SERVICE, PMT_PID = PLAN.service_id, PLAN.pmt_pid


def analysed(
    pids: tuple[int, ...], pcr_pid: int, service: int = SERVICE, pmt_pid: int = PMT_PID
) -> AnalyzeSample:
    found = [
        PidSample(pid=pid, bitrate_bps=0, packets=9, discontinuities=0, description="", services=(service,))
        for pid in pids
    ]
    named = ServiceSample(
        service_id=service, name="", provider="", pmt_pid=pmt_pid, pcr_pid=pcr_pid, bitrate_bps=0
    )
    return AnalyzeSample(0, (named,), tuple(found))


def of_the_plan(**changes: int) -> AnalyzeSample:
    assert PLAN.video_pid is not None
    return analysed((PLAN.video_pid, 0x101, PLAN.splice_pid), PLAN.video_pid, **changes)


def test_what_was_planned_fits_and_so_does_a_pmt_that_has_moved() -> None:
    assert misfit(PLAN, of_the_plan()) == ""
    assert misfit(PLAN, of_the_plan(pmt_pid=PMT_PID + 1)) == ""


@pytest.mark.parametrize("pmt_pid", [PMT_PID, PMT_PID + 1])
def test_a_video_on_another_pid_does_not_fit(pmt_pid: int) -> None:
    assert "video" in misfit(PLAN, analysed((0x301, 0x302), 0x301, pmt_pid=pmt_pid))


def test_another_service_does_not_fit() -> None:
    assert f"service {SERVICE} is gone" in misfit(PLAN, of_the_plan(service=SERVICE + 1))


def test_a_service_that_has_left_the_pat_does_not_fit_though_its_pmt_is_sent_on() -> None:
    left, new = of_the_plan(pmt_pid=NULL_PID).services, of_the_plan(service=SERVICE + 1).services
    assert f"service {SERVICE} is gone" in misfit(PLAN, replace(of_the_plan(), services=(*left, *new)))
    assert misfit(PLAN, replace(of_the_plan(), services=left)) == ""


def full(at_s: float, null_bps: int = 0) -> InfluxPost:
    return InfluxPost(at_s, at_s, InfluxSample(bitrate_bps=1_000_000, null_bps=null_bps))


def live(stuffing_ratio: float | None = None) -> StreamRun:
    config = StreamConfig(name="Live", input=UdpInput(port=5000), stuffing_ratio=stuffing_ratio)
    entry = StreamEntry(stream_id="live", number=1, config=config)
    run = StreamRun(entry, RunnerLink(Path("nowhere")), lambda _view: None)
    ports = StreamPorts(cue=1, splice_json=2, influx=3, analyze_json=4)
    run.begin(
        RunRecord(config=config, number=1, plan=PLAN, ports=ports, engine="", command="", session_id=None)
    )
    return run


def test_a_cue_pid_that_the_pmt_does_not_name_any_more_does_not_fit() -> None:
    """As where it was the input's own, which has dropped it; a report of a change may lack it too."""
    assert PLAN.video_pid is not None
    fit, run, lost = PlanFit(), live(), analysed((PLAN.video_pid, 0x101), PLAN.video_pid)
    for analysis in (lost, lost, of_the_plan(), lost, lost):
        fit.on_sample(run, AnalyzeReport(0.0, 0.0, analysis))
        assert fit.misfit(run) == ""
    fit.on_sample(run, AnalyzeReport(0.0, 0.0, lost))
    assert "SCTE-35 PID 0x01F4 is not in the PMT" in fit.misfit(run)


def test_an_input_that_has_become_full_is_planned_with_stuffing() -> None:
    fit, run = PlanFit(), live()
    for at_s in (0.0, 1.0, 2.0, 3.0, 4.0):
        fit.on_sample(run, full(at_s))
    assert fit.misfit(run) == ""
    fit.on_sample(run, full(5.0))
    assert fit.misfit(run) == NO_NULLS
    fit.on_sample(run, AnalyzeReport(5.5, 5.5, of_the_plan()))
    assert fit.misfit(run) == NO_NULLS, "its tables fit all the same"


async def test_null_packets_that_come_and_go_are_no_reason_to_plan_all_the_time() -> None:
    fit, run = PlanFit(), live()
    for at_s in (0.0, 3.0, 4.0, 8.0):
        fit.on_sample(run, full(at_s, null_bps=9 if at_s == 4.0 else 0))
    assert fit.misfit(run) == ""
    fit.on_sample(run, full(13.0))
    assert fit.misfit(run) == NO_NULLS
    await fit.on_fact(run, AttemptStarted(1, 14.0, 14.0, 2, ""))
    for at_s in (15.0, 25.0, 500.0):
        fit.on_sample(run, full(at_s))
    assert fit.misfit(run) == ""


def test_stuffing_that_the_operator_has_set_stays_as_it_is() -> None:
    fit, run = PlanFit(), live(stuffing_ratio=0.0)
    for at_s in range(9):
        fit.on_sample(run, full(float(at_s)))
    assert fit.misfit(run) == ""


def test_nothing_is_said_while_tables_are_on_their_way() -> None:
    assert misfit(PLAN, replace(of_the_plan(), services=())) == ""
    assert misfit(PLAN, analysed((), 0x301)) == ""


def test_a_clock_that_has_moved_under_the_same_version_of_the_pmt_does_not_fit() -> None:
    stands = of_the_plan()
    silent = tuple(pid.model_copy(update={"packets": 0}) for pid in stands.pids)
    other = PidSample(
        pid=0x301, bitrate_bps=0, packets=9, discontinuities=0, description="", pcr_interval_ms=30.0
    )
    assert misfit(PLAN, replace(stands, pids=(*stands.pids, other))) == ""
    assert misfit(PLAN, replace(stands, pids=silent)) == ""
    assert "PID 0x0301" in misfit(PLAN, replace(stands, pids=(*silent, other)))
