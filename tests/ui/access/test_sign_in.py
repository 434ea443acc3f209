"""Sign-in at the window: who may press what, lock, hand-over, emergency key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_console import PASSWORD, PERSON
from fake_services import FakeServices
from fake_values import alarm, running
from ibe100.models.alarms.alarm import Severity
from ibe100.models.console import ConsolePlan
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_state import Tally
from ibe100.ui.access.second_person import SecondPerson

Open = Callable[[FakeServices], Console]


def house(*, sign_in: bool = True, second: Tally = Tally.ON_AIR) -> FakeServices:
    services = FakeServices(
        [running(1, "IBE News HD"), running(2, "Sport 1 HD", second)],
        [alarm(1, Severity.CRITICAL, "Input lost")],
    )
    services.console.set_plan(ConsolePlan(sign_in=sign_in, lock_after_min=5))
    services.console.access.add("anna", Role.OPERATOR)
    services.console.access.add("vera", Role.VIEWER)
    return services


def sign_in(console: Console, name: str, password: str = PASSWORD) -> None:
    panel = console.parts.sign_in.panel
    panel.name.setText(name)
    panel.password.setText(password)
    QTest.keyClick(panel.password, Qt.Key.Key_Return)


def signed_in(console: Console, name: str) -> None:
    sign_in(console, name)
    console.until(lambda: console.parts.seat.seat.person == name)
    console.until(lambda: console.parts.sign_in.stack.currentWidget() is console.parts.cue_panel)


def test_without_sign_in_cues_carry_the_name_of_the_machines_user(
    open_console: Open,
) -> None:
    console = open_console(house(sign_in=False))
    console.until(lambda: console.parts.seat.seat.person == PERSON.name)
    assert console.parts.sign_in.stack.currentWidget() is console.parts.cue_panel
    assert console.parts.top_bar.person.text() == PERSON.name
    assert not console.parts.top_bar.person.isEnabled()
    console.parts.cue_panel.buttons.to_break.click()
    console.until(lambda: console.services.cues.cues)
    assert console.services.cues.cues[0].requested_by == PERSON.name


def test_signed_out_pictures_stay_and_cues_keys_and_changes_are_locked_with_the_reason(
    open_console: Open,
) -> None:
    console = open_console(house())
    console.until(lambda: console.parts.sign_in.stack.currentWidget() is console.parts.sign_in.panel)
    parts = console.parts
    assert parts.dashboard.card("stream-1") is not None
    assert parts.top_bar.person.text() == "Nobody\nsigned out"
    for button in (
        parts.stream_panel.run_button,
        parts.alarm_panel.acknowledge_button,
        parts.schedule.head.plan_button,
        parts.dashboard.card("stream-1").run_button,
    ):
        console.until(lambda button=button: not button.isEnabled())
        assert "nobody is signed in" in button.toolTip()
    parts.cue_panel.fire(CueAction.TO_BREAK)
    console.until(lambda: "nobody is signed in" in parts.notices.text.text())
    assert not console.services.cues.requests


def test_without_any_user_it_says_how_to_add_one(open_console: Open) -> None:
    services = house()
    services.console.access.users.clear()
    console = open_console(services)
    console.until(lambda: "./run user add" in console.parts.sign_in.panel.words.text())


def test_a_wrong_password_says_so_and_is_not_kept_in_the_field(open_console: Open) -> None:
    console = open_console(house())
    sign_in(console, "anna", "incorrect horse")
    panel = console.parts.sign_in.panel
    assert panel.password.text() == ""
    console.until(lambda: panel.message.text() == "the name or the password is wrong")
    assert panel.accept_button.isEnabled()
    signed_in(console, "anna")


def test_a_viewer_sees_the_buttons_disabled_with_the_reason_and_an_operator_presses_them(
    open_console: Open,
) -> None:
    console = open_console(house())
    signed_in(console, "vera")
    buttons = console.parts.cue_panel.buttons
    console.until(lambda: not buttons.to_break.isEnabled())
    console.until(lambda: "vera is viewer: to fire cues needs operator" in buttons.to_break.toolTip())
    assert "vera is viewer" in console.parts.stream_panel.run_button.toolTip()
    assert not console.parts.actions["plan_break"].isEnabled()
    console.parts.sign_in.sign_out()
    console.until(lambda: not console.parts.seat.seat.person)
    signed_in(console, "anna")
    console.until(lambda: buttons.to_break.isEnabled())
    assert console.parts.top_bar.person.text() == "anna\noperator"
    buttons.to_break.click()
    console.until(lambda: console.services.cues.cues)
    assert console.services.cues.cues[0].requested_by == "anna"
    assert not console.parts.actions["notifications"].isEnabled(), "an operator sets none up"


def test_a_console_nobody_touches_is_locked_and_taken_again(open_console: Open) -> None:
    console = open_console(house())
    signed_in(console, "anna")
    idle = console.parts.sign_in.idle
    assert idle.limit_s == 300

    def is_locked() -> bool:
        idle.limit_s = 0.001  # news of the seat that is still on its way sets it anew
        return console.parts.seat.seat.locked_by == "anna"

    console.until(is_locked)
    panel = console.parts.sign_in.panel
    assert panel.title.text() == "Locked: anna"
    assert panel.name.text() == "anna"
    assert console.parts.top_bar.person.text() == "Nobody\nlocked"
    signed_in(console, "anna")
    assert idle.limit_s == 300


def test_a_hand_over_keeps_the_person_until_the_next_and_waits_for_an_armed_cue(open_console: Open) -> None:
    console = open_console(house(second=Tally.ARMED))
    signed_in(console, "anna")
    parts, panel = console.parts, console.parts.sign_in.panel
    parts.actions["hand_over"].trigger()
    assert parts.sign_in.stack.currentWidget() is panel
    assert "2 Sport 1 HD: ARMED" in panel.take_over.text()
    assert "1 to acknowledge" in panel.take_over.text()
    panel.note_field.setText("Sport runs late")
    sign_in(console, "vera")
    console.until(lambda: "A cue is armed" in panel.message.text())
    assert parts.seat.seat.person == "anna"
    console.do(lambda: console.services.streams.update("stream-2", tally=Tally.ON_AIR))
    console.until(lambda: "ARMED" not in panel.take_over.text())
    signed_in(console, "vera")
    assert "Note from anna: Sport runs late" in parts.notices.text.text()


def test_a_hand_over_that_is_called_off_changes_nothing(open_console: Open) -> None:
    console = open_console(house())
    signed_in(console, "anna")
    console.parts.actions["hand_over"].trigger()
    console.parts.sign_in.panel.call_off_button.click()
    assert console.parts.sign_in.stack.currentWidget() is console.parts.cue_panel
    assert console.parts.seat.seat.person == "anna"


def test_the_emergency_key_is_under_a_cover_and_names_its_stream(open_console: Open) -> None:
    console = open_console(house())
    emergency = console.parts.sign_in.panel.emergency
    console.until(emergency.isVisible)
    assert not emergency.to_break.isVisible()
    emergency.uncover_button.click()
    console.until(lambda: emergency.target.text() == "1 IBE News HD")
    emergency.to_break.held.emit()
    console.until(lambda: console.services.console.emergencies)
    assert console.services.console.emergencies == [("stream-1", CueAction.TO_BREAK)]
    console.until(lambda: console.services.cues.cues)
    assert console.services.cues.cues[0].requested_by == "emergency key"
    emergency.cover()
    assert not emergency.to_break.isVisible()


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_nothing_of_the_sign_in_is_cut_off(open_console: Open, size: tuple[int, int]) -> None:
    console = open_console(house())
    console.window.resize(*size)
    panel = console.parts.sign_in.panel
    console.until(panel.isVisible)
    panel.emergency.uncover_button.click()
    console.settle()
    for widget in (panel.accept_button, panel.emergency.back, panel.emergency.words):
        assert widget.isVisible()
        corner = widget.mapTo(console.window, widget.rect().bottomRight())
        assert console.window.rect().contains(corner)


def test_what_needs_two_persons_is_confirmed_by_the_second_at_the_window(open_console: Open) -> None:
    services = house()
    services.console.set_plan(ConsolePlan(sign_in=True, four_eyes=("stop",)))
    services.console.access.add("ben", Role.OPERATOR)
    console = open_console(services)
    signed_in(console, "anna")

    def ask() -> SecondPerson:
        console.parts.stream_controller.stop("stream-1")
        console.until(lambda: console.window.findChildren(SecondPerson))
        return console.window.findChildren(SecondPerson)[-1]

    def answer(name: str, password: str = PASSWORD) -> None:
        question = ask()
        question.name.setText(name)
        question.password.setText(password)
        question.accept_button.click()

    for name, password, words in (
        ("anna", PASSWORD, "cannot be the second person as well"),
        ("vera", PASSWORD, "vera is viewer"),
        ("ben", "incorrect horse", "the name or the password is wrong"),
    ):
        answer(name, password)
        console.until(lambda words=words: words in console.parts.notices.text.text())
    ask().reject()
    console.until(lambda: "no second person has confirmed it" in console.parts.notices.text.text())
    assert services.streams.stopped_by == []
    answer("ben")
    console.until(lambda: services.streams.stopped_by == ["anna + ben"])
