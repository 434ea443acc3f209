"""What the runner found in the packets becomes the same alarms as what the posts tell, sooner."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alarm_rig import capture

from ibe100.models.stream_config import FileInput
from ibe100.services.packet_faults import PacketFaults, parse_packet_faults
from ibe100.services.signal_watch import SETTLE_S, SignalWatch
from ibe100.tsduck.telemetry import AnalyzeSample, TableSample

FACTS = capture("tsduck_pattern").facts
PLAN = FACTS.plan


def faults(at_s: float, **found: object) -> PacketFaults:
    sample = {"lost": {}, "damaged": 0, "scrambled": [], "jumps_s": {}, "versions": [], "missing_s": {}}
    return parse_packet_faults({"sample": "packet_faults", "mono": at_s, **sample, **found})


def watching(least_per_s: int = 1, seconds: float = 20.0, **changes: object) -> tuple[SignalWatch, float]:
    """A watch that has seen so many seconds of a healthy stream, and its time."""
    facts = FACTS.model_copy(update=changes)
    first_s = capture("tsduck_pattern").samples[0][0]
    watch = SignalWatch(facts, first_s, lambda _: least_per_s)
    now_s = first_s
    for at_s, sample in capture("tsduck_pattern").samples:
        if at_s - first_s > seconds:
            break
        now_s = at_s
        if isinstance(sample, AnalyzeSample):
            watch.report(sample)
        else:
            watch.sample(sample, None, at_s)
    return watch, now_s


def test_each_fault_is_its_condition() -> None:
    watch, now_s = watching()
    found = faults(
        now_s + 0.3,
        lost={"256": 2, "257": 1},
        damaged=4,
        scrambled=[0x101],
        jumps_s={str(PLAN.time_pid): -7.25},
        versions=[[2, 1, 30, 31]],
        missing_s={"0": 0.95, str(PLAN.pmt_pid): 0.9},
    )
    judgements, since = watch.packet_faults(found)
    assert judgements == {
        "continuity_error": (True, "3 per s"),
        "transport_error": (True, "4 per s"),
        "scrambled_pid": (True, "0x0101"),
        "pts_jump": (True, "jumped back 7.2 s"),
        "pmt_changed": (True, "PMT of service 1 version 30 → 31"),
        "pat_error": (True, "none for 0.9 s"),
        "pmt_error": (True, "none for 0.9 s"),
    }
    assert since == {
        "pat_error": pytest.approx(now_s - 0.65),
        "pmt_error": pytest.approx(now_s - 0.6),
    }


def test_other_pids_and_services_than_ours_have_their_own_clocks_and_tables() -> None:
    watch, now_s = watching()
    found = faults(now_s + 0.3, jumps_s={"4000": 9.0}, missing_s={"4001": 0.9})
    assert watch.packet_faults(found) == ({}, {})


def test_the_threshold_of_a_rule_holds_for_a_second_of_them() -> None:
    watch, now_s = watching(least_per_s=10)
    told = [
        watch.packet_faults(faults(now_s + at_s, lost={"256": 3}))[0].get("continuity_error")
        for at_s in (0.3, 0.6, 0.9, 1.2, 2.5)
    ]
    assert told == [None, None, None, (True, "12 per s"), None]


def test_the_first_seconds_of_a_stream_are_not_held_against_it() -> None:
    watch, now_s = watching(seconds=SETTLE_S - 1.5)
    assert watch.packet_faults(faults(now_s + 0.3, lost={"256": 1}, jumps_s={"256": 9.0})) == ({}, {})


def test_what_is_paced_is_not_missed_between_two_portions() -> None:
    watch, now_s = watching(plan=replace(PLAN, regulate=True))
    found = faults(now_s + 0.3, lost={"256": 1}, missing_s={"0": 0.95})
    assert watch.packet_faults(found)[0].keys() == {"continuity_error"}


def test_the_seam_of_a_looped_file_is_left_to_the_posts(tmp_path: object) -> None:
    looped = FACTS.config.model_copy(update={"input": FileInput(path=f"{tmp_path}/a.ts", loop=True)})
    watch, now_s = watching(config=looped)
    assert watch.packet_faults(faults(now_s + 0.3, lost={"256": 1})) == ({}, {})


def test_a_change_that_a_report_has_told_with_all_its_pids_is_not_told_again_in_fewer_words() -> None:
    watch, now_s = watching()
    reports = [one for _, one in capture("tsduck_pattern").samples if isinstance(one, AnalyzeSample)]
    pmt = TableSample(PLAN.pmt_pid, 2, PLAN.service_id, version=31)
    watch.report(replace(reports[-1], tables=(pmt,)))
    assert watch.packet_faults(faults(now_s + 0.3, versions=[[2, PLAN.service_id, 30, 31]])) == ({}, {})
    judgements, _ = watch.packet_faults(faults(now_s + 0.6, versions=[[2, PLAN.service_id, 31, 0]]))
    assert judgements.keys() == {"pmt_changed"}
