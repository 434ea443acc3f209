"""A JSON array that grows in a file or on standard output while the stream runs (tsp --json)."""

import sys
from pathlib import Path
from typing import TextIO

from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.reports.json_report import JsonValue, to_json


class JsonDocument:
    """One array, each value on a line of its own; complete and valid once it is closed.

    `path` "" is standard output. Raises PluginError where it cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._empty = True

    def open(self) -> None:
        """Create the file and begin the array."""
        try:
            self._file = sys.stdout if not self._path else Path(self._path).open("w")  # noqa: SIM115 - see close
        except OSError as error:
            raise PluginError(f"cannot create file {self._path}: {error.strerror}") from error
        self._write("[")

    def add(self, value: JsonValue) -> None:
        """Append one value."""
        self._write(f"{'' if self._empty else ','}\n  {to_json(value)}")
        self._empty = False

    def close(self) -> None:
        """End the array and close the file; does nothing if it was never opened."""
        if self._file is None:
            return
        self._write("\n]\n")
        if self._path:
            self._file.close()
        self._file = None

    def _write(self, text: str) -> None:
        assert self._file is not None
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            target = self._path or "standard output"
            raise PluginError(f"error writing {target}: {error.strerror}") from error
