"""Lines of the audit log as they are read back, those of its archives first."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

AUDIT_LOG = "audit.log"
ARCHIVE_SUFFIX = ".gz"
_TORN = (OSError, EOFError, zlib.error)


def audit_lines(log_dir: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each line with the file it stands in; what is torn or cannot be read is passed over."""
    for path in sorted(log_dir.glob(f"{AUDIT_LOG}*")):
        with suppress(*_TORN), _open(path) as lines:
            for line in lines:
                with suppress(ValueError):
                    values = json.loads(line)
                    if isinstance(values, dict):
                        yield path, values


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ARCHIVE_SUFFIX else path.open("rb")
