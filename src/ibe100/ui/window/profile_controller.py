"""Profiles: save as, load, import, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from ibe100.models.profile import Profile
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.widgets.name_question import NameQuestion

FILE_KINDS = "Profiles (*.json);;All files (*)"


class ProfileController(QObject):
    """Asks for a name or a file, then for the work; dialogs do not block the window's event loop."""

    notice = pyqtSignal(str, str)

    def __init__(self, window: QWidget, client: ServiceClient) -> None:
        super().__init__(window)
        self._window, self._client = window, client

    def save(self) -> None:
        """Save the present list under a name."""
        self._client.profile_names().done.connect(
            lambda names: self._ask("Save profile", "Save", names, own=True, then=self._save)
        )

    def load(self) -> None:
        """Replace the list by a saved one."""
        self._client.profile_names().done.connect(
            lambda names: self._ask("Load profile", "Load", names, own=False, then=self._load)
        )

    def export(self) -> None:
        """Write a saved profile to a file of the operator's choice."""
        self._client.profile_names().done.connect(
            lambda names: self._ask("Export profile", "Export", names, own=False, then=self._choose_export)
        )

    def import_file(self) -> None:
        """Take a profile from a file."""
        dialog = self._file_dialog("Import a profile")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.import_path(Path(name)))
        dialog.open()

    def import_path(self, path: Path) -> None:
        """Take a profile from `path`."""
        self._client.import_profile(path).done.connect(
            lambda profile: self._say(f"Profile {profile.name} was imported from {path.name}.")
        )

    def _ask(
        self, title: str, verb: str, names: tuple[str, ...], *, own: bool, then: Callable[[str], None]
    ) -> None:
        if not own and not names:
            self._say("There are no saved profiles yet: save the streams as a profile first.")
            return
        question = NameQuestion(title, verb, names, own=own, thing="profile", parent=self._window)
        question.answered.connect(then)
        question.open()

    def _save(self, name: str) -> None:
        self._client.save_profile(name).done.connect(
            lambda path: self._say(f"Profile {name} was saved to {path}.")
        )

    def _load(self, name: str) -> None:
        self._client.load_profile(name).done.connect(self._loaded)

    def _loaded(self, profile: Profile) -> None:
        self._say(f"Profile {profile.name} was loaded: {len(profile.streams)} streams.")

    def _choose_export(self, name: str) -> None:
        dialog = self._file_dialog(f"Export profile {name}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile(f"{name}.json")
        dialog.fileSelected.connect(lambda path: self._export(name, Path(path)))
        dialog.open()

    def _export(self, name: str, path: Path) -> None:
        self._client.export_profile(name, path).done.connect(
            lambda _none: self._say(f"Profile {name} was exported to {path}.")
        )

    def _file_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.setNameFilter(FILE_KINDS)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _say(self, words: str) -> None:
        self.notice.emit("info", words)
