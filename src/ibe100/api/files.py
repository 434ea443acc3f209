"""Files that a service writes, as answers: in a folder of their own that is gone afterwards."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Response


@asynccontextmanager
async def scratch_folder() -> AsyncIterator[Path]:
    """An empty folder for as long as the context lasts."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="ibe100-api-")
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)


async def file_reply(name: str, media_type: str, write: Callable[[Path], Awaitable[object]]) -> Response:
    """The file that `write` writes, to be kept under its name."""
    async with scratch_folder() as folder:
        path = folder / name
        await write(path)
        content = await asyncio.to_thread(path.read_bytes)
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
