"""The clip of what is selected is opened by one press, and a button that cannot says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.clips.clip import Clip, ClipSide
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest
from ibe100.ui.clips.clip_button import NONE_YET, ClipButton

CTRL = Qt.KeyboardModifier.ControlModifier


def clip_of(cue: Cue, **changes: object) -> Clip:
    values: dict[str, object] = {
        "clip_id": 7,
        "stream_id": cue.stream_id,
        "stream_name": "IBE News HD",
        "side": ClipSide.OUTPUT,
        "cue_id": cue.cue_id,
        "subject": "TO BREAK",
        "centre_at": 100.0,
        "made_at": 111.0,
        "starts_at": 90.0,
        "ends_at": 110.0,
        "file": "/clips/news.ts",
        "size": 25_000_000,
        "sha256": "ab" * 32,
    }
    return Clip.model_validate(values | changes)


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    console = open_console(FakeServices([running(1, "IBE News HD")]))
    QTest.keyClick(console.window, Qt.Key.Key_G, CTRL)
    return console


def fired(console: Console) -> Cue:
    cue = console.run(console.services.cues.fire(CueRequest(stream_id="stream-1", action=CueAction.TO_BREAK)))
    page = console.parts.cue_log
    page.read()
    console.until(lambda: (chosen := page.chosen()) is not None and chosen.cue_id == cue.cue_id)
    return cue


def shown(console: Console) -> ClipButton:
    return console.parts.cue_log.clip


def test_without_a_clip_the_button_says_why(console: Console) -> None:
    fired(console)

    assert not shown(console).isEnabled()
    assert shown(console).toolTip() == NONE_YET


def test_one_press_opens_the_clip_of_the_selected_cue(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    button = shown(console)
    monkeypatch.setattr(button, "_open_file", lambda path: bool(opened.append(path)) or True)
    cue = fired(console)
    console.services.clips.kept.append(clip_of(cue))
    button._again.start(10)
    console.until(button.isEnabled)

    button.click()
    console.until(lambda: opened == [Path("/clips/news.ts")])

    assert "20.0 s" in button.toolTip()
    words = [action.text() for action in button.menu_of_clips.actions()]
    assert words == ["Open the output", "Folder of the output", "Copy the SHA-256 of the output"]
    button.menu_of_clips.actions()[2].trigger()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == "ab" * 32


def test_a_clip_that_is_gone_says_since_when(console: Console) -> None:
    cue = fired(console)
    console.services.clips.kept.append(clip_of(cue, removed_at=0.0, removed_why="by quota"))
    shown(console)._again.start(10)
    console.until(lambda: shown(console).toolTip() == "gone by quota at 1970-01-01 00:00:00Z")

    assert not shown(console).isEnabled()


def test_the_day_is_exported_with_its_clips(console: Console, tmp_path: Path) -> None:
    page = console.parts.as_run
    page.reload()
    console.until(lambda: page.log is not None)
    told: list[str] = []
    page.notice.connect(lambda _kind, words: told.append(words))

    page.export_clips(tmp_path / "day.zip")
    console.until(lambda: bool(told))

    assert console.services.clips.exported == [tmp_path / "day.zip"]
    assert told[0].startswith("0 clips")
