"""Calls about the console itself: processors, backups, media folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ibe100_client.calls import Call, place
from ibe100_client.values import BackupFile


def engine() -> Call[dict[str, Any]]:
    """Version of the program, and the processors it finds."""
    return Call("GET", "/engine", dict)


def window() -> Call[dict[str, Any]]:
    """State that a window shows and no event tells."""
    return Call("GET", "/window", dict)


def backup_status() -> Call[dict[str, Any]]:
    """State of the automatic backups."""
    return Call("GET", "/backups/status", dict)


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


def backups() -> Call[tuple[dict[str, Any], ...]]:
    """Backups in their folder, the newest first."""
    return Call("GET", "/backups", tuple[dict[str, Any], ...])


def prove_backup(name: str) -> Call[dict[str, Any]]:
    """Prove every byte of a backup; the answer is its manifest."""
    return Call("POST", place("backups", name, "prove"), dict)


def look_into_backup(name: str) -> Call[dict[str, Any]]:
    """Whom a backup would let in, and what it would bring."""
    return Call("GET", place("backups", name, "contents"), dict)


def restore_at_start(name: str, *, also_foreign: bool = False) -> Call[None]:
    """Have a backup restored when the console is started again, within a quarter of an hour."""
    return Call("POST", place("backups", name, "restore-at-start"), None, body={"also_foreign": also_foreign})


def versions() -> Call[tuple[dict[str, Any], ...]]:
    """Versions of the parts of this installation."""
    return Call("GET", "/support/versions", tuple[dict[str, Any], ...])


def licences() -> Call[tuple[dict[str, Any], ...]]:
    """Installed packages with their licences."""
    return Call("GET", "/support/licences", tuple[dict[str, Any], ...])


def diagnostics() -> Call[dict[str, str]]:
    """`text` with versions, checks and states."""
    return Call("GET", "/support/diagnostics", dict)


def description() -> Call[dict[str, Any]]:
    """The API in OpenAPI."""
    return Call("GET", "/openapi.json", dict)


def settings() -> Call[tuple[dict[str, Any], ...]]:
    """All settings; their ETag is in the headers of `Client.answer`."""
    return Call("GET", "/settings", tuple[dict[str, Any], ...])


def change_settings(values: Mapping[str, Any]) -> Call[None]:
    """Set these by name, all or none."""
    return Call("PUT", "/settings", None, body={"values": dict(values)})


def reset_settings(names: Sequence[str]) -> Call[None]:
    """Set these to what is shipped."""
    return Call("POST", "/settings/reset", None, body={"names": list(names)})


def undo_settings() -> Call[None]:
    """Take the last change back."""
    return Call("POST", "/settings/undo", None)


def last_settings_change() -> Call[dict[str, Any]]:
    """`names` of what would be taken back."""
    return Call("GET", "/settings/last-change", dict)


def sound() -> Call[dict[str, Any]]:
    """The sound of alarms as it is in force."""
    return Call("GET", "/settings/sound", dict)


def profiles() -> Call[tuple[str, ...]]:
    """Profiles by name."""
    return Call("GET", "/profiles", tuple[str, ...])


def shipped_profiles() -> Call[tuple[str, ...]]:
    """Profiles to begin with, which come with the program."""
    return Call("GET", "/profiles/shipped", tuple[str, ...])


def save_profile(name: str) -> Call[None]:
    """Save the present list of streams under this name."""
    return Call("PUT", place("profiles", name), None)


def load_profile(name: str) -> Call[dict[str, Any]]:
    """Replace the list of streams."""
    return Call("POST", place("profiles", name, "load"), dict)


def export_profile(name: str) -> Call[bytes]:
    """A profile as a file."""
    return Call("GET", place("profiles", name, "file"), bytes)


def import_profile(content: bytes) -> Call[dict[str, Any]]:
    """Take a profile from elsewhere; its streams are not loaded yet."""
    return Call("POST", "/profiles/import", dict, body=content)
