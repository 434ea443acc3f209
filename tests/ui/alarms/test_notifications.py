"""Notifications and the system view in the window."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLineEdit

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.alarms.machine_health import ClockState, ClockSync, MachineHealth, ProcessLoad
from ibe100.models.messages import MachineMeasured
from ibe100.services.alarms.signal_catalogue import CONTINUITY_ERROR
from ibe100.ui.alarms.alarm_rules_view import AlarmRulesView
from ibe100.ui.alarms.notification_view import NotificationView
from ibe100.ui.window.machine_view import MachineView
from ibe100.ui.window.system_button import SystemButton, clock_words

Open = Callable[[FakeServices], Console]
LEFT = Qt.MouseButton.LeftButton
HEALTH = MachineHealth(
    at=1.0,
    cpu_percent=34.0,
    memory_used_bytes=5_000_000_000,
    memory_total_bytes=20_000_000_000,
    disk_free_bytes=39_000_000_000,
    disk_total_bytes=100_000_000_000,
    network_in_bps=33_000_000.0,
    network_out_bps=400_000.0,
    clock=ClockSync(state=ClockState.SYNCHRONISED, offset_ms=0.4),
    queues={"bus": 3},
    last_backup_at=1_800_000_000.0,
    streams=(ProcessLoad(stream_id="stream-1", cpu_percent=7.0, memory_bytes=60_000_000, processes=3),),
)


def test_somebody_to_tell_is_added_tested_and_removed_and_the_address_is_not_shown_again(
    open_console: Open,
) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.parts.actions["notifications"].trigger()
    (view,) = console.window.findChildren(NotificationView)
    assert view.address.echoMode() is QLineEdit.EchoMode.Password
    QTest.mouseClick(view.save_button, LEFT)
    assert "name" in view.words.text()
    view.name.setText("night shift")
    view.address.setText("bad://token")
    QTest.mouseClick(view.save_button, LEFT)
    console.until(lambda: view.model.rowCount() == 1)
    assert view.address.text() == ""
    QTest.mouseClick(view.test_button, LEFT)
    console.until(lambda: "was not taken" in view.words.text())
    view.address.setText("json://token")
    QTest.mouseClick(view.save_button, LEFT)
    console.until(lambda: view.model.index(0, 1).data() == "json")
    QTest.mouseClick(view.test_button, LEFT)
    console.until(lambda: view.words.text() == "The test was delivered.")
    console.until(lambda: view.model.index(0, 3).data() == "1 sent, last 00:00:01")
    QTest.mouseClick(view.remove_button, LEFT)
    console.until(lambda: view.model.rowCount() == 0)
    view.accept()


def test_the_system_is_in_the_top_bar_and_opens_whole(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.do(lambda: console.services.bus.publish(MachineMeasured(health=HEALTH)))
    button = console.parts.top_bar.system
    console.until(lambda: button.health is not None)
    figures_now = "CPU 34 %, memory 25 %, disk 61 %, network 33 Mb/s in, 0.4 Mb/s out, clock +0.4 ms"
    assert button.accessibleName() == f"System: OK; {figures_now}"
    QTest.keyClick(button, Qt.Key.Key_Space)
    (view,) = console.window.findChildren(MachineView)
    figures = dict(view.figures.rows())
    assert figures["Memory in use"] == "5.0 GB of 20.0 GB (25 %)"
    assert figures["Last good backup"] == "2027-01-15 08:00:00Z"
    assert figures["Console: waiting for the bus"] == "3"
    assert view.loads.rows() == (("stream-1", "News", "7", "60.0 MB", "3"),)
    view.accept()


def test_the_system_says_in_words_what_is_wrong_and_first_what_matters_most(themed: QApplication) -> None:
    button = SystemButton()
    button.show_health(HEALTH)
    assert button.text() == "System OK · clock +0.4 ms"
    button.set_short(True)
    assert button.text() == "System OK"
    bad = {"disk_free_bytes": 5, "disk_total_bytes": 100, "cpu_percent": 96.0}
    unset = ClockSync(state=ClockState.NOT_SYNCHRONISED)
    button.show_health(HEALTH.model_copy(update={"clock": unset, **bad}))
    assert button.text() == "Clock not synchronised +2"
    button.set_short(False)
    assert button.text() == "Clock not synchronised · Disk 95 % · CPU 96 %"


def test_a_clock_nobody_tells_of_is_called_not_known() -> None:
    states = (
        ClockSync(),
        ClockSync(state=ClockState.NOT_SYNCHRONISED),
        ClockSync(state=ClockState.SYNCHRONISED, error_ms=1.25),
        ClockSync(state=ClockState.SYNCHRONISED),
    )
    assert [clock_words(state) for state in states] == ["not known", "no sync", "±1.2 ms", "in sync"]


def test_a_rule_is_changed_for_one_stream_and_set_back_in_set_up(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    action = console.parts.actions["alarm_rules"]
    assert not action.isEnabled()
    console.window.parts.top_bar.toggle_mode()
    action.trigger()
    (view,) = console.window.findChildren(AlarmRulesView)
    console.until(lambda: view.model.rows())
    view.stream.setCurrentIndex(1)
    row = next(
        at for at, rule in enumerate(view.model.rows()) if rule.condition == CONTINUITY_ERROR.condition
    )
    view.table.selectRow(row)
    view.on_delay.setValue(4.0)
    view.parameters["least_per_s"].setValue(10)
    QTest.mouseClick(view.set_button, LEFT)
    rules = console.services.alarm_rules
    console.until(lambda: rules.rule("stream-1", CONTINUITY_ERROR).on_delay_s == 4.0)
    assert rules.rule("stream-1", CONTINUITY_ERROR).least_per_s == 10
    assert rules.rule("stream-2", CONTINUITY_ERROR).on_delay_s == 0.0
    console.until(lambda: view.model.rows()[row].change.on_delay_s == 4.0)
    QTest.mouseClick(view.undo_button, LEFT)
    console.until(lambda: rules.rule("stream-1", CONTINUITY_ERROR).on_delay_s == 0.0)
    view.accept()
