"""Backups of what is on record."""

from __future__ import annotations

from ibe100.api.roles import ApiServices, Caller, demand_local, needs, new_router
from ibe100.models.backup import BackupFile, BackupRequest, BackupStatus
from ibe100.models.rights import Act

router = new_router("backups")


@router.get("/backups", **needs(Act.READ))
async def status(services: ApiServices) -> BackupStatus:
    """State of the automatic backups."""
    return services.backups.status()


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
