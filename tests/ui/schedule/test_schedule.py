"""Planned breaks on screen: planned, re-timed, undone, imported, and why they conflict."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QSize, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from console_under_test import Console
from fake_services import FakeServices
from fake_values import planned, running
from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import (
    At,
    BreakPlan,
    BreakState,
    Finding,
    ImportPreview,
    ImportRow,
    ScheduledBreak,
)
from ibe100.ui.dashboard.break_spans import SpanKind
from ibe100.ui.dashboard.time_scale import AHEAD_CHOICES_S, TimeScale
from ibe100.ui.dashboard.timeline_paint import HEAD, ROW
from ibe100.ui.schedule import break_editor
from ibe100.ui.schedule.coming_events import EventKind
from ibe100.ui.schedule.schedule_head import LIST
from ibe100.ui.schedule.schedule_page import SchedulePage

LEFT = Qt.MouseButton.LeftButton
FIRST_LINE = HEAD + ROW // 2
Open = Callable[[FakeServices], Console]


def plan(at: float, title: str = "News break", stream_id: str = "stream-1") -> BreakPlan:
    return BreakPlan(stream_id=stream_id, title=title, when=At(at=at), duration_s=60)


def services(*breaks: ScheduledBreak) -> FakeServices:
    made = FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD")])
    made.schedule.breaks = {one.break_id: one for one in breaks}
    return made


@pytest.fixture
def console(open_console: Open) -> Console:
    """Two streams, a break of the first in ten minutes."""
    return open_console(services(planned(1, plan(time.time() + 600))))


def listed(console: Console) -> SchedulePage:
    """The page, with all breaks as a list."""
    console.parts.docks.raise_page("schedule")
    page = console.parts.schedule
    page.head.view.choose(LIST)
    return page


def events(console: Console) -> list[str]:
    return [event.title for event in console.parts.cue_panel.coming.model.rows()]


def test_what_is_planned_is_next_with_its_stream_and_state(console: Console) -> None:
    (event,) = console.parts.cue_panel.coming.model.rows()
    assert (event.title, event.kind) == ("News break 60 s", EventKind.PLANNED)
    card = console.parts.dashboard.card("stream-1")
    assert card is not None
    status = card.band.status
    assert status.words.startswith("Next break ") and status.detail == "60 s · News break"


def test_a_break_is_planned_by_the_editor(console: Console) -> None:
    console.parts.cue_panel.coming.plan_button.click()
    editor = console.parts.schedule_controller.editor
    assert editor is not None
    editor.title.setText("Late break")
    at = int(time.time()) + 1200
    editor.at.set_value(at)
    editor.duration.setValue(90)
    editor.save_button.click()
    console.until(lambda: "Late break 90 s" in events(console))
    stored = console.services.schedule.breaks[2]
    assert (stored.stream_id, stored.when, stored.pre_roll_s) == ("stream-1", At(at=at), None)
    console.until(lambda: console.parts.notices.undo_button.isVisible())
    console.parts.notices.undo_button.click()
    console.until(lambda: "Late break 90 s" not in events(console))


def test_without_a_stream_no_break_is_planned_and_it_is_said_why(
    open_console: Callable[[FakeServices], Console],
) -> None:
    console = open_console(FakeServices())
    console.parts.actions["plan_break"].trigger()
    assert console.parts.schedule_controller.editor is None
    assert "no stream yet" in console.parts.notices.text.text()


def test_a_long_form_scrolls_and_its_buttons_stay_on_a_low_screen(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(break_editor, "room_of", lambda _window: QSize(1276, 420))
    console.parts.schedule_controller.plan("stream-1")
    editor = console.parts.schedule_controller.editor
    assert editor is not None
    editor.kind.setCurrentIndex(editor.kind.findData("weekly"))
    QApplication.processEvents()
    assert editor.height() <= 420
    assert editor.rect().contains(editor.save_button.geometry())


def test_a_refusal_stays_in_the_editor(console: Console) -> None:
    console.parts.schedule_controller.plan("stream-2")
    editor = console.parts.schedule_controller.editor
    assert editor is not None
    editor.title.setText("Too late")
    editor.save()
    console.until(lambda: "choose a later moment" in editor.problem.text())
    assert editor.save_button.isEnabled()
    editor.reject()


def test_a_series_keeps_its_interval_when_it_is_edited(console: Console) -> None:
    start = float(int(time.time()) + 600)
    series = BreakPlan(stream_id="stream-2", when=Every(start=start, minutes=30), duration_s=45)
    console.do(lambda: console.services.schedule.put(planned(5, series)))
    console.until(lambda: console.parts.state.schedule.get(5))
    console.parts.schedule_controller.edit(5)
    editor = console.parts.schedule_controller.editor
    assert editor is not None
    assert editor.plan() == series
    editor.has_end.setChecked(True)
    editor.until.set_value(start - 60)
    editor.save()
    assert "until is not after start" in editor.problem.text()
    editor.reject()


def test_a_planned_break_is_dragged_to_another_time_and_put_back(console: Console) -> None:
    window, timeline = console.window, console.parts.timeline
    before = console.services.schedule.breaks[1].planned_at
    assert before is not None
    scale = timeline.scale()
    grip = QPoint(round(scale.x(before)) + 4, FIRST_LINE)
    QTest.mousePress(timeline, LEFT, pos=grip)
    QTest.mouseMove(timeline, grip + QPoint(60, 0))
    QTest.mouseRelease(timeline, LEFT, pos=grip + QPoint(60, 0))
    expected = scale.moment(grip.x() + 60) - scale.moment(grip.x())

    def moved_s() -> float:
        now_at = console.services.schedule.breaks[1].planned_at
        return 0.0 if now_at is None else now_at - before

    console.until(lambda: abs(moved_s() - expected) < 2)
    console.until(lambda: "was moved" in window.parts.notices.text.text())
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    console.until(lambda: moved_s() == 0)


def test_a_planned_break_is_re_timed_by_keys_alone_and_taken_back(console: Console) -> None:
    window, timeline = console.window, console.parts.timeline
    before = console.services.schedule.breaks[1].planned_at
    assert before is not None
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_T)
    console.until(timeline.hasFocus)
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    for modifier in (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier):
        QTest.keyClick(timeline, Qt.Key.Key_Right, modifier)
    console.settle()
    assert console.services.schedule.breaks[1].planned_at == before, "carried, not set down"
    QTest.keyClick(timeline, Qt.Key.Key_Return)
    console.until(lambda: console.services.schedule.breaks[1].planned_at == round(before + 1) + 10)
    console.until(lambda: "was moved" in window.parts.notices.text.text())
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    console.until(lambda: console.services.schedule.breaks[1].planned_at == before)
    QTest.keyClick(timeline, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    QTest.keyClick(timeline, Qt.Key.Key_Return)
    console.until(lambda: window.parts.schedule_controller.editor is not None)
    assert console.services.schedule.breaks[1].planned_at == before


def test_plus_and_minus_zoom_the_time_line(console: Console) -> None:
    timeline = console.parts.timeline
    ahead_s = timeline.scale().ahead_s
    QTest.keyClick(timeline, Qt.Key.Key_Minus)
    assert timeline.scale().ahead_s > ahead_s
    QTest.keyClick(timeline, Qt.Key.Key_Plus)
    assert timeline.scale().ahead_s == ahead_s


def test_escape_lets_go_of_a_dragged_break(console: Console) -> None:
    timeline = console.parts.timeline
    before = console.services.schedule.breaks[1]
    grip = QPoint(round(timeline.scale().x(before.planned_at or 0)) + 4, FIRST_LINE)
    QTest.mousePress(timeline, LEFT, pos=grip)
    QTest.mouseMove(timeline, grip + QPoint(60, 0))
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    QTest.mouseRelease(timeline, LEFT, pos=grip + QPoint(60, 0))
    console.settle()
    assert console.services.schedule.breaks[1] == before


def test_a_conflict_is_marked_where_the_break_is_and_said_in_words(open_console: Open) -> None:
    fake = services(planned(1, plan(time.time() + 600)), planned(2, plan(time.time() + 630, "Clash")))
    words = "News break and Clash overlap: move one of them"
    fake.schedule.findings = (Finding(stream_id="stream-1", break_ids=(1, 2), at=0, text=words),)
    console = open_console(fake)
    parts = console.parts
    console.until(lambda: parts.state.schedule.conflict(2) == words)
    row = parts.state.streams.row_of("stream-1")
    assert row is not None
    spans = parts.timeline.spans(row, time.time())
    assert [span.kind for span in spans] == [SpanKind.CONFLICT, SpanKind.CONFLICT]
    assert parts.cue_panel.coming.model.rows()[0].origin == words
    listed(console)
    assert words in str(parts.schedule.model.index(0, 6).data())


def test_the_page_shows_what_was_missed_only_on_demand(console: Console) -> None:
    missed = planned(7, plan(time.time() - 100, "Old"), state=BreakState.MISSED, reason="no input")
    console.do(lambda: console.services.schedule.put(missed))
    console.until(lambda: console.parts.state.schedule.get(7))
    page = listed(console)
    assert [one.title for one in page.model.rows()] == ["News break"]
    page.head.with_past.click()
    assert [one.title for one in page.model.rows()] == ["Old", "News break"]
    assert page.model.index(0, 6).data() == "no input"


def test_a_break_is_taken_off_and_brought_back(console: Console) -> None:
    parts = console.parts
    listed(console).table.selectRow(0)
    parts.schedule.details.remove_button.click()
    console.until(lambda: not console.services.schedule.breaks)
    console.until(lambda: events(console) == [])
    console.until(lambda: "was removed" in parts.notices.text.text())
    parts.schedule.head.undo_button.click()
    console.until(lambda: events(console) == ["News break 60 s"])


def test_a_file_is_shown_row_by_row_before_it_is_imported(console: Console) -> None:
    good = ImportRow(line=2, plan=plan(time.time() + 900, "Lunch"))
    bad = ImportRow(line=3, error="start 25:99 is no time: write 14:35:00")
    console.services.schedule.preview = ImportPreview(source="day.csv", rows=(good, bad))
    console.parts.schedule_controller.import_path(Path("day.csv"))
    dialog = console.parts.schedule_controller.importing
    assert dialog is not None
    console.until(lambda: dialog.accept_button.isEnabled())
    assert dialog.summary.text() == "1 of 2 rows can be planned · 1 cannot, with the reason"
    assert "25:99 is no time" in str(dialog.model.index(1, 5).data())
    dialog.accept_button.click()
    console.until(lambda: "Lunch 60 s" in events(console))
    assert console.services.schedule.breaks[2].title == "Lunch"


@pytest.mark.parametrize("ahead_s", AHEAD_CHOICES_S)
def test_the_scale_goes_there_and_back(ahead_s: float) -> None:
    scale = TimeScale(now=1_000_000.0, ahead_s=ahead_s, left=126, right=900)
    for moment in scale.ticks():
        assert scale.begins <= moment <= scale.ends
        assert scale.moment(scale.x(moment)) == pytest.approx(moment)
    assert scale.x(scale.ends) == 900
