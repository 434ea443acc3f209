"""Port of the folders in which files of streams may lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ibe100.models.stream_config import StreamConfig


class MediaPort(Protocol):
    """Folders in which files of streams may lie."""

    async def not_allowed(self, config: StreamConfig) -> tuple[Path, ...]:
        """Folders of its files in which streams may not read and write yet."""

    async def allow(self, folders: Sequence[Path]) -> None:
        """Let streams use these folders; the operator was asked. Raises OperatorError."""
