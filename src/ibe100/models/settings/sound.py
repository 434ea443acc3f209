"""Sound of alarms at the window: which priorities are heard, how loud, how often."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ibe100.models.base import Value
from ibe100.models.settings.forms import told


class SoundPlan(Value):
    """Settings of the sound; section `sound`.

    Priority 1 is heard as shipped: it costs air time while nobody looks, and is rare. The others would
    teach people to mute the console.
    """

    priorities: Annotated[
        tuple[Literal[1, 2, 3], ...],
        told(
            "Priorities that are heard",
            "A new alarm of these priorities sounds at the window; each has a tone of its own.",
            words={"1": "1 act now", "2": "2 look soon", "3": "3 note"},
        ),
    ] = (1,)
    repeat_s: Annotated[
        float,
        Field(ge=5, le=300),
        told(
            "Priority 1 again after",
            "An unacknowledged alarm of priority 1 is heard again this often, until it is acknowledged.",
            "s",
        ),
    ] = 15.0
    volume_percent: Annotated[
        int,
        Field(ge=5, le=100),
        told("Volume", "Loudness of the tones, beside what the machine's own volume makes of them.", "%"),
    ] = 60
