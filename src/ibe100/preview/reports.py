"""Reports of a preview on its standard output: a line of JSON each, and the bytes of a picture or sound."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

HEARD, NOT_HEARD = b"L", b"-"
"""Orders on a preview's standard input: to let hear the sound, and to end that."""
BYTES_PER_PIXEL = 3
MOST_SIDE = 4096
MOST_SOUND_BYTES = 1_000_000
LONGEST_LINE = 10_000


class ReportError(ValueError):
    """A line that is no report of a preview."""


@dataclass(frozen=True, slots=True)
class PictureReport:
    """A decoded keyframe, RGB, three bytes per pixel, row by row from the top; follows as bytes."""

    width: int
    height: int

    @property
    def size(self) -> int:
        """Number of bytes that follow the line."""
        return self.width * self.height * BYTES_PER_PIXEL


@dataclass(frozen=True, slots=True)
class SoundReport:
    """Sound, 16-bit stereo at 48 kHz; follows as so many bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class LevelsReport:
    """The sound of the last 100 ms: momentary loudness (EBU R128, 400 ms) and true peak per channel."""

    momentary_lufs: float
    true_peaks_dbtp: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MediaReport:
    """Description of what is decoded; empty where there is nothing, with the reason in `problem`."""

    video: str
    audio: str
    problem: str
    receiving: bool
    """True if packets arrive."""
    behind: bool = False
    """True if the preview did not get the CPU time it needs: what is missing proves nothing."""
    shows_video: bool = True
    plays_audio: bool = True
    """False where there is no decoder for the coding: what cannot be decoded here is not missed."""


Report = PictureReport | SoundReport | LevelsReport | MediaReport
_KINDS: Mapping[str, type[Report]] = {
    "picture": PictureReport,
    "sound": SoundReport,
    "levels": LevelsReport,
    "media": MediaReport,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode_report(report: Report) -> bytes:
    """The line, with its end."""
    fields = {name: getattr(report, name) for name in report.__slots__}
    return json.dumps({"report": _NAMES[type(report)], **fields}).encode() + b"\n"


def decode_report(line: bytes) -> Report:
    """Raises ReportError."""
    try:
        fields = json.loads(line)
        kind = _KINDS[fields.pop("report")]
        if kind is LevelsReport:
            fields["true_peaks_dbtp"] = tuple(float(peak) for peak in fields["true_peaks_dbtp"])
        return _checked(kind(**fields))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ReportError(f"no report of a preview: {line[:80]!r}") from error


def _checked(report: Report) -> Report:
    """Check the values' types: a frozen dataclass takes anything."""
    match report:
        case PictureReport(width, height):
            right = _is_side(width) and _is_side(height)
        case SoundReport(size):
            right = isinstance(size, int) and 0 < size <= MOST_SOUND_BYTES
        case LevelsReport(momentary_lufs):
            right = isinstance(momentary_lufs, float)
        case MediaReport(video, audio, problem):
            texts = all(isinstance(text, str) for text in (video, audio, problem))
            facts = (report.receiving, report.behind, report.shows_video, report.plays_audio)
            right = texts and all(isinstance(fact, bool) for fact in facts)
    if not right:
        raise ValueError("a field of the wrong type")
    return report


def _is_side(pixels: object) -> bool:
    return isinstance(pixels, int) and 0 < pixels <= MOST_SIDE
