"""Files of the machine at which a window is, for what its server takes and gives."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ibe100.models.errors import StorageError
from ibe100.utils.atomic_write import atomic_write


async def read_file(path: Path) -> bytes:
    """Content of a file of this machine. Raises StorageError."""
    try:
        return await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from error


async def write_file(path: Path, content: bytes) -> None:
    """Write a file of this machine whole or not at all. Raises StorageError."""
    from ibe100.models.errors import StorageError

    try:
        await asyncio.to_thread(atomic_write, path, content)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
