"""The wish of the operator, kept in the stream's folder: whether the stream should run.

It stands beside the database's own, and is written before anything is started or stopped: so a stream that
was stopped while no console ran, or whose database is lost or older, is not taken for what it was before.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Literal, TypeAlias

from ibe100.models.errors import StorageError

Wish: TypeAlias = Literal["run", "off"]
ELSEWHERE: Literal["elsewhere"] = "elsewhere"
"""In the place of a wish: another host owns the stream, and its wish is on record only."""

FILES = ("wish.json", "wish.copy.json")
"""The wish and its copy: by it alone a stream off the air is started again where the database is lost too."""
_BYTES = 128  # written in place, so that a full disk cannot keep an older wish


def write_wish(stream_dir: Path, wanted: Wish | Literal["elsewhere"], epoch: int | None = None) -> None:
    """Put the wish into the stream's folder and on the disk; blocks. Raises StorageError.

    `epoch` is that of this host's ownership, where there are several hosts.
    """
    held = {} if epoch is None else {"epoch": epoch}
    text = json.dumps({"wanted": wanted, "at": round(time.time(), 3), **held}).encode()
    for name in FILES:
        path = stream_dir / name
        try:
            stream_dir.mkdir(mode=0o700, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.pwrite(file, text.ljust(_BYTES - 1) + b"\n", 0)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def is_left(stream_dir: Path) -> bool:
    """True where the stream was left to other hosts, by the server or in its place by Pacemaker's agent."""
    for name in FILES:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            return bool(json.loads((stream_dir / name).read_bytes()).get("wanted") == ELSEWHERE)
    return False


def read_wish(stream_dir: Path, epoch: int | None = None) -> Wish | None:
    """The wish in the stream's folder, or its copy; None where neither can be read.

    With an `epoch` it must be of that: what was wished before another host owned the stream is over.
    """
    for name in FILES:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            wish = json.loads((stream_dir / name).read_bytes())
            if epoch is not None and isinstance(wish, dict) and wish.get("epoch") != epoch:
                continue
            match wish:
                case {"wanted": "run"}:
                    return "run"
                case {"wanted": "off"}:
                    return "off"
    return None
