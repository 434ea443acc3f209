"""Cue buttons by themselves: what they say fits, in full or in fewer words, and a dead one says why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibe100.models.scte35_marker import CueAction, Readiness
from ibe100.ui.cues.cue_button import WRAPPED, short_reasons
from ibe100.ui.cues.cue_buttons import CueButtons
from ibe100.ui.cues.cue_trigger import BREAK_ACTIONS
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE

LEFT = Qt.MouseButton.LeftButton
REASONS = (
    "the stream is in a break already; go BACK TO PROGRAMME first",
    "no null packets in the stream, and a cue can only replace one; set stuffing in its settings",
    "no receiver is connected to the SRT output, nobody would get the cue; call whoever receives it",
    "pre-roll shorter than the contract's 4 s",
    "the stream does not run: start it",
)


@pytest.fixture(params=[324, 384, 560])
def buttons(themed: QApplication, qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[CueButtons]:
    shown = CueButtons()
    qtbot.addWidget(shown)
    shown.resize(request.param, shown.sizeHint().height())
    shown.show()
    yield shown


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_fits_into_its_button(buttons: CueButtons, reason: str) -> None:
    refused = Readiness(ready=False, reasons=(reason,))
    buttons.show_state(dict.fromkeys(BREAK_ACTIONS, refused), {}, ("60 s · immediate",), "immediate")
    metrics = QFontMetrics(sans(SCALE))
    for button in (buttons.to_break, buttons.back, buttons.crash_out, buttons.crash_in):
        room = button._detail_room()
        needed = metrics.boundingRect(QRect(0, 0, room.width(), 1000), WRAPPED, button.detail)
        assert needed.height() <= room.height(), button.detail
        assert needed.width() <= room.width(), button.detail
        assert button.toolTip() == reason
        assert not button.isEnabled()


def test_a_click_on_a_dead_button_is_answered(buttons: CueButtons, qtbot: QtBot) -> None:
    refused = Readiness(ready=False, reasons=("no input: check the sender",))
    buttons.show_state(dict.fromkeys(BREAK_ACTIONS, refused), {}, ("",), "")
    with qtbot.waitSignal(buttons.fire_requested) as asked:
        QTest.mouseClick(buttons, LEFT, pos=buttons.back.geometry().center())
    assert asked.args == [CueAction.BACK_TO_PROGRAMME]


def test_the_pre_roll_is_always_shown_whole(buttons: CueButtons) -> None:
    ready = Readiness(ready=True, reasons=())
    words = ("1200 s · 10 s pre-roll ▲ longer than 15:00", "1200 s · 10 s pre-roll ▲ unusual")
    buttons.show_state(dict.fromkeys(BREAK_ACTIONS, ready), {}, words, "10 s pre-roll")
    assert "10 s pre-roll ▲" in buttons.to_break.detail
    assert buttons.back.detail == "10 s pre-roll"


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        (REASONS[0], "in a break already"),
        ("the stream does not run: start it", "does not run"),
        ("no PTS and no PCR in the stream: no cue can be placed", "no PTS and no PCR"),
        ("not in a break", "not in a break"),
    ],
)
def test_a_reason_in_few_words(reason: str, short: str) -> None:
    assert short_reasons(reason)[-1] == short
