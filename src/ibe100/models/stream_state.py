"""The state of a stream, as its runner reports it and as the operator reads it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from ibe100.models.base import Value


class StreamState(StrEnum):
    """OFF, PROBING and WAITING are a stream without a runner; the others are the runner's own words.

    WAITING: its live input is not there; it is looked for until it comes or the stream is stopped.
    UNREACHABLE: it may be on air and cannot be controlled: its runner does not answer.
    """

    OFF = "OFF"
    WAITING = "WAITING"
    PROBING = "PROBING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STALLED = "STALLED"
    UNREACHABLE = "UNREACHABLE"
    RETRYING = "RETRYING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def is_active(self) -> bool:
        """A runner is at work, or will be as soon as it can."""
        return self in ACTIVE_STATES

    @property
    def may_retry(self) -> bool:
        """True while it waits, and would try again later: it may be told to do so now."""
        return self in RETRIED_STATES

    @property
    def is_ended(self) -> bool:
        """True when nothing runs and nothing will by itself."""
        return not self.is_active


RETRIED_STATES = frozenset({StreamState.RETRYING, StreamState.STALLED, StreamState.WAITING})
ACTIVE_STATES = frozenset(
    {
        StreamState.WAITING,
        StreamState.PROBING,
        StreamState.STARTING,
        StreamState.RUNNING,
        StreamState.STALLED,
        StreamState.UNREACHABLE,
        StreamState.RETRYING,
        StreamState.STOPPING,
    }
)


class Tally(StrEnum):
    """Tally lamp of a stream."""

    OFF = "OFF"
    READY = "READY"
    ON_AIR = "ON AIR"
    ARMED = "ARMED"
    IN_BREAK = "IN BREAK"
    NO_INPUT = "NO INPUT"
    FAULT = "FAULT"
    UNKNOWN = "UNKNOWN"
    """A window says so of a stream whose server does not answer; no server does."""


class OutputTrouble(StrEnum):
    """Reason why nothing leaves by the output, though packets come to it."""

    BLOCKED = "blocked"
    """It takes nothing: a pipe that nobody empties, a disk that hangs."""
    NO_RECEIVER = "no receiver"
    """Nobody is heard at the other end."""


class PidSample(Value):
    """A PID as last measured on the output."""

    pid: int
    bitrate_bps: int
    packets: int
    discontinuities: int
    """Continuity errors of the last interval of the analysis."""
    description: str
    scrambled: bool = False
    services: tuple[int, ...] = ()
    """The service_ids whose PMT names it; empty for PSI/SI, null packets and what no PMT names."""
    languages: tuple[str, ...] = ()
    pcr_interval_ms: float | None = None
    """Mean over the interval of the analysis."""
    pcr_longest_ms: float | None = None
    """The longest interval of the last second."""
    pcr_jitter_us: float | None = None
    """Peak of the last second; None where the bitrate is not constant."""
    pts_interval_ms: float | None = None
    """Mean from one PTS to the next; reordered pictures at both ends make it uncertain by a frame or two."""
    discontinuities_total: int = 0
    """The same since the stream was started or the counters were reset."""
    frame_rate: float | None = None
    """Frames per second of video, as the probe read it."""
    sound: str = ""
    """Profile, rate and layout of AAC, as the probe read them."""


class ServiceSample(Value):
    """A DVB service as last measured on the output."""

    service_id: int
    name: str
    provider: str
    pmt_pid: int
    pcr_pid: int
    bitrate_bps: int


class SrtStatistics(Value):
    """Counters of an end of an SRT connection by its library; totals since the connection was made."""

    rtt_ms: float
    rate_bps: int
    packets: int
    """Packets of the last interval (about a second), as are the others that are no totals."""
    lost_packets: int
    lost_packets_total: int
    retransmitted_packets: int
    dropped_packets: int
    """Too late to be of use, and given up."""
    dropped_packets_total: int
    buffer_ms: int
    """Time in the buffer: not yet acknowledged by the receiver, or not yet delivered by it."""
    latency_ms: int
    """Agreed upon by both ends."""
    acknowledgements: int | None = None
    """From the receiver, for a sender."""


class SrtLink(Value):
    """An SRT input or output: whether its peer is there, and how it goes."""

    connected: bool
    peer: str = ""
    """address:port, where the processor says it."""
    silent: bool = False
    """The peer has not left, but has not been heard for a while."""
    refused: str = ""
    """Why the last attempt to connect failed, while nobody is connected."""
    statistics: SrtStatistics | None = None
    """None while nobody is connected, and where the edge gives none."""
    monotonic_s: float = 0.0
    """When this was learnt."""


class VideoPictures(Value):
    """Pictures of a video PID at which decoding can begin, by which a splicer can cut."""

    pid: int
    codec: str
    scrambled: bool = False
    """Then nothing can be read of them."""
    is_fixed: bool | None = None
    """True if all GOPs are of one length; None while too few are known."""
    is_open: bool | None = None
    """True where pictures shown before such a one need what was before it; None while none is known."""
    shortest_ms: float | None = None
    longest_ms: float | None = None
    """Of the GOPs that are known, at most 31; None while there is none."""
    frame_ms: float | None = None
    """Duration of a frame; None where the probe has not read it."""
    last_pts: int | None = None
    """PTS of the last such picture, 90 kHz ticks."""
    last_s: float | None = None
    """Monotonic time at which it was seen."""

    @property
    def words(self) -> str:
        """Length and kind of the GOPs in one line."""
        if self.scrambled:
            return "GOP unknown: scrambled"
        if self.shortest_ms is None or self.longest_ms is None:
            return "GOP not known yet"
        kind = "open" if self.is_open else "closed"
        shape = {True: ", fixed", False: ", varying", None: ""}[self.is_fixed]
        spans = dict.fromkeys(f"{ms / 1000:.2f}" for ms in (self.shortest_ms, self.longest_ms))
        seconds = f"{' to '.join(spans)} s"
        if not self.frame_ms:
            return f"GOP {seconds} {kind}{shape}"
        frames = dict.fromkeys(f"{ms / self.frame_ms:.0f}" for ms in (self.shortest_ms, self.longest_ms))
        return f"GOP {' to '.join(frames)} ({seconds}) {kind}{shape}"


class SwitchMode(StrEnum):
    """How the input on air was chosen."""

    RULES = "rules"
    """By the stream's own rules."""
    HAND = "hand"
    """By hand: left only if it is lost."""
    HOLD = "hold"
    """By hand, and not left though it is lost."""
    DRILL = "drill"
    """By hand, for a while."""


class ReceivedInput(Value):
    """One of the inputs of a stream that has several."""

    good: bool
    silent_s: float | None
    """Seconds since its last packets; None where none have come."""
    bitrate_bps: int = 0
    fault: str = ""
    """What is wrong with what comes; empty while nothing is."""


class InputSwitchState(Value):
    """Inputs of a stream that has several, and which of them is on air."""

    on_air: int
    """Index in `inputs`."""
    mode: SwitchMode
    reason: str = ""
    """Why it was switched to last; empty before the first time."""
    inputs: tuple[ReceivedInput, ...]


class Telemetry(Value):
    """The latest of everything measured on one stream."""

    stream_id: str
    monotonic_s: float
    """When it was measured."""
    bitrate_bps: int = 0
    null_bps: int = 0
    pts: int | None = None
    """Last PTS of the video (or of the first PID that has one), 90 kHz ticks."""
    pcr: int | None = None
    counters: dict[str, int] = Field(default_factory=dict)
    """TR 101 290 counters of the last second by their name."""
    counters_total: dict[str, int] = Field(default_factory=dict)
    """The same since the stream was started or the counters were reset."""
    counters_seen_at: dict[str, float] = Field(default_factory=dict)
    """When each of them last counted an error since then, seconds since the epoch."""
    table_versions: dict[str, int] = Field(default_factory=dict)
    """version_number of the PAT and of each service's PMT: `PAT`, `PMT 1`, …"""
    services: tuple[ServiceSample, ...] = ()
    pids: tuple[PidSample, ...] = ()
    pictures: tuple[VideoPictures, ...] = ()
    """One for each video PID that is read: H.264, HEVC, MPEG-2."""
    srt_input: SrtLink | None = None
    """None where the input is no SRT."""
    srt_output: SrtLink | None = None
    input_switch: InputSwitchState | None = None
    """None where the stream has one input."""
