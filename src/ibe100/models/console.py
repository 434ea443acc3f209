"""Person at the console's window: what is asked of them, and who they are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ibe100.models.base import Value
from ibe100.models.rights import FOUR_EYES, Act, Role
from ibe100.models.settings.forms import told

MOST_NOTE = 500


class ConsolePlan(Value):
    """Settings of the window: sign-in, lock, emergency key."""

    sign_in: Annotated[
        bool,
        told(
            "Sign-in at the window",
            "Without it whoever sits there acts under the name of this machine's user, and may do all.",
        ),
    ] = False
    lock_after_min: Annotated[
        float,
        Field(ge=0, le=1440),
        told(
            "Locked when untouched for",
            "Cues and changes are locked after so long without key or mouse; 0 is never.",
            "min",
        ),
    ] = 15.0
    emergency_key: Annotated[
        bool,
        told(
            "Emergency key",
            "Lets who is at a locked window take a stream to a break and back; each use is an alarm.",
        ),
    ] = True
    four_eyes: Annotated[
        tuple[Literal["stop", "delete", "section"], ...],
        told(
            "Four eyes",
            "A second person has to confirm these with a sign-in of their own, here and at the API.",
            words={
                "stop": "stop a running stream",
                "delete": "delete a stream",
                "section": "send a section made elsewhere",
            },
        ),
    ] = ()

    @property
    def seconded(self) -> frozenset[Act]:
        """Acts that need a second person."""
        return frozenset(FOUR_EYES[name] for name in self.four_eyes)


class Seat(Value):
    """Person at the window as it is now."""

    asks_sign_in: bool = False
    person: str = ""
    """Name that goes on record; empty when nobody is signed in or the console is locked."""
    role: Role = Role.VIEWER
    streams: frozenset[str] | None = None
    """`stream_id` of those they may act on; None is all."""
    has_users: bool = True
    """False while there is nobody who could sign in."""
    locked_by: str = ""
    """Name of who was signed in when it was locked."""
    lock_after_min: float = 0.0
    has_emergency_key: bool = False
    note: str = ""
    """What the person before left for the next one."""
    note_by: str = ""
