"""State that a window shows and no event tells, and the connection of a window on another machine."""

from __future__ import annotations

from ibe100.models.backup import BackupStatus
from ibe100.models.base import Value
from ibe100.models.cues.preset import CuePreset, Rundown
from ibe100.models.scte35_marker import CueAction, Readiness
from ibe100.models.settings.sound import SoundPlan


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
