"""One owner for each file that is written: no stream writes into the output of another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import FileInput, FileOutput, HlsOutput, StreamConfig, plain_edges
from ibe100.utils.exact_files import real_path

SEGMENT_SUFFIX = ".ts"


@dataclass(frozen=True, slots=True)
class Claim:
    """The file that an output writes, and of HLS the segments beside it."""

    file: Path
    segments: str = ""
    """What the names of its segments begin with, before their number; empty for a recording."""

    def meets(self, other: Claim) -> bool:
        """True where both would write the same file."""
        if is_same_file(self.file, other.file) or self.holds(other.file) or other.holds(self.file):
            return True
        is_beside = real_path(self.file.parent) == real_path(other.file.parent)
        return bool(self.segments) and self.segments == other.segments and is_beside

    def holds(self, file: Path) -> bool:
        """True where a file has the name of a segment of it."""
        names = rf"{re.escape(self.segments)}\d+{re.escape(SEGMENT_SUFFIX)}"
        is_beside = real_path(file.parent) == real_path(self.file.parent)
        return bool(self.segments) and is_beside and re.fullmatch(names, file.name) is not None


def refuse_clash(config: StreamConfig, others: Iterable[StreamConfig]) -> None:
    """Refuse an output that another stream writes, or that one reads. Blocks; raises ConfigurationError."""
    if words := file_clash(config, others):
        raise ConfigurationError(f"output {words}")


def file_clash(config: StreamConfig, others: Iterable[StreamConfig]) -> str:
    """Refusal of an output file that another stream writes, or that one reads; empty for one that is free.

    Blocks on the disk.
    """
    mine = _claim(config)
    if mine is None:
        return ""
    others = tuple(others)
    for other in (config, *others):
        for _, side in plain_edges(other):
            if isinstance(side, FileInput) and (is_same_file(mine.file, side.path) or mine.holds(side.path)):
                return f"{mine.file}: {other.name} reads it; choose another"
    for other in others:
        theirs = _claim(other)
        if theirs is not None and mine.meets(theirs):
            return f"{mine.file}: {other.name} writes it; choose another"
    return ""


def is_same_file(one: Path, other: Path) -> bool:
    """True for two paths that lead to one file, by links too, or will once it is there."""
    try:
        return one.samefile(other)
    except OSError:
        return real_path(one) == real_path(other)


def _claim(config: StreamConfig) -> Claim | None:
    match config.output:
        case FileOutput(path=path):
            return Claim(path)
        case HlsOutput(playlist=path):
            # As `tsduck.command` names them, and the processor numbers them.
            stem = path.stem if path.stem.endswith("-") else f"{path.stem}-"
            return Claim(path, stem)
    return None
