"""Window of the console: who is at it, what it shows that no event tells, and its connections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ibe100.models.backup import BackupStatus
from ibe100.models.base import Value
from ibe100.models.cues.preset import CuePreset, Rundown
from ibe100.models.rights import FOUR_EYES, Act, Role
from ibe100.models.scte35_marker import CueAction, Readiness
from ibe100.models.settings.forms import told
from ibe100.models.settings.sound import SoundPlan

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


class StreamWindow(Value):
    """A stream as its buttons need it."""

    stream_id: str
    readiness: dict[CueAction, Readiness]
    presets: tuple[CuePreset, ...] = ()
    """Of this stream alone."""
    rundown: Rundown = Rundown()
    restart_s: float = 0.0
    """Seconds without output that a restart takes, by the last one."""


class WindowState(Value):
    """State of everything that is read again and again, because no event tells of its changes."""

    streams: tuple[StreamWindow, ...] = ()
    presets: tuple[CuePreset, ...] = ()
    """Of the installation."""
    unusual_break_s: float = 86_400.0
    """Length above which a break is told of as unusually long."""
    alarm_rate: int = 0
    """Alarms within the last 10 minutes."""
    sound: SoundPlan = SoundPlan()
    backups: BackupStatus
    metrics_problem: str = ""
    """In words while no measurement can be written."""


class Link(Value):
    """Connection of a window to a server on another machine, as it is now."""

    host: str
    """Name under which it was asked for: `playout-2:8100`."""
    prefix: str = ""
    """Beginning of the stream_id of each of its streams, where a window has several servers."""
    is_up: bool = False
    lost_at: float | None = None
    """Wall clock of the loss; None while it is up, and before the first connection."""
    known_at: float | None = None
    """Wall clock of the last that was heard: the states shown are those of then."""
    reason: str = ""
    """Why it is down, in words."""
    round_trip_ms: float | None = None
    """Time to and fro, as last measured."""

    def has(self, stream_id: str) -> bool:
        """True for a stream of this server."""
        return stream_id.startswith(self.prefix)
