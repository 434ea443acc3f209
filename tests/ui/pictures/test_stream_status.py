"""State and countdown of a stream: the same on its card and on its tile."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QRect
from PyQt6.QtGui import QImage, QPainter
from PyQt6.QtWidgets import QApplication

from fake_values import planned, running, view
from ibe100.models.cues.schedule import At, BreakPlan
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import OutputTrouble, StreamState, Tally
from ibe100.ui.pictures.status_band import BAND_LOOKS, StatusBand, paint_band
from ibe100.ui.pictures.stream_status import FAILED_S, StatusKind, StreamStatus, over_run, stream_status
from ibe100.ui.qt_models.stream_list import StreamRow

NOW = 1_800_000_000.0


def cue(state: CueState, **changes: object) -> Cue:
    given: dict[str, object] = {"splice_at": NOW + 10.44, "duration_s": 60.0, **changes}
    return Cue.model_validate(
        {
            "cue_id": 1,
            "stream_id": "stream-1",
            "session_id": 1,
            "action": CueAction.TO_BREAK,
            "state": state,
            "requested_by": "olga",
            "requested_at": NOW - 1,
            **given,
        }
    )


def status(shown: StreamView, newest: Cue | None = None, began: Cue | None = None) -> StreamStatus:
    return stream_status(StreamRow(shown), newest, began, None, NOW)


@pytest.mark.parametrize("state", [CueState.ARMED, CueState.SENT, CueState.SEEN])
def test_a_cue_that_comes_is_counted_down_in_tenths(state: CueState) -> None:
    shown = status(running(1, "News", Tally.ARMED), cue(state))
    assert (shown.kind, shown.words, shown.short) == (StatusKind.ARMED, "TO BREAK in", "TO BREAK")
    assert shown.countdown(NOW) == "00:10.4"
    assert shown.detail.startswith("60 s · splice ")


def test_a_break_is_counted_down_and_runs_over_its_planned_end() -> None:
    in_break = running(1, "News", Tally.IN_BREAK, break_ends_at=NOW + 72)
    began = cue(CueState.SPLICED, splice_at=NOW - 48, duration_s=120.0)
    shown = status(in_break, began, began)
    assert (shown.kind, shown.words, shown.countdown(NOW)) == (StatusKind.IN_BREAK, "BREAK ENDS in", "01:12")
    assert shown.countdown(NOW + 64) == "00:08.0", "tenths under ten seconds"
    assert shown.part(NOW) == pytest.approx(0.4)
    assert over_run(shown, NOW + 71.9) is shown
    late = over_run(shown, NOW + 76.25)
    assert (late.kind, late.words, late.countdown(NOW + 76.25)) == (
        StatusKind.OVER_RUN,
        "OVER-RUN",
        "+00:04.2",
    )
    assert late.detail.startswith("planned end ") and "120 s planned" in late.detail
    assert late.part(NOW + 84) == pytest.approx(1.1)


def test_a_break_without_an_announced_end_counts_up() -> None:
    began = cue(CueState.SPLICED, splice_at=NOW - 75, duration_s=None)
    shown = status(running(1, "News", Tally.IN_BREAK), began, began)
    assert (shown.words, shown.countdown(NOW), shown.part(NOW)) == ("IN BREAK", "01:15", None)
    assert over_run(shown, NOW) is shown


def test_what_is_wrong_goes_before_everything_else() -> None:
    lost = running(1, "News", Tally.NO_INPUT, input_lost_at=NOW - 41, reason="nothing comes on port 5000")
    shown = status(lost, cue(CueState.ARMED))
    assert (shown.kind, shown.words, shown.countdown(NOW)) == (StatusKind.ALARM, "NO INPUT", "00:41")
    assert shown.detail == "nothing comes on port 5000"
    blocked = running(1, "News", Tally.FAULT, output_trouble=OutputTrouble.BLOCKED)
    assert status(blocked).words == "OUTPUT BLOCKED"
    failed = view(1, "News", state=StreamState.FAILED, tally=Tally.FAULT, reason="port 9007 is taken")
    assert (status(failed).words, status(failed).detail) == ("FAILED", "port 9007 is taken")


def test_a_stream_that_does_not_run_says_so_and_why() -> None:
    stopped = view(1, "News", state=StreamState.STOPPED, reason="stopped by the operator")
    assert (status(stopped).words, status(stopped).detail) == ("NOT RUNNING", "stopped by the operator")
    retrying = view(1, "News", state=StreamState.RETRYING, tally=Tally.READY, retry_at=NOW + 12)
    assert (status(retrying).words, status(retrying).countdown(NOW)) == ("RETRYING", "00:12")


def test_a_cue_that_failed_is_told_for_a_while() -> None:
    failed = cue(CueState.FAILED, splice_at=None, sent_at=NOW - 5, reason="not seen in 2 s")
    shown = status(running(1, "News"), failed)
    assert (shown.kind, shown.words, shown.detail) == (
        StatusKind.FAILED,
        "TO BREAK FAILED",
        "not seen in 2 s",
    )
    old = failed.model_copy(update={"sent_at": NOW - FAILED_S - 1})
    assert status(running(1, "News"), old).kind is StatusKind.QUIET


def test_the_next_planned_break_is_named_with_its_time() -> None:
    plan = BreakPlan(stream_id="stream-1", title="News break", duration_s=60, when=At(at=NOW + 172))
    shown = stream_status(StreamRow(running(1, "News")), None, None, planned(1, plan), NOW)
    assert shown.words.startswith("Next break ") and shown.countdown(NOW) == "02:52"
    assert shown.detail == "60 s · News break"


def test_a_band_is_painted_anew_only_when_its_text_is_another(themed: QApplication) -> None:
    band = StatusBand()
    band.show_status(StreamStatus(StatusKind.IN_BREAK, "BREAK ENDS in", at=NOW + 60, begins=NOW))
    band.tick(NOW)
    assert band.text == "01:00"
    band.tick(NOW + 60.3)
    assert (band.status.kind, band.text) == (StatusKind.OVER_RUN, "+00:00.2")
    assert band.accessibleName().startswith("OVER-RUN")


@pytest.mark.parametrize("kind", list(StatusKind))
@pytest.mark.parametrize("size", [(80, 34), (120, 60), (200, 104), (440, 58), (560, 126)])
def test_a_band_paints_every_state_at_every_size(
    themed: QApplication, kind: StatusKind, size: tuple[int, int]
) -> None:
    picture = QImage(*size, QImage.Format.Format_RGB32)
    picture.fill(0)
    painter = QPainter(picture)
    shown = StreamStatus(
        kind, "BREAK ENDS in", "ENDS in", "ends 14:33:19 · 120 s planned", NOW, begins=NOW - 60
    )
    paint_band(painter, QRect(0, 0, *size), shown, "01:12")
    painter.end()
    colours = {picture.pixel(x, size[1] // 2) for x in range(size[0])}
    assert len(colours) > 2, "words over the fill"
    assert set(BAND_LOOKS) == set(StatusKind)
