"""The cue log page: filtered, searched, decoded, kept up to date, and never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.cues.log import CueLog, CueLogQuery
from ibe100.models.errors import StorageError
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode, to_base64

CTRL = Qt.KeyboardModifier.ControlModifier


def fire(console: Console, stream: int, action: CueAction) -> Cue:
    return console.run(console.services.cues.fire(CueRequest(stream_id=f"stream-{stream}", action=action)))


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    console = open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD")]))
    fire(console, 1, CueAction.TO_BREAK)
    fire(console, 1, CueAction.BACK_TO_PROGRAMME)
    console.services.cues.failure = "no null packets"
    fire(console, 2, CueAction.TO_BREAK)
    QTest.keyClick(console.window, Qt.Key.Key_G, CTRL)
    page = console.parts.cue_log
    console.until(lambda: page.log is not None)
    return console


def shown(console: Console) -> list[int]:
    return [cue.cue_id for cue in console.parts.cue_log.model.rows()]


def test_all_cues_are_shown_newest_first_and_the_search_has_the_keyboard(console: Console) -> None:
    page = console.parts.cue_log
    assert shown(console) == [3, 2, 1]
    assert page.summary.text() == "3 cues"
    assert page.search.hasFocus()


@pytest.mark.parametrize(
    ("text", "found"),
    [("0x60000001", [1]), ("1610612738", [2]), ("NO NULL", [3]), ("console", [3, 2, 1]), ("nothing", [])],
)
def test_a_word_or_an_event_id_is_found(console: Console, text: str, found: list[int]) -> None:
    page = console.parts.cue_log
    QTest.keyClicks(page.search, text)
    console.until(lambda: page.log is not None and page.log.query.text == text)
    assert shown(console) == found


def test_stream_action_state_and_time_narrow_the_log(console: Console) -> None:
    page = console.parts.cue_log
    for combo, words, found in (
        (page.time, "last hour", [3, 2, 1]),
        (page.action, str(CueAction.TO_BREAK), [3, 1]),
        (page.stream, "stream-1", [1]),
        (page.state, "failed", []),
    ):
        combo.setCurrentIndex(combo.findData(words))
        console.until(lambda found=found: shown(console) == found)
    page.stream.setCurrentIndex(0)
    console.until(lambda: shown(console) == [3])


def test_a_cue_that_is_made_meanwhile_comes_on_top_and_its_steps_are_followed(console: Console) -> None:
    page, cues = console.parts.cue_log, console.services.cues
    cues.failure, cues.seen_at_once = "", False
    cue = fire(console, 1, CueAction.TO_BREAK)
    console.until(lambda: shown(console) == [4, 3, 2, 1])
    page.table.selectRow(0)
    console.until(lambda: "SENT" in page.section.text.toPlainText())
    console.do(lambda: cues.see(cue))
    console.until(lambda: "SEEN" in page.section.text.toPlainText())
    assert page.model.rows()[0].state is CueState.SEEN
    page.state.setCurrentIndex(page.state.findData("failed"))
    console.until(lambda: shown(console) == [3])


def test_the_detail_has_life_fields_and_bytes_and_copies_them(console: Console) -> None:
    page = console.parts.cue_log
    section = to_base64(encode(splice_insert(0x60000009, True, duration_pts=5_400_000)))
    cue = console.services.cues.cues[0].model_copy(
        update={"cue_id": 9, "section_base64": section, "state": CueState.SPLICED}
    )
    console.do(lambda: console.services.cues.put(cue))
    console.until(lambda: 9 in shown(console))
    page.table.selectRow(0)
    console.until(lambda: "REQUESTED" in page.section.text.toPlainText())
    words = page.section.text.toPlainText()
    for part in ("cue 9, asked by console", "splice_event_id", "0x60000009", "break_duration", section):
        assert part in words
    page.section.copy_base64.click()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == section


def test_a_slow_log_says_that_it_is_read_and_the_last_question_is_answered(console: Console) -> None:
    page, cues = console.parts.cue_log, console.services.records.cues
    answer = cues.log
    release = asyncio.Event()

    async def slowly(query: CueLogQuery) -> CueLog:
        if query.text == "slow":
            await release.wait()
        return await answer(query)

    cues.log = slowly  # type: ignore[method-assign]
    page.search.setText("slow")
    console.until(lambda: page.summary.text() == "Reading the log …")
    page.search.setText("console")
    console.until(lambda: page.log is not None and page.log.query.text == "console")
    console.do(release.set)
    console.settle()
    assert shown(console) == [3, 2, 1], "the answer to the older question came too late"


def test_a_log_that_cannot_be_read_says_why(console: Console) -> None:
    async def fail(query: CueLogQuery) -> CueLog:
        raise StorageError("the database cannot be read: disk error")

    console.services.records.cues.log = fail  # type: ignore[method-assign]
    console.parts.cue_log.refresh.click()
    console.until(lambda: "disk error" in console.parts.cue_log.summary.text())
    fire(console, 1, CueAction.TO_BREAK)
    console.until(lambda: 4 in shown(console))
    assert "disk error" in console.parts.cue_log.summary.text(), "the next cue hides no fault"
