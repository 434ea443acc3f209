"""Other cues: exactly the section that is shown goes out, and none that was not shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.cues.segmentation import SegmentationType, UpidType
from ibe100.models.scte35_marker import CueAction
from ibe100.scte35.cues import time_signal
from ibe100.scte35.section import encode, to_base64
from ibe100.scte35.values import SegmentationDescriptor, SegmentationUpid
from ibe100.ui.cues.more_cues import MoreCues

AIRING = SegmentationDescriptor(
    0x4800008E,
    upid=SegmentationUpid(0x08, bytes(8)),
    segmentation_type_id=SegmentationType.NETWORK_END.type_id,
)
SECTION = encode(time_signal(AIRING))


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    return open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD")]))


def fields(more: MoreCues) -> dict[str, str]:
    model = more.preview.table.model()
    assert model is not None
    return {model.index(at, 0).data(): model.index(at, 1).data() for at in range(model.rowCount())}


def test_a_time_signal_is_prepared_shown_and_sent_by_keys(console: Console) -> None:
    more = console.parts.cue_panel.more
    QTest.keyClick(console.window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert more.isVisible()
    more.signal.choose(SegmentationType.PROVIDER_ADVERTISEMENT_START)
    more.signal.duration.setValue(30)
    more.signal.upid_type.setCurrentIndex(more.signal.upid_type.findData(UpidType.AD_ID))
    more.signal.upid.setText("ABCD12345678")
    console.until(lambda: fields(more).get("segmentation_upid", "").startswith("ABCD12345678"))
    console.until(more.send.isEnabled)
    QTest.keyClick(more.signal.upid, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    console.until(lambda: console.services.cues.requests)
    asked = console.services.cues.requests[0]
    assert (asked.action, asked.stream_id) == (CueAction.TIME_SIGNAL, "stream-1")
    assert asked.segmentation is not None
    assert asked.segmentation.type is SegmentationType.PROVIDER_ADVERTISEMENT_START
    assert (asked.segmentation.duration_s, asked.segmentation.upid) == (30, "ABCD12345678")


def test_every_listed_type_can_be_chosen(console: Console) -> None:
    kinds = console.parts.cue_panel.more.signal.type
    assert [kinds.itemData(at) for at in range(kinds.count())] == list(SegmentationType)


def test_an_end_without_a_start_says_so_and_cannot_be_sent(console: Console) -> None:
    more = console.parts.cue_panel.more
    console.parts.cue_panel.prepare(CueAction.TIME_SIGNAL)
    more.signal.choose(SegmentationType.CHAPTER_END)
    console.until(lambda: "no Chapter Start is open" in more.preview.warnings.text())
    assert not more.send.isEnabled()
    assert not more.signal.duration.isEnabled()
    more.send.click()
    console.parts.cue_panel.send_more()
    assert console.services.cues.requests == []
    assert "not shown yet" in console.parts.notices.text.text()


@pytest.mark.parametrize("text", [to_base64(SECTION), SECTION.hex(), f" 0x{SECTION.hex().upper()}\n"])
def test_a_section_is_decoded_before_it_goes(console: Console, text: str) -> None:
    more = console.parts.cue_panel.more
    QTest.keyClick(console.window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert not more.send.isEnabled()
    more.section.setPlainText(text)
    console.until(lambda: fields(more).get("segmentation_event_id", "").startswith("0x4800008E"))
    more.send.click()
    console.until(lambda: console.services.cues.requests)
    assert console.services.cues.requests[0].section == "".join(text.split())


def test_what_is_no_section_says_why_and_cannot_be_sent(console: Console) -> None:
    more = console.parts.cue_panel.more
    console.parts.cue_panel.prepare(CueAction.SEND_SECTION)
    more.section.setPlainText(to_base64(SECTION[:-1] + bytes([SECTION[-1] ^ 1])))
    console.until(lambda: "no splice_info_section that could be sent" in more.preview.warnings.text())
    assert not more.send.isEnabled()


def test_a_double_click_sends_one_splice_null(console: Console) -> None:
    more = console.parts.cue_panel.more
    console.parts.cue_panel.prepare(CueAction.SPLICE_NULL)
    console.until(more.send.isEnabled)
    QTest.mouseClick(more.send, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(more.send, Qt.MouseButton.LeftButton)
    console.until(lambda: console.services.cues.requests)
    console.settle()
    assert [one.action for one in console.services.cues.requests] == [CueAction.SPLICE_NULL]
    assert more.send.text().startswith("just sent")


def test_a_stream_that_takes_no_cue_says_why_beside_the_button(console: Console) -> None:
    panel = console.parts.cue_panel
    panel.prepare(CueAction.SPLICE_NULL)
    console.do(lambda: setattr(console.services.cues, "not_ready", ("no null packets: add stuffing",)))
    console.until(lambda: panel.more.why.text() == "no null packets: add stuffing")
    assert panel.more.why.isVisible()
    assert not panel.more.send.isEnabled()
