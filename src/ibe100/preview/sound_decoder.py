"""Levels of sound: EBU R128 momentary loudness and true peak, as ffmpeg's ebur128 measures them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO

from ibe100.preview.decoder import Decoder
from ibe100.preview.reports import LevelsReport

DEMUXERS = {
    "AAC (ADTS)": "aac",
    "AAC (LATM)": "loas",
    "MPEG audio": "mp3",
    "AC-3": "ac3",
    "E-AC-3": "eac3",
}
"""Demuxers of ffmpeg, by the name of the coding."""
FLOOR_DB = -120.0
"""Lowest level reported; digital silence is reported as this."""
_LINE = re.compile(
    r"\bM: *(-?\d+(?:\.\d+)?|-?inf|nan)\b.*?\bFTPK:((?: +(?:-?\d+(?:\.\d+)?|-?inf|nan))+) +dBFS"
)


class SoundDecoder(Decoder):
    """Measures levels every 100 ms of sound, in the stream's own layout of channels."""

    def __init__(self, ffmpeg: str, codec: str, on_levels: Callable[[LevelsReport], None]) -> None:
        self._on_levels = on_levels
        super().__init__(_arguments(ffmpeg, DEMUXERS[codec]), _drain, self._take)

    def _take(self, line: str) -> bool:
        levels = read_levels(line)
        if levels is not None:
            self._on_levels(levels)
        return levels is not None or "[error]" not in line


def read_levels(line: str) -> LevelsReport | None:
    """The levels in a line of ebur128's log; None in any other line."""
    found = _LINE.search(line)
    if found is None:
        return None
    return LevelsReport(_level(found[1]), tuple(_level(peak) for peak in found[2].split()))


def _level(text: str) -> float:
    """Decibels; a silence without end is cut at FLOOR_DB."""
    value = float(text)
    return value if value > FLOOR_DB else FLOOR_DB


def _drain(stdout: IO[bytes]) -> None:
    with stdout:
        while stdout.read(1 << 16):
            pass


def _arguments(ffmpeg: str, demuxer: str) -> list[str]:
    return [
        *(ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"),
        *("-threads", "1", "-analyzeduration", "0", "-probesize", "8192"),
        *("-f", demuxer, "-i", "pipe:0", "-map", "0:a:0", "-filter_threads", "1"),
        *("-af", "ebur128=peak=true:framelog=info", "-f", "null", "pipe:1"),
    ]
