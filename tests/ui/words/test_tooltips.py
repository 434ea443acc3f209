"""Texts of others are shown as they are: none becomes markup, in no tooltip and no label."""

import re
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QToolTip
from pytestqt.qtbot import QtBot

from ibe100.ui.widgets.labels import ElidedLabel
from ibe100.ui.words.tooltips import plain_tooltip, set_tooltip
from places import ROOT

HOSTILE = "<img src=/dev/zero> & <b>News</b>\nsecond line"
SOURCES = sorted((ROOT / "src" / "ibe100" / "ui").rglob("*.py"))


def test_a_tooltip_shows_markup_as_it_is_written(qtbot: QtBot) -> None:
    widget = QLabel()
    qtbot.addWidget(widget)
    set_tooltip(widget, HOSTILE)
    assert widget.toolTip() == plain_tooltip(HOSTILE)
    shown = QLabel(widget.toolTip())  # as QToolTip shows it: the format is told by the text
    qtbot.addWidget(shown)
    assert "<img" not in shown.text()
    assert "&lt;img src=/dev/zero&gt; &amp; &lt;b&gt;News&lt;/b&gt;\nsecond line" in shown.text()
    QToolTip.showText(widget.mapToGlobal(widget.rect().center()), widget.toolTip(), widget)
    QToolTip.hideText()


def test_a_text_without_markup_stays_a_text() -> None:
    assert plain_tooltip("News & Sport") == "News & Sport"


def test_a_label_that_elides_gives_the_whole_text_as_a_plain_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel(HOSTILE)
    qtbot.addWidget(label)
    label.resize(30, 20)
    label.grab()
    assert label.toolTip() == plain_tooltip(HOSTILE)
    assert label.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_tooltip_and_label_goes_the_plain_way(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if ".setToolTip(" in line and path.stem != "tooltips":
            assert "plain_tooltip(" in line, f"{path}:{number + 1}"
        if "ToolTipRole" in line:
            assert any("plain_tooltip(" in one for one in lines[number : number + 4]), f"{path}:{number + 1}"
        if re.search(r"\bQLabel\(\w", line):
            assert "PlainText" in "".join(lines[number : number + 3]), f"{path}:{number + 1}"
    assert not re.search(r"setHtml\(|insertHtml\(|RichText|QMessageBox", text), path
