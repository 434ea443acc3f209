"""Line of the alarms: calm without any, named in a low window; nothing moves when alarms come and go."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget

from console_under_test import Console
from fake_services import FakeServices
from fake_values import alarm, running
from ibe100.models.alarms.alarm import AlarmState, Severity
from ibe100.models.alarms.machine_health import ClockState, ClockSync, MachineHealth
from ibe100.models.messages import MachineMeasured
from ibe100.ui.qt_models.alarm_table import STREAM_COLUMN
from ibe100.utils.timecode import format_clock

Open = Callable[[FakeServices], Console]
LEFT = Qt.MouseButton.LeftButton


def machine(clock: ClockState = ClockState.SYNCHRONISED) -> MachineMeasured:
    health = MachineHealth(
        at=time.time(),
        cpu_percent=3.0,
        memory_used_bytes=1,
        memory_total_bytes=10,
        disk_free_bytes=9,
        disk_total_bytes=10,
        network_in_bps=0.0,
        network_out_bps=0.0,
        clock=ClockSync(state=clock),
    )
    return MachineMeasured(health=health)


def opened(open_console: Open, width: int, height: int, *, streams: int = 2) -> Console:
    console = open_console(FakeServices([running(n, f"Channel {n}") for n in range(1, streams + 1)]))
    console.window.resize(width, height)
    console.do(lambda: [console.services.streams.measure(f"stream-{n}") for n in range(1, streams + 1)])
    console.settle()
    return console


def quiet_line(console: Console, clock: ClockState = ClockState.SYNCHRONISED) -> str:
    console.do(lambda: console.services.bus.publish(machine(clock)))
    console.settle()
    console.parts.alarm_panel._look()
    line = console.parts.alarm_panel.line
    return f"{line.title.text()} {line.quiet.text()}"


def test_without_alarms_it_is_one_line_that_says_so(open_console: Open) -> None:
    console = opened(open_console, 1600, 1000)
    assert quiet_line(console) == "No alarms all that the console watches is as it should be"
    assert not console.parts.alarm_panel.acknowledge_button.isVisible()
    assert console.parts.timeline.isVisible()


def test_it_says_what_no_alarm_says(open_console: Open) -> None:
    console = opened(open_console, 1600, 1000)
    said = quiet_line(console, ClockState.NOT_SYNCHRONISED)
    assert said == "No alarms but: the clock of this machine is not synchronised"


def test_the_alarm_that_cleared_last_is_named(open_console: Open) -> None:
    console = opened(open_console, 1600, 1000)
    cleared_at = time.time() - 3
    gone = alarm(1, Severity.MINOR, "PTS gap", state=AlarmState.CLOSED, cleared_at=cleared_at)
    console.do(lambda: console.services.alarms.raise_alarm(gone))
    console.settle()
    expected = f"No alarms last one cleared {format_clock(cleared_at)} (1 IBE News HD, PTS gap)"
    assert quiet_line(console) == expected


def test_shelved_alarms_are_told_with_the_time_they_come_back(open_console: Open) -> None:
    console = opened(open_console, 1600, 1000)
    until = time.time() + 1800
    shelved = alarm(1, Severity.MINOR, "PTS gap", shelved_until=until, shelved_by="olga")
    console.do(lambda: console.services.alarms.raise_alarm(shelved))
    button = console.parts.alarm_panel.hidden_button
    console.until(button.isVisible)
    assert button.text() == f"1 shelved until {format_clock(until)[:5]}"


def place(console: Console, part: QWidget) -> QRect:
    return QRect(part.mapTo(console.window, QPoint()), part.size())


@pytest.mark.parametrize(("width", "height"), [(1600, 1000), (1280, 720)])
def test_nothing_moves_when_alarms_come(open_console: Open, width: int, height: int) -> None:
    console = opened(open_console, width, height)
    cards = [console.parts.dashboard.card(f"stream-{n}") for n in (1, 2)]
    parts = [console.parts.cue_panel, console.parts.alarm_panel, *(card for card in cards if card)]
    before = [place(console, part) for part in parts]
    raised = [alarm(n, Severity.CRITICAL, f"Input lost {n}", stream_id="stream-1") for n in range(1, 8)]
    console.do(lambda: [console.services.alarms.raise_alarm(one) for one in raised])
    console.until(lambda: console.parts.state.alarms.rowCount() == 7)
    console.settle()
    assert [place(console, part) for part in parts] == before
    assert console.parts.alarm_panel.table.isVisible() is (height > 800)


def test_a_low_window_names_the_first_alarm_and_folds_the_rest(open_console: Open) -> None:
    console = opened(open_console, 1280, 720)
    worst = alarm(1, Severity.CRITICAL, "Input lost", stream_id="stream-2", stream_name="Channel 2")
    minor = alarm(2, Severity.MINOR, "PTS gap")
    console.do(lambda: [console.services.alarms.raise_alarm(one) for one in (minor, worst)])
    panel = console.parts.alarm_panel
    console.until(lambda: panel.line.first.text() == "2 Channel 2: Input lost")
    assert panel.line.fold_button.text() == "1 more"
    assert panel.line.remedy_button.isVisible() and panel.line.remedy_button.text() == "Retry now"
    QTest.mouseClick(panel.line.remedy_button, LEFT)
    console.until(lambda: console.services.streams.retried == ["stream-2"])
    QTest.mouseClick(panel.line.fold_button, LEFT)
    console.until(panel.table.isVisible)
    assert console.parts.state.alarms.index(0, STREAM_COLUMN).data() == "2 Channel 2"
    QTest.mouseClick(panel.line.fold_button, LEFT)
    console.until(lambda: not panel.table.isVisible())


def test_all_on_the_page_is_the_one_in_sight_where_the_list_is_folded(open_console: Open) -> None:
    console = opened(open_console, 1280, 720)
    raised = [alarm(1, Severity.CRITICAL, "Input lost"), alarm(2, Severity.MINOR, "PTS gap")]
    console.do(lambda: [console.services.alarms.raise_alarm(one) for one in raised])
    console.until(lambda: console.parts.state.alarms.rowCount() == 2)
    console.parts.alarm_panel.acknowledge_page()
    alarms = console.services.alarms.open
    console.until(lambda: alarms[1].state is AlarmState.ACKNOWLEDGED)
    assert alarms[2].state is AlarmState.UNACKNOWLEDGED


def test_the_time_line_is_in_reach_while_alarms_stand_and_gives_way_to_new_ones(open_console: Open) -> None:
    console = opened(open_console, 1600, 1000)
    console.do(lambda: console.services.alarms.raise_alarm(alarm(1, Severity.MINOR, "PTS gap")))
    panel = console.parts.alarm_panel
    console.until(panel.table.isVisible)
    QTest.mouseClick(panel.line.breaks_button, LEFT)
    assert console.parts.timeline.isVisible() and not panel.table.isVisible()
    console.do(lambda: console.services.alarms.raise_alarm(alarm(2, Severity.MAJOR, "PCR jumped")))
    console.until(panel.table.isVisible)


def test_the_key_of_the_time_line_unfolds_it(open_console: Open) -> None:
    console = opened(open_console, 1280, 720)
    assert not console.parts.timeline.isVisible()
    console.parts.actions["timeline"].trigger()
    assert console.parts.timeline.isVisible()
