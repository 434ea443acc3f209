"""Question for folders in which streams have not read or written so far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label

WORDS = (
    "Streams have not used files here so far. From now on any stream may: also those that are set up over "
    "the network."
)


class FolderQuestion(QDialog):
    """Asks once for a folder: `allowed` with the folders, nothing when cancelled."""

    allowed = pyqtSignal(object)

    def __init__(self, folders: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Allow a folder for media")
        self.allow_button = push_button("Allow", "Allow the folder", kind="primary")
        self.allow_button.setDefault(True)
        self.allow_button.clicked.connect(self.accept)
        self.cancel_button = push_button("Cancel")
        self.cancel_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.allow_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(label("Allow files in", "title"))
        for folder in folders:
            layout.addWidget(label(str(folder), wrap=True))
        layout.addWidget(label(WORDS, "second", wrap=True))
        layout.addLayout(row)
        self.setMinimumWidth(420)
        self.accepted.connect(lambda: self.allowed.emit(tuple(folders)))
        self.finished.connect(self.deleteLater)
