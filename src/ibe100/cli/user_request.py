"""Users and tokens of a data folder, whether somebody runs on it or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibe100.cli.running_instance import NotRunning, running_on, settings_of
from ibe100.core.config import AppConfig
from ibe100.core.folders import Folders, resolve
from ibe100.models.actor import person_of
from ibe100.models.base import Value
from ibe100_client import Call

if TYPE_CHECKING:
    from ibe100.services.access.access_service import AccessService

Alone = Callable[["AccessService"], Coroutine[Any, Any, Any]]
"""The same as a call, where nobody runs."""


def request_users(data_dir: Path | None, call: Call[Any], alone: Alone) -> Any:
    """Ask whoever runs on the folder, so that it holds at once; else see to it here. Raises OperatorError.

    The answer is that of the API, as JSON.
    """
    config = settings_of(data_dir)
    folders = resolve(config.folders)
    try:
        with running_on(folders.data_dir) as console:
            return console.json(call)
    except NotRunning:
        return _as_json(asyncio.run(_alone(config, folders, alone)))


async def _alone(config: AppConfig, folders: Folders, work: Alone) -> Any:
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
            return await work(access)
        finally:
            await access.close()


def _as_json(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return [_as_json(one) for one in answer]
    return answer.model_dump(mode="json") if isinstance(answer, Value) else answer
