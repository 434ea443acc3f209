"""Files and addresses that are dropped or pasted onto the window: each goes where it belongs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QMimeData, QObject, Qt
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QFrame, QLabel, QMainWindow, QVBoxLayout

from ibe100.ui.streams.editor.address_field import dropped_text
from ibe100.ui.streams.editor.address_words import is_address, masked
from ibe100.ui.themes.sizes import DIALOG, px
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.window.parts import Parts

if TYPE_CHECKING:
    from ibe100.services.ports import Services

STREAM_FILES = frozenset({".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".m3u8"})
SCHEDULE_FILES = frozenset({".csv", ".tsv", ".txt", ".xml", ".xmltv"})
JSON_FILE = ".json"
MOST_JSON_BYTES = 10_000_000


class Kind(Enum):
    """What a file or an address is for the console."""

    STREAM = "stream"
    SCHEDULE = "schedule"
    PROFILE = "profile"
    JSON = "json"
    """Profile or planned breaks: its content tells."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Brought:
    """What was dropped or pasted."""

    kind: Kind
    text: str
    """Address or path."""
    words: str
    """What a drop of it does, or why it does nothing."""


def read_brought(text: str) -> Brought:
    """Tell what an address or a path is for the console; nothing is opened."""
    name, suffix = Path(text).name, Path(text).suffix.lower()
    if is_address(text):
        return Brought(Kind.STREAM, text, f"Add a stream from {masked(text)}")
    if suffix in STREAM_FILES:
        return Brought(Kind.STREAM, text, f"Add a stream from {name}")
    if suffix in SCHEDULE_FILES:
        return Brought(Kind.SCHEDULE, text, f"Import planned breaks from {name}")
    if suffix == JSON_FILE:
        return Brought(Kind.JSON, text, f"Import the profile or the planned breaks in {name}")
    what = name[:80] or "This"
    return Brought(
        Kind.UNKNOWN,
        text,
        f"{what} is no address, transport stream (.ts), schedule (.csv, .xml, .json) or profile (.json)",
    )


class Intake(QObject):
    """Takes what is dropped on the window, and Ctrl+V; a target says what a drop would do."""

    def __init__(self, window: QMainWindow, parts: Parts) -> None:
        super().__init__(window)
        self._window, self._parts = window, parts
        self.target = _Target(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def paste(self) -> None:
        """Take what is on the clipboard."""
        clipboard = QApplication.clipboard()
        text = "" if clipboard is None else dropped_text(clipboard.mimeData())
        if text:
            self.take(read_brought(text))
        else:
            self._refuse("There is no address or file on the clipboard.")

    def take(self, brought: Brought) -> None:
        """Begin what it is for; a refusal says why."""
        if refusal := self.refusal(brought):
            self._refuse(refusal)
            return
        match brought.kind:
            case Kind.STREAM:
                self._parts.stream_controller.add_from(brought.text)
            case Kind.SCHEDULE:
                self._parts.schedule_controller.import_path(Path(brought.text))
            case Kind.PROFILE:
                self._parts.profile_controller.import_path(Path(brought.text))
            case Kind.JSON:
                self._look_into(Path(brought.text))

    def refusal(self, brought: Brought) -> str:
        """Reason for which it is not taken; empty where it is."""
        actions = self._parts.actions
        needed = {
            Kind.STREAM: "add",
            Kind.SCHEDULE: "import_breaks",
            Kind.PROFILE: "import_profile",
        }.get(brought.kind)
        if brought.kind is Kind.UNKNOWN:
            return f"{brought.words}."
        return "" if needed is None else actions.refusal(needed)

    def _look_into(self, path: Path) -> None:
        async def kind_of(_services: Services) -> Kind:
            return await asyncio.to_thread(_json_kind, path)

        def take(kind: Kind) -> None:
            words = "" if kind is not Kind.UNKNOWN else f"{path.name} holds no profile and no planned breaks"
            self.take(Brought(kind, str(path), words))

        self._parts.client.ask(f"Read {path.name}", kind_of).then(take)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Show the target while something is over the window; True for what is used up."""
        match event:
            # QDragEnterEvent is a QDragMoveEvent, and that a QDropEvent.
            case QDragEnterEvent():
                return self._entered(event)
            case QDropEvent() if event.type() is QEvent.Type.DragMove:
                event.acceptProposedAction()
                return True
            case QDropEvent() if event.type() is QEvent.Type.Drop:
                self.target.hide()
                event.acceptProposedAction()
                self.take(_brought(event.mimeData()))
                return True
        if event is not None and event.type() is QEvent.Type.DragLeave:
            self.target.hide()
        return False

    def _entered(self, event: QDragEnterEvent) -> bool:
        if not _is_for_us(event.mimeData()):
            return False
        brought = _brought(event.mimeData())
        refusal = self.refusal(brought)
        self.target.show_words(refusal or brought.words, refused=bool(refusal))
        # Accepted also where it is refused: only so the drop, and the reason, come to us.
        event.acceptProposedAction()
        return True

    def _refuse(self, words: str) -> None:
        self._parts.notices.post("warning", words)


class _Target(QFrame):
    """Frame over the window that says what a drop does."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("kind", "drop_target")
        self.setAccessibleName("Drop here")
        self.words: QLabel = label("", "heading", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(self.words)
        layout.addStretch(1)
        self.hide()

    def show_words(self, words: str, *, refused: bool) -> None:
        """Cover the window's middle with these words."""
        self.words.setText(f"✕ {words}" if refused else words)
        set_kind(self, "drop_refused" if refused else "drop_target")
        margin = px(DIALOG)
        self.setGeometry(self._window.rect().adjusted(margin, margin, -margin, -margin))
        self.show()
        self.raise_()


def _is_for_us(data: QMimeData | None) -> bool:
    return data is not None and (data.hasUrls() or data.hasText())


def _brought(data: QMimeData | None) -> Brought:
    brought = read_brought(dropped_text(data))
    others = 0 if data is None else len(data.urls()) - 1
    if others > 0:
        words = f"Drop one at a time: {len(data.urls()) if data else 0} were dropped"
        return Brought(Kind.UNKNOWN, brought.text, words)
    return brought


def _json_kind(path: Path) -> Kind:
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(MOST_JSON_BYTES))
    except (OSError, ValueError):
        return Kind.SCHEDULE  # its import says what is wrong with the file
    return Kind.PROFILE if isinstance(document, dict) and "streams" in document else Kind.SCHEDULE
