"""As-run page: the cues of a day, found by a word, decoded, exported."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QTableView

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.cues.as_run import AsRunFormat, AsRunRow
from ibe100.models.cues.break_log import AsRunBreak, BreakOutcome, Ending
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.scte35.section import encode
from ibe100.scte35.values import SpliceInfoSection, SpliceNull
from ibe100.ui.qt_models.as_run_table import LATE_COLUMN, AsRunTableModel
from ibe100.ui.records import as_run_page
from ibe100.ui.records.section_view import section_words
from ibe100.ui.widgets.tables import READING

SECTION = base64.b64encode(encode(SpliceInfoSection(command=SpliceNull()))).decode()


def cue(cue_id: int, state: CueState = CueState.SPLICED, **changes: object) -> Cue:
    return Cue(
        cue_id=cue_id,
        stream_id="stream-1",
        session_id=1,
        action=CueAction.TO_BREAK,
        state=state,
        requested_by="operator",
        requested_at=time.time(),
        splice_event_id=0x60000000 + cue_id,
        section_base64=SECTION,
    ).model_copy(update=changes)


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    """A stream with a cue that was spliced and one that failed, and the page in front."""
    services = FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD")])
    services.cues.cues = [
        cue(1, seen=1, sent=1, seen_base64=SECTION),
        cue(2, CueState.FAILED, reason="no null packets"),
    ]
    opened = open_console(services)
    opened.parts.docks.raise_page("as_run")
    opened.until(lambda: opened.parts.as_run.model.rowCount() == 2)
    return opened


def test_the_day_is_read_when_the_page_comes_up(console: Console) -> None:
    page = console.parts.as_run
    assert page.summary.text().endswith("1 SPLICED · 1 FAILED")
    assert [page.stream.itemText(at) for at in range(page.stream.count())] == [
        "all streams",
        "1 IBE News HD",
        "2 Sport 1 HD",
    ]
    page.stream.setCurrentIndex(2)
    console.until(lambda: page.model.rowCount() == 0)


def test_a_word_finds_rows_and_the_reason_is_among_them(console: Console) -> None:
    page = console.parts.as_run
    page.filter.setText("NULL packets")
    assert page.model.rowCount() == 1
    assert page.model.index(0, 13).data() == "no null packets"
    assert "1 match" in page.summary.text()
    page.filter.setText("0x60000001")
    assert page.model.index(0, 4).data() == "SPLICED"


def test_a_row_is_decoded_and_copied(console: Console) -> None:
    page = console.parts.as_run
    page.table.selectRow(0)
    text = page.section.text.toPlainText()
    assert "splice_null" in text
    assert SECTION in text
    assert "0000  FC 30" in text
    page.section.copy_base64.click()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == SECTION


def test_the_day_is_exported_by_the_button_in_the_kind_that_was_chosen_last(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page, button, Save: three presses."""
    page, asked = console.parts.as_run, []
    monkeypatch.setattr(as_run_page, "ask_file_to_write", lambda *given: asked.append(given[3]))
    QTest.mouseClick(page.export_button, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    menu = page.export_button.menu()
    assert menu is not None
    next(action for action in menu.actions() if "PDF" in action.text()).trigger()
    assert page.export_button.text() == "Export PDF"
    QTest.mouseClick(page.export_button, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert [name.rpartition(".")[2] for name in asked] == ["csv", "pdf", "pdf"]


def test_the_log_is_exported_and_its_digest_is_said(console: Console, tmp_path: Path) -> None:
    page, path = console.parts.as_run, tmp_path / "day.csv"
    page.export_to(AsRunFormat.CSV, path)
    console.until(lambda: "SHA-256 c0ffee" in console.parts.notices.text.text())
    assert path.read_text(encoding="utf-8") == "csv 2"


def test_a_section_that_cannot_be_decoded_still_shows_its_bytes() -> None:
    words = section_words(base64.b64encode(b"\xfc\x00\x01").decode())
    assert "cannot be decoded" in words
    assert "FC 00 01" in words


def aired(number: int, outcome: BreakOutcome = BreakOutcome.AIRED, **changes: object) -> AsRunBreak:
    at = 1_795_000_000.0 + number * 600
    return AsRunBreak(
        stream_id="stream-1",
        stream_name="IBE News HD",
        time_zone="Europe/Berlin",
        outcome=outcome,
        title=f"Block {number}",
        splice_event_id=0x60000000 + number,
        out_cue_id=number,
        planned_at=at,
        aired_at=at,
        ended_at=at + 61.5,
        announced_s=60.0,
        ending=Ending.BY_CUE,
    ).model_copy(update=changes)


def test_breaks_are_shown_with_their_sums_chosen_found_and_exported(console: Console, tmp_path: Path) -> None:
    services, page = console.services, console.parts.as_run
    failed = aired(2, BreakOutcome.FAILED, aired_at=None, ended_at=None, reason="no null packets")
    services.as_run.broken = (aired(1), failed)
    page.by.setCurrentIndex(1)
    console.until(lambda: page.breaks.model.rowCount() == 2)
    assert not page.days.isHidden()
    assert page.time_zone.isHidden(), "a break belongs to the day of its channel"
    assert page.summary.text() == "all: 2 breaks, 1 of 2 right (50.0 %), on air 0:01:02, over 1.5 s"
    assert "1 × FAILED: no null packets" in page.breaks.text.toPlainText()
    row = page.breaks.rows.index(0, 0)
    assert [row.siblingAtColumn(at).data() for at in (1, 7, 8)] == [
        "2026-11-18 12:16:40.0",
        "61.5 s",
        "+1.5 s",
    ]
    page.breaks.table.selectRow(1)
    assert "Reason     no null packets" in page.breaks.text.toPlainText()
    page.filter.setText("block 1")
    assert page.breaks.rows.rowCount() == 1
    page.export_to(AsRunFormat.PDF, tmp_path / "breaks.pdf")
    console.until(lambda: "2 breaks written" in console.parts.notices.text.text())
    page.filter.clear()
    page.by.setCurrentIndex(0)
    console.until(lambda: page.model.rowCount() == 2)


def test_lateness_is_in_milliseconds_and_frames() -> None:
    model = AsRunTableModel()
    late = cue(1, pts_time=900_000, splice_at=1000.040, scheduled_at=1000.0, frame_pts=3600.0)
    model.show_rows((AsRunRow(late, "News"), AsRunRow(cue(2, CueState.FAILED), "News")))
    assert model.index(0, LATE_COLUMN).data() == "+40 ms · +1.0 fr"
    assert model.index(1, LATE_COLUMN).data() == "–"


def test_a_page_in_front_when_the_services_open_is_read_and_says_so_until_then(
    open_console: Callable[[FakeServices], Console],
) -> None:
    services = FakeServices([running(1, "IBE News HD")])
    console = open_console(services)
    page = console.parts.as_run
    assert nothing_words(page.table) == READING
    console.parts.docks.raise_page("as_run")
    console.until(lambda: nothing_words(page.table) == "No cue was due on this day.")
    services.cues.cues = [cue(1)]
    console.session.close(20)
    console.session.open()
    console.until(lambda: page.model.rowCount() == 1)


def test_an_empty_history_says_so_only_once_it_was_read(
    open_console: Callable[[FakeServices], Console],
) -> None:
    console = open_console(FakeServices([]))
    history = console.parts.history
    assert nothing_words(history.sessions.table) == READING
    history.read()
    console.until(lambda: nothing_words(history.sessions.table) == "No stream was ever started here.")


def nothing_words(table: QTableView) -> str:
    """Words over an empty table."""
    viewport = table.viewport()
    assert viewport is not None
    return next(words.text() for words in viewport.findChildren(QLabel) if not words.isHidden())
