"""Ends of the processor: which are its own, and how many are a crash loop."""

from __future__ import annotations

import pytest

from ibe100.services.alarms.rule import FALSE, Judgement
from ibe100.services.alarms.stream_catalogue import CRASH_LOOP, PASSED_WITHOUT_CUES
from ibe100.services.streams.runner_facts import AttemptEnded, AttemptStarted
from ibe100.services.watches.attempts import AttemptWatch, ended_itself


def test_three_ends_within_two_minutes_are_a_crash_loop_until_they_are_long_past() -> None:
    now = 0.0
    watch = AttemptWatch(lambda: now)
    for at in (0.0, 60.0, 119.0):
        watch.take(AttemptEnded(1, at, at, 1, 5.0, -9, "killed by SIGKILL while it should run"), 0.0)
        watch.take(AttemptEnded(1, at, at, 1, 5.0, 0, "completed"), 0.0)
    now = 60.0
    assert watch.judge(0.0)[CRASH_LOOP] == FALSE
    now = 119.0
    assert watch.judge(0.0)[CRASH_LOOP] == Judgement(True, "it ended 3 times within 2 minutes")
    now = 120.0
    assert watch.judge(0.0)[CRASH_LOOP] == FALSE


@pytest.mark.parametrize(
    ("outcome", "of_input", "of_itself"),
    [
        ("killed by SIGKILL while it should run", False, True),
        ("exit code 1 while it should run: srt: no address", False, True),
        ("exit code 1 while it should run: hls: download error, 404", True, False),
        ("ended by the runner, STALLED: no packets any more (killed by SIGTERM)", False, False),
        ("ended by the runner, RETRYING: restart asked for (exit code 0)", False, False),
        ("completed", False, False),
    ],
)
def test_an_input_that_comes_and_goes_is_no_fault_of_the_processor(
    outcome: str, of_input: bool, of_itself: bool
) -> None:
    assert ended_itself(AttemptEnded(1, 0.0, 0.0, 1, 2.0, None, outcome, of_input)) is of_itself


def test_a_processor_that_takes_no_cues_is_an_alarm_until_another_begins() -> None:
    watch = AttemptWatch()
    watch.take(AttemptStarted(1, 0.0, 0.0, 1, passes="PID 0x0101 is not there"), 0.0)
    assert watch.judge(0.0)[PASSED_WITHOUT_CUES] == Judgement(True, "PID 0x0101 is not there")
    watch.take(AttemptStarted(2, 1.0, 1.0, 2), 1.0)
    assert watch.judge(1.0)[PASSED_WITHOUT_CUES] == FALSE
