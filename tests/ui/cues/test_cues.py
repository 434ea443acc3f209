"""Firing cues from the window: one press is one cue, and its receipt is read from the services."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_contracts import TEMPLATE
from fake_services import FakeServices
from fake_values import BEYOND_32_BITS, running, view
from ibe100.models.scte35_marker import (
    CALL_OFF_LEAST_S,
    BreakEnd,
    Cue,
    CueAction,
    CueRequest,
    CueState,
)
from ibe100.models.stream_config import Scte35Options, StreamConfig
from ibe100.models.stream_state import Tally
from ibe100.ui.cues.hold_button import HOLD_MS
from ibe100.ui.qt_models.cue_list import CUE_ROLE

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    """Two streams on air, the first selected."""
    return open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD"), view(3, "Off")]))


def receipts(console: Console) -> list[str]:
    model = console.parts.cue_panel.receipts.list.model()
    assert model is not None
    return [str(model.index(at, 0).data()) for at in range(model.rowCount())]


def test_a_click_fires_one_cue_and_shows_its_receipt(console: Console) -> None:
    panel = console.parts.cue_panel
    QTest.mouseClick(panel.buttons.to_break, LEFT)
    console.until(lambda: any("SEEN" in words for words in receipts(console)))
    assert [request.action for request in console.services.cues.requests] == [CueAction.TO_BREAK]
    assert "seen on output 1/1 · 23 ms" in receipts(console)[0]
    assert "0x60000001" in receipts(console)[0]
    console.until(lambda: "seen on output 1/1" in panel.status.receipt.text())


def test_a_double_click_makes_one_break(console: Console) -> None:
    button = console.parts.cue_panel.buttons.to_break
    QTest.mouseClick(button, LEFT)
    QTest.mouseDClick(button, LEFT)
    QTest.mouseClick(button, LEFT)
    console.until(lambda: receipts(console))
    console.settle()
    assert len(console.services.cues.requests) == 1


def test_f9_and_f10_fire_on_the_target(console: Console) -> None:
    window = console.window
    QTest.keyClick(window, Qt.Key.Key_F9)
    console.until(lambda: len(receipts(console)) == 1)
    QTest.keyClick(window, Qt.Key.Key_F10)
    console.until(lambda: len(receipts(console)) == 2)
    assert [request.action for request in console.services.cues.requests] == [
        CueAction.TO_BREAK,
        CueAction.BACK_TO_PROGRAMME,
    ]
    assert {request.stream_id for request in console.services.cues.requests} == {"stream-1"}


def test_a_cue_that_is_sent_but_not_seen_keeps_the_button_latched(console: Console) -> None:
    panel = console.parts.cue_panel
    console.services.cues.seen_at_once = False
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: receipts(console))
    console.qtbot.wait(1700)
    assert panel.buttons.to_break.is_latched
    panel.fire(CueAction.TO_BREAK)
    console.settle()
    assert len(console.services.cues.requests) == 1
    console.do(lambda: console.services.cues.fail(console.services.cues.cues[0], "no null packets"))
    console.until(lambda: not panel.buttons.to_break.is_latched)


def test_the_reason_of_a_failure_is_shown_in_words(console: Console) -> None:
    console.services.cues.failure = "no null packets: add stuffing in the stream's settings"
    console.parts.cue_panel.fire(CueAction.TO_BREAK)
    console.until(lambda: any("no null packets: add stuffing" in words for words in receipts(console)))
    status = console.parts.cue_panel.status
    console.until(lambda: status.title.text() == "TO BREAK FAILED")
    assert "no null packets" in status.receipt.text()


def test_a_refused_cue_is_said_in_the_window_and_frees_the_button(console: Console) -> None:
    cues = console.services.cues
    panel, notices = console.parts.cue_panel, console.parts.notices
    panel.fire(CueAction.TO_BREAK)
    console.until(panel.buttons.back.isEnabled)
    cues.not_ready = ("no input: check the sender",)
    console.until(lambda: "no input" in panel.buttons.back.detail)
    console.until(lambda: not panel.buttons.to_break.isEnabled())
    panel.fire(CueAction.BACK_TO_PROGRAMME)
    assert "no input: check the sender" in notices.text.text()
    assert "no input: check the sender" in panel.buttons.said
    assert len(cues.requests) == 1
    cues.not_ready = ()
    console.until(lambda: not panel.buttons.said and "no input" not in notices.text.text())


def test_a_pre_rolled_cue_is_armed_counts_down_and_can_be_disarmed(console: Console) -> None:
    panel = console.parts.cue_panel
    QTest.mouseClick(panel.pre_roll_row.button(8), LEFT)
    QTest.mouseClick(panel.break_row.button(30), LEFT)
    QTest.mouseClick(panel.buttons.to_break, LEFT)
    console.until(lambda: panel.status.disarm.isVisible())
    request = console.services.cues.requests[0]
    assert (request.pre_roll_s, request.duration_s) == (8.0, 30.0)
    assert panel.status.digits.text().startswith("00:0")
    assert "s left" in panel.status.disarm.text()
    assert panel.buttons.to_break.is_latched
    QTest.keyClick(console.window, Qt.Key.Key_Escape)
    console.until(lambda: not panel.status.disarm.isVisible())
    assert console.services.cues.cues[0].state is CueState.CANCELLED
    console.until(lambda: panel.status.title.text() == "CALLED OFF")
    assert "nothing was sent" in panel.status.receipt.text()
    console.until(lambda: not panel.buttons.to_break.is_latched)


def test_the_pre_roll_is_what_the_contract_asks_until_another_is_chosen(
    open_console: Callable[[FakeServices], Console],
) -> None:
    plain = running(1, "IBE News HD")
    bound = running(2, "Sport 1 HD")
    bound = bound.model_copy(update={"config": bound.config.model_copy(update={"contract": TEMPLATE})})
    console = open_console(FakeServices([plain, bound]))
    panel = console.parts.cue_panel
    assert panel.pre_roll_row.value() == 0
    panel.select("stream-2")
    assert panel.pre_roll_row.value() == TEMPLATE.pre_roll_default_s
    console.until(panel.buttons.to_break.isEnabled)
    QTest.mouseClick(panel.pre_roll_row.button(0), LEFT)
    console.until(lambda: not panel.buttons.to_break.isEnabled())
    assert "pre-roll shorter than the contract's 4 s" in panel.buttons.to_break.toolTip()
    QTest.mouseClick(panel.pre_roll_row.button(8), LEFT)
    console.until(panel.buttons.to_break.isEnabled)
    panel.select("stream-1")
    assert panel.pre_roll_row.value() == 0
    panel.select("stream-2")
    assert panel.pre_roll_row.value() == 8


def test_a_contract_that_is_given_to_the_target_sets_its_pre_roll(console: Console) -> None:
    panel, streams = console.parts.cue_panel, console.services.streams
    config = streams.views["stream-1"].config.model_copy(update={"contract": TEMPLATE})
    console.run(streams.change("stream-1", config))
    console.until(lambda: panel.pre_roll_row.value() == TEMPLATE.pre_roll_default_s)


def test_a_33_bit_pts_reaches_the_receipt_and_the_preview_unharmed(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.pre_roll_row.set_value(4)
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: receipts(console))
    model = panel.receipts.list.model()
    assert model is not None
    assert model.index(0, 0).data(CUE_ROLE).pts_time == BEYOND_32_BITS
    console.until(lambda: str(BEYOND_32_BITS) in panel.preview.when.text())


def test_the_preview_follows_duration_and_action(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.break_row.set_value(45)
    model = panel.preview.table.model()
    assert model is not None

    def fields() -> dict[str, str]:
        return {model.index(at, 0).data(): model.index(at, 1).data() for at in range(model.rowCount())}

    console.until(lambda: fields().get("break_duration") == "45 s")
    assert fields()["out_of_network_indicator"] == "1"
    panel.preview._actions[CueAction.BACK_TO_PROGRAMME].click()
    console.until(lambda: fields()["out_of_network_indicator"] == "0")


def test_the_target_follows_the_selection_until_it_is_pinned(console: Console) -> None:
    panel = console.parts.cue_panel
    assert panel.target_id == "stream-1"
    QTest.keyClick(console.window, Qt.Key.Key_2)
    assert panel.target_id == "stream-2"
    assert panel.target.name.text() == "Sport 1 HD"
    QTest.keyClick(console.window, Qt.Key.Key_P)
    QTest.keyClick(console.window, Qt.Key.Key_1)
    assert panel.target_id == "stream-2"
    assert panel.target.head.text() == "PINNED: cues go to 2, you look at 1"
    panel.target.pin.click()
    assert panel.target_id == "stream-1"


def test_the_target_is_flagged_everywhere_while_it_is_pinned_and_nowhere_else(console: Console) -> None:
    parts = console.parts
    parts.multiview_controller.show()

    def flagged() -> set[str]:
        return {row.stream_id for row in parts.state.streams.rows() if row.is_cue_target}

    assert flagged() == set()
    console.select(2)
    QTest.keyClick(console.window, Qt.Key.Key_P)
    console.until(lambda: flagged() == {"stream-2"})
    console.select(1)
    assert flagged() == {"stream-2"}
    listed = parts.stream_panel.list.model()
    assert listed is not None
    spoken = listed.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "cues go here" in spoken
    tile = parts.multiview_controller.view.tile("stream-2")
    assert tile is not None
    console.until(lambda: tile.accessibleDescription() == "cues go to this stream")
    parts.multiview_controller.leave()
    parts.cue_panel.target.pin.click()
    console.until(lambda: flagged() == set())


def test_a_stream_that_does_not_run_says_why_no_cue_can_go(console: Console) -> None:
    console.select(3)
    panel = console.parts.cue_panel
    assert "does not run" in panel.buttons.to_break.detail
    assert not panel.buttons.to_break.isEnabled()
    QTest.keyClick(console.window, Qt.Key.Key_F9)
    assert console.services.cues.requests == []
    assert "the stream does not run" in console.parts.notices.text.text()


def test_a_cue_that_waits_for_a_slow_disk_says_so_and_stays_latched(console: Console) -> None:
    panel, cues = console.parts.cue_panel, console.services.cues
    release, fire = asyncio.Event(), cues.fire

    async def slowly(request: CueRequest) -> Cue:
        await release.wait()
        return await fire(request)

    cues.fire = slowly  # type: ignore[method-assign]
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: panel.status.title.text() == "TO BREAK IS BEING RECORDED")
    console.until(lambda: "the disk is slow" in panel.status.receipt.text())
    assert panel.buttons.to_break.is_latched
    panel.fire(CueAction.TO_BREAK)
    console.do(release.set)
    console.until(lambda: panel.status.title.text().startswith("IN BREAK"))
    assert len(cues.requests) == 1


def test_a_break_is_counted_down_and_tallied(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: panel.status.title.text().startswith("IN BREAK"))
    row = console.parts.state.streams.row_of("stream-1")
    assert row is not None
    assert row.view.tally is Tally.IN_BREAK
    assert console.parts.top_bar.counts[Tally.IN_BREAK].isVisible()
    assert console.parts.top_bar.counts[Tally.IN_BREAK].accessibleName() == "1 IN BREAK"


def test_in_a_break_only_the_way_back_can_be_had_and_why_is_said(console: Console) -> None:
    buttons = console.parts.cue_panel.buttons
    console.parts.cue_panel.fire(CueAction.TO_BREAK)
    console.until(lambda: buttons.back.isEnabled() and not buttons.to_break.isEnabled())
    assert buttons.crash_in.isEnabled()
    assert not buttons.crash_out.isEnabled()
    assert "in a break already" in buttons.to_break.detail
    assert "the stream is in a break already" in buttons.to_break.toolTip()
    QTest.keyClick(console.window, Qt.Key.Key_F9)
    assert "in a break already" in console.parts.notices.text.text()
    assert len(console.services.cues.requests) == 1


def test_f11_held_crashes_out_and_a_tap_does_not(console: Console) -> None:
    window, requests = console.window, console.services.cues.requests
    window.parts.cue_panel.pre_roll_row.set_value(8)
    QTest.keyClick(window, Qt.Key.Key_F11)
    console.qtbot.wait(2 * HOLD_MS)
    assert requests == []
    QTest.keyPress(window, Qt.Key.Key_F11)
    console.until(lambda: requests)
    QTest.keyRelease(window, Qt.Key.Key_F11)
    assert (requests[0].action, requests[0].pre_roll_s) == (CueAction.CRASH_OUT, 0)
    console.until(lambda: any("SEEN" in words for words in receipts(console)))
    assert len(requests) == 1


def test_an_announced_cue_is_called_off_until_its_splice_is_near(console: Console) -> None:
    panel, cues = console.parts.cue_panel, console.services.cues
    panel.pre_roll_row.set_value(8)
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: receipts(console))
    sent = {"sent": 1, "sent_at": time.time()}
    console.do(lambda: cues.put(cues.cues[0].moved_to(CueState.SENT, **sent)))
    console.until(lambda: "SENT" in receipts(console)[0])
    assert panel.status.disarm.isVisible()
    near = {"splice_at": time.time() + CALL_OFF_LEAST_S - 0.1}
    console.do(lambda: cues.put(cues.cues[0].model_copy(update=near)))
    console.until(lambda: not panel.status.disarm.isVisible())
    QTest.keyClick(console.window, Qt.Key.Key_Escape)
    assert "can be called off no longer" in console.parts.notices.text.text()
    far = {"splice_at": time.time() + 60}
    console.do(lambda: cues.put(cues.cues[0].model_copy(update=far)))
    console.until(lambda: panel.status.disarm.isVisible())
    QTest.keyClick(console.window, Qt.Key.Key_Escape)
    console.until(lambda: panel.status.title.text() == "CALLED OFF")
    assert "nothing was sent" not in panel.status.receipt.text()


def test_a_break_over_its_announced_end_counts_up(console: Console) -> None:
    end = time.time() - 4
    console.do(
        lambda: console.services.streams.update("stream-1", tally=Tally.IN_BREAK, break_announced_end=end)
    )
    status = console.parts.cue_panel.status
    console.until(lambda: status.title.text() == "OVER-RUN")
    assert status.digits.text().startswith("+00:0")


def test_how_the_break_ends_is_chosen_for_each_one_and_begins_as_the_stream_has_it(
    open_console: Callable[[FakeServices], Console],
) -> None:
    by_hand = StreamConfig(name="By hand", scte35=Scte35Options(auto_return=False))
    console = open_console(FakeServices([running(1, "News"), running(2, "By hand", config=by_hand)]))
    panel = console.parts.cue_panel
    assert panel.break_end_row.value() is BreakEnd.AUTO
    console.until(lambda: panel.status.event_id.text() == "next 0x60000001")
    console.select(2)
    assert panel.break_end_row.value() is BreakEnd.HAND
    QTest.mouseClick(panel.break_end_row.button(BreakEnd.CUE), LEFT)
    panel.fire(CueAction.TO_BREAK)
    console.until(lambda: receipts(console))
    panel.fire(CueAction.BACK_TO_PROGRAMME)
    console.until(lambda: len(receipts(console)) == 2)
    assert [one.returns for one in console.services.cues.requests] == [BreakEnd.CUE, None]


def test_the_focus_does_not_hop_to_the_next_cue_button_when_its_own_is_not_to_be_had(
    console: Console,
) -> None:
    buttons = console.parts.cue_panel.buttons
    console.window.activateWindow()
    buttons.to_break.setFocus()
    console.until(buttons.to_break.hasFocus)
    QTest.keyClick(buttons.to_break, Qt.Key.Key_Space)
    console.until(lambda: buttons.back.isEnabled() and not buttons.to_break.isEnabled())
    assert console.window.focusWidget() not in (buttons.back, buttons.crash_out, buttons.crash_in)
