"""Cues on the input and the output: passed on, paired, and not left out for too long."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable

import pytest

from alarm_rig import STREAM, capture, running
from ibe100.models.cues.contract import Contract
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.cues import splice_insert, splice_null
from ibe100.scte35.section import encode
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.break_catalogue import (
    CUE_NOT_PASSED,
    IN_WITHOUT_OUT,
    INPUT_BREAK_OVERRUN,
    INPUT_IN_WITHOUT_OUT,
    INPUT_OUT_WITHOUT_IN,
    NO_CUE,
    OUT_WITHOUT_IN,
)
from ibe100.services.alarms.rule import AlarmRule
from ibe100.services.streams.runner_facts import AttemptStarted, CueOnInput, CueOnOutput
from ibe100.services.watches.break_places import BreakPlaces

PASSED_PID, BEGAN = 600, 1_000_000.0
MONO_S = 50.0


def section(event: int, *, out: bool = True, duration_s: float | None = 30.0) -> str:
    ticks = round(duration_s * PTS_HZ) if out and duration_s else None
    return base64.b64encode(encode(splice_insert(event, out, duration_pts=ticks, auto_return=False))).decode()


class Stream:
    """A stream that passes one cue PID of its input, under a clock of the test's own."""

    def __init__(self, contract: Contract | None = None) -> None:
        facts = capture("builtin_ott").facts
        plan = dataclasses.replace(facts.plan, passing_pids=(PASSED_PID,))
        config = facts.config.model_copy(update={"contract": contract})
        self.run = running(facts.model_copy(update={"plan": plan, "config": config, "started_at": BEGAN}))
        self.pid = plan.splice_pid
        self.now = BEGAN
        self.watch = BreakPlaces(self.run, AlarmRules().of_stream(STREAM[0]), lambda: self.now)

    def comes(self, text: str, pid: int = PASSED_PID) -> None:
        self.watch.take(CueOnInput(1, self.now, self._mono_s, text, pid), self._mono_s)

    def goes(self, text: str, pid: int = PASSED_PID) -> None:
        self.watch.take(CueOnOutput(1, self.now, self._mono_s, text, pid), self._mono_s)

    @property
    def _mono_s(self) -> float:
        return MONO_S + self.now - BEGAN

    def after(self, seconds: float) -> set[AlarmRule]:
        """What is wrong so much later."""
        self.now += seconds
        judged = self.watch.judge(self._mono_s)
        return {rule for rule, judgement in judged.items() if judgement.is_true}


@pytest.fixture
def stream() -> Stream:
    return Stream()


def test_a_cue_of_the_input_that_is_passed_on_is_no_alarm(stream: Stream) -> None:
    stream.comes(section(1))
    assert stream.after(0.5) == set()
    stream.goes(section(1))
    assert stream.after(5) == set()


def test_one_that_is_not_is_told_within_a_second_and_until_another_gets_through(stream: Stream) -> None:
    stream.comes(section(1))
    assert stream.after(1.0) == {CUE_NOT_PASSED}
    stream.comes(section(1, out=False))
    stream.goes(section(1, out=False))
    assert stream.after(1.0) == set()


def test_heartbeats_and_cues_that_are_replaced_are_not_awaited(stream: Stream) -> None:
    stream.comes(base64.b64encode(encode(splice_null())).decode())
    stream.comes(section(1), pid=601)
    assert stream.after(5) == set()


def test_a_break_of_the_input_is_watched_to_its_end(stream: Stream) -> None:
    for pid, move in ((601, stream.comes), (stream.pid, stream.goes)):
        move(section(1), pid)
    assert stream.after(29.9) == set()
    assert stream.after(0.9) == {INPUT_BREAK_OVERRUN}, "our own is judged by who knows when it ends"
    judged = stream.watch.judge(MONO_S + 30.8)[INPUT_BREAK_OVERRUN]
    assert judged.since_s == pytest.approx(MONO_S + 30.0)
    stream.comes(section(1, out=False), 601)
    assert stream.after(0.1) == set()


@pytest.mark.parametrize(
    "move, pid, rules",
    [
        (Stream.comes, 601, (INPUT_OUT_WITHOUT_IN, INPUT_IN_WITHOUT_OUT)),
        (Stream.goes, None, (OUT_WITHOUT_IN, IN_WITHOUT_OUT)),
    ],
)
def test_breaks_that_do_not_pair_are_told_where_they_are(
    stream: Stream,
    move: Callable[[Stream, str, int], None],
    pid: int | None,
    rules: tuple[AlarmRule, AlarmRule],
) -> None:
    where = stream.pid if pid is None else pid
    move(stream, section(1), where)
    stream.after(5)
    move(stream, section(2), where)
    assert stream.after(0.1) == {rules[0]}
    move(stream, section(2, out=False), where)
    assert stream.after(60) == set()
    move(stream, section(3, out=False), where)
    assert stream.after(0.1) == {rules[1]}


def test_another_processor_is_no_fault_of_the_breaks(stream: Stream) -> None:
    stream.comes(section(1), 601)
    stream.comes(section(2))
    stream.watch.take(AttemptStarted(1, stream.now, MONO_S, 2), MONO_S)
    assert stream.after(60) == set()
    stream.comes(section(1, out=False), 601)
    assert stream.after(0.1) == set()


def test_a_contract_may_ask_for_a_cue_every_so_often() -> None:
    stream = Stream(Contract(name="Watched", cue_every_min=10.0))
    assert stream.after(599) == set()
    assert stream.after(2) == {NO_CUE}
    stream.run.see_cue(stream.now)
    assert stream.after(1) == set()
    assert stream.after(600) == {NO_CUE}
    stream.run.see_cue(BEGAN)
    assert stream.after(0) == {NO_CUE}, "an older cue is no newer one"
    assert Stream().after(86_400) == set(), "without a contract none is asked for"
