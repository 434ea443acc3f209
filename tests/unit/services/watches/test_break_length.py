"""A break that is on air longer than its cue announced."""

from __future__ import annotations

from pathlib import Path

from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.alarms.break_catalogue import BREAK_OVERRUN, RETURN_MISSING
from ibe100.services.alarms.rule import FALSE, Judgement
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.watches.break_length import BreakLengthWatch

END = 1_000_000.0


def test_a_break_is_too_long_from_its_announced_end_until_it_is_over() -> None:
    run = StreamRun(
        StreamEntry(stream_id="one", number=1, config=StreamConfig(name="One")),
        RunnerLink(Path("nowhere")),
        lambda _view: None,
    )
    run.enter(StreamState.RUNNING, "")
    wall = END - 1
    watch = BreakLengthWatch(run, lambda: wall)
    quiet = {BREAK_OVERRUN: FALSE, RETURN_MISSING: FALSE}
    assert watch.judge(50.0) == quiet, "no break is on air"
    run.show_break(True, None, END)
    assert watch.judge(50.0) == quiet, "its duration is not over"
    wall = END + 2.5
    found = watch.judge(50.0)[BREAK_OVERRUN]
    assert found == Judgement(True, "announced until 1970-01-12 13:46:40Z", 47.5)
    run.show_break(True, None, None)
    assert watch.judge(50.0) == quiet, "one of which no duration was announced"
    run.show_break(True, None, END)
    run.show_break(False, None, None)
    assert watch.judge(50.0) == quiet


def test_a_return_that_is_due_and_did_not_go_out_is_missing_with_its_reason() -> None:
    run = StreamRun(
        StreamEntry(stream_id="one", number=1, config=StreamConfig(name="One")),
        RunnerLink(Path("nowhere")),
        lambda _view: None,
    )
    watch = BreakLengthWatch(run, lambda: END + 2.5)
    run.await_return((END, "no null packets"))
    found = watch.judge(50.0)[RETURN_MISSING]
    assert found == Judgement(True, "due at 1970-01-12 13:46:40Z: no null packets", 47.5)
    run.await_return(None)
    assert watch.judge(50.0)[RETURN_MISSING] == FALSE
