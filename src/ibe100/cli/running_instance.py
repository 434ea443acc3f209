"""Requests of the command line to a running console or server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ibe100.api.local.local_control import ask
from ibe100.core.config import load
from ibe100.core.folders import resolve


def overrides(data_dir: Path | None, engine: str | None = None) -> dict[str, Any]:
    """The command line's part of the settings."""
    settings: dict[str, Any] = {}
    if data_dir is not None:
        settings["folders"] = {"data_dir": str(data_dir)}
    if engine not in (None, "auto"):
        settings["engine"] = {"kind": engine}
    return settings


def streams_folder(data_dir: Path | None) -> Path:
    """Folder in which the runners keep their files."""
    return resolve(load(overrides(data_dir)).folders).streams_dir


def request(data_dir: Path | None, command: Mapping[str, Any]) -> Any:
    """Ask whoever runs on the data folder. Raises OperatorError."""
    folders = resolve(load(overrides(data_dir)).folders)
    return asyncio.run(ask(folders.data_dir, command))
