"""Files and folders in use, known by their inodes: a path may come to lead elsewhere while they are open."""

from __future__ import annotations

from pathlib import Path


class Place:
    """A path and what it led to when it was taken into use."""

    def __init__(self, path: Path) -> None:
        """Raises OSError for a path that leads nowhere."""
        self._path = path
        self._found = _identity(path)

    def fault(self) -> str:
        """Words for a path that leads elsewhere or nowhere by now; empty while all is well. Blocks."""
        try:
            found = _identity(self._path)
        except OSError as error:
            return f"{self._path} was moved or deleted ({error.strerror})"
        return "" if found == self._found else f"{self._path} was replaced by another"


class Places:
    """Places that one program depends on, looked at together."""

    def __init__(self, *places: Place) -> None:
        self._places = places
        self.fault = ""
        """What the last look found; safe from any thread."""

    def look(self) -> str:
        """Look now; returns the words of the first fault. Blocks."""
        self.fault = next(filter(None, (place.fault() for place in self._places)), "")
        return self.fault


def _identity(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_dev, facts.st_ino
