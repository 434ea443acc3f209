"""The bus: one closed union of facts in the past tense."""

from __future__ import annotations

from typing import Literal

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.confidence import Picture, Preview, SoundLevels
from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.base import Value
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.cues.return_receipt import ReturnFeedView, ReturnReceipt
from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.scte35_marker import Cue
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import OutputTrouble, StreamState, Tally, Telemetry


class StreamView(Value):
    """Stream as a list row or a card shows it."""

    stream_id: str
    number: int
    config: StreamConfig
    state: StreamState = StreamState.OFF
    reason: str = ""
    """Reason for the state."""
    tally: Tally = Tally.OFF
    engine: str = ""
    """`tsduck 3.45-4721` or `built-in minitsp 3.0.0`; empty while off."""
    command: str = ""
    """The running command, as it can be pasted into a shell, secrets masked."""
    attempt: int = 0
    input_lost_at: float | None = None
    """Wall clock: since when the input gives nothing; None while it does, or nobody asks it to."""
    output_trouble: OutputTrouble | None = None
    """None while the output moves, and where that cannot be known."""
    retry_at: float | None = None
    """Wall clock: when the next try begins, where one is waited for."""
    session_id: int | None = None
    started_at: float | None = None
    break_ends_at: float | None = None
    """Wall clock: when the break on air resumes by itself; None where it does not, or none is on air."""
    break_began_at: float | None = None
    """Wall clock of the splice of the break on air; None in programme."""
    break_announced_end: float | None = None
    """Wall clock: when the announced duration of the break on air is over, or has been."""
    return_feed: ReturnFeedView | None = None
    """None where no return feed is watched."""
    owner: str | None = None
    """Host that owns it, where that is another one; empty where none does now. None where this one does."""

    @property
    def name(self) -> str:
        return self.config.name

    def tally_while(self, in_break: bool, armed: bool) -> Tally:
        """Tally of the stream in this state, in a break or not, with a cue armed or none."""
        match self.state:
            case state if state.is_active and self.input_lost_at is not None:
                return Tally.NO_INPUT
            case StreamState.RUNNING if self.output_trouble is OutputTrouble.BLOCKED:
                return Tally.FAULT
            case StreamState.RUNNING if in_break:
                return Tally.IN_BREAK
            case StreamState.RUNNING if armed:
                return Tally.ARMED
            case StreamState.RUNNING:
                return Tally.ON_AIR
            case StreamState.STALLED | StreamState.RETRYING | StreamState.UNREACHABLE | StreamState.FAILED:
                return Tally.FAULT
            case StreamState.PROBING | StreamState.STARTING | StreamState.STOPPING:
                return Tally.READY
            case _:
                return Tally.OFF


class StreamStateChanged(Value):
    """A stream came to be, changed its state, tally, command or configuration."""

    stream: StreamView


class StreamRemoved(Value):
    """A stream was deleted from the list."""

    stream_id: str


class StreamLogged(Value):
    """A line of the processor's log."""

    stream_id: str
    at: float
    level: Literal["debug", "info", "warning", "error"]
    text: str


class TelemetryMeasured(Value):
    """A sample: only the latest per stream counts."""

    telemetry: Telemetry


class PictureTaken(Value):
    """A sample: the output as it looked about a second ago."""

    picture: Picture


class LevelsMeasured(Value):
    """A sample: how loud the output is."""

    levels: SoundLevels


class PreviewChanged(Value):
    """A preview began, ended, or has something else to decode or to complain of."""

    preview: Preview


class CueChanged(Value):
    """A cue took a step of its life."""

    cue: Cue


class CueSeen(Value):
    """A section was seen on the output, ours or not."""

    stream_id: str
    at: float
    section_base64: str
    splice_pid: int
    ours: bool


class ReturnReceiptChanged(Value):
    """The return feed told something of a cue."""

    receipt: ReturnReceipt


class InputCueSeen(Value):
    """A section that is not ours was seen on the input."""

    cue: InputCue


class AlarmChanged(Value):
    """An alarm was raised, acknowledged, cleared or closed."""

    alarm: Alarm


class ScheduleChanged(Value):
    """Breaks were planned, changed or took a step of their lives, or were taken off the schedule."""

    changed: tuple[ScheduledBreak, ...] = ()
    removed: tuple[int, ...] = ()


class NoticePosted(Value):
    """Something the operator should read once; not an alarm."""

    at: float
    level: Literal["info", "warning", "error"]
    text: str
    stream_id: str = ""


class MachineMeasured(Value):
    """A look at the machine and the console itself: only the latest counts."""

    health: MachineHealth


Message = (
    StreamStateChanged
    | StreamRemoved
    | StreamLogged
    | TelemetryMeasured
    | PictureTaken
    | LevelsMeasured
    | PreviewChanged
    | MachineMeasured
    | CueChanged
    | CueSeen
    | ReturnReceiptChanged
    | InputCueSeen
    | AlarmChanged
    | ScheduleChanged
    | NoticePosted
)


def streams_of(message: Message) -> tuple[str, ...]:
    """stream_id of each stream that a message is about; none for one about no single stream."""
    match message:
        case StreamStateChanged(stream=view):
            found: tuple[str, ...] = (view.stream_id,)
        case CueChanged(cue=cue) | InputCueSeen(cue=cue):
            found = (cue.stream_id,)
        case AlarmChanged(alarm=alarm):
            found = (alarm.stream_id,)
        case ScheduleChanged(changed=changed):
            found = tuple(one.stream_id for one in changed)
        case ReturnReceiptChanged(receipt=receipt):
            found = (receipt.stream_id,)
        case StreamRemoved(stream_id=stream_id) | CueSeen(stream_id=stream_id):
            found = (stream_id,)
        case NoticePosted(stream_id=stream_id) | StreamLogged(stream_id=stream_id):
            found = (stream_id,)
        case _:
            found = ()
    return tuple(one for one in found if one)
