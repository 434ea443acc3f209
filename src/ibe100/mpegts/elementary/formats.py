"""Formats of elementary streams, as their headers tell them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A video sequence as displayed.

    `frame_rate` in frames (not fields) per second, None where not coded; `aspect_ratio` of the display, ""
    where it is not read.
    """

    codec: str
    width: int
    height: int
    frame_rate: Fraction | None
    interlaced: bool
    profile: str
    level: str
    chroma: str
    aspect_ratio: str = ""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """An audio stream; `channels` counts the low-frequency channel too, 0 = not coded in the header.

    `layout` is the usual short form ("stereo", "5.1"), `bitrate_bps` 0 where it varies or is not coded.
    """

    codec: str
    sample_rate_hz: int
    channels: int
    layout: str
    profile: str = ""
    bitrate_bps: int = 0
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CuesInPes:
    """Sections of SCTE 35 in PES packets, as ffmpeg writes them when it copies a stream: none takes them."""


ElementaryFormat: TypeAlias = VideoFormat | AudioFormat | CuesInPes
