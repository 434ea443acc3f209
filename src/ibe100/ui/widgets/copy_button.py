"""Button that copies a text and says so, and a command with such a button."""

from __future__ import annotations

from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.words.tooltips import set_tooltip

SAID_MS = 1500


class CopyButton(QPushButton):
    """Copy button, disabled while there is nothing to copy."""

    def __init__(self, accessible_name: str, words: str = "Copy", parent: QWidget | None = None) -> None:
        super().__init__(icon("content-copy"), words, parent)
        self._text = ""
        self.setAccessibleName(accessible_name)
        set_tooltip(self, accessible_name)
        self.setEnabled(False)
        self._said = single_shot(self, SAID_MS, lambda: self.setText(words))
        longest = max(words, "Copied", key=len)
        on_text_size(
            self, lambda b: b.setMinimumWidth(QFontMetrics(sans()).horizontalAdvance(longest) + px(48))
        )
        self.clicked.connect(self._copy)

    def set_text(self, text: str) -> None:
        """Set the text that a press copies."""
        self._text = text
        self.setEnabled(bool(text))

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._text)
            self.setText("Copied")
            self._said.start()


class CommandView(QWidget):
    """The command as it can be pasted into a shell, secrets masked."""

    def __init__(self, title: str = "Command (secrets masked)", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Command, secrets masked")
        self.text.setPlaceholderText("The command is derived from the probe of the input.")
        scaled(self.text.setMinimumHeight, 44)
        self.copy = CopyButton("Copy the command")
        head = QHBoxLayout()
        head.addWidget(label(title, "strong"), 1)
        head.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.text, 1)

    def show_command(self, command: str) -> None:
        """Change the text; the scroll position is kept if it is the same."""
        if command != self.text.toPlainText():
            self.text.setPlainText(command)
            self.copy.set_text(command)
