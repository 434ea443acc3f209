"""Renames a damaged file, so that no byte of it is lost."""

from __future__ import annotations

from pathlib import Path

from ibe100.utils.timecode import utc_stamp


def set_aside(path: Path, at: float, companions: tuple[str, ...] = ()) -> Path:
    """Rename `path` to `name.damaged-<utc>` and return that; `at` in seconds since the epoch.

    `companions` are suffixes of files that go with it (`-wal`). Nothing is ever overwritten. Raises OSError.
    """
    aside = free_name(path.with_name(f"{path.name}.damaged-{utc_stamp(at)}"))
    for suffix in ("", *companions):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def free_name(wanted: Path) -> Path:
    """`wanted`, or with `-2`, `-3` … behind it when that exists."""
    candidate, number = wanted, 1
    while candidate.exists():
        number += 1
        candidate = wanted.with_name(f"{wanted.name}-{number}")
    return candidate
