"""Question for folders in which streams have not read or written so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.stream_config import StreamConfig
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import scaled
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
        scaled(layout.setContentsMargins, 24, 16, 24, 16)
        scaled(layout.setSpacing, 12)
        layout.addWidget(label("Allow files in", "title"))
        for folder in folders:
            layout.addWidget(label(str(folder), wrap=True))
        layout.addWidget(label(WORDS, "second", wrap=True))
        layout.addLayout(row)
        scaled(self.setMinimumWidth, 420)
        self.accepted.connect(lambda: self.allowed.emit(tuple(folders)))
        self.finished.connect(self.deleteLater)


class FolderGate(QObject):
    """Lets a configuration pass once the folders of its files are allowed: a new one is asked for."""

    def __init__(self, client: ServiceClient, parent: QWidget) -> None:
        super().__init__(parent)
        self._client, self._parent = client, parent
        self.question: FolderQuestion | None = None

    def pass_on(
        self, config: StreamConfig, then: Callable[[], object], refused: Callable[[str], object]
    ) -> None:
        """Go on with `then`, or `refused` with words; with none where the operator allows no folder."""

        def ask(folders: tuple[Path, ...]) -> None:
            if not folders:
                then()
                return
            self.question = question = FolderQuestion(folders, self._parent)
            question.allowed.connect(allow)
            question.rejected.connect(lambda: refused(""))
            question.open()

        def allow(folders: tuple[Path, ...]) -> None:
            call = self._client.ask("Allow a folder", lambda s: s.media.allow(folders))
            call.then(lambda _none: then(), refused, owner=self)

        call = self._client.ask("Folders of the files", lambda s: s.media.not_allowed(config))
        call.then(ask, refused, owner=self)
