"""Media folders: where files of streams may lie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Caller, demand_local, needs, new_router
from ibe100.models.base import FolderPath, Value
from ibe100.models.rights import Act
from ibe100.models.stream_config import StreamConfig

router = new_router("media")


class Folders(Value):
    """Folders of this machine."""

    folders: Annotated[tuple[FolderPath, ...], Field(min_length=1, max_length=100)]


@router.post("/media-folders/missing", **needs(Act.SET_UP_STREAM))
async def missing(config: StreamConfig, services: ApiServices) -> list[Path]:
    """Folders of a stream's files in which streams may not read and write yet."""
    return list(await services.media.not_allowed(config))


@router.post("/media-folders", **needs(Act.SET_UP_STREAM))
async def allow(wanted: Folders, services: ApiServices, caller: Caller) -> Done:
    """Let streams use these folders: at the Unix socket only, after the operator was asked."""
    demand_local(caller, "media folders")
    await services.media.allow(wanted.folders)
    return Done()
