"""File descriptors of this process: how many are in use, how many it may have, and that none is left."""

from __future__ import annotations

import contextlib
import errno
import resource
from pathlib import Path

NONE_LEFT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Error numbers of what may succeed a second later."""
WANTED = 65_536


def allow_many() -> None:
    """Lift the limit as far as this user may: 1024, as it is by default, are few for a hundred streams."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def in_use() -> tuple[int, int]:
    """Count those in use, and those there may be."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    try:
        return sum(1 for _ in Path("/dev/fd").iterdir()), limit
    except OSError:  # it takes one to count them
        return limit, limit
