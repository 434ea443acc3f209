"""The command as it can be pasted into a shell, secrets masked."""

from __future__ import annotations

from PyQt6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ibe100.ui.widgets.copy_button import CopyButton
from ibe100.ui.widgets.labels import label


class CommandView(QWidget):
    """Text and Copy."""

    def __init__(self, title: str = "Command (secrets masked)", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Command, secrets masked")
        self.text.setPlaceholderText("The command is derived from the probe of the input.")
        self.text.setMinimumHeight(44)
        self.copy = CopyButton("Copy the command")
        head = QHBoxLayout()
        head.addWidget(label(title, "strong"), 1)
        head.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.text, 1)

    def show_command(self, command: str) -> None:
        """Change the text; the place read is kept if it is the same."""
        if command != self.text.toPlainText():
            self.text.setPlainText(command)
            self.copy.set_text(command)
