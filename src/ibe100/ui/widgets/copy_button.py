"""A button that copies a text and says so."""

from __future__ import annotations

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget

from ibe100.ui.themes.icons import icon

SAID_MS = 1500


class CopyButton(QPushButton):
    """Disabled while there is nothing to copy."""

    def __init__(self, accessible_name: str, words: str = "Copy", parent: QWidget | None = None) -> None:
        super().__init__(icon("content-copy"), words, parent)
        self._text = ""
        self.setAccessibleName(accessible_name)
        self.setToolTip(accessible_name)
        self.setEnabled(False)
        self._said = QTimer(self)
        self._said.setSingleShot(True)
        self._said.setInterval(SAID_MS)
        self._said.timeout.connect(lambda: self.setText(words))
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(max(words, "Copied", key=len)) + 48)
        self.clicked.connect(self._copy)

    def set_text(self, text: str) -> None:
        """What a press copies."""
        self._text = text
        self.setEnabled(bool(text))

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._text)
            self.setText("Copied")
            self._said.start()
