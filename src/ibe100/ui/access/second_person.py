"""Question for the second person: what is to be done, and their own name and password."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label


class SecondPerson(QDialog):
    """Asks once: `confirmed` with name and password, `rejected` when it is called off."""

    confirmed = pyqtSignal(str, str)

    def __init__(self, what: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{what}: second person")
        self.name, self.password = QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        for field, name in ((self.name, "Name of the second person"), (self.password, "Their password")):
            field.setAccessibleName(name)
            field.setPlaceholderText(name)
            field.setMaxLength(200)
            scaled(field.setMinimumHeight, 36)
        self.accept_button = push_button("Confirm", f"Confirm: {what}", kind="primary", height=36)
        self.accept_button.setDefault(True)
        self.accept_button.clicked.connect(self._confirm)
        cancel = push_button("Cancel", height=36, auto_default=False)
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.accept_button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 24, 24, 24, 24)
        scaled(layout.setSpacing, 12)
        layout.addWidget(label(what, "heading"))
        layout.addWidget(label(f"{words[:1].upper()}{words[1:]}.", "second", wrap=True))
        layout.addWidget(self.name)
        layout.addWidget(self.password)
        layout.addLayout(row)
        scaled(self.setMinimumWidth, 420)
        self.finished.connect(self.deleteLater)

    def _confirm(self) -> None:
        name, password = self.name.text().strip(), self.password.text()
        self.password.clear()
        if name and password:
            self.confirmed.emit(name, password)
            self.accept()
