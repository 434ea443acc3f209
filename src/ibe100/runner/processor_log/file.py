"""processor.log: what the processor printed, bounded by size."""

from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO


class ProcessorLog:
    """A text file with one rotated predecessor. A disk that refuses costs lines here, never the stream."""

    def __init__(self, path: Path, max_bytes: int = 2 << 20) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._file: BinaryIO | None = None

    def write(self, role: str, text: str) -> None:
        """Add one line of the processor or its source, with the time in UTC."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            if self._file is None:
                self._file = self._path.open("ab", buffering=0)
            elif self._file.tell() > self._max_bytes:
                self._file.close()
                self._file = None
                self._path.replace(self._path.with_name("processor.1.log"))
                self._file = self._path.open("ab", buffering=0)
            self._file.write(f"{stamp} {role}: {text}\n".encode("utf-8", "replace"))
        except OSError:
            self._file = None  # the journal reports the disk; the next line tries again

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
