"""Import of planned breaks: row by row, with what is wrong, before anything is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.cues.recurrence import Every, Weekly
from ibe100.models.cues.schedule import After, At, BreakPlan, ImportPreview, ImportRow, ScheduledBreak
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.utils.timecode import format_date
from ibe100.utils.units import counted

TIME_ZONES = (("local", "local time of this machine"), ("UTC", "UTC"))
WIDTHS = {0: 50, 1: 150, 2: 150, 3: 190, 4: 70}
WORDS_COLUMN = 5


class ImportDialog(QDialog):
    """Preview of a file; `imported` with the breaks that were stored, all or none."""

    imported = pyqtSignal(object)

    def __init__(
        self, client: ServiceClient, streams: StreamListModel, path: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._client, self._streams, self._path = client, streams, path
        self._preview: ImportPreview | None = None
        self._findings: dict[int, str] = {}
        self.setWindowTitle(f"Import {path.name}")
        self.resize(px(940), px(480))
        self.time_zone = QComboBox()
        self.time_zone.setAccessibleName("Time zone of times without an offset")
        for value, words in TIME_ZONES:
            self.time_zone.addItem(words, value)
        self.summary = label("Reading the file …", "strong", wrap=True)
        self.model: KeyedTableModel[ImportRow] = KeyedTableModel(
            (
                Column("Line", lambda row: str(row.line), numeric=True),
                Column("Stream", lambda row: self._of(row, lambda plan: streams.words(plan.stream_id))),
                Column("Title", lambda row: self._of(row, lambda plan: plan.title)),
                Column("When (UTC)", lambda row: self._of(row, when_words), numeric=True),
                Column("Length s", lambda row: self._of(row, lambda p: f"{p.duration_s:g}"), numeric=True),
                Column("Notes", self._words, colour=self._colour),
            ),
            lambda row: row.line,
            self,
        )
        self.table = quiet_table(self.model, "Rows of the file")
        fit_columns(self.table, WIDTHS, WORDS_COLUMN)
        self.accept_button = push_button("Import", "Import the good rows", kind="primary")
        self.accept_button.clicked.connect(self.store)
        cancel = push_button("Cancel")
        cancel.clicked.connect(self.reject)
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        head.addWidget(label("Times without an offset are", "muted"))
        head.addWidget(self.time_zone)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.accept_button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 16, 16, 12)
        scaled(layout.setSpacing, 12)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)
        self.time_zone.currentIndexChanged.connect(self._read)
        self._read()

    def store(self) -> None:
        """Plan the good rows."""
        preview = self._preview
        if preview is not None:
            self.accept_button.setEnabled(False)
            call = self._client.ask(f"Import {preview.source}", lambda s: s.schedule.import_rows(preview))
            call.then(self._stored, self._refused)

    def _read(self) -> None:
        self.accept_button.setEnabled(False)
        path, time_zone = self._path, self.time_zone.currentData()
        call = self._client.ask(f"Read {path.name}", lambda s: s.schedule.preview_import(path, time_zone))
        call.then(self._show, self._refused)

    def _show(self, preview: ImportPreview) -> None:
        self._preview = preview
        self._findings = {-i: found.text for found in preview.findings for i in found.break_ids}
        self.model.show(())
        self.model.show(preview.rows)
        good, bad = len(preview.good), len(preview.bad)
        parts = [f"{good} of {counted(good + bad, 'row')} can be planned"]
        parts += [f"{bad} cannot, with the reason"] if bad else []
        parts += [counted(len(preview.findings), "conflict")] if preview.findings else []
        self.summary.setText(" · ".join(parts))
        set_kind(self.summary, "problem" if bad or preview.findings else "strong")
        self.accept_button.setText(f"Import {counted(good, 'break')}")
        self.accept_button.setEnabled(good > 0)

    def _stored(self, stored: tuple[ScheduledBreak, ...]) -> None:
        self.imported.emit(stored)
        self.accept()

    def _refused(self, words: str) -> None:
        self.summary.setText(f"▲ {words}")
        set_kind(self.summary, "problem")

    def _words(self, row: ImportRow) -> str:
        if row.plan is None:
            return f"▲ {row.error}"
        conflict = self._findings.get(row.line)
        return f"▲ {conflict}" if conflict else "will be planned"

    def _colour(self, row: ImportRow) -> Colour | None:
        is_fine = row.plan is not None and row.line not in self._findings
        return Colour.TEXT_MUTED if is_fine else Colour.ALARM_YELLOW_TEXT

    def _of(self, row: ImportRow, words: Callable[[BreakPlan], str]) -> str:
        return "–" if row.plan is None else words(row.plan)


def when_words(plan: BreakPlan) -> str:
    """Time of a planned break as text."""
    match plan.when:
        case At(at=at):
            return format_date(at)
        case After(break_id=break_id, offset_s=offset_s):
            of = f"line {-break_id}" if break_id < 0 else f"break {break_id}"
            return f"{offset_s:g} s after {of}"
        case Every(start=start, minutes=minutes):
            return f"every {minutes:g} min from {format_date(start)}"
        case Weekly() as rule:
            return rule.words()
