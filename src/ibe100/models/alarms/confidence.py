"""Confidence monitoring: pictures and sound of a stream's output, and limits for both."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import Field

from ibe100.models.base import Value

Duration = Annotated[float, Field(ge=1, le=3600)]


class PictureSize(Enum):
    """Width and height of preview pictures in pixels."""

    SMALL = (320, 180)
    LARGE = (640, 360)


class ConfidenceOptions(Value):
    """Limits for picture and sound of a stream; None leaves a condition alone."""

    is_watched: bool = False
    """True: they raise alarms, which keeps a preview running. False: it runs while somebody looks."""
    black_s: Duration | None = 10.0
    freeze_s: Duration | None = 20.0
    """Time for which a picture stands still; a slate or a test card does as well."""
    silence_s: Duration | None = 10.0
    silence_dbtp: Annotated[float, Field(ge=-100, le=-20)] = -60.0
    """Highest true peak of any channel in a silence."""
    loss_s: Duration | None = 20.0
    """Time without a picture although packets come; above the longest GOP of the stream."""


class Picture(Value):
    """A keyframe of the output, scaled down; RGB, three bytes per pixel, row by row from the top."""

    stream_id: str
    taken_at: float
    monotonic_s: float
    width: int
    height: int
    pixels: bytes


class SoundLevels(Value):
    """EBU R128 momentary loudness, and the true peak of each channel within 100 ms; -120 is silence."""

    stream_id: str
    monotonic_s: float
    momentary_lufs: float
    true_peaks_dbtp: tuple[float, ...]


class Preview(Value):
    """State of a stream's preview, and what is decoded."""

    stream_id: str
    is_on: bool = False
    video: str = ""
    """`1080i25 H.264`; empty while it is not known."""
    audio: str = ""
    problem: str = ""
    """Reason why there is no picture or no sound."""
