"""The panel itself: lengths that are typed, what dead keys say, over-run, and that nothing moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running, view
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import BreakEnd, CueAction, CuePreview, CueRequest, CueState
from ibe100.models.stream_config import StreamConfig
from ibe100.ui.cues.cue_button import short_reasons
from ibe100.ui.qt_models.cue_list import state_words

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    """Two streams on air, the first selected."""
    return open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD"), view(3, "Off")]))


def type_length(console: Console, text: str) -> None:
    own = console.parts.cue_panel.break_row.own
    own.setFocus()
    own.selectAll()
    QTest.keyClicks(own, text)


@pytest.mark.parametrize("text", ["999999", "0"])
def test_a_length_that_cannot_be_announced_is_refused_and_not_changed(console: Console, text: str) -> None:
    panel = console.parts.cue_panel
    type_length(console, text)
    console.until(lambda: not panel.buttons.to_break.isEnabled())
    assert (panel.break_row.own.text(), panel.break_row.value()) == (text, 60)
    assert text in panel.break_row.fault
    QTest.keyClick(panel.break_row.own, Qt.Key.Key_F9)
    assert text in panel.buttons.said
    assert console.services.cues.requests == []
    QTest.mouseClick(panel.break_row.button(30), LEFT)
    console.until(panel.buttons.to_break.isEnabled)
    assert (panel.buttons.said, panel.break_row.fault) == ("", "")


def test_the_field_of_a_length_takes_seconds_only_and_is_left_when_it_was_used(console: Console) -> None:
    panel = console.parts.cue_panel
    own = panel.break_row.own
    type_length(console, "-te4n5a")
    assert (own.text(), panel.break_row.value(), panel.break_row.fault) == ("45", 45, "")
    QTest.keyClick(own, Qt.Key.Key_Return)
    assert not own.hasFocus()
    type_length(console, "50")
    QTest.keyClick(own, Qt.Key.Key_F9)
    console.until(lambda: console.services.cues.requests)
    assert (own.hasFocus(), own.text()) == (False, "50")


@pytest.mark.parametrize(
    ("reason", "clause"),
    [
        (
            "TO BREAK (event 0x60000001) is on its way; wait for it or disarm it",
            "TO BREAK is on its way",
        ),
        ("the processor is restarting (no reason known); wait", "the processor is restarting"),
        ("the stream is in a break already; go BACK", "the stream is in a break already"),
    ],
)
def test_a_reason_in_fewer_words_is_still_a_sentence(reason: str, clause: str) -> None:
    assert short_reasons(reason)[1] == clause


def test_a_typed_length_holds_at_once_and_an_unusual_one_is_warned_of(console: Console) -> None:
    panel = console.parts.cue_panel
    type_length(console, "5")
    console.until(lambda: panel.buttons.to_break.detail == "5 s · immediate")
    type_length(console, "1200")
    console.until(lambda: "▲" in panel.buttons.to_break.detail)
    assert panel.buttons.to_break.detail.startswith("1200 s · immediate")
    assert "longer than 15:00" in panel.buttons.to_break.toolTip()
    assert panel.buttons.to_break.isEnabled()


def test_the_next_id_is_never_that_of_another_stream(console: Console) -> None:
    panel = console.parts.cue_panel
    console.until(lambda: panel.status.event_id.text() == "next 0x60000001")
    waits = asyncio.Event()

    async def never(_request: CueRequest) -> CuePreview:
        await waits.wait()
        raise CueRefused("the stream is gone")

    console.services.cues.preview = never  # type: ignore[method-assign]
    console.select(2)
    assert panel.status.event_id.text() == ""
    console.do(waits.set)


def test_the_key_of_a_dead_crash_button_says_why(console: Console) -> None:
    buttons = console.parts.cue_panel.buttons
    QTest.keyPress(console.window, Qt.Key.Key_F12)
    QTest.keyRelease(console.window, Qt.Key.Key_F12)
    assert "the stream is not in a break" in buttons.said
    assert console.services.cues.requests == []


def test_an_over_run_counts_up(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: panel.status.title.text() == "IN BREAK")
    console.do(lambda: console.services.streams.update("stream-1", break_ends_at=time.time() - 3))
    console.until(lambda: panel.status.title.text() == "OVER-RUN")
    assert panel.status.digits.text().startswith("+00:0")


def test_nothing_in_the_panel_moves_when_states_change(console: Console) -> None:
    panel = console.parts.cue_panel
    parts = (panel.target, panel.status, panel.break_row, panel.presets, panel.buttons, panel.details)

    def places() -> list[QRect]:
        return [part.geometry() for part in parts]

    console.settle()
    before = places()
    panel.pre_roll_row.set_value(8)
    panel.fire(CueAction.TO_BREAK)
    console.until(panel.status.disarm.isVisible)
    assert places() == before
    panel.disarm()
    console.until(lambda: panel.status.title.text() == "CALLED OFF")
    assert places() == before
    panel.target.pin.click()
    console.select(3)
    panel.target.pin.click()
    panel.fire(CueAction.TO_BREAK)
    console.settle()
    assert panel.buttons.said
    assert places() == before


def test_the_withdrawal_of_a_cue_does_not_hide_that_it_was_called_off(console: Console) -> None:
    panel, cues = console.parts.cue_panel, console.services.cues
    panel.pre_roll_row.set_value(8)
    panel.fire(CueAction.TO_BREAK)
    console.until(panel.status.disarm.isVisible)
    announced = cues.cues[0].moved_to(CueState.SENT, sent=1, sent_at=time.time())
    section = announced.section_base64
    withdrawal = {"cue_id": announced.cue_id + 1, "action": CueAction.CALL_OFF, "section_base64": section}
    withdrawn = announced.moved_to(CueState.CANCELLED, reason="called off by olga")
    console.do(lambda: cues.put(announced))
    console.do(lambda: cues.put(announced.model_copy(update={**withdrawal, "splice_at": None})))
    console.do(lambda: cues.put(withdrawn))
    console.until(lambda: panel.status.title.text() == "CALLED OFF")
    assert panel.status.receipt.text() == "called off by olga"
    called_off = announced.model_copy(update={"action": CueAction.CALL_OFF, "state": CueState.SPLICED})
    assert (state_words(called_off), state_words(announced)) == ("WITHDRAWN", "SENT")


def test_the_cue_target_stays_while_its_break_is_on_air_though_a_stream_is_added(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: panel.status.title.text() == "IN BREAK")
    console.parts.stream_controller.duplicate("stream-1")
    console.until(lambda: console.parts.state.streams.rowCount() == 4)
    console.until(lambda: "not selected: cues stay with 1 IBE News HD" in console.parts.notices.text.text())
    assert (panel.target_id, console.parts.stream_panel.selected_id()) == ("stream-1", "stream-1")
    QTest.keyClick(console.window, Qt.Key.Key_F10)
    back = CueAction.BACK_TO_PROGRAMME
    console.until(lambda: console.services.cues.requests[-1].action is back)
    console.until(lambda: not panel.busy_words)
    console.run(console.services.streams.add(StreamConfig(name="Later")))
    console.settle()
    console.parts.stream_controller.added.emit("stream-5")
    assert panel.target_id == "stream-5"


def test_break_and_return_are_kept_for_each_stream(console: Console) -> None:
    panel = console.parts.cue_panel
    QTest.mouseClick(panel.break_row.button(30), LEFT)
    QTest.mouseClick(panel.break_end_row.button(BreakEnd.HAND), LEFT)
    console.select(2)
    assert (panel.break_row.value(), panel.break_end_row.value()) == (60, BreakEnd.AUTO)
    console.select(1)
    assert (panel.break_row.value(), panel.break_end_row.value()) == (30, BreakEnd.HAND)


def test_a_cue_that_was_called_off_frees_its_button_at_once(console: Console) -> None:
    panel, cues = console.parts.cue_panel, console.services.cues
    panel.pre_roll_row.set_value(8)
    panel.fire(CueAction.TO_BREAK)
    console.until(panel.status.disarm.isVisible)
    panel.fire(CueAction.TO_BREAK)
    assert panel.buttons.said == "TO BREAK was pressed already: one press is one cue"
    panel.disarm()
    console.until(lambda: panel.status.title.text() == "CALLED OFF")
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: len(cues.requests) == 2)
