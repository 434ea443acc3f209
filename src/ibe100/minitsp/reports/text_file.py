"""A report as text in a file of its own."""

import sys
from pathlib import Path
from typing import TextIO

from ibe100.minitsp.chain.plugin import PluginError


class TextFile:
    """Writes each text at once; `path` "" is standard output. PluginError where it cannot be written."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: TextIO | None = None

    def open(self) -> None:
        """Create the file."""
        try:
            self._file = sys.stdout if not self._path else Path(self._path).open("w")  # noqa: SIM115 - see close
        except OSError as error:
            raise PluginError(f"cannot create file {self._path}: {error.strerror}") from error

    def write(self, text: str) -> None:
        """Append lines; the last one needs no line end."""
        assert self._file is not None
        try:
            self._file.write(f"{text}\n")
            self._file.flush()
        except OSError as error:
            raise PluginError(
                f"error writing {self._path or 'standard output'}: {error.strerror or error}"
            ) from error

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._file is not None and self._file is not sys.stdout:
            self._file.close()
        self._file = None
