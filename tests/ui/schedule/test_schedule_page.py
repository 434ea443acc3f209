"""The day of the schedule: lanes, keys, conflicts details, export; rules in the editor."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog, QPushButton

from console_under_test import Console
from fake_services import FakeServices
from fake_values import planned, running
from ibe100.models.cues.recurrence import WEEKDAYS, Weekly
from ibe100.models.cues.schedule import At, BreakPlan, BreakState, Finding, Fix, PlanCheck, ScheduledBreak
from ibe100.ui.schedule.day_items import Day, DayItem, ItemKind, Lane, items_of_day
from ibe100.ui.schedule.day_paint import DayScale
from ibe100.ui.schedule.schedule_head import SPANS
from ibe100.ui.schedule.schedule_page import NO_BREAKS, NOTHING_FOUND, SchedulePage

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
Open = Callable[[FakeServices], Console]
DAILY = {
    "kind": "weekly",
    "weekdays": WEEKDAYS,
    "local_time": "20:15",
    "time_zone": "UTC",
    "first_date": "2026-01-01",
}


def tomorrow() -> date:
    return datetime.now(UTC).date() + timedelta(days=1)


def noon(after_s: float) -> float:
    """A moment after noon of tomorrow, which no test reaches."""
    day = tomorrow()
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() + after_s


def plan(at: float, title: str, stream_id: str = "stream-1", duration_s: float = 60) -> BreakPlan:
    return BreakPlan(stream_id=stream_id, title=title, when=At(at=at), duration_s=duration_s)


def rule(**values: object) -> BreakPlan:
    when = Weekly.model_validate(DAILY | values)
    return BreakPlan(stream_id="stream-2", title="Evening", when=when, duration_s=30)


def services(*breaks: ScheduledBreak) -> FakeServices:
    made = FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD")])
    made.schedule.breaks = {one.break_id: one for one in breaks}
    return made


def shown(console: Console) -> SchedulePage:
    console.parts.docks.raise_page("schedule")
    console.parts.schedule.head.show_day(tomorrow())
    return console.parts.schedule


def buttons(page: SchedulePage) -> dict[str, QPushButton]:
    found = page.conflicts.findChildren(QPushButton)
    return {button.text(): button for button in found if button.isVisible()}


CLASH = "Clash begins while Half time is on air: move one of them"


@pytest.fixture
def clash(open_console: Open) -> Console:
    """Half time, and Clash that begins while it is on air."""
    first, second = plan(noon(600), "Half time", duration_s=120), plan(noon(640), "Clash")
    fake = services(planned(1, first), planned(2, second))
    fix = Fix(words="Move to 15:17:10", plan=plan(noon(900), "Clash"))
    fake.schedule.findings = (
        Finding(stream_id="stream-1", break_ids=(1, 2), at=0, text=CLASH, subject=2, fix=fix),
    )
    return open_console(fake)


def test_only_the_break_that_is_to_be_settled_is_hatched(clash: Console) -> None:
    page = shown(clash)
    clash.until(lambda: ItemKind.CONFLICT in [item.kind for item in page.items])
    assert {item.title: item.kind for item in page.items} == {
        "Half time": ItemKind.PLANNED,
        "Clash": ItemKind.CONFLICT,
    }
    assert page.head.summary.text() == "2 breaks on this day"
    assert page.conflicts.head.text() == "⚠ 1 conflict to settle"


def test_a_conflict_is_settled_by_one_press_and_taken_back(clash: Console) -> None:
    page, window = shown(clash), clash.window
    clash.until(lambda: "Move to 15:17:10" in buttons(page))
    before = clash.services.schedule.breaks[2].when
    buttons(page)["Move to 15:17:10"].click()
    clash.until(lambda: clash.services.schedule.breaks[2].when != before)
    clash.until(lambda: "Clash: Move to 15:17:10" in window.parts.notices.text.text())
    page.head.undo_button.click()
    clash.until(lambda: clash.services.schedule.breaks[2].when == before)


def test_a_conflict_that_is_kept_stays_quiet_and_counts_as_kept(clash: Console) -> None:
    page = shown(clash)
    clash.until(lambda: "Keep both" in buttons(page))
    buttons(page)["Keep both"].click()
    clash.until(lambda: "1 kept as planned" in page.conflicts.head.text())
    assert clash.services.schedule.breaks[2].accepted == CLASH
    assert buttons(page) == {}
    clash.until(lambda: {item.kind for item in page.items} == {ItemKind.PLANNED})


def test_a_break_in_conflict_is_dropped_by_one_press(clash: Console) -> None:
    page = shown(clash)
    clash.until(lambda: "Drop" in buttons(page))
    buttons(page)["Drop"].click()
    clash.until(lambda: list(clash.services.schedule.breaks) == [1])
    clash.until(lambda: [item.title for item in page.items] == ["Half time"])


def test_keys_choose_a_break_and_move_it_as_one_change(clash: Console) -> None:
    page = shown(clash)
    clash.until(lambda: len(page.items) == 2)
    before = clash.services.schedule.breaks[1].planned_at
    assert before is not None
    page.lanes.setFocus()
    QTest.keyClick(page.lanes, Key.Key_Down)
    assert page.details.title.text().startswith("Half time · 1 IBE News HD · PLANNED")
    for key, modifier in (
        (Key.Key_Right, SHIFT),
        (Key.Key_Right, SHIFT),
        (Key.Key_Left, Qt.KeyboardModifier(0)),
    ):
        QTest.keyClick(page.lanes, key, modifier)
    assert page.lanes.carried_to() == round(before + 19)
    assert "Esc leaves it" in page.details.check.text()
    clash.until(lambda: clash.services.schedule.breaks[1].planned_at == round(before + 19))
    clash.until(lambda: "Half time was moved" in clash.parts.notices.text.text())
    page.head.undo_button.click()
    clash.until(lambda: clash.services.schedule.breaks[1].planned_at == before)
    QTest.keyClick(page.lanes, Key.Key_Right)
    QTest.keyClick(page.lanes, Key.Key_Escape)
    assert page.lanes.carried_to() is None
    QTest.keyClick(page.lanes, Key.Key_Return)
    clash.until(lambda: clash.parts.schedule_controller.editor is not None)


def test_a_break_is_dragged_on_its_lane(clash: Console) -> None:
    page = shown(clash)
    page.head.span.choose(SPANS[0][0])
    clash.until(lambda: len(page.items) == 2)
    before = clash.services.schedule.breaks[1].planned_at
    assert before is not None
    page.show_break(1)
    viewport = page.lanes.viewport()
    assert viewport is not None
    grip = page.lanes.place_of(1).center().toPoint() - QPoint(2, 0)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=grip)
    QTest.mouseMove(viewport, grip + QPoint(60, 0))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=grip + QPoint(60, 0))
    scale = page.lanes.scale()
    by_s = scale.moment(60) - scale.moment(0)
    clash.until(lambda: abs((clash.services.schedule.breaks[1].planned_at or 0) - before - by_s) < 2)


def test_sending_early_asks_for_a_second_press(clash: Console) -> None:
    page = shown(clash)
    page.show_break(1)
    before = clash.services.schedule.breaks[1].planned_at
    page.details.early_button.click()
    assert page.details.early_button.text() == "Press again to send"
    assert clash.services.schedule.breaks[1].planned_at == before
    page.details.early_button.click()
    clash.until(lambda: "Half time goes out at" in clash.parts.notices.text.text())
    assert clash.services.schedule.breaks[1].planned_at != before


def test_a_filter_that_finds_nothing_and_a_day_without_breaks_say_so(clash: Console) -> None:
    page = shown(clash)
    page.head.filter.setText("no such title")
    assert (page.items, page.empty.text()) == ([], NOTHING_FOUND)
    page.head.filter.setText("sport")
    assert page.empty.text() == NOTHING_FOUND
    page.head.filter.clear()
    page.head.today.click()
    assert (page.items, page.empty.text()) == ([], NO_BREAKS)
    page.head.after.click()
    assert len(page.items) == 2


def test_a_break_that_is_over_is_shown_and_cannot_be_changed(open_console: Open) -> None:
    over = planned(1, plan(noon(0), "Over"), state=BreakState.MISSED, reason="no input")
    console = open_console(services(over))
    page = shown(console)
    page.show_break(1)
    assert page.details.check.text() == "no input"
    for button in (page.details.edit_button, page.details.early_button, page.details.remove_button):
        assert not button.isEnabled()
        assert "MISSED" in button.toolTip()


def test_the_shown_day_is_exported_to_a_file_with_its_date(clash: Console, tmp_path: Path) -> None:
    page = shown(clash)
    page.head.filter.setText("Half")
    page.head.export_button.click()
    (dialog,) = clash.window.findChildren(QFileDialog)
    assert [Path(name).name for name in dialog.selectedFiles()] == [f"breaks-{tomorrow()}.csv"]
    dialog.fileSelected.emit(str(tmp_path / "day.csv"))
    dialog.reject()
    clash.until(lambda: "1 break written" in clash.parts.notices.text.text())
    assert (tmp_path / "day.csv").read_text() == "Half time"


def test_a_rule_is_planned_in_the_editor_with_what_follows_from_it(clash: Console) -> None:
    clash.parts.schedule_controller.plan("stream-2")
    editor = clash.parts.schedule_controller.editor
    assert editor is not None
    editor.title.setText("Evening")
    editor.kind.setCurrentIndex(editor.kind.findData("weekly"))
    weekly = editor.weekly
    weekly.zone.setCurrentText("Europe/Berlin")
    weekly.time.setTime(weekly.time.minimumTime().addSecs(2 * 3600 + 1800))
    for day in WEEKDAYS:
        weekly.days[day].setChecked(True)
    assert "02:30:00 is skipped by the clocks, the break is at 03:30:00" in weekly.next.text()
    weekly.exceptions.setText("2026-12-24, tomorrow")
    editor.save()
    assert "tomorrow" in editor.problem.text()
    weekly.exceptions.setText("2026-12-24, 2026-12-25")
    editor.save()
    clash.until(lambda: 3 in clash.services.schedule.breaks)
    when = clash.services.schedule.breaks[3].when
    assert isinstance(when, Weekly)
    assert when.words() == "daily 02:30:00 Europe/Berlin but 2 d"


def test_a_rule_is_shown_by_the_editor_as_it_was_planned(open_console: Open) -> None:
    one = planned(5, rule(last_date="2031-01-31", except_dates=["2030-12-24"], weekdays=("sat", "sun")))
    console = open_console(services(one))
    console.parts.schedule_controller.edit(5)
    editor = console.parts.schedule_controller.editor
    assert editor is not None
    assert editor.plan() == one.plan


def test_the_editor_tells_a_conflict_before_it_saves_and_settles_it(clash: Console) -> None:
    free = float(int(time.time())) + 3600
    fix = Fix(words="Move to the free time", plan=plan(free, "Promo"))
    finding = Finding(
        stream_id="stream-1", break_ids=(1, -1), at=0, text="Promo begins while …", subject=-1, fix=fix
    )
    clash.services.schedule.checks["Promo"] = PlanCheck(findings=(finding,))
    clash.parts.schedule_controller.plan("stream-1")
    editor = clash.parts.schedule_controller.editor
    assert editor is not None
    editor.title.setText("Promo")
    editor.duration.setValue(61)
    clash.until(lambda: "Promo begins while" in editor.conflict.text())
    assert editor.save_button.text() == "Plan it all the same"
    clash.services.schedule.checks.clear()
    editor.fix_button.click()
    assert editor.at.value() == free
    clash.until(lambda: editor.save_button.text() == "Plan it")
    assert editor.conflict.text() == ""


MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
DAY = Day(MIDNIGHT.date())


def test_what_a_rule_will_make_is_on_its_days_until_it_is_made() -> None:
    due = MIDNIGHT.timestamp() + 20.25 * 3600
    series = planned(1, rule(), planned_at=due)
    made = planned(2, plan(due, "Evening", "stream-2"), series_id=1)

    def kinds(day: Day, *breaks: ScheduledBreak) -> list[ItemKind]:
        return [item.kind for item in items_of_day(breaks, day, 0, lambda _id: False, str)]

    assert kinds(DAY, series) == [ItemKind.COMING]
    assert kinds(DAY, series, made) == [ItemKind.PLANNED]
    assert kinds(Day(DAY.moved(1)), series, made) == [ItemKind.COMING]
    assert kinds(Day(DAY.moved(-1)), series) == []
    assert kinds(Day(DAY.day, text="EVEN"), series) == [ItemKind.COMING]
    assert kinds(Day(DAY.day, stream_id="stream-1"), series) == []


@pytest.mark.parametrize(
    ("state", "enabled", "now", "kind"),
    [
        (BreakState.PLANNED, True, 0, ItemKind.PLANNED),
        (BreakState.PLANNED, False, 0, ItemKind.OFF),
        (BreakState.ARMED, True, 50, ItemKind.ARMED),
        (BreakState.ARMED, True, 150, ItemKind.RUNNING),
        (BreakState.DONE, True, 120, ItemKind.RUNNING),
        (BreakState.DONE, True, 200, ItemKind.DONE),
        (BreakState.MISSED, True, 200, ItemKind.FAILED),
        (BreakState.FAILED, True, 200, ItemKind.FAILED),
        (BreakState.SKIPPED, True, 200, ItemKind.OFF),
    ],
)
def test_each_state_has_its_look(state: BreakState, enabled: bool, now: float, kind: ItemKind) -> None:
    begins = MIDNIGHT.timestamp()
    one = planned(1, plan(begins + 100, "One"), state=state, enabled=enabled)
    (item,) = items_of_day([one], DAY, begins + now, lambda _id: False, str)
    assert item.kind is kind


def test_a_lane_gives_what_is_on_air_in_a_window_and_what_stands_lower() -> None:
    def item(begins: float, length: float) -> DayItem:
        return DayItem(int(begins), "s", begins, begins + length, "x", ItemKind.PLANNED, True)

    lane = Lane.of("s", "S", [item(0, 1000), item(100, 10), item(105, 10), item(2000, 10), item(3000, 10)])
    assert [place for place, _item in lane.between(900, 2500)] == [0, 3]
    assert lane.lower == {1}
    assert lane.between(5000, 6000) == []


@pytest.mark.parametrize("span_s", [span for span, _words in SPANS])
def test_the_scale_of_a_day_goes_there_and_back(span_s: float) -> None:
    scale = DayScale(MIDNIGHT.timestamp(), MIDNIGHT.timestamp() + span_s, 168, 900)
    ticks = list(scale.ticks())
    assert 4 < len(ticks) < 16
    for moment in ticks:
        assert scale.moment(scale.x(moment)) == pytest.approx(moment)
