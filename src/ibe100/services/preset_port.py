"""Port of the presets and rundowns of cues for front ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ibe100.models.cues.preset import CuePreset, Rundown
from ibe100.models.scte35_marker import Cue


class CuePresetPort(Protocol):
    """Presets and rundowns: kept for the installation and for each stream. All raise OperatorError."""

    def presets(self, stream_id: str) -> tuple[CuePreset, ...]:
        """Presets that a stream is offered, the installation's first; safe from any thread."""

    def own(self, stream_id: str = "") -> tuple[CuePreset, ...]:
        """Presets of one stream alone, or with an empty id those of the installation; from any thread."""

    def rundown(self, stream_id: str) -> Rundown:
        """Rundown of a stream, empty where none was made; safe from any thread."""

    async def set_own(self, stream_id: str, presets: Sequence[CuePreset]) -> None:
        """Replace the presets of a stream, or with an empty id those of the installation."""

    async def set_rundown(self, stream_id: str, rundown: Rundown) -> Rundown:
        """Replace the rundown of a stream, or move to another of its steps."""

    async def fire(self, stream_id: str, name: str) -> Cue:
        """Fire a preset by its name, as a cue that is asked for. Raises NotFound, CueRefused."""

    async def fire_step(self, stream_id: str, step: int) -> Cue:
        """Fire a step of the rundown and move on to the one after it. Raises CueRefused.

        Refused where `step` is not the next one: somebody else has fired it meanwhile.
        """
