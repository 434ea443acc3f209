"""Field that takes an address, pasted, dropped or typed, and says how it was read."""

from __future__ import annotations

from itertools import takewhile

from pydantic import BaseModel
from PyQt6.QtCore import QMimeData, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PyQt6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from ibe100.models.errors import ConfigurationError
from ibe100.ui.streams.editor.address_words import first_address, masked, read_address, reading, refusal_words
from ibe100.ui.streams.editor.fields import EndpointSpec
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import label, set_kind

PLACEHOLDER = "Paste, drop or type an address or a file: srt, udp, rtp, rist, http(s)"
PASTED = 2
"""Characters that come at once only by a paste."""


class AddressField(QWidget):
    """Line over the fields of one end. `taken` with the endpoint that was read.

    What is pasted or dropped is read at once, what is typed with Enter or when the field is left.
    """

    taken = pyqtSignal(object)

    def __init__(self, spec: EndpointSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = spec
        self._last = ""
        self._before = ""
        self.line = QLineEdit()
        self.line.setPlaceholderText(PLACEHOLDER)
        self.line.setAccessibleName(f"Address of the {spec.side.replace('_', ' ')}")
        self.line.setAcceptDrops(False)  # the whole end takes them
        self.words = label("", "muted", wrap=True)
        self.words.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addWidget(self.line)
        layout.addWidget(self.words)
        self.line.textEdited.connect(self._edited)
        self.line.editingFinished.connect(lambda: self.take(self.line.text()))

    def take(self, text: str) -> None:
        """Read an address and show how; one that cannot be read changes nothing else."""
        address = first_address(text)
        if not address or address == self._last:
            return
        try:
            endpoint = read_address(text, self._spec.side)
        except ConfigurationError as error:
            self._last = address
            self._show(address, f"▲ {refusal_words(error)}", "problem")
            return
        shown = masked(address)
        self._last = shown
        self._show(shown, f"✓ {reading(endpoint, self._spec, text)}", "muted")
        self.taken.emit(endpoint)

    def _edited(self, text: str) -> None:
        before, self._before = self._before, text
        if _inserted(before, text) >= PASTED:
            self.take(text)

    def _show(self, address: str, words: str, kind: str) -> None:
        self.line.setText(address)
        self._before = address
        set_kind(self.words, kind)
        self.words.setText(words)
        self.words.show()
        self.line.setAccessibleDescription(words)


def _inserted(before: str, after: str) -> int:
    """Characters of `after` that came into the text in one edit."""
    start = sum(1 for _same in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    rest = zip(reversed(before[start:]), reversed(after[start:]), strict=False)
    return len(after) - start - sum(1 for _same in takewhile(lambda pair: pair[0] == pair[1], rest))


def dropped_text(data: QMimeData | None) -> str:
    """Address in what is dragged: its first file or URL, else its text; empty for anything else."""
    if data is None:
        return ""
    for url in data.urls():
        return url.toLocalFile() if url.isLocalFile() else url.toString()
    return first_address(data.text()) if data.hasText() else ""


class DropTarget(QWidget):
    """Widget onto which an address can be dropped; it is outlined while one is over it."""

    dropped = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take what holds an address."""
        if event is not None and dropped_text(event.mimeData()):
            event.acceptProposedAction()
            set_kind(self, "drop")

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:
        """Go back to what it was."""
        set_kind(self, "")

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Hand on the address."""
        set_kind(self, "")
        if event is not None and (text := dropped_text(event.mimeData())):
            event.acceptProposedAction()
            self.dropped.emit(text)


def secret_of(endpoint: BaseModel) -> str:
    """Passphrase that came with an address."""
    passphrase = getattr(endpoint, "passphrase", None)
    return "" if passphrase is None else str(passphrase.get_secret_value())
