"""Fit of a plan to the reports of the analysis: one report is enough, wherever the PMT has gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.mpegts.constants import NULL_PID
from ibe100.services.streams.inputs.plan_fit import misfit
from ibe100.tsduck.telemetry import AnalyzeSample
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
    return analysed((PLAN.video_pid, 0x101), PLAN.video_pid, **changes)


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
