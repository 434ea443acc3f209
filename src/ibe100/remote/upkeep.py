"""Upkeep of a server on another machine: settings, backups, support, processors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ibe100.models.backup import BackupContents, BackupFile, BackupManifest, BackupStatus, KeptBackup
from ibe100.models.errors import NotAllowed
from ibe100.models.settings.installation import PackageLicence, PartVersion
from ibe100.models.settings.sound import SoundPlan
from ibe100.models.settings.views import SettingView
from ibe100.remote.connection import Connection
from ibe100.remote.files import write_file
from ibe100.remote.following import Following
from ibe100_client import system


class RemoteSettings:
    """Settings of the server."""

    def __init__(self, connection: Connection, following: Following) -> None:
        self._connection, self._following = connection, following
        self._last: tuple[str, ...] = ()

    async def views(self) -> tuple[SettingView, ...]:
        """All settings as they stand."""
        return await self._connection.many(system.settings(), SettingView)

    async def change(self, values: Mapping[str, Any]) -> None:
        """Set these, all or none."""
        await self._connection.do(system.change_settings(values))
        await self._changed()

    async def reset(self, names: Sequence[str]) -> None:
        """Set these to what is shipped."""
        await self._connection.do(system.reset_settings(names))
        await self._changed()

    async def undo(self) -> None:
        """Take the last change back."""
        await self._connection.do(system.undo_settings())
        await self._changed()

    def last_change(self) -> tuple[str, ...]:
        """Names of what `undo` would take back, of what was changed here."""
        return self._last

    def sound(self) -> SoundPlan:
        """The sound of alarms, as last read."""
        window = self._following.window
        return SoundPlan() if window is None else window.sound

    async def _changed(self) -> None:
        found = await self._connection.json(system.last_settings_change())
        self._last = tuple(found["names"])
        await self._following.look()


class RemoteBackups:
    """Backups of the server: they are made, proved and kept there."""

    def __init__(self, connection: Connection, following: Following) -> None:
        self._connection, self._following = connection, following

    def status(self) -> BackupStatus:
        """State of the automatic backups, as last read."""
        window = self._following.window
        return BackupStatus(folder=Path()) if window is None else window.backups

    async def make(self, file: Path | None = None, *, with_key: bool = False) -> BackupFile:
        """Make one there; a file is named, and the key taken along, on that machine only."""
        call = system.back_up(None if file is None else str(file), with_key=with_key)
        return await self._connection.one(call, BackupFile)

    async def list(self) -> tuple[KeptBackup, ...]:
        """Backups in their folder."""
        return await self._connection.many(system.backups(), KeptBackup)

    async def prove(self, file: Path) -> BackupManifest:
        """Prove every byte of a backup."""
        return await self._connection.one(system.prove_backup(file.name), BackupManifest)

    async def export(self, file: Path, to: Path) -> None:
        """Refuse: a backup may be larger than what goes over this connection. Raises NotAllowed."""
        raise NotAllowed(
            f"backups of {self._connection.host} are copied on its machine: {file.name} is in {file.parent}"
        )

    async def look_into(self, file: Path) -> BackupContents:
        """Whom a backup would let in."""
        return await self._connection.one(system.look_into_backup(file.name), BackupContents)

    async def restore_at_start(self, file: Path, *, also_foreign: bool = False) -> None:
        """Refuse: what restarts with this window is not the server. Raises NotAllowed."""
        raise NotAllowed(
            f"a restore begins with a restart of {self._connection.host}: do it on its machine, "
            f"./run backup restore {file.name}"
        )


class RemoteSupport:
    """Versions of the server's installation, and what is sent to who helps."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def versions(self) -> tuple[PartVersion, ...]:
        """Versions of the parts of the server."""
        return await self._connection.many(system.versions(), PartVersion)

    async def licences(self) -> tuple[PackageLicence, ...]:
        """Installed packages with their licences."""
        return await self._connection.many(system.licences(), PackageLicence)

    async def diagnostics(self) -> str:
        """Versions, checks and states as text."""
        return str((await self._connection.json(system.diagnostics()))["text"])

    async def save(self, file: Path) -> None:
        """Save a bundle to a file of this machine. Raises StorageError."""
        await write_file(file, (await self._connection.answer(system.support_bundle())).body)

    async def engines(self) -> tuple[str, ...]:
        """Processors of the server's machine."""
        return tuple((await self._connection.json(system.engine()))["engines"])
