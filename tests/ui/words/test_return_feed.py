"""Return feed on screen: chosen in the editor, shown beside each receipt, explained in the detail."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console, editor_of
from fake_services import FakeServices
from fake_values import running
from ibe100.models.cues.return_receipt import (
    FeedState,
    ReturnCause,
    ReturnFeedView,
    ReturnReceipt,
    ReturnState,
)
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest
from ibe100.models.stream_config import HlsInput, SrtInput, UdpInput
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode, to_base64
from ibe100.ui.cues.receipt_list import RETURN_HEIGHT, ROW_HEIGHT
from ibe100.ui.qt_models.cue_list import RETURN_ROLE
from ibe100.ui.records.section_view import SectionView

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
WATCHED = ReturnFeedView(state=FeedState.WATCHING, cue_pids=(0x1F4,))
GONE = "the cue PID is gone from the PMT: no SCTE 35 stream; ours left on 0x01F4 (500)"


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    console = open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD")]))
    console.do(lambda: console.services.streams.update("stream-1", return_feed=WATCHED))
    return console


def fire(console: Console) -> Cue:
    request = CueRequest(stream_id="stream-1", action=CueAction.TO_BREAK)
    cue = console.run(console.services.cues.fire(request))
    console.until(lambda: console.parts.state.cues.latest("stream-1"))
    return cue


def receipt_of(cue: Cue, **fields: object) -> ReturnReceipt:
    now = time.time()
    values = {
        "cue_id": cue.cue_id,
        "stream_id": cue.stream_id,
        "left_at": now,
        "ends_at": now + 120,
        "expected": 3,
    }
    return ReturnReceipt.model_validate({**values, **fields})


def tell(console: Console, receipt: ReturnReceipt) -> None:
    console.do(lambda: console.services.return_feeds.tell(receipt))


def test_a_receipt_gets_a_line_for_what_came_back_and_the_others_stay_as_they_are(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.details.show_page(panel.receipts)
    cue = fire(console)
    receipts, model = panel.receipts.list, panel.receipts.list.model()
    assert model is not None
    index = model.index(0, 0)
    assert receipts.sizeHintForIndex(index).height() == ROW_HEIGHT
    seen = receipt_of(cue, state=ReturnState.SEEN, seen=3)
    tell(console, seen.model_copy(update={"seen_at": seen.left_at + 31.2}))
    console.until(lambda: index.data(RETURN_ROLE) is not None)
    assert receipts.sizeHintForIndex(index).height() == ROW_HEIGHT + RETURN_HEIGHT
    console.until(lambda: receipts.visualRect(index).height() == ROW_HEIGHT + RETURN_HEIGHT)
    assert "seen at the return feed 3/3, +31.2 s" in index.data()
    console.until(lambda: panel.status.came_back.text() == "seen at the return feed 3/3, +31.2 s")
    assert panel.receipts.feed.text() == "Return feed: watched, cues on PID 0x01F4"
    console.select(2)
    console.until(lambda: panel.receipts.feed.isHidden() and panel.status.came_back.isHidden())


def test_a_cue_that_did_not_come_back_is_told_on_card_panel_and_in_the_detail(console: Console) -> None:
    window = console.window
    parts = window.parts
    cue = fire(console)
    tell(console, receipt_of(cue, state=ReturnState.MISSING, cause=ReturnCause.PID_GONE, reason=GONE))
    card = parts.dashboard.card("stream-1")
    assert card is not None
    panel = parts.cue_panel
    console.until(lambda: panel.status.came_back.text() == f"▲ return feed: {GONE}")
    assert panel.status.came_back.property("kind") == "problem"
    assert "▲ not back: cue PID gone from the PMT" in card.last.text()
    QTest.keyClick(window, Qt.Key.Key_G, CTRL)
    page = parts.cue_log
    console.until(lambda: page.log is not None)
    page.table.selectRow(0)
    console.until(lambda: "RETURN FEED: MISSING" in page.section.text.toPlainText())
    assert GONE in page.section.text.toPlainText()


def test_an_altered_section_is_shown_beside_the_one_that_was_sent_field_by_field(console: Console) -> None:
    sent = splice_insert(7, True, duration_pts=5_400_000)
    came = splice_insert(7, True, duration_pts=6_300_000)
    cue = fire(console).model_copy(update={"section_base64": to_base64(encode(sent))})
    receipt = receipt_of(
        cue,
        state=ReturnState.FAULTY,
        cause=ReturnCause.SECTION_ALTERED,
        reason="the section was altered",
        seen_base64=to_base64(encode(came)),
        splice_pid=0x321,
        pre_roll_ms=5900.0,
    )
    view = SectionView()
    console.qtbot.addWidget(view)
    view.show_cue(cue, "what", "life", receipt)
    words = view.text.toPlainText()
    assert "60.000 s (5400000) → 70.000 s (6300000)" in words
    assert "came back on PID 0x0321" in words
    assert "pre-roll there 5.90 s" in words
    assert "CAME BACK WITH OTHER BYTES" in words


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (ReturnFeedView(), "Return feed: waiting for it"),
        (
            ReturnFeedView(state=FeedState.LOST, reason="no packets come"),
            "▲ Return feed lost: no packets come",
        ),
        (ReturnFeedView(state=FeedState.WATCHING, fault=GONE), f"▲ Return feed: {GONE}"),
    ],
)
def test_the_panel_says_how_the_feed_itself_is(console: Console, feed: ReturnFeedView, words: str) -> None:
    console.do(lambda: console.services.streams.update("stream-1", return_feed=feed))
    console.until(lambda: console.parts.cue_panel.receipts.feed.text() == words)
    assert console.parts.cue_panel.status.came_back.text() == words


def test_a_return_feed_is_chosen_changed_and_taken_away_in_the_editor(console: Console) -> None:
    parts = console.parts
    editor = open_editor(console)
    assert editor.return_feed.kind.value() == ""
    assert not editor.return_window.isVisible()
    editor.return_feed.kind.set_value("srt")
    editor.return_feed.kind.changed.emit()
    assert editor.return_window.isVisible()
    for key, text in (("host", "cdn.example"), ("port", "99999"), ("passphrase", "correct horse battery")):
        editor.field(f"return_feed.{key}").set_value(text)
    assert editor.check() is None
    assert "return feed Port" in editor.problem.text()
    editor.field("return_feed.port").set_value("9000")
    editor.return_window.set_value("45")
    console.until(editor.save_button.isEnabled)
    QTest.mouseClick(editor.save_button, LEFT)
    console.until(lambda: config(console).return_feed is not None)
    saved = config(console)
    assert isinstance(saved.return_feed, SrtInput)
    assert (saved.return_feed.host, saved.return_feed.port, saved.return_window_s) == (
        "cdn.example",
        9000,
        45.0,
    )
    console.until(lambda: parts.state.streams.rows()[0].view.config == saved)

    editor = open_editor(console)
    assert editor.field("return_feed.passphrase").value() == "", "a secret is not shown"
    editor.field("return_feed.latency_ms").set_value("500")
    kept = editor.check()
    assert kept is not None
    assert kept.return_feed == saved.return_feed.model_copy(update={"latency_ms": 500}), (
        "kept when left empty"
    )
    editor.field("return_feed.port").set_value("9001")
    moved = editor.check()
    assert moved is not None
    assert isinstance(moved.return_feed, SrtInput)
    assert moved.return_feed.passphrase is None, "it was given for another port"
    editor.field("return_feed.port").set_value("9000")
    editor.return_feed.kind.set_value("")
    editor.return_feed.kind.changed.emit()
    QTest.mouseClick(editor.save_button, LEFT)
    console.until(lambda: config(console).return_feed is None)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("udp", {"port": "5000"}, UdpInput(port=5000)),
        ("hls", {"url": "https://cdn.example/a.m3u8"}, HlsInput(url="https://cdn.example/a.m3u8")),
    ],
)
def test_every_kind_of_feed_can_be_chosen(
    console: Console, kind: str, fields: dict[str, str], expected: object
) -> None:
    editor = open_editor(console)
    editor.return_feed.kind.set_value(kind)
    editor.return_feed.kind.changed.emit()
    for name, text in fields.items():
        editor.field(f"return_feed.{name}").set_value(text)
    checked = editor.check()
    assert checked is not None
    assert checked.return_feed == expected


def config(console: Console):  # type: ignore[no-untyped-def]
    return console.services.streams.views["stream-1"].config


def open_editor(console: Console):  # type: ignore[no-untyped-def]
    console.parts.stream_controller.edit("stream-1")
    return editor_of(console)
