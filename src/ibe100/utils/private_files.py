"""Files and folders that nobody but their owner may read: hashes of passwords and the audit are there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_UMASK = 0o077
_OTHERS = 0o077


def keep_private() -> None:
    """Make whatever this process and its children create readable by this user only."""
    os.umask(_UMASK)


def make_private(folder: Path, *, deep: bool) -> int:
    """Take a folder and its files away from others, `deep`: with all below; returns how many were open.

    What belongs to somebody else, or is shared on purpose (a sticky folder such as /tmp), stays as it is.
    """
    return sum(_close(path) for path in (folder, *_inside(folder, deep)))


def open_to_others(folder: Path, *, deep: bool) -> list[Path]:
    """The folder and what is in it, where others may look."""
    return [path for path in (folder, *_inside(folder, deep)) if _is_open(path)]


def _inside(folder: Path, deep: bool) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in files)
        if not deep:
            return
        yield from (Path(parent, name) for name in folders)


def _is_open(path: Path) -> bool:
    try:
        facts = path.lstat()
    except OSError:  # it has gone meanwhile
        return False
    is_ours = facts.st_uid == os.geteuid() and not facts.st_mode & stat.S_ISVTX
    return is_ours and not stat.S_ISLNK(facts.st_mode) and bool(facts.st_mode & _OTHERS)


def _close(path: Path) -> bool:
    if not _is_open(path):
        return False
    try:
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)
    except OSError:  # a file system without modes: the doctor tells
        return False
    return True
