"""Streams from the window: first run, list, filter, start and stop, editor, profiles."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLineEdit

from console_under_test import Console, editor_of
from fake_services import FakeServices
from fake_values import running, view
from ibe100.models.stream_config import (
    FileInput,
    NoOutput,
    SrtInput,
    StreamConfig,
    TestPatternInput,
    UdpInput,
)
from ibe100.models.stream_state import StreamState, Tally
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import StreamReport
from ibe100.ui.streams.editor.field_spec import FieldKind
from ibe100.ui.widgets.name_question import NameQuestion

LEFT = Qt.MouseButton.LeftButton
Open = Callable[[FakeServices], Console]


def only_view(console: Console) -> StreamState | None:
    rows = console.parts.state.streams.rows()
    return rows[0].view.state if rows else None


def test_an_empty_console_offers_four_ways_to_begin(open_console: Open) -> None:
    parts = open_console(FakeServices()).parts
    assert parts.start_pages.currentWidget() is parts.first_run
    for button in (
        parts.first_run.demo,
        parts.first_run.add,
        parts.first_run.load_profile,
        parts.first_run.import_profiles,
    ):
        assert button.isVisible()
        assert button.isEnabled()
    assert "built-in minitsp" in parts.status.engines.text() or parts.client.has_open_calls


def test_the_demo_stream_is_added_and_started_by_one_click(open_console: Open) -> None:
    console = open_console(FakeServices())
    QTest.mouseClick(console.parts.first_run.demo, LEFT)
    console.until(lambda: only_view(console) is StreamState.RUNNING)
    config = console.services.streams.views["stream-1"].config
    assert config == StreamConfig(name="Demo stream", input=TestPatternInput(), output=NoOutput())
    assert console.parts.start_pages.currentWidget() is console.parts.dashboard
    console.until(lambda: console.parts.cue_panel.target_id == "stream-1")
    card = console.parts.dashboard.card("stream-1")
    assert card is not None
    console.do(lambda: console.services.streams.measure("stream-1"))
    console.until(lambda: card.facts.figure("Mb/s") == "2.00")


def test_start_is_one_press_and_stop_wants_a_second(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    button = console.parts.stream_panel.run_button
    QTest.mouseClick(button, LEFT)
    console.until(lambda: only_view(console) is StreamState.RUNNING)
    assert button.text() == "Stop"
    QTest.mouseClick(button, LEFT)
    assert button.text() == "Sure?"
    assert only_view(console) is StreamState.RUNNING
    QTest.mouseClick(button, LEFT)
    console.until(lambda: only_view(console) is StreamState.STOPPED)


def test_a_stream_without_input_says_for_how_long_and_is_tried_again_at_once_when_asked(
    open_console: Open,
) -> None:
    services = FakeServices()
    now = time.time()
    lost = {"state": StreamState.WAITING, "tally": Tally.NO_INPUT, "input_lost_at": now - 42}
    services.streams.put(view(1, "News", reason="nothing was received", retry_at=now + 500, **lost))
    console = open_console(services)
    parts = console.parts
    console.until(lambda: parts.state.streams.rowCount() == 1)
    (row,) = parts.state.streams.rows()
    assert row.state_words.startswith("NO INPUT 00:")
    assert row.retry_words.startswith("in 08:1")
    parts.stream_panel.select("stream-1")
    parts.stream_panel.set_list_open(True)
    assert parts.stream_panel.retry_button.isVisible()
    QTest.mouseClick(parts.stream_panel.retry_button, LEFT)
    console.until(lambda: services.streams.retried == ["stream-1"])
    services.streams.put(running(1, "News"))
    console.until(lambda: not parts.stream_panel.retry_button.isVisible())


def test_why_a_stream_did_not_start_is_said_in_the_window(open_console: Open) -> None:
    config = StreamConfig(name="Playout", input=FileInput(path=Path("/nowhere/news.ts")))
    console = open_console(FakeServices([view(1, "Playout", config=config)]))
    console.parts.stream_controller.start("stream-1")
    notice = console.parts.notices.text
    console.until(lambda: "the file /nowhere/news.ts does not exist: choose another" in notice.text())


def test_a_new_folder_is_asked_for_once_before_a_stream_uses_it(open_console: Open) -> None:
    services = FakeServices()
    services.media.closed = [Path("/rec")]
    console = open_console(services)
    console.parts.stream_controller.add()
    editor = editor_of(console)
    editor.name.set_value("Recorder")
    editor.output.kind.set_value("file")
    editor.output.kind.changed.emit()
    editor.field("output.path").set_value("/rec/a.ts")
    editor.save()
    console.until(lambda: editor.folders.question is not None)
    assert editor.folders.question is not None
    editor.folders.question.reject()
    console.until(editor.save_button.isEnabled)
    assert services.streams.streams() == () and services.media.closed
    editor.folders.question = None
    editor.save()
    console.until(lambda: editor.folders.question is not None)
    assert editor.folders.question is not None
    editor.folders.question.allow_button.click()
    console.until(services.streams.streams)
    assert services.media.closed == []


def test_the_filter_keeps_streams_that_hold_the_text(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "IBE News HD"), view(2, "Sport"), running(3, "Cinema")]))
    panel = console.parts.stream_panel
    model = panel.list.model()
    assert model is not None
    console.parts.actions["filter"].trigger()
    assert panel.filter_edit.hasFocus()
    panel.filter_edit.setText("air")
    assert [model.index(at, 0).data() for at in range(model.rowCount())] == ["1 IBE News HD", "3 Cinema"]
    panel.filter_edit.setText("sport")
    shown = [model.index(at, 0).data() for at in range(model.rowCount())]
    assert shown == ["1 IBE News HD", "2 Sport"], "the selected one stays"
    QTest.keyClick(console.window, Qt.Key.Key_3)
    assert panel.filter_edit.text() == ""
    assert console.parts.cue_panel.target_id == "stream-3"


def test_digits_and_letters_are_text_while_one_types(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "IBE 2"), running(2, "Sport")]))
    console.parts.stream_panel.open_filter()
    edit = console.parts.stream_panel.filter_edit
    QTest.keyClicks(edit, "2a")
    assert edit.text() == "2a"
    assert console.parts.cue_panel.target_id == "stream-1"


def test_operate_locks_edits_and_set_up_allows_them(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    panel = console.parts.stream_panel
    buttons = (panel.edit_button, panel.remove_button, panel.add_button)
    assert not any(button.isEnabled() for button in buttons)
    assert not console.parts.actions["add"].isEnabled()
    console.parts.top_bar.set_up.click()
    assert all(button.isEnabled() for button in buttons)
    QTest.mouseClick(panel.remove_button, LEFT)
    console.until(lambda: only_view(console) is None)
    assert console.parts.start_pages.currentWidget() is console.parts.first_run


def test_a_stream_that_runs_cannot_be_deleted(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.parts.top_bar.set_up.click()
    assert not console.parts.stream_panel.remove_button.isEnabled()


def test_what_is_wrong_stands_beside_its_field(open_console: Open) -> None:
    console = open_console(FakeServices())
    console.parts.first_run.add.click()
    editor = editor_of(console)
    editor.input.kind.editor.setCurrentIndex(2)
    editor.field("input.port").set_value("99999")
    editor.field("scte35.pid").set_value("0x000F")
    assert editor.check() is None
    assert "at most 65535" in editor.field("input.port").fault.text()
    assert editor.field("input.port").fault.isVisible()
    assert "at least 16" in editor.field("scte35.pid").fault.text()
    assert not editor.save_button.isEnabled()
    editor.field("input.port").set_value("many")
    editor.check()
    assert editor.field("input.port").fault.text() == "▲ Port must be a number"
    editor.field("input.port").set_value("")
    editor.check()
    assert editor.field("input.port").fault.text() == "▲ Port is needed"
    editor.reject()


def test_rules_over_two_fields_are_said_in_the_editor(open_console: Open) -> None:
    console = open_console(FakeServices())
    console.parts.stream_controller.add()
    editor = editor_of(console)
    editor.field("scte35.event_id_last").set_value("0x1")
    editor.check()
    fault = editor.field("scte35.event_id_last").fault.text()
    assert fault == "▲ Last event id is below First event id"
    editor.reject()


def test_a_stream_is_added_by_the_editor(open_console: Open) -> None:
    console = open_console(FakeServices())
    console.parts.stream_controller.add()
    editor = editor_of(console)
    editor.name.set_value("Sport 1 HD")
    editor.input.kind.editor.setCurrentIndex(list(editor.input._fields).index("udp"))
    editor.field("input.host").set_value("239.10.1.3")
    editor.field("input.port").set_value("5000")
    editor.field("scte35.pid").set_value("0x01F5")
    editor.check()
    console.until(lambda: "tsp -I udp 239.10.1.3:5000" in editor.command.text.toPlainText())
    QTest.mouseClick(editor.save_button, LEFT)
    console.until(lambda: console.parts.state.streams.rowCount() == 1)
    config = console.services.streams.views["stream-1"].config
    assert config.name == "Sport 1 HD"
    assert config.input == UdpInput(host="239.10.1.3", port=5000)
    assert config.scte35.pid == 0x01F5
    console.until(lambda: console.parts.stream_controller.editor is None)


def test_a_refusal_by_the_services_stays_in_the_editor(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    console.parts.stream_controller.add()
    editor = editor_of(console)
    editor.name.set_value("News")
    editor.save()
    console.until(lambda: "already a stream named News" in editor.problem.text())
    assert editor.isVisible()
    editor.reject()


def test_a_secret_is_masked_and_kept_when_nothing_is_typed(open_console: Open) -> None:
    source = SrtInput(host="10.0.0.1", port=9000, passphrase="correct horse battery")
    console = open_console(FakeServices([view(1, "News", config=StreamConfig(name="News", input=source))]))
    console.parts.stream_controller.edit("stream-1")
    editor = editor_of(console)
    field = editor.field("input.passphrase")
    assert field.spec.kind is FieldKind.SECRET
    assert isinstance(field.editor, QLineEdit)
    assert field.editor.echoMode() is QLineEdit.EchoMode.Password
    assert field.value() == ""
    editor.name.set_value("News 2")
    editor.save()
    console.until(lambda: console.services.streams.views["stream-1"].config.name == "News 2")
    assert console.services.streams.views["stream-1"].config.input == source
    console.until(lambda: console.parts.stream_controller.editor is None)


def test_a_name_that_reads_as_a_hexadecimal_number_is_a_name(open_console: Open) -> None:
    console = open_console(FakeServices())
    console.parts.stream_controller.add()
    editor = editor_of(console)
    editor.name.set_value("0x1F")
    editor.save()
    console.until(lambda: [one.name for one in console.services.streams.views.values()] == ["0x1F"])


@pytest.fixture
def report(media: Path) -> StreamReport:
    """A real probe of a recording that already has SCTE-35."""
    data = (media / "ott_with_scte35.ts").read_bytes()[: 188 * 40_000]
    packets = np.frombuffer(data, dtype=np.uint8)
    analyzer = StreamAnalyzer()
    analyzer.feed(packets[: len(packets) // 188 * 188].reshape(-1, 188))
    return analyzer.report()


def test_the_probe_shows_what_is_there_and_lets_the_service_be_picked(
    open_console: Open, report: StreamReport
) -> None:
    services = FakeServices()
    services.streams.report = report
    console = open_console(services)
    console.parts.stream_controller.add()
    editor = editor_of(console)
    QTest.mouseClick(editor.probe.button, LEFT)
    table = editor.probe.table
    model = table.model()
    assert model is not None
    console.until(lambda: model.rowCount() > 0)
    assert "SCTE-35 is already there on 0x" in editor.probe.existing.text()
    kinds = [stream.kind.name.lower() for service in report.services for stream in service.streams]
    assert [str(model.index(at, 3).data()).split()[0] for at in range(model.rowCount())] == kinds
    assert model.rowCount() == sum(len(service.streams) for service in report.services)
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(model.index(0, 1)).center())
    assert editor.field("service_id").value() == str(report.services[0].service_id)
    console.until(lambda: "# probed" in editor.command.text.toPlainText())
    editor.reject()


def test_a_probe_that_fails_says_why(open_console: Open) -> None:
    console = open_console(FakeServices())
    console.parts.stream_controller.add()
    editor = editor_of(console)
    QTest.mouseClick(editor.probe.button, LEFT)
    console.until(lambda: "cannot be read: check that the sender is up" in editor.probe.summary.text())
    editor.reject()


def test_profiles_are_saved_and_loaded_by_name(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News"), view(2, "Sport")]))

    def answer(name: str) -> None:
        console.until(lambda: console.window.findChildren(NameQuestion))
        question = console.window.findChildren(NameQuestion)[-1]
        question.name.setCurrentText(name)
        question.accept_button.click()
        console.until(lambda: not console.window.findChildren(NameQuestion))

    console.parts.profile_controller.save()
    answer("evening")
    console.until(lambda: "Profile evening was saved" in console.parts.notices.text.text())
    console.run(console.services.streams.remove("stream-2"))
    console.until(lambda: console.parts.state.streams.rowCount() == 1)
    console.parts.profile_controller.load()
    answer("evening")
    console.until(lambda: console.parts.state.streams.rowCount() == 2)
    assert [row.name for row in console.parts.state.streams.rows()] == ["News", "Sport"]


def test_the_first_run_begins_with_a_profile_that_ships(open_console: Open) -> None:
    """Nothing was saved yet, and there is something to choose."""
    console = open_console(FakeServices())
    console.parts.first_run.load_profile.click()
    console.until(lambda: console.window.findChildren(NameQuestion))
    question = console.window.findChildren(NameQuestion)[-1]
    question.name.setCurrentText("UDP relay")
    question.accept_button.click()
    console.until(lambda: [row.name for row in console.parts.state.streams.rows()] == ["UDP relay"])


def test_a_deleted_stream_can_be_brought_back(open_console: Open) -> None:
    source = SrtInput(host="10.0.0.1", port=9000, passphrase="correct horse battery")
    console = open_console(FakeServices([view(1, "News", config=StreamConfig(name="News", input=source))]))
    console.parts.top_bar.set_up.click()
    console.parts.stream_panel.remove_button.click()
    undo = console.parts.notices.undo_button
    console.until(undo.isVisible)
    assert console.services.streams.views == {}
    console.until(lambda: console.parts.state.streams.rowCount() == 0)
    QTest.mouseClick(undo, LEFT)
    console.until(lambda: console.parts.state.streams.rowCount() == 1)
    assert console.services.streams.views["stream-1"].config.input == source


def test_a_row_is_marked_once_the_marked_one_is_deleted(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News"), view(2, "Sport")]))
    panel = console.parts.stream_panel
    console.parts.top_bar.set_up.click()
    console.select(2)
    panel.remove_button.click()
    console.until(lambda: console.parts.state.streams.rowCount() == 1)
    assert (panel.selected_id(), panel.selected_ids()) == ("stream-1", ("stream-1",))


def test_a_contract_fills_the_fields_that_follow_from_it_and_is_kept(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.parts.top_bar.set_up.click()
    console.parts.stream_controller.edit("stream-1")
    editor = console.parts.stream_controller.editor
    assert editor is not None
    choice = editor.contract.choice
    console.until(lambda: choice.findText("OTT distributor") >= 0)
    choice.setCurrentIndex(choice.findText("OTT distributor"))
    assert editor.field("scte35.pid").value() == "600"
    assert "meets the contract" in editor.contract.findings.text()
    editor.field("scte35.pid").set_value("500")
    editor.check()
    assert "asks PID 600; found: PID 500" in editor.contract.findings.text()
    assert "contract asks PID 600" in editor.field("scte35.pid").fault.text()
    editor.save()
    console.until(lambda: console.services.streams.views["stream-1"].config.contract is not None)
    panel = console.parts.cue_panel
    console.until(lambda: "contract: scte35_pid" in panel.buttons.to_break.toolTip())
    console.parts.stream_controller.edit("stream-1")
    again = console.parts.stream_controller.editor
    assert again is not None
    assert again.contract.contract is not None
    assert again.contract.contract.name == "OTT distributor"
    again.reject()
