"""The window as a whole: nothing cut off, everything named, alarms, faults, closing, the saved layout."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import combinations

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)

from console_under_test import Console
from fake_console import PERSON
from fake_services import FakeServices
from fake_values import alarm, running, view
from ibe100.models.alarms.alarm import AlarmState, Severity
from ibe100.models.messages import CueSeen, StreamLogged
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.alarms.shelve_question import ShelveQuestion
from ibe100.ui.main_window import MainWindow
from ibe100.ui.qt_models.alarm_table import REMEDY_COLUMN
from ibe100.ui.qt_models.log_table import MOST_LINES
from ibe100.ui.widgets.labels import ElidedLabel

LEFT = Qt.MouseButton.LeftButton
Open = Callable[[FakeServices], Console]
CONTROLS = (
    QAbstractButton,
    QLineEdit,
    QPlainTextEdit,
    QAbstractSpinBox,
    QComboBox,
    QAbstractItemView,
    QTabBar,
)
INSIDE_OTHERS = ("qt_spinbox_lineedit", "ScrollLeftButton", "ScrollRightButton", "qt_")
REASONS = (
    "no null packets on the output: add stuffing in the stream's settings, or let the probe decide",
    "the pre-roll is shorter than the 4 s of the contract: choose 6 s or more",
    "the PTS clock of the stream jumps: wait until it is steady, or send the cue immediately",
)
PAGES = ("dashboard", "monitoring", "schedule", "as_run", "history")


def busy_services() -> FakeServices:
    """Eight streams, every tally, alarms of each priority."""
    return FakeServices(
        [
            running(1, "IBE News HD"),
            running(2, "Sport 1 HD", Tally.ARMED),
            running(3, "Cinema Gold", Tally.IN_BREAK),
            view(4, "Regional South and its long name", state=StreamState.STALLED, tally=Tally.NO_INPUT),
            running(5, "Music Live"),
            view(6, "Demo stream"),
            view(7, "Kids TV", state=StreamState.FAILED, tally=Tally.FAULT, reason="port 9007 is taken"),
            view(8, "Pop-up Event", state=StreamState.RETRYING, tally=Tally.NO_INPUT),
        ],
        [
            alarm(1, Severity.CRITICAL, "Input lost", stream_id="stream-4"),
            alarm(2, Severity.MAJOR, "Output bitrate unstable"),
            alarm(3, Severity.MINOR, "PTS gap"),
        ],
    )


def visible(root: QWidget, kinds: tuple[type[QWidget], ...]) -> list[QWidget]:
    found = [child for child in root.findChildren(QWidget) if isinstance(child, kinds)]
    return [child for child in found if child.isVisible() and not child.visibleRegion().isEmpty()]


def cut_off(root: QWidget) -> list[str]:
    """Labels and buttons whose words do not fit, and widgets that stand out of their parent."""
    wrong = []
    for child in visible(root, (QLabel, QAbstractButton)):
        words = child.text() if isinstance(child, QLabel | QAbstractButton) else ""
        if isinstance(child, ElidedLabel) or not words:
            continue
        if isinstance(child, QLabel) and child.wordWrap():
            if child.heightForWidth(child.width()) > child.height():
                wrong.append(f"{words!r} needs more height")
        elif child.sizeHint().width() > child.width():
            wrong.append(f"{words!r} needs {child.sizeHint().width()}, has {child.width()}")
        parent = child.parentWidget()
        if parent is not None and child.geometry().right() > parent.rect().right() + 1:
            wrong.append(f"{words!r} stands out of {parent.objectName() or type(parent).__name__}")
    return wrong


def overlapping(window: MainWindow, page: str) -> list[str]:
    """Docks that reach into one another, into the bars, or out of the window."""
    parts = {name: window.parts.docks[name] for name in ("streams", "cues", "alarms", page)}
    parts |= {"top": window.parts.top_bar, "status": window.parts.status}
    places = {name: QRect(part.mapTo(window, QPoint()), part.size()) for name, part in parts.items()}
    wrong = [
        f"{name} leaves the window" for name, place in places.items() if not window.rect().contains(place)
    ]
    for (one, first), (other, second) in combinations(places.items(), 2):
        if first.intersects(second):
            wrong.append(f"{one} overlaps {other}")
    return wrong


def faults(console: Console, page: str) -> list[str]:
    """Faults of the layout once it has come to rest: a long text takes some turns to get its height."""
    deadline = time.monotonic() + 10
    while found := cut_off(console.window) + overlapping(console.window, page):
        if time.monotonic() > deadline:
            break
        console.qtbot.wait(50)
    return found


@pytest.mark.parametrize("size", [(1600, 1000), (1366, 768), (1280, 720)])
def test_nothing_is_cut_off(open_console: Open, size: tuple[int, int]) -> None:
    console = open_console(busy_services())
    console.window.resize(*size)
    for number in (1, 2, 3, 5):
        console.do(lambda stream=f"stream-{number}": console.services.streams.measure(stream))
    console.services.cues.not_ready = REASONS
    console.parts.notices.post("error", "Start Kids TV: port 9007 is taken: choose another port")
    for mode in (console.parts.top_bar.set_up, console.parts.top_bar.operate):
        mode.click()
        for page in PAGES:
            console.parts.docks.raise_page(page)
            console.settle()
            assert console.window.size().width() == size[0]
            assert console.window.size().height() == size[1]
            assert faults(console, page) == [], f"{page} at {size}"
    console.until(lambda: REASONS[-1] in console.parts.cue_panel.buttons.to_break.toolTip())
    console.settle()
    assert faults(console, PAGES[-1]) == []


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (2560, 1440)])
@pytest.mark.parametrize("count", [1, 6, 24])
def test_dashboards_of_any_size_show_their_streams_whole(
    open_console: Open, size: tuple[int, int], count: int
) -> None:
    tallies = (Tally.ON_AIR, Tally.ARMED, Tally.IN_BREAK, Tally.NO_INPUT)
    console = open_console(
        FakeServices([running(n, f"Regional channel {n}", tallies[n % 4]) for n in range(1, count + 1)])
    )
    console.window.resize(*size)
    console.do(lambda: [console.services.streams.measure(f"stream-{n}") for n in range(1, count + 1)])
    console.settle()
    assert faults(console, "dashboard") == []
    multiview = console.parts.multiview_controller.view
    multiview.resize(*size)
    multiview.show()
    console.settle()
    assert cut_off(multiview) == []


@pytest.mark.parametrize("size", [(1600, 1000), (1280, 720)])
def test_nothing_is_cut_off_on_the_first_run_page_and_in_the_editor(
    open_console: Open, size: tuple[int, int]
) -> None:
    console = open_console(FakeServices())
    console.window.resize(*size)
    console.settle()
    assert cut_off(console.window) == []
    console.parts.stream_controller.add()
    editor = console.parts.stream_controller.editor
    assert editor is not None
    console.settle()
    assert cut_off(editor) == []
    editor.reject()


def test_every_control_has_an_accessible_name(open_console: Open) -> None:
    console = open_console(busy_services())
    console.parts.stream_controller.add()
    editor = console.parts.stream_controller.editor
    assert editor is not None
    nameless = []
    for page in PAGES:
        console.parts.docks.raise_page(page)
        console.settle()
        for child in [*visible(console.window, CONTROLS), *visible(editor, CONTROLS)]:
            if not child.accessibleName() and not child.objectName().startswith(INSIDE_OTHERS):
                nameless.append(
                    f"{type(child).__name__} {child.objectName()} in {type(child.parent()).__name__}"
                )
    editor.reject()
    assert not nameless, "\n".join(nameless)


def test_cue_buttons_are_large_targets(open_console: Open) -> None:
    panel = open_console(FakeServices([running(1, "News")])).parts.cue_panel
    for button in (panel.buttons.to_break, panel.buttons.back):
        assert button.height() >= 40
        assert button.width() >= 40


def test_an_alarm_is_acknowledged_by_key_and_by_button(open_console: Open) -> None:
    console = open_console(busy_services())
    QTest.keyClick(console.window, Qt.Key.Key_A)
    alarms = console.services.alarms.open
    console.until(lambda: alarms[1].state is AlarmState.ACKNOWLEDGED)
    console.until(lambda: console.parts.alarm_panel.waiting.text() == "2 to acknowledge")
    assert alarms[1].acknowledged_by == PERSON.name
    console.parts.alarm_panel.select(3)
    QTest.mouseClick(console.parts.alarm_panel.acknowledge_button, LEFT)
    console.until(lambda: alarms[3].state is AlarmState.ACKNOWLEDGED)
    assert alarms[2].state is AlarmState.UNACKNOWLEDGED


@pytest.mark.parametrize("by", ["button", "key"])
def test_a_remedy_that_needs_a_person_has_its_button_in_the_alarms_row(open_console: Open, by: str) -> None:
    services = FakeServices(
        [view(1, "News", state=StreamState.FAILED, tally=Tally.FAULT)],
        [
            alarm(1, Severity.CRITICAL, "Stream failed"),
            alarm(2, Severity.MINOR, "PCR jumped"),
        ],
    )
    console = open_console(services)
    table = console.parts.alarm_panel.table
    model = table.model()
    assert model is not None
    assert [model.index(at, REMEDY_COLUMN).data() for at in (0, 1)] == ["Start", ""]
    console.parts.alarm_panel.select(1)
    if by == "button":
        place = table.visualRect(model.index(0, REMEDY_COLUMN)).center()
        QTest.mouseClick(table.viewport(), LEFT, pos=place)
    else:
        QTest.keyClick(table, Qt.Key.Key_Return)
    console.until(lambda: services.streams.views["stream-1"].state is StreamState.RUNNING)


def test_all_alarms_on_the_page_are_acknowledged_by_shift_a(open_console: Open) -> None:
    console = open_console(busy_services())
    QTest.keyClick(console.window, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    alarms = console.services.alarms.open
    console.until(lambda: all(one.state is AlarmState.ACKNOWLEDGED for one in alarms.values()))
    console.until(lambda: console.parts.alarm_panel.waiting.text() == "")


def test_an_alarm_is_shelved_for_a_reason_and_brought_back(open_console: Open) -> None:
    console = open_console(busy_services())
    panel = console.parts.alarm_panel
    panel.select(2)
    QTest.keyClick(console.window, Qt.Key.Key_S)
    (question,) = console.window.findChildren(ShelveQuestion)
    assert not question.accept_button.isEnabled()
    question.reason.setText("known, being worked on")
    QTest.mouseClick(question.accept_button, LEFT)
    console.until(lambda: panel.hidden_button.text().startswith("1 shelved until "))
    assert 2 not in {one.alarm_id for one in console.parts.state.alarms.alarms()}
    QTest.mouseClick(panel.hidden_button, LEFT)
    QTest.mouseClick(panel.shelve_button, LEFT)
    console.until(lambda: 2 in {one.alarm_id for one in console.parts.state.alarms.alarms()})


def test_the_history_of_alarms_is_found_by_words(open_console: Open) -> None:
    console = open_console(busy_services())
    panel, history = console.parts.alarm_panel, console.parts.history.alarms
    QTest.mouseClick(panel.history_button, LEFT)
    console.until(lambda: history.model.rowCount() == 3)
    QTest.keyClicks(history.words, "bitrate")
    console.until(lambda: [one.alarm_id for one in history.model.rows()] == [2])


def test_only_an_unacknowledged_priority_1_flashes(open_console: Open) -> None:
    console = open_console(busy_services())
    panel = console.parts.alarm_panel
    assert panel._flash.isActive()
    assert panel._flash.interval() >= 500
    panel.acknowledge()
    console.until(lambda: not panel._flash.isActive())
    assert panel.delegate.bright


def test_a_cleared_alarm_that_is_acknowledged_leaves_the_list(open_console: Open) -> None:
    raised = alarm(1, Severity.MAJOR, "PTS gap", state=AlarmState.CLEARED_UNACKNOWLEDGED, cleared_at=1.0)
    console = open_console(FakeServices([running(1, "News")], [raised]))
    console.parts.alarm_panel.acknowledge()
    console.until(lambda: console.parts.state.alarms.rowCount() == 0)


def test_a_stream_with_an_alarm_carries_its_mark(open_console: Open) -> None:
    console = open_console(busy_services())
    row = console.parts.state.streams.row_of("stream-4")
    assert row is not None
    assert row.severity is Severity.CRITICAL


def test_monitoring_shows_services_pids_and_counters_of_the_selected_stream(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport")]))
    console.do(lambda: console.services.streams.measure("stream-1", counters={"pts_error": 2}))
    monitoring = console.parts.monitoring
    pids, counters = monitoring.pids, monitoring.counters.model
    console.until(lambda: pids.topLevelItemCount() == 2)
    others = pids.topLevelItem(1)
    assert others is not None
    assert [others.child(place).text(0) for place in (0, 3)] == ["0x0000", "0x01F4"]
    console.until(lambda: any(row.name == "PTS_error" and row.last_second == 2 for row in counters.rows()))
    monitoring.counters.reset.click()
    console.until(lambda: console.services.monitoring.resets == ["stream-1"])
    console.select(2)
    assert pids.topLevelItemCount() == 0


def test_a_sample_of_a_stream_that_stopped_is_not_shown_as_live(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    card = console.parts.dashboard.card("stream-1")
    assert card is not None
    console.do(lambda: console.services.streams.measure("stream-1"))
    console.until(lambda: card.facts.figure("Mb/s") == "2.00")
    console.run(console.services.streams.stop("stream-1"))
    console.until(lambda: card.facts.figure("Mb/s") == "–")


def test_the_log_is_filtered_by_level_and_bounded(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    levels = ("info", "error")

    def write(first: int) -> None:
        for number in range(first, first + 500):
            line = StreamLogged(stream_id="stream-1", at=0.0, level=levels[number % 2], text=str(number))
            console.services.bus.publish(line)

    # In portions: of too many at once the window leaves lines out, and says so.
    for first in range(0, MOST_LINES + 500, 500):
        console.do(lambda first=first: write(first))
        console.settle()
    log, shown = console.parts.state.log, console.parts.monitoring.log
    last = str(MOST_LINES + 499)
    console.until(lambda: log.rowCount() and log.index(log.rowCount() - 1, 2).data() == last)
    assert log.rowCount() == MOST_LINES
    model = shown.table.model()
    assert model is not None
    assert model.rowCount() == MOST_LINES
    shown.level.setCurrentIndex(shown.level.findData("error"))
    assert model.rowCount() == MOST_LINES // 2


def test_a_section_that_is_not_ours_is_in_the_log(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    seen = CueSeen(stream_id="stream-1", at=0.0, section_base64="/DAl", splice_pid=0x01F4, ours=False)
    console.do(lambda: console.services.bus.publish(seen))
    log = console.parts.state.log
    console.until(lambda: log.rowCount() == 1)
    assert log.index(0, 2).data() == "SCTE-35 on the output, not ours, PID 0x01F4: /DAl"


def test_history_is_read_when_its_page_is_shown(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.parts.docks.raise_page("history")
    console.until(lambda: console.parts.history.sessions.model.rowCount() == 1)


def test_a_button_is_not_drawn_under_the_pointer_once_its_menu_is_gone(open_console: Open) -> None:
    console = open_console(FakeServices())
    button = console.parts.top_bar.menu
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    menu = button.menu()
    assert menu is not None
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
    menu.close()
    console.until(lambda: not button.underMouse())
