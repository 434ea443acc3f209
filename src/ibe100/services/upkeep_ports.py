"""Ports for the upkeep of an installation: settings, backups, support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ibe100.models.backup import BackupContents, BackupFile, BackupManifest, BackupStatus, KeptBackup
from ibe100.models.messages import StreamView
from ibe100.models.records.hosts import ClusterView
from ibe100.models.settings.installation import PackageLicence, PartVersion
from ibe100.models.settings.sound import SoundPlan
from ibe100.models.settings.views import SettingView


class SettingsPort(Protocol):
    """Settings: each with its value and where that comes from; changed in the file that goes before."""

    async def views(self) -> tuple[SettingView, ...]:
        """All settings as the files, the variables and the command line say now.

        Raises ConfigurationError while a file is wrong.
        """

    async def change(self, values: Mapping[str, Any]) -> None:
        """Set these, as JSON values by name, all or none; what can take effect at once does.

        Raises ConfigurationError for a value that is not allowed or fixed by a place that goes before the
        file, and StorageError.
        """

    async def reset(self, names: Sequence[str]) -> None:
        """Set these to what is shipped; those that are fixed stay."""

    async def undo(self) -> None:
        """Take the last change or reset back. Raises ConfigurationError where there is none."""

    def last_change(self) -> tuple[str, ...]:
        """Names of what `undo` would take back; safe from any thread."""

    def sound(self) -> SoundPlan:
        """The sound of alarms as it is in force; safe from any thread."""


class BackupPort(Protocol):
    """Backups of what is on record, as they are made."""

    def status(self) -> BackupStatus:
        """State of the automatic backups; safe from any thread."""

    async def make(self, file: Path | None = None, *, with_key: bool = False) -> BackupFile:
        """Make one now, in the folder of backups or as the new `file`; it is proved when this returns."""


class KeptBackupsPort(Protocol):
    """Backups that are there. All raise StorageError with the reason."""

    async def list(self) -> tuple[KeptBackup, ...]:
        """Backups in their folder, the newest first."""

    async def prove(self, file: Path) -> BackupManifest:
        """Prove every byte of a backup and the integrity of the database in it."""

    async def export(self, file: Path, to: Path) -> None:
        """Copy a backup to another place."""

    async def look_into(self, file: Path) -> BackupContents:
        """Whom a backup would let in, and what it would bring, where it was not made here."""

    async def restore_at_start(self, file: Path, *, also_foreign: bool = False) -> None:
        """Have a backup restored when the console is started again, within a quarter of an hour.

        Every byte is proved first; one that was not made here needs `also_foreign`.
        """


class ClusterPort(Protocol):
    """Hosts that work on one database. All but `view` raise OperatorError with words for the screen."""

    def view(self) -> ClusterView:
        """Hosts, who owns what, and whether a lost one is made up for by itself; safe from any thread."""

    async def take(self, stream_id: str) -> StreamView:
        """Own a stream from now on, start it where it is wanted; whoever asks knows that nobody runs it."""

    async def release(self, stream_id: str) -> StreamView:
        """Stop a stream here, and leave it to whoever takes it next; what is wished of it stays."""

    async def forget(self, name: str) -> None:
        """Take a host off the record that is gone for good and owns nothing."""


class SupportPort(Protocol):
    """Versions of what is installed, and what is sent to who helps: without secrets."""

    async def versions(self) -> tuple[PartVersion, ...]:
        """Versions of the parts of this installation."""

    async def licences(self) -> tuple[PackageLicence, ...]:
        """Installed packages with their licences."""

    async def diagnostics(self) -> str:
        """Versions, checks and states as text, to be pasted."""

    async def save(self, file: Path) -> None:
        """Save a bundle with versions, settings, checks, states and the last logs. Raises StorageError."""
