"""Backups that are there: listed with what is on record of them, proved, copied elsewhere, restored."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ibe100.database.backup.archive import read_manifest
from ibe100.database.backup.backups import list_backups, unpack
from ibe100.database.backup.contents import LEAST_FREE_TO_LOOK, look_into
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.database import Database
from ibe100.database.sql.schema import REVISION
from ibe100.models.backup import (
    RESTORE_WANTED,
    BackupContents,
    BackupManifest,
    KeptBackup,
    WantedRestore,
    is_made_with,
)
from ibe100.models.errors import StorageError
from ibe100.models.records.keys import RecordKeys
from ibe100.models.rights import Act
from ibe100.services.audit_trail import AuditTrail, acting
from ibe100.services.rights import demand
from ibe100.utils.atomic_write import atomic_write

MADE, PROVED = "backup made", "backup proved"
_PRIVATE = 0o600


class KeptBackups:
    """All work on files is done in threads."""

    def __init__(
        self,
        data_dir: Path,
        folder: Callable[[], Path],
        storage: Database,
        keys: RecordKeys,
        refuse: Callable[[Path], None],
    ) -> None:
        """`folder` is that of the backups now; `refuse` raises StorageError for a path no export may have."""
        self._data_dir, self._folder = data_dir, folder
        self._storage, self._keys, self._refuse = storage, keys, refuse
        self._audit = AuditTrail(storage)

    async def list(self) -> tuple[KeptBackup, ...]:
        """Backups in the folder, the newest first. Raises StorageError."""
        found = await asyncio.to_thread(list_backups, self._folder())
        makers: dict[str, str] = {}
        proved: dict[str, float] = {}
        for line in await self._storage.audit.of((MADE, PROVED)):
            if line.action == MADE:
                makers.setdefault(Path(line.subject).name, line.who)
            proved.setdefault(Path(line.subject).name, line.at)
        return tuple(
            KeptBackup(
                file=one,
                is_made_here=one.manifest is not None and is_made_with(one.manifest, self._keys),
                made_by=makers.get(one.path.name, ""),
                proved_at=proved.get(one.path.name),
            )
            for one in found
        )

    async def prove(self, file: Path) -> BackupManifest:
        """Prove every byte of a backup and the integrity of the database in it. Raises StorageError."""
        demand(Act.BACK_UP)
        manifest = await asyncio.to_thread(_prove, file)
        await self._audit.write(PROVED, str(file), "every byte, and the database in it")
        return manifest

    async def export(self, file: Path, to: Path) -> None:
        """Copy a backup of the folder to another place. Raises StorageError."""
        demand(Act.BACK_UP)
        if file.parent != self._folder():
            raise StorageError(f"{file} is no backup in {self._folder()}")
        async with self._audit.doing("backup exported", str(file), f"to {to}"):
            await asyncio.to_thread(self._copy, file, to)

    async def look_into(self, file: Path) -> BackupContents:
        """Whom a backup would let in, and what it would bring, where it was not made here.

        Raises StorageError.
        """
        demand(Act.RESTORE)
        return await asyncio.to_thread(look_into, file, self._keys)

    async def restore_at_start(self, file: Path, *, also_foreign: bool = False) -> None:
        """Have a backup restored when the console starts the next time, within a quarter of an hour.

        Every byte is proved first. One that was not made here needs `also_foreign`. Raises StorageError.
        """
        demand(Act.RESTORE)
        manifest = await asyncio.to_thread(_prove, file)
        if manifest.schema_revision > REVISION:
            raise StorageError(
                f"{file.name} was made by IBE-100 {manifest.version}, which is newer: restore it with that"
            )
        if not also_foreign and not is_made_with(manifest, self._keys):
            raise StorageError(f"{file.name} was not made here: look at its users before it is restored")
        who = acting().on_record
        wanted = WantedRestore(file=file, also_foreign=also_foreign, who=who, asked_at=time.time())
        async with self._audit.doing("restore asked for", str(file), "at the next start"):
            await asyncio.to_thread(self._wish, wanted)

    def _wish(self, wanted: WantedRestore) -> None:
        try:
            atomic_write(self._data_dir / RESTORE_WANTED, wanted.model_dump_json().encode(), _PRIVATE)
        except OSError as error:
            raise StorageError(f"The restore cannot be asked for: {error.strerror}.") from error

    def _copy(self, file: Path, to: Path) -> None:
        self._refuse(to)
        part = to.with_name(f".{to.name}.part")
        try:
            shutil.copyfile(file, part)
            part.chmod(_PRIVATE)
            part.replace(to)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageError(f"The backup cannot be copied to {to}: {error.strerror}.") from error


def _prove(file: Path) -> BackupManifest:
    with tempfile.TemporaryDirectory(prefix="ibe100-verify-") as scratch:
        folder = Path(scratch)
        room = sum(member.size for member in read_manifest(file).members)
        Pace(folder, least_free=LEAST_FREE_TO_LOOK).check_room(room)
        return unpack(file, folder)
