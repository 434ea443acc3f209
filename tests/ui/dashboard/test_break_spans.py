"""Breaks read from cues: where they begin, where they end, how they are drawn."""

from __future__ import annotations

from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.ui.dashboard.break_spans import SpanKind, break_spans

NOW = 1000.0


def cue(cue_id: int, action: CueAction, state: CueState, at: float, **changes: object) -> Cue:
    return Cue(
        cue_id=cue_id,
        stream_id="s",
        session_id=1,
        action=action,
        state=state,
        requested_by="operator",
        requested_at=at,
        duration_s=60.0 if action is CueAction.TO_BREAK else None,
    ).model_copy(update=changes)


def test_a_break_that_went_back_ends_at_its_cue_in() -> None:
    out = cue(1, CueAction.TO_BREAK, CueState.SEEN, 900.0)
    back = cue(2, CueAction.BACK_TO_PROGRAMME, CueState.SEEN, 930.0)
    (span,) = break_spans([back, out], None, NOW)
    assert (span.kind, span.begins, span.ends, span.words) == (SpanKind.DONE, 900.0, 930.0, "60 s")


def test_a_running_break_ends_when_the_stream_says() -> None:
    (span,) = break_spans([cue(1, CueAction.TO_BREAK, CueState.SEEN, 980.0)], 1040.0, NOW)
    assert (span.kind, span.ends) == (SpanKind.RUNNING, 1040.0)


def test_a_cue_out_in_the_middle_of_its_pre_roll_lies_ahead() -> None:
    ahead = cue(1, CueAction.TO_BREAK, CueState.SEEN, 995.0, splice_at=1003.0)
    armed = cue(2, CueAction.TO_BREAK, CueState.ARMED, 995.0, splice_at=1200.0)
    spans = break_spans([armed, ahead], None, NOW)
    assert [(span.kind, span.begins, span.ends) for span in spans] == [
        (SpanKind.ARMED, 1003.0, 1063.0),
        (SpanKind.ARMED, 1200.0, 1260.0),
    ]


def test_what_failed_or_was_refused_is_no_break() -> None:
    failed = cue(1, CueAction.TO_BREAK, CueState.FAILED, 990.0)
    refused = cue(2, CueAction.TO_BREAK, CueState.REFUSED, 991.0)
    cancelled = cue(3, CueAction.TO_BREAK, CueState.CANCELLED, 992.0)
    (span,) = break_spans([failed, refused, cancelled], None, NOW)
    assert (span.kind, span.begins, span.ends) == (SpanKind.FAILED, 990.0, 990.0)


def test_a_break_whose_end_nobody_reports_ends_with_its_announced_duration() -> None:
    (span,) = break_spans([cue(1, CueAction.TO_BREAK, CueState.SPLICED, 800.0)], None, NOW)
    assert (span.kind, span.ends) == (SpanKind.DONE, 860.0)


def test_a_break_that_returned_by_itself_does_not_last_until_the_next_one() -> None:
    first = cue(1, CueAction.TO_BREAK, CueState.SPLICED, 100.0)
    second = cue(2, CueAction.TO_BREAK, CueState.SPLICED, 980.0)
    assert [(span.begins, span.ends) for span in break_spans([second, first], 1040.0, NOW)] == [
        (100.0, 160.0),
        (980.0, 1040.0),
    ]
