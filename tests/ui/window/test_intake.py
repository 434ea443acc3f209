"""Files and addresses dropped or pasted onto the window go where they belong, or it is said why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMainWindow

from console_under_test import Console, editor_of
from fake_services import FakeServices
from fake_values import view
from ibe100.models.stream_state import StreamState
from ibe100.ui.window.menus.intake import Kind, read_brought

Open = Callable[[FakeServices], Console]
URL = "srt://10.0.0.1:9000?latency=250"
NONE, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


def data_of(*paths: Path, text: str = "") -> QMimeData:
    data = QMimeData()
    if paths:
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if text:
        data.setText(text)
    return data


def enter(window: QMainWindow, data: QMimeData) -> None:
    place = window.rect().center()
    event = QDragEnterEvent(place, Qt.DropAction.CopyAction, data, LEFT, NONE)
    QApplication.sendEvent(window, event)


def drop(window: QMainWindow, data: QMimeData) -> None:
    enter(window, data)
    place = QPointF(window.rect().center())
    QApplication.sendEvent(window, QDropEvent(place, Qt.DropAction.CopyAction, data, LEFT, NONE))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (URL, Kind.STREAM),
        ("/media/a.TS", Kind.STREAM),
        ("/plans/day.csv", Kind.SCHEDULE),
        ("/plans/day.json", Kind.JSON),
        ("/plans/day.docx", Kind.UNKNOWN),
        ("some words", Kind.UNKNOWN),
    ],
)
def test_what_it_is_for_is_told_by_address_or_suffix(text: str, kind: Kind) -> None:
    assert read_brought(text).kind is kind


def test_an_address_pasted_on_the_window_is_on_air_in_four_clicks(open_console: Open) -> None:
    console = open_console(FakeServices())
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText(URL)
    QTest.mouseClick(console.parts.top_bar.set_up, LEFT)
    QTest.keyClick(console.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    editor = editor_of(console)
    console.until(lambda: console.services.streams.probed)
    console.until(editor.foot.run.isEnabled)
    QTest.mouseClick(editor.foot.run, LEFT)
    console.until(lambda: console.services.streams.views)
    console.until(lambda: console.services.streams.views["stream-1"].state is StreamState.RUNNING)


def test_the_target_says_what_a_drop_does_and_goes_with_the_drag(open_console: Open, tmp_path: Path) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    console.parts.top_bar.set_up.click()
    target = console.window.dialogs.intake.target
    enter(console.window, data_of(tmp_path / "Sport 1.ts"))
    assert target.isVisible()
    assert target.words.text() == "Add a stream from Sport 1.ts"
    QApplication.sendEvent(console.window, QDragLeaveEvent())
    assert not target.isVisible()
    drop(console.window, data_of(tmp_path / "Sport 1.ts"))
    assert not target.isVisible()
    editor = editor_of(console)
    assert editor.field("input.path").value() == str(tmp_path / "Sport 1.ts")
    assert editor.name.value() == "Sport 1"
    editor.foot.discard.click()


def test_what_is_not_taken_says_why(open_console: Open, tmp_path: Path) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    words, target = console.parts.notices.text, console.window.dialogs.intake.target
    drop(console.window, data_of(text=URL))
    console.until(lambda: words.text() == "Switch to Set-up first (Ctrl+L)")
    console.parts.notices.dismiss()
    enter(console.window, data_of(tmp_path / "a.docx"))
    assert target.words.text().startswith("✕ a.docx is no address")
    drop(console.window, data_of(tmp_path / "a.ts", tmp_path / "b.ts"))
    console.until(lambda: "Drop one at a time: 2 were dropped" in words.text())
    assert console.parts.stream_controller.editor is None


def test_schedule_and_profile_are_imported_and_json_is_told_apart_by_its_content(
    open_console: Open, tmp_path: Path
) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    console.parts.top_bar.set_up.click()
    profile = tmp_path / "evening.json"
    profile.write_text(json.dumps({"name": "evening", "streams": []}))
    drop(console.window, data_of(profile))
    console.until(lambda: "evening.json is damaged" in console.parts.notices.text.text())
    for name in ("day.csv", "day.json"):
        (tmp_path / name).write_text("[]")
        drop(console.window, data_of(tmp_path / name))
        console.until(lambda: console.parts.schedule_controller.importing is not None)
        dialog = console.parts.schedule_controller.importing
        assert dialog is not None
        console.parts.schedule_controller.importing = None
        dialog.reject()
