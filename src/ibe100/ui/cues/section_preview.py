"""Preview of a section before it is sent: splice time, bytes, fields, warnings."""

from __future__ import annotations

import base64

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.scte35_marker import CueAction, CuePreview
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.themes.sizes import SCALE, scaled
from ibe100.ui.widgets.buttons import choice_button
from ibe100.ui.widgets.copy_button import CopyButton
from ibe100.ui.widgets.labels import ElidedLabel, label, set_kind
from ibe100.ui.widgets.tables import quiet_table
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import format_event_id

Field = tuple[str, str]
SHORT = {CueAction.TO_BREAK: "Break", CueAction.BACK_TO_PROGRAMME: "Programme"}
LEAST_TABLE = 16
NAMES_PART = 0.47


class SectionPreview(QWidget):
    """Shows a CuePreview, or the reason why there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: KeyedTableModel[tuple[int, Field]] = KeyedTableModel(
            (Column("Field", lambda f: f[1][0]), Column("Value", lambda f: f[1][1], numeric=True)),
            lambda f: (f[0], f[1][0]),
            self,
            font_size=SCALE,
        )
        self.table: QTableView = quiet_table(
            self._model, "Fields of the section that would go out", stretch=1
        )
        scaled(self.table.setMinimumHeight, LEAST_TABLE)
        header = self.table.horizontalHeader()
        assert header is not None
        header.hide()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.when = ElidedLabel("", "small_number")
        self.section = ElidedLabel("", "bytes")
        self.warnings = label("", "problem", wrap=True)
        self.copy = CopyButton("Copy the section as base64")
        bytes_row = QHBoxLayout()
        words = QVBoxLayout()
        scaled(words.setSpacing, 4)
        words.addWidget(self.when)
        words.addWidget(self.section)
        bytes_row.addLayout(words, 1)
        bytes_row.addWidget(self.copy)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        scaled(self.column.setSpacing, 4)
        self.column.addLayout(bytes_row)
        self.column.addWidget(self.warnings)
        self.column.addWidget(self.table, 1)
        self.show_problem("no stream selected")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the width between names and values; a long UPID does not push the names out."""
        super().resizeEvent(event)
        self.table.setColumnWidth(0, round(self.width() * NAMES_PART))

    def show_preview(self, preview: CuePreview) -> None:
        """Show the section as it would be sent now."""
        event = (
            "" if preview.splice_event_id is None else f"event {format_event_id(preview.splice_event_id)} · "
        )
        if preview.pts_time is None:
            self.when.setText(f"{event}splice immediately")
        else:
            splice = format_clock(preview.splice_at, milliseconds=True)
            self.when.setText(f"{event}splice {splice} UTC · PTS {preview.pts_time}")
        self.section.setText(f"{len(base64.b64decode(preview.section_base64))} B  {preview.section_base64}")
        self.copy.set_text(preview.section_base64)
        set_kind(self.warnings, "problem")
        self.warnings.setText("\n".join(f"▲ {words}" for words in preview.warnings))
        # A section may have two descriptors with fields of the same names.
        self._model.show(tuple(enumerate(preview.fields)))
        self._show_parts(True)

    def show_problem(self, words: str) -> None:
        """Show why there is nothing to preview."""
        self.section.setText("")
        set_kind(self.warnings, "muted")
        self.warnings.setText(words)
        self.copy.set_text("")
        self._model.show(())
        self._show_parts(False)

    def _show_parts(self, shown: bool) -> None:
        for part in (self.when, self.section, self.copy):
            part.setVisible(shown)
        self.warnings.setVisible(bool(self.warnings.text()))


class CuePreviewView(SectionPreview):
    """Preview of one of the two actions."""

    action_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = CueAction.TO_BREAK
        self._actions = {action: self._action_button(action) for action in SHORT}
        head = QHBoxLayout()
        scaled(head.setSpacing, 4)
        head.addWidget(label("Would go out", "strong"), 1)
        for button in self._actions.values():
            head.addWidget(button)
        self.column.insertLayout(0, head)

    def _action_button(self, action: CueAction) -> QPushButton:
        choice = choice_button(SHORT[action], f"Preview {action}", kind="flat", chosen=action is self._action)
        choice.setAutoExclusive(True)
        choice.clicked.connect(lambda: self._choose(action))
        return choice

    @property
    def action(self) -> CueAction:
        """The action that is previewed."""
        return self._action

    def choose(self, action: CueAction) -> None:
        """Preview this action, as if its button had been pressed."""
        self._actions[action].setChecked(True)
        self._choose(action)

    def _choose(self, action: CueAction) -> None:
        self._action = action
        self.action_changed.emit()
