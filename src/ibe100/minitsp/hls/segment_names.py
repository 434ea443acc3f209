"""Names of the segment files of an HLS output, numbered by their template."""

import re
from pathlib import Path
from typing import Final

_DIGITS: Final = 6


class SegmentNames:
    """`foo.ts` -> foo-000000.ts, foo-000001.ts, …; `foo-027.ts` -> foo-027.ts, foo-028.ts, …"""

    def __init__(self, template: Path) -> None:
        match = re.fullmatch(r"(.*?)(\d+)", template.stem)
        if match:
            self._stem, digits = match.groups()
        else:
            self._stem = template.stem if template.stem.endswith("-") else f"{template.stem}-"
            digits = "0" * _DIGITS
        self._number, self._width = int(digits), len(digits)
        self._template = template

    def next(self) -> Path:
        number = self._number
        self._number += 1
        return self._template.with_name(f"{self._stem}{number:0{self._width}}{self._template.suffix}")

    def number_of(self, path: Path) -> int | None:
        """The number in the name of a segment; None if it is not of this template."""
        if path.resolve().parent != self._template.resolve().parent:
            return None
        match = re.fullmatch(rf"{re.escape(self._stem)}(\d+){re.escape(self._template.suffix)}", path.name)
        return int(match[1]) if match else None

    def go_on_after(self, number: int) -> None:
        """The next segment has the number after this one."""
        self._number = number + 1

    def before(self, number: int) -> list[Path]:
        """The files of this template that are older than a number, oldest first."""
        found = [(self.number_of(path), path) for path in self._template.parent.iterdir()]
        return [
            path
            for own, path in sorted((own, path) for own, path in found if own is not None and own < number)
        ]
