"""Calls about the console itself: processors, backups, media folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ibe100_client.calls import Call
from ibe100_client.values import BackupFile


def engine() -> Call[dict[str, Any]]:
    """Version of the program, and the processors it finds."""
    return Call("GET", "/engine", dict)


def backup_status() -> Call[dict[str, Any]]:
    """State of the automatic backups."""
    return Call("GET", "/backups", dict)


def back_up(file: str | None = None, *, with_key: bool = False) -> Call[BackupFile]:
    """Make a backup now. A `file` is named at the Unix socket only, as is one with the key."""
    return Call("POST", "/backups", BackupFile, body={"file": file, "with_key": with_key})


def support_bundle() -> Call[bytes]:
    """A zip for who helps, without secrets."""
    return Call("GET", "/support/bundle", bytes)


def outside_media(config: Mapping[str, Any]) -> Call[tuple[str, ...]]:
    """Folders of a stream's files in which streams may not read and write yet."""
    return Call("POST", "/media-folders/missing", tuple[str, ...], body=dict(config))


def allow_media(folders: Sequence[str]) -> Call[None]:
    """Let streams use these folders; at the Unix socket only."""
    return Call("POST", "/media-folders", None, body={"folders": list(folders)})
