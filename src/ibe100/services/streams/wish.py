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

FILES = ("wish.json", "wish.copy.json")
"""The wish and its copy: by it alone a stream off the air is started again where the database is lost too."""
_BYTES = 128  # written in place, so that a full disk cannot keep an older wish


def write_wish(stream_dir: Path, wanted: Wish) -> None:
    """Put the wish into the stream's folder and on the disk; blocks. Raises StorageError."""
    text = json.dumps({"wanted": wanted, "at": round(time.time(), 3)}).encode()
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


def read_wish(stream_dir: Path) -> Wish | None:
    """The wish in the stream's folder, or its copy; None where neither can be read."""
    for name in FILES:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            match json.loads((stream_dir / name).read_bytes()):
                case {"wanted": "run"}:
                    return "run"
                case {"wanted": "off"}:
                    return "off"
    return None
