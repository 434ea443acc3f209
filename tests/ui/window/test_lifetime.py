"""Lifetime of the window: services that refuse, faults, closing, the saved layout."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from console_under_test import PATIENCE_MS, Console
from fake_services import FakeServices
from fake_values import running, view
from ibe100.core.background_loop import BackgroundLoop
from ibe100.models.errors import StorageError
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.actions.command_palette import CommandPalette
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.fault_guard import FaultGuard
from ibe100.ui.main_window import MainWindow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.service_session import ServiceSession

Open = Callable[[FakeServices], Console]


@pytest.fixture
def guard() -> Iterator[FaultGuard]:
    """The guard in place, and taken away again."""
    installed = FaultGuard()
    installed.install()
    yield installed
    installed.uninstall()


def test_an_uncaught_exception_is_said_and_the_console_goes_on(open_console: Open, guard: FaultGuard) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    guard.caught.connect(lambda words: console.parts.notices.post("error", words))
    error = ZeroDivisionError("a slot went wrong")
    sys.excepthook(ZeroDivisionError, error, None)
    assert "a slot went wrong" in console.parts.notices.text.text()
    console.parts.cue_panel.buttons.to_break.click()
    console.until(lambda: len(console.services.cues.requests) == 1)


def test_an_uncaught_exception_of_a_thread_is_said_too(qtbot: QtBot, guard: FaultGuard) -> None:
    with qtbot.waitSignal(guard.caught, timeout=PATIENCE_MS) as caught:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    assert caught.args is not None
    assert "ZeroDivisionError" in caught.args[0]


def test_the_palette_finds_and_runs_a_command(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport")]))
    console.window.dialogs.show_palette()
    palette = console.window.findChildren(CommandPalette)[0]
    palette.edit.setText("select sport")
    palette.accept_current()
    assert console.parts.cue_panel.target_id == "stream-2"


def test_closing_names_the_breaks_that_stopping_would_end(open_console: Open) -> None:
    on_air = running(2, "Sport", Tally.IN_BREAK, break_ends_at=1_800_000_000.0)
    armed = running(3, "Kids", Tally.ARMED)
    console = open_console(FakeServices([running(1, "News"), on_air, armed]))
    console.window.close()
    question = console.parts.closing.question
    assert question is not None
    assert question.breaks.text().splitlines() == [
        "2 Sport is in a break until 08:00:00 UTC: stopping it ends the break.",
        "3 Kids has a cue armed: stopping it loses the cue.",
    ]
    assert question.breaks.isVisible()
    question.cancel.click()


def test_closing_asks_while_a_stream_runs_and_keeps_it_by_default(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    assert not console.window.close()
    question = console.parts.closing.question
    assert question is not None
    assert question.keep.isDefault()
    question.keep.click()
    console.until(lambda: not console.window.isVisible())
    assert console.services.streams.views["stream-1"].state is StreamState.RUNNING


def test_closing_can_stop_the_streams_first(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport"), view(3, "Off")]))
    console.window.close()
    question = console.parts.closing.question
    assert question is not None
    question.stop.click()
    console.until(lambda: not console.window.isVisible())
    states = [one.state for one in console.services.streams.streams()]
    assert states == [StreamState.STOPPED, StreamState.STOPPED, StreamState.OFF]


def test_closing_can_be_thought_better_of(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.window.close()
    question = console.parts.closing.question
    assert question is not None
    question.cancel.click()
    assert console.window.isVisible()
    assert console.parts.closing.question is None


def test_an_idle_console_closes_at_once(open_console: Open) -> None:
    assert open_console(FakeServices([view(1, "News")])).window.close()


def test_the_layout_is_kept_in_the_given_file_only(
    themed: QApplication, qtbot: QtBot, loop: BackgroundLoop, tmp_path: Path
) -> None:
    layout_file = tmp_path / "layouts.json"

    def window() -> MainWindow:
        opened = MainWindow(ServiceClient(loop), EventBridge(), layout_file=layout_file)
        qtbot.addWidget(opened)
        opened.show()
        return opened

    first = window()
    first.parts.docks["alarms"].hide()
    first.close()
    assert layout_file.exists()
    second = window()
    assert not second.parts.docks["alarms"].isVisible()
    second.parts.docks.arrange()
    assert second.parts.docks["alarms"].isVisible()
    layout_file.write_text(layout_file.read_text().replace('"version":4', '"version":3'))
    assert window().parts.docks["alarms"].isVisible()


def test_services_that_do_not_start_say_why_and_can_be_tried_again(
    themed: QApplication, qtbot: QtBot, loop: BackgroundLoop
) -> None:
    services = FakeServices([running(1, "News")])
    refusals = ["another console uses this database: close it first"]

    @asynccontextmanager
    async def open_services() -> AsyncIterator[FakeServices]:
        if refusals:
            raise StorageError(refusals.pop())
        async with services.opened():
            yield services

    bridge, client = EventBridge(), ServiceClient(loop)
    window = MainWindow(client, bridge)
    qtbot.addWidget(window)
    session = ServiceSession(loop, open_services, client, bridge)
    session.opened.connect(window.services_opened)
    session.failed.connect(window.services_failed)
    window.retry_requested.connect(session.open)
    window.show()
    with qtbot.waitSignal(session.failed, timeout=PATIENCE_MS):
        session.open()
    assert "another console uses this database" in window.parts.starting.words.text()
    with qtbot.waitSignal(window.parts.state.is_known, timeout=PATIENCE_MS):
        window.parts.starting.retry.click()
    assert window.parts.start_pages.currentWidget() is window.parts.dashboard
    qtbot.waitUntil(lambda: not client.has_open_calls, timeout=PATIENCE_MS)
    session.close(20)
    assert not services.is_open


def test_services_that_fail_while_they_close_do_not_hold_the_console(
    themed: QApplication, qtbot: QtBot, loop: BackgroundLoop, caplog: pytest.LogCaptureFixture
) -> None:
    @asynccontextmanager
    async def open_services() -> AsyncIterator[FakeServices]:
        yield FakeServices()
        raise StorageError("the disk is full")

    bridge, client = EventBridge(), ServiceClient(loop)
    session = ServiceSession(loop, open_services, client, bridge)
    with qtbot.waitSignal(session.opened, timeout=PATIENCE_MS):
        session.open()
    session.close(20)
    assert not client.is_bound
    assert any("failed while they closed" in record.message for record in caplog.records)


@pytest.mark.parametrize("outcome", ["answered", "refused"])
def test_an_answer_for_a_dialog_that_is_gone_is_told_to_nobody(
    open_console: Open, guard: FaultGuard, qtbot: QtBot, outcome: str
) -> None:
    """As for the command that the stream editor shows, when it is saved before the answer is there."""
    console = open_console(FakeServices())
    client, go_on, told = console.parts.client, threading.Event(), list[str]()
    guard.caught.connect(told.append)
    client.refused.connect(lambda _what, words: told.append(words))

    async def slowly() -> str:
        await asyncio.to_thread(go_on.wait)
        if outcome == "refused":
            raise StorageError("the disk is full")
        return "tsp -I ip 5000"

    dialog = QLabel()
    call = client.ask("Command preview", lambda _services: slowly())
    call.then(dialog.setText, lambda words: dialog.setText(f"# {words}"), owner=dialog)
    with qtbot.waitSignal(dialog.destroyed, timeout=PATIENCE_MS):
        dialog.deleteLater()
    go_on.set()
    console.until(lambda: not client.has_open_calls)
    assert told == []
