"""Person at the console's window: what is asked of them, and who they are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ibe100.models.base import Value
from ibe100.models.rights import FOUR_EYES, Act, Role

MOST_NOTE = 500


class ConsolePlan(Value):
    """Settings of the window: sign-in, lock, emergency key."""

    sign_in: bool = False
    """Without it whoever sits there acts under the name of this machine's user, and may do all."""
    lock_after_min: Annotated[float, Field(ge=0, le=1440)] = 15.0
    """Minutes without key or mouse after which cues and changes are locked; 0 is never."""
    emergency_key: bool = True
    """Let who is at the window take a stream to a break and back without a sign-in; it is an alarm."""
    four_eyes: tuple[Literal["stop", "delete", "section"], ...] = ()
    """What a second person has to confirm with their own sign-in: to stop a stream that runs, to delete one,
    to send a section made elsewhere. At the window with sign-in, and at the API."""

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
