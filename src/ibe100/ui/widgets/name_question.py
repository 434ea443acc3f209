"""Question for a name: one of the saved, or a new one."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label


class NameQuestion(QDialog):
    """Asks once: `answered` with the name, nothing when cancelled."""

    answered = pyqtSignal(str)

    def __init__(
        self,
        title: str,
        verb: str,
        names: Sequence[str],
        *,
        own: bool,
        thing: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.name = QComboBox()
        self.name.addItems(list(names))
        self.name.setEditable(own)
        self.name.setAccessibleName(f"Name of the {thing}")
        self.accept_button = push_button(verb, title, kind="primary")
        self.accept_button.setDefault(True)
        self.accept_button.clicked.connect(self._answer)
        cancel = push_button("Cancel")
        cancel.clicked.connect(self.reject)
        self.name.currentTextChanged.connect(lambda text: self.accept_button.setEnabled(bool(text.strip())))
        self.accept_button.setEnabled(bool(self.name.currentText().strip()))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.accept_button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 24, 16, 24, 16)
        scaled(layout.setSpacing, 12)
        layout.addWidget(label(title, "title"))
        layout.addWidget(self.name)
        layout.addLayout(row)
        scaled(self.setMinimumWidth, 360)
        self.finished.connect(self.deleteLater)

    def _answer(self) -> None:
        self.answered.emit(self.name.currentText().strip())
        self.accept()
