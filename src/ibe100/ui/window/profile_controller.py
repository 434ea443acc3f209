"""Actions on profiles: save, load, import, export."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from ibe100.models.profile import Profile
from ibe100.services.ports import Services
from ibe100.ui.actions.typed_ahead import TypedAhead
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.widgets.file_question import ask_file_to_read, ask_file_to_write
from ibe100.ui.widgets.name_question import NameQuestion
from ibe100.utils.units import counted

FILE_KINDS = "Profiles (*.json);;All files (*)"


class ProfileController(QObject):
    """Asks for a name or a file, then the services; dialogs do not block the event loop."""

    notice = pyqtSignal(str, str)

    def __init__(self, window: QWidget, client: ServiceClient, typed_ahead: TypedAhead) -> None:
        super().__init__(window)
        self._window, self._client, self._typed_ahead = window, client, typed_ahead

    def save(self) -> None:
        """Save the present list of streams under a name."""
        self._ask("Save profile", "Save", _saved, own=True, then=self._save)

    def load(self) -> None:
        """Replace the list of streams by a saved one, or by one that comes with the program."""
        self._ask("Load profile", "Load", _saved_and_shipped, own=False, then=self._load)

    def export(self) -> None:
        """Export a saved profile to a file of the operator's choice."""
        self._ask("Export profile", "Export", _saved, own=False, then=self._choose_export)

    def import_file(self) -> None:
        """Import a profile from a file of the operator's choice."""
        ask_file_to_read(self._window, "Import a profile", self.import_path, FILE_KINDS)

    def import_path(self, path: Path) -> None:
        """Import the profile in `path`."""
        call = self._client.ask(f"Import {path.name}", lambda s: s.profiles.import_file(path))
        call.then(lambda profile: self._say(f"Profile {profile.name} was imported from {path.name}."))

    def _ask(
        self,
        title: str,
        verb: str,
        names_of: Callable[[Services], Coroutine[Any, Any, tuple[str, ...]]],
        *,
        own: bool,
        then: Callable[[str], None],
    ) -> None:
        def ask_name(names: tuple[str, ...]) -> None:
            if not own and not names:
                self._say("There are no saved profiles yet: save the streams as a profile first.")
                return
            question = NameQuestion(title, verb, names, own=own, thing="profile", parent=self._window)
            question.answered.connect(then)
            question.open()

        self._typed_ahead.expect()
        call = self._client.ask("Profiles", names_of).then(ask_name)
        call.finished.connect(self._typed_ahead.opened)

    def _save(self, name: str) -> None:
        call = self._client.ask(f"Save profile {name}", lambda s: s.profiles.save(name))
        call.then(lambda path: self._say(f"Profile {name} was saved to {path}."))

    def _load(self, name: str) -> None:
        self._client.ask(f"Load profile {name}", lambda s: s.profiles.load(name)).then(self._loaded)

    def _loaded(self, profile: Profile) -> None:
        self._say(f"Profile {profile.name} was loaded: {counted(len(profile.streams), 'stream')}.")

    def _choose_export(self, name: str) -> None:
        title, file_name = f"Export profile {name}", f"{name}.json"
        ask_file_to_write(self._window, title, lambda path: self._export(name, path), file_name, FILE_KINDS)

    def _export(self, name: str, path: Path) -> None:
        call = self._client.ask(f"Export profile {name}", lambda s: s.profiles.export_file(name, path))
        call.then(lambda _none: self._say(f"Profile {name} was exported to {path}."))

    def _say(self, words: str) -> None:
        self.notice.emit("info", words)


async def _saved(services: Services) -> tuple[str, ...]:
    return await services.profiles.names()


async def _saved_and_shipped(services: Services) -> tuple[str, ...]:
    saved = await services.profiles.names()
    return (*saved, *(name for name in await services.profiles.shipped() if name not in saved))
