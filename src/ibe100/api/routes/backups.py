"""Backups of what is on record."""

from __future__ import annotations

from pathlib import Path

from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Caller, Scarce, demand_local, needs, new_router
from ibe100.models.backup import (
    BackupContents,
    BackupFile,
    BackupManifest,
    BackupRequest,
    BackupStatus,
    KeptBackup,
)
from ibe100.models.base import Value
from ibe100.models.errors import NotFound
from ibe100.models.rights import Act
from ibe100.services.api_ports import AllServices

router = new_router("backups")


class WantedRestore(Value):
    """A restore, also of a backup that was not made here."""

    also_foreign: bool = False


@router.get("/backups/status", **needs(Act.READ))
async def status(services: ApiServices) -> BackupStatus:
    """State of the automatic backups."""
    return services.backups.status()


@router.get("/backups", **needs(Act.READ, Scarce.FILES))
async def kept(services: ApiServices) -> list[KeptBackup]:
    """Backups in their folder, the newest first."""
    return list(await services.kept_backups.list())


@router.post("/backups", status_code=201, **needs(Act.BACK_UP))
async def make(wanted: BackupRequest, services: ApiServices, caller: Caller) -> BackupFile:
    """Make a backup now; it is proved when this answers.

    A file is named, and the key of the passphrases is taken along, at the Unix socket only.
    """
    if wanted.file is not None:
        demand_local(caller, "file")
    if wanted.with_key:
        demand_local(caller, "with_key")
    return await services.backups.make(wanted.file, with_key=wanted.with_key)


@router.post("/backups/{name}/prove", **needs(Act.BACK_UP, Scarce.FILES))
async def prove(name: str, services: ApiServices) -> BackupManifest:
    """Prove every byte of a backup and the integrity of the database in it."""
    return await services.kept_backups.prove(await _find(services, name))


@router.get("/backups/{name}/contents", **needs(Act.RESTORE, Scarce.FILES))
async def look_into(name: str, services: ApiServices) -> BackupContents:
    """Whom a backup would let in, and what it would bring, where it was not made here."""
    return await services.kept_backups.look_into(await _find(services, name))


@router.post("/backups/{name}/restore-at-start", **needs(Act.RESTORE, Scarce.FILES))
async def restore_at_start(name: str, wanted: WantedRestore, services: ApiServices) -> Done:
    """Have a backup restored when the console is started again, within a quarter of an hour."""
    file = await _find(services, name)
    await services.kept_backups.restore_at_start(file, also_foreign=wanted.also_foreign)
    return Done()


async def _find(services: AllServices, name: str) -> Path:
    """The file of a backup in the folder, by its name. Raises NotFound."""
    for one in await services.kept_backups.list():
        if one.file.path.name == name:
            return one.file.path
    raise NotFound(f"there is no backup {name}")
