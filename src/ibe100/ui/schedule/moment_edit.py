"""Field for a moment: UTC in the field, local time beside it."""

from __future__ import annotations

from datetime import datetime

from PyQt6.QtCore import QDateTime, QTimeZone, pyqtSignal
from PyQt6.QtWidgets import QDateTimeEdit, QHBoxLayout, QWidget

from ibe100.ui.themes.sizes import on_text_size
from ibe100.ui.widgets.labels import label

FORMAT = "yyyy-MM-dd HH:mm:ss"


class MomentEdit(QWidget):
    """Edits whole seconds since the epoch."""

    changed = pyqtSignal()

    def __init__(self, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QDateTimeEdit()
        self.edit.setTimeZone(QTimeZone.utc())
        self.edit.setDisplayFormat(FORMAT)
        self.edit.setAccessibleName(f"{accessible_name}, UTC")
        self.edit.setButtonSymbols(QDateTimeEdit.ButtonSymbols.NoButtons)
        self.edit.setCurrentSection(QDateTimeEdit.Section.MinuteSection)
        self.local = label("", "muted")
        on_text_size(
            self.local,
            lambda words: words.setMinimumWidth(
                words.fontMetrics().horizontalAdvance("UTC · 00:00:00 local ")
            ),
        )
        self.edit.dateTimeChanged.connect(self._changed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self.local)
        self.setFocusProxy(self.edit)

    def value(self) -> float:
        """The moment, seconds since the epoch."""
        return float(self.edit.dateTime().toSecsSinceEpoch())

    def set_value(self, at: float) -> None:
        """Show a moment, to the second."""
        self.edit.setDateTime(QDateTime.fromSecsSinceEpoch(round(at), QTimeZone.utc()))
        self._changed()

    def _changed(self) -> None:
        local = datetime.fromtimestamp(self.value()).astimezone()
        self.local.setText(f"UTC · {local:%H:%M:%S} local")
        self.changed.emit()
