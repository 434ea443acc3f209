"""What goes out if the button is pressed now: fields, bytes, splice PTS and wall-clock time."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QAbstractItemView, QHBoxLayout, QPushButton, QTableView, QVBoxLayout, QWidget

from ibe100.models.scte35_marker import CueAction, CuePreview
from ibe100.ui.formats import section_length, utc_text
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.themes.enterprise_theme import SMALL_PX
from ibe100.ui.widgets.copy_button import CopyButton
from ibe100.ui.widgets.labels import ElidedLabel, label, set_kind
from ibe100.ui.widgets.tables import quiet_table

Field = tuple[str, str]
LEAST_TABLE = 26
SHORT = {CueAction.TO_BREAK: "Break", CueAction.BACK_TO_PROGRAMME: "Programme"}


class CuePreviewView(QWidget):
    """Fields of the section about to be sent, for one of the two actions."""

    action_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = CueAction.TO_BREAK
        self._model: KeyedTableModel[Field] = KeyedTableModel(
            (Column("Field", lambda f: f[0]), Column("Value", lambda f: f[1], numeric=True)),
            lambda f: f[0],
            self,
            font_px=SMALL_PX,
        )
        self.table: QTableView = quiet_table(
            self._model, "Fields of the section that would go out", stretch=0
        )
        self.table.setMinimumHeight(LEAST_TABLE)
        header = self.table.horizontalHeader()
        assert header is not None
        header.hide()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.when = ElidedLabel("", "small_number")
        self.section = ElidedLabel("", "small_number")
        self.warnings = label("", "problem", wrap=True)
        self.copy = CopyButton("Copy the section as base64")
        self._actions = {action: self._action_button(action) for action in SHORT}
        self._lay_out()
        self.show_problem("no stream selected")

    def _action_button(self, action: CueAction) -> QPushButton:
        button = QPushButton(SHORT[action])
        button.setCheckable(True)
        button.setAutoExclusive(True)
        button.setChecked(action is self._action)
        button.setProperty("kind", "flat")
        button.setAccessibleName(f"Preview {action}")
        button.clicked.connect(lambda: self._choose(action))
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(label("Would go out", "strong"), 1)
        for button in self._actions.values():
            head.addWidget(button)
        bytes_row = QHBoxLayout()
        bytes_row.addWidget(self.section, 1)
        bytes_row.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(head)
        layout.addWidget(self.when)
        layout.addLayout(bytes_row)
        layout.addWidget(self.warnings)
        layout.addWidget(self.table, 1)

    @property
    def action(self) -> CueAction:
        """Which of the two buttons is previewed."""
        return self._action

    def show_preview(self, preview: CuePreview) -> None:
        """The section as it would be sent now."""
        if preview.pts_time is None:
            self.when.setText("splice immediately")
        else:
            splice = utc_text(preview.splice_at, milliseconds=True)
            self.when.setText(f"splice {splice} UTC · PTS {preview.pts_time}")
        self.section.setText(f"{section_length(preview.section_base64)} B  {preview.section_base64}")
        self.copy.set_text(preview.section_base64)
        set_kind(self.warnings, "problem")
        self.warnings.setText("\n".join(f"▲ {words}" for words in preview.warnings))
        self._model.show(preview.fields)
        self._show_parts(True)

    def show_problem(self, words: str) -> None:
        """Why there is nothing to preview."""
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

    def choose(self, action: CueAction) -> None:
        """Preview the other one, as if its button had been pressed."""
        self._actions[action].setChecked(True)
        self._choose(action)

    def _choose(self, action: CueAction) -> None:
        self._action = action
        self.action_changed.emit()
