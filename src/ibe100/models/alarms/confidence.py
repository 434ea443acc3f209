"""Confidence: what the output of a stream looks and sounds like, and when that is wrong."""

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
    """When picture and sound of a stream are wrong; None leaves a condition alone."""

    is_watched: bool = False
    """Whether they raise alarms, which keeps a preview running; else it runs while somebody looks."""
    black_s: Duration | None = 10.0
    freeze_s: Duration | None = 20.0
    """Pictures are compared about once a second: a slate or a test card stands still as well."""
    silence_s: Duration | None = 10.0
    silence_dbtp: Annotated[float, Field(ge=-100, le=-20)] = -60.0
    """No channel's true peak is above this in a silence."""
    loss_s: Duration | None = 20.0
    """No picture can be decoded although packets come; above the longest GOP of the stream."""


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
    """Whether a stream is being looked at, and what is decoded of it."""

    stream_id: str
    is_on: bool = False
    video: str = ""
    """`1080i25 H.264`; empty while it is not known."""
    audio: str = ""
    problem: str = ""
    """Why there is no picture or no sound, in words."""
