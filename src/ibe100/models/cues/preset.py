"""Presets of cues and rundowns: cues made ready beforehand, each fired by one press."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from ibe100.models.base import Printable, Value, describe_error
from ibe100.models.cues.segmentation import Segmentation
from ibe100.models.scte35_marker import BreakEnd, CueAction, CueRequest

NOT_BY_ONE_PRESS = frozenset(
    {CueAction.CRASH_OUT, CueAction.CRASH_IN, CueAction.CALL_OFF, CueAction.CHANGE_LENGTH}
)
"""Actions whose buttons are held, and those that are about another cue."""
PRE_ROLLED = frozenset({"as asked", "as the contract asks"})
"""Ways of an action to splice (`ActionTraits.splices`) for which a preset may have a pre-roll."""
MOST_PRESETS, MOST_STEPS = 40, 500


class CuePreset(Value):
    """A cue under a name, without the stream that it goes to."""

    name: Annotated[str, Field(min_length=1, max_length=24), Printable]
    action: CueAction = CueAction.TO_BREAK
    duration_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Announced duration of the break; None takes the stream's default."""
    pre_roll_s: Annotated[float, Field(ge=0, le=60)] | None = None
    """Seconds ahead that it splices; None is what the stream's contract asks, else immediately."""
    returns: BreakEnd | None = None
    """Way the break ends; None takes the stream's own."""
    segmentation: Segmentation | None = None
    """Segmentation of a TIME SIGNAL."""
    section: Annotated[str, Field(max_length=12_000)] = ""
    """Section that SEND SECTION sends."""

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> Self:
        if self.action in NOT_BY_ONE_PRESS:
            raise ValueError(f"{self.action} is no preset: that is fired by one press")
        try:
            self.request("checked")
        except ValidationError as error:
            raise ValueError(describe_error(error)) from error
        return self

    def request(self, stream_id: str) -> CueRequest:
        """The cue as it is asked for on a stream."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "name"}
        return CueRequest(stream_id=stream_id, **values)

    @property
    def summary(self) -> str:
        """What it sends, in a few words: `TO BREAK 30 s · 6 s pre-roll · auto`."""
        parts = [str(self.action)]
        if self.segmentation is not None:
            parts = [str(self.segmentation.type)]
        if self.duration_s is not None:
            parts[0] += f" {self.duration_s:g} s"
        if self.pre_roll_s is not None:
            parts.append(f"{self.pre_roll_s:g} s pre-roll" if self.pre_roll_s else "immediate")
        if self.returns is not None:
            parts.append(self.returns)
        return " · ".join(parts)


class Rundown(Value):
    """Cues of one stream in the order in which they are fired."""

    steps: Annotated[tuple[CuePreset, ...], Field(max_length=MOST_STEPS)] = ()
    next: Annotated[int, Field(ge=0)] = 0
    """Index of the step that is fired next; beyond the last when all were."""

    @property
    def step(self) -> CuePreset | None:
        """The step that is fired next."""
        return self.steps[self.next] if self.next < len(self.steps) else None

    def moved_on(self) -> Rundown:
        """The rundown after its step was fired."""
        return self.model_copy(update={"next": self.next + 1})


SHIPPED_PRESETS = (
    CuePreset(name="30 s local", duration_s=30, pre_roll_s=6),
    CuePreset(name="60 s local", duration_s=60, pre_roll_s=6),
    CuePreset(name="120 s national", duration_s=120, pre_roll_s=8),
    CuePreset(name="Back", action=CueAction.BACK_TO_PROGRAMME, pre_roll_s=0),
)


class KeptCues(Value):
    """Contents of `cue_presets.json`."""

    presets: Annotated[tuple[CuePreset, ...], Field(max_length=MOST_PRESETS)] = SHIPPED_PRESETS
    """Presets of the installation, for every stream."""
    streams: dict[str, tuple[CuePreset, ...]] = Field(default_factory=dict)
    """Presets that a stream has besides, by its id."""
    rundowns: dict[str, Rundown] = Field(default_factory=dict)
    """Rundowns by the stream's id."""
