"""The editor from the keyboard: paste, probe, save and start, leave, and the places of others."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console, editor_of
from fake_services import FakeServices
from fake_values import running, view
from ibe100.models.stream_config import SrtInput, StreamConfig, UdpInput
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.streams.editor.stream_editor import StreamEditor

Open = Callable[[FakeServices], Console]
URL = "srt://10.0.0.1:9000?latency=250"


def opened(console: Console, stream_id: str = "") -> StreamEditor:
    console.parts.top_bar.set_up.click()
    if stream_id:
        console.parts.stream_controller.edit(stream_id)
    else:
        console.parts.stream_controller.add()
    editor = editor_of(console)
    console.until(editor.isActiveWindow)
    return editor


def closed(console: Console) -> bool:
    return console.parts.stream_controller.editor is None


def test_a_pasted_address_is_probed_by_itself_and_the_stream_saved_and_started(open_console: Open) -> None:
    console = open_console(FakeServices())
    editor = opened(console)
    assert editor.focusWidget() is editor.input.address.line
    editor.input.address.line.setText(URL)
    editor.input.address.line.textEdited.emit(URL)
    source = SrtInput(host="10.0.0.1", port=9000, latency_ms=250)
    console.until(lambda: console.services.streams.probed == [source])
    assert editor.name.value() == "SRT 10.0.0.1 9000"
    console.until(editor.foot.run.isEnabled)
    QTest.mouseClick(editor.foot.run, Qt.MouseButton.LeftButton)
    console.until(lambda: closed(console))
    console.until(lambda: console.services.streams.views["stream-1"].state is StreamState.RUNNING)
    assert console.services.streams.views["stream-1"].config.input == source


def test_ctrl_enter_saves(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    editor = opened(console, "stream-1")
    editor.name.set_value("News at ten")
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    console.until(lambda: closed(console))
    assert console.services.streams.views["stream-1"].config.name == "News at ten"


def test_esc_asks_before_changes_are_lost_and_closes_at_once_without_any(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    editor = opened(console, "stream-1")
    editor.name.set_value("Changed")
    for _twice in range(2):
        QTest.keyClick(editor, Qt.Key.Key_Escape)
        assert editor.foot.is_asking
        QTest.keyClick(editor, Qt.Key.Key_Escape)
        assert not editor.foot.is_asking
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    QTest.mouseClick(editor.foot.discard, Qt.MouseButton.LeftButton)
    console.until(lambda: closed(console))
    assert console.services.streams.views["stream-1"].config.name == "News"
    editor = opened(console, "stream-1")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    console.until(lambda: closed(console))


def test_a_port_of_another_stream_is_refused_beside_the_field_with_its_name(open_console: Open) -> None:
    sport = StreamConfig(name="Sport", input=UdpInput(port=5000))
    console = open_console(FakeServices([view(1, "News"), view(2, "Sport", config=sport)]))
    editor = opened(console, "stream-1")
    editor.input.address.take("udp://:5000")
    fault = editor.field("input.port").fault
    console.until(lambda: "5000: Sport listens on it" in fault.text())
    assert not editor.foot.save.isEnabled()
    assert "input Port" in editor.problem.text()
    editor.field("input.port").set_value("5002")
    editor.check()
    console.until(editor.foot.save.isEnabled)
    assert "Sport" not in editor.field("input.port").fault.text()
    editor.foot.discard.click()


def test_on_air_it_is_said_how_long_a_restart_takes_and_it_can_wait_for_the_break(
    open_console: Open,
) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    editor = opened(console, "stream-1")
    assert "about 2.4 s without output" in editor.foot.effect.text()
    assert editor.foot.run.text() == "Save and restart now"
    assert editor.foot.after_break.isHidden()
    console.do(lambda: console.services.streams.update("stream-1", tally=Tally.IN_BREAK))
    console.until(editor.foot.after_break.isVisible)
    editor.field("scte35.break_duration_s").set_value("45")
    QTest.mouseClick(editor.foot.after_break, Qt.MouseButton.LeftButton)
    console.until(lambda: console.services.streams.after_break == ["stream-1"])
    assert console.services.streams.views["stream-1"].config.scte35.break_duration_s == 45


def test_a_change_of_name_and_group_alone_offers_no_restart(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    editor = opened(console, "stream-1")
    editor.field("group").set_value("Sport")
    editor.check()
    assert not editor.foot.run.isVisible()
    assert "nothing is restarted" in editor.foot.effect.text()
    editor.field("scte35.break_duration_s").set_value("45")
    editor.check()
    assert editor.foot.run.isVisible()
    editor.field("scte35.break_duration_s").set_value("60")
    editor.check()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(editor, Qt.Key.Key_Return, both)
    console.until(lambda: closed(console))
    assert console.services.streams.views["stream-1"].config.group == "Sport"
    assert "until it is restarted" not in console.parts.notices.text.text()


def test_a_new_stream_begins_with_a_name_that_no_other_has(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "New stream"), view(2, "SRT 10.0.0.1 9000")]))
    editor = opened(console)
    assert editor.name.value() == "New stream 2"
    editor.input.address.take(URL)
    assert editor.name.value() == "SRT 10.0.0.1 9000 2"
    editor.foot.discard.click()


def test_fields_that_differ_from_the_contract_are_set_by_one_press(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    editor = opened(console, "stream-1")
    choice = editor.contract.choice
    console.until(lambda: choice.findText("OTT distributor") >= 0)
    choice.setCurrentIndex(choice.findText("OTT distributor"))
    assert editor.contract.correct.isHidden()
    editor.field("scte35.pid").set_value("500")
    editor.check()
    assert editor.contract.correct.text() == "Set 1 field as it asks"
    QTest.mouseClick(editor.contract.correct, Qt.MouseButton.LeftButton)
    assert editor.field("scte35.pid").value() == "600"
    assert "meets the contract" in editor.contract.findings.text()
    editor.foot.discard.click()
