"""Settings as the services say, asked for and changed without blocking; and the last change of the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.models.settings.views import SettingView
from ibe100.ui.service_client import ServiceClient

Names = tuple[str, ...]


class SettingsModel(QObject):
    """`shown` when the settings were read, `refused` with names and words when a change was not taken."""

    shown = pyqtSignal()
    taken = pyqtSignal(object)
    """Names of what was changed."""
    refused = pyqtSignal(object, str)
    said = pyqtSignal(str, bool)
    """Words for the foot of the window, and whether something went wrong."""
    undo_changed = pyqtSignal()

    def __init__(self, client: ServiceClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.views: dict[str, SettingView] = {}
        self._undo: tuple[str, Callable[[], object]] | None = None

    @property
    def undo_title(self) -> str:
        """Title of what `undo` takes back; empty where there is nothing."""
        return "" if self._undo is None else self._undo[0]

    def read(self) -> None:
        """Read all settings."""
        call = self._client.ask("Settings", lambda s: s.settings.views())
        call.then(self._show, lambda words: self.said.emit(words, True), owner=self)

    def change(self, values: dict[str, Any]) -> None:
        """Set these together."""
        names = tuple(values)
        call = self._client.ask("Settings", lambda s: s.settings.change(values))
        call.then(lambda _: self._changed(names), lambda words: self._refuse(names, words), owner=self)

    def reset(self, names: Sequence[str]) -> None:
        """Set these to what is shipped."""
        wanted = tuple(names)
        call = self._client.ask("Settings", lambda s: s.settings.reset(wanted))
        call.then(
            lambda _: self._changed(wanted, "a section"),
            lambda words: self._refuse(wanted, words),
            owner=self,
        )

    def note_undo(self, title: str, take_back: Callable[[], object]) -> None:
        """Remember how the last change is taken back."""
        self._undo = (title, take_back)
        self.undo_changed.emit()

    def undo(self) -> None:
        """Take the last change back."""
        if self._undo is not None:
            title, take_back = self._undo
            self._undo = None
            take_back()
            self.undo_changed.emit()
            self.said.emit(f"Taken back: {title}.", False)

    def _undo_settings(self) -> None:
        call = self._client.ask("Undo", lambda s: s.settings.undo())
        call.then(lambda _: self.read(), lambda words: self.said.emit(words, True), owner=self)

    def _show(self, views: Sequence[SettingView]) -> None:
        self.views = {view.name: view for view in views}
        self.shown.emit()

    def _changed(self, names: Names, title: str = "") -> None:
        first = self.views.get(names[0]) if names else None
        title = title or (first.form.title if first is not None else "")
        self.note_undo(title, self._undo_settings)
        self.taken.emit(names)
        holds = first.holds if first is not None else "at once"
        self.said.emit(f"✓ {title[:1].upper()}{title[1:]} is changed; that holds {holds}.", False)
        self.read()

    def _refuse(self, names: Names, words: str) -> None:
        self.refused.emit(names, words)
        self.said.emit("▲ Not taken: the reason stands at the setting.", True)
