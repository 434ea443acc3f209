"""Users and tokens of a data folder, whether somebody runs on it or not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ibe100.api.local.local_control import NotRunning, ask
from ibe100.api.local.user_commands import access_command
from ibe100.cli.running_instance import settings_of
from ibe100.core.config import AppConfig
from ibe100.core.folders import Folders, resolve
from ibe100.models.actor import person_of


def request_users(data_dir: Path | None, command: Mapping[str, Any]) -> Any:
    """Ask whoever runs on the folder, so that it holds at once; else see to it here. Raises OperatorError."""
    config = settings_of(data_dir)
    folders = resolve(config.folders)
    try:
        return asyncio.run(ask(folders.data_dir, command))
    except NotRunning:
        return asyncio.run(_alone(config, folders, command))


async def _alone(config: AppConfig, folders: Folders, command: Mapping[str, Any]) -> Any:
    # Loaded where they are needed: every command of ./run imports this module.
    from ibe100.core.records.alone import records_alone
    from ibe100.services.access.access_service import AccessService
    from ibe100.services.audit_trail import act_as

    folders.create()
    act_as(person_of())
    async with records_alone(config, folders, "ibe100 user") as database:
        access = AccessService(database)
        await access.open()
        try:
            return await access_command(access, str(command["cmd"]), command)
        finally:
            await access.close()
