from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from ibe100.models.stream_state import StreamState
from ibe100.mpegts.constants import NULL_PID
from ibe100.runner.journal.journal import Journal
from ibe100.services.streams.runner_facts import (
    MALFORMED,
    AttemptEnded,
    AttemptStarted,
    CueOnInput,
    CueOnOutput,
    Fact,
    LogLine,
    OtherFact,
    SpliceMonitored,
    StateEntered,
    read_fact,
)
from ibe100.services.streams.runner_link import read_journal
from ibe100.services.streams.runner_samples import FlowChanged, PacketFaults, TableSections, read_sample
from ibe100.tsduck.telemetry import SpliceEvent

HEAD = (7, 100.0, 5.0)
SECTION = base64.b64encode(b"\xfc").decode()
EVENT = {"#name": "event", "event-id": 9, "progress": "occurred", "splice-pid": 500, "count": 1}


def line(kind: str, **facts: object) -> dict[str, Any]:
    return {"seq": 7, "t": 100.0, "mono": 5.0, "kind": kind, **facts}


@pytest.mark.parametrize(
    ("kind", "facts", "fact"),
    [
        ("state", {"state": "RUNNING", "reason": "ok"}, StateEntered(*HEAD, StreamState.RUNNING, "ok")),
        (
            "state",
            {"state": "RETRYING", "reason": "x", "input_lost_at": 90.0, "retry_at": 101.5},
            StateEntered(*HEAD, StreamState.RETRYING, "x", input_lost_at=90.0, retry_at=101.5),
        ),
        (
            "state",
            {"state": "STALLED", "reason": "the PTS stands still", "input_lost_at": None, "retry_at": None},
            StateEntered(*HEAD, StreamState.STALLED, "the PTS stands still"),
        ),
        # As a runner that an older console started has it.
        (
            "state",
            {"state": "STALLED", "reason": "no packets any more"},
            StateEntered(*HEAD, StreamState.STALLED, "no packets any more", input_lost_at=100.0),
        ),
        ("log", {"level": "error", "plugin": "srt", "text": "x"}, LogLine(*HEAD, "error", "srt", "x")),
        ("log", {"level": "shouted", "text": "x"}, LogLine(*HEAD, "info", "", "x")),
        ("attempt_started", {"attempt": 2, "pid": 1, "argv": []}, AttemptStarted(*HEAD, 2)),
        (
            "attempt_ended",
            {"attempt": 2, "exit_code": None, "seconds": 1.5, "outcome": "killed"},
            AttemptEnded(*HEAD, 2, 1.5, None, "killed"),
        ),
        (
            "attempt_ended",
            {"attempt": 2, "exit_code": 1, "seconds": 5.0, "outcome": "nothing came", "of_input": True},
            AttemptEnded(*HEAD, 2, 5.0, 1, "nothing came", of_input=True),
        ),
        ("cue_seen", {"base64": SECTION, "splice_pid": 500}, CueOnOutput(*HEAD, SECTION, 500)),
        ("input_cue_seen", {"base64": None, "splice_pid": None}, CueOnInput(*HEAD, "", NULL_PID)),
        (
            "splice_event",
            {"json": EVENT},
            SpliceMonitored(*HEAD, SpliceEvent(9, "occurred", 500, None, None, None, 1)),
        ),
        ("splice_event", {"json": {"#name": "other"}}, OtherFact(*HEAD, "splice_event")),
        ("of_a_newer_runner", {}, OtherFact(*HEAD, "of_a_newer_runner")),
    ],
)
def test_each_kind_of_line_is_read(kind: str, facts: dict[str, object], fact: Fact) -> None:
    assert read_fact(line(kind, **facts)) == fact


@pytest.mark.parametrize(
    "broken",
    [
        line("state", state="SLEEPING"),
        line("cue_seen", base64="x", splice_pid=500),
        line("cue_seen", base64=None, splice_pid=500),
        line("attempt_ended"),
        line("splice_event", json=[]),
    ],
)
def test_a_line_of_another_shape_keeps_its_place_in_the_journal(broken: dict[str, Any]) -> None:
    assert read_fact(broken) == OtherFact(*HEAD, broken["kind"])


@pytest.mark.parametrize("broken", [{}, {"seq": 1}, {"seq": "x", "t": 1.0, "mono": 1.0, "kind": "state"}])
def test_a_line_without_a_place_in_the_journal_is_malformed(broken: dict[str, Any]) -> None:
    with pytest.raises(MALFORMED):
        read_fact(broken)


def test_a_journal_is_read_from_a_place_on_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for attempt in (1, 2, 3):
        journal.append("attempt_started", {"attempt": attempt})
    journal.close()
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"seq":4,"t":1.0,"mo')
    found = read_journal(tmp_path, 1)
    assert [(fact.seq, type(fact)) for fact in found] == [(2, AttemptStarted), (3, AttemptStarted)]


def sample(kind: str, **content: object) -> dict[str, Any]:
    return {"sample": kind, "t": 100.0, "mono": 5.0, **content}


def test_samples_are_read_by_their_kind() -> None:
    assert read_sample(sample("pulse", flows=False, quiet_s=1.5)) == FlowChanged(100.0, 5.0, False, 1.5)
    assert read_sample(sample("tables", sections=["AA=="])) == TableSections(100.0, 5.0, ("AA==",))


def test_packet_faults_of_a_runner_that_an_older_console_started_tell_of_no_absence() -> None:
    none: dict[str, Any] = {"lost": {}, "jumps_s": {}, "missing_s": {}, "damaged": 0}
    read = read_sample(sample("packet_faults", scrambled=[256], versions=[[2, 1, 3, 4]], **none))
    assert isinstance(read, PacketFaults)
    assert (read.scrambled, read.versions, read.absent_s) == ((256,), ((2, 1, 3, 4),), {})


@pytest.mark.parametrize(
    "message", [{}, sample("of_a_newer_runner"), sample("pulse"), sample("analyze", json=[])]
)
def test_a_sample_that_is_not_known_is_left_out(message: dict[str, Any]) -> None:
    assert read_sample(message) is None
