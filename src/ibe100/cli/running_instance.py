"""Requests of the command line to a running console or server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ibe100.api.local.local_control import ask
from ibe100.core.folders import Folders, resolve
from ibe100.core.last_good import load_or_last_good


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
    return _folders(data_dir).streams_dir


def request(data_dir: Path | None, command: Mapping[str, Any]) -> Any:
    """Ask whoever runs on the data folder. Raises OperatorError."""
    return asyncio.run(ask(_folders(data_dir).data_dir, command))


def _folders(data_dir: Path | None) -> Folders:
    settings, fault = load_or_last_good(overrides(data_dir))
    if fault:
        print(f"ibe100: the last good settings hold: {fault}", file=sys.stderr)
    return resolve(settings.folders)
