"""What is recorded for clips, how long they are, and how much of the disk they may take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from ibe100.models.base import FolderPath, Value
from ibe100.models.settings.forms import told

Seconds = Annotated[float, Field(ge=1, le=120)]
MARGIN_S = 20.0
"""Time that a ring holds beyond a clip: for the way to a random access point, and for a busy disk."""


class ClipScope(StrEnum):
    """What of a stream is recorded for clips."""

    DEFAULT = "default"
    """As the settings say for all streams: the output, or nothing."""
    OFF = "off"
    OUTPUT = "output"
    BOTH = "both"
    """The output and the input."""


class ClipPlan(Value):
    """Clips of all streams; section `clips` of the settings."""

    enabled: Annotated[
        bool,
        told(
            "Clips of all streams",
            "The last minutes of each output are kept on disk, and a clip is cut at each cue and each "
            "severity-1 alarm. At 10 Mb/s that writes 108 GB a day; a stream may have its own setting.",
        ),
    ] = False
    before_s: Annotated[
        float,
        Field(ge=1, le=120),
        told("Before", "A clip begins so long before the splice or the alarm.", "s"),
    ] = 10.0
    after_s: Annotated[
        float, Field(ge=1, le=120), told("After", "A clip ends so long after the splice or the alarm.", "s")
    ] = 10.0
    ring_s: Annotated[
        float,
        Field(ge=60, le=3600),
        told(
            "Kept meanwhile",
            "Of each stream so much is on disk at any time: a clip is cut from it also when the console was "
            "away for less.",
            "s",
        ),
    ] = 120.0
    alarms: Annotated[bool, told("Clips of alarms", "Also at each severity-1 alarm of a stream.")] = True
    stream_quota_gb: Annotated[
        float,
        Field(ge=0.01, le=100_000),
        told("Clips of one stream", "The oldest go before they take more.", "GB"),
    ] = 5.0
    quota_gb: Annotated[
        float,
        Field(ge=0.01, le=100_000),
        told("Clips of all streams together", "The oldest go before they take more.", "GB"),
    ] = 20.0
    keep_days: Annotated[
        int, Field(ge=1, le=3660), told("Clips kept for", "Older ones go; the record of each stays.", "days")
    ] = 90
    keep_free_mb: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        told("Room left on the disk", "Nothing is recorded while the disk has less.", "MB"),
    ] = 2000
    folder: Annotated[
        FolderPath | None,
        told(
            "Folder of the clips",
            "Empty is clips in the data folder; another disk is better, a folder for each console.",
        ),
    ] = None

    @model_validator(mode="after")
    def _ring_holds_a_clip(self) -> Self:
        if self.ring_s < self.before_s + self.after_s + MARGIN_S:
            raise ValueError(
                f"ring_s {self.ring_s:g} is too short: a clip of {self.before_s:g} and {self.after_s:g} s "
                f"needs {self.before_s + self.after_s + MARGIN_S:g}"
            )
        return self
