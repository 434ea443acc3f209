"""Files opened exactly where their path says: no link can lead elsewhere between a check and the opening."""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
_BY_FOLDER = os.open in os.supports_dir_fd and os.unlink in os.supports_dir_fd
"""False on Windows, where the path is opened as it is."""

_SYNC_BYTE = 0x47
_PACKET_BYTES = ((188, 0), (192, 4), (204, 0))
"""Sizes of packets, and where in them the sync byte is: plain, with a time stamp, with Reed-Solomon bytes."""
_PACKETS_TO_SEE = 5


def real_path(path: Path) -> Path:
    """Where a path leads, `..` and links followed; never raises: a circle of links cannot be opened."""
    return Path(os.path.realpath(path))


def open_exact(path: Path, flags: int, mode: int = 0o666) -> int:
    """A descriptor of an absolute path, no part of which may be a symbolic link. Raises OSError."""
    if not _BY_FOLDER:
        return os.open(path, flags | _CLOSE_ON_EXEC, mode)
    folder = _open_folder(path.parent)
    try:
        return os.open(path.name, flags | _NO_FOLLOW | _CLOSE_ON_EXEC, mode, dir_fd=folder)
    finally:
        os.close(folder)


def unlink_exact(path: Path) -> None:
    """Delete a file by an absolute path, no folder of which may be a symbolic link. Raises OSError."""
    if not _BY_FOLDER:
        path.unlink()
        return
    folder = _open_folder(path.parent)
    try:
        os.unlink(path.name, dir_fd=folder)
    finally:
        os.close(folder)


def begins_as_transport_stream(descriptor: int) -> bool:
    """True for an empty file, and for one whose first packets all have their sync byte. Raises OSError."""
    begin = os.pread(descriptor, max(size for size, _ in _PACKET_BYTES) * _PACKETS_TO_SEE, 0)
    if not begin:
        return True
    return any(
        len(begin) >= size and all(byte == _SYNC_BYTE for byte in begin[at : size * _PACKETS_TO_SEE : size])
        for size, at in _PACKET_BYTES
    )


def _open_folder(folder: Path) -> int:
    flags = _FOLDER_FLAGS | _NO_FOLLOW | _CLOSE_ON_EXEC
    descriptor = os.open(folder.anchor, flags)
    for part in folder.relative_to(folder.anchor).parts:
        try:
            below = os.open(part, flags, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor
