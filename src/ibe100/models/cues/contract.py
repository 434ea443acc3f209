"""Contract with a distributor: what it asks of a stream and of each cue in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ibe100.models.base import Name, Pid, Text, Value
from ibe100.models.cues.cut_points import SpliceOn
from ibe100.models.endpoints.fields import LatencyMs
from ibe100.models.settings.forms import told

Seconds = Annotated[float, Field(gt=0, le=86_400)]
EventId = Annotated[int, Field(ge=1, le=0xFFFFFFFE)]
SegmentationType = Annotated[int, Field(ge=0, le=0xFF)]
LEAST_OUT_POINT_S = 4.0


class EventIdRule(StrEnum):
    """Rule for the splice_event_id that the return from a break carries."""

    SAME = "same"
    """That of the CUE-OUT it ends."""
    RISING = "rising"
    """A new one, higher than any before."""


class AvailNumbering(StrEnum):
    """Rule for avail_num and avails_expected."""

    NONE = "none"
    """Both 0: not used."""
    COUNTED = "counted"
    """avails_expected is at least 1, avail_num counts from 1 up to it."""


class SpliceInsertCommand(Value):
    """Breaks are announced by splice_insert."""

    kind: Literal["splice_insert"] = "splice_insert"


class TimeSignalCommand(Value):
    """Breaks are announced by time_signal with a segmentation_descriptor."""

    kind: Literal["time_signal"] = "time_signal"
    start_type_id: Annotated[
        SegmentationType, told("Start type", "segmentation_type_id that begins a break.", in_hex=True)
    ] = 0x34
    end_type_id: Annotated[
        SegmentationType, told("End type", "segmentation_type_id that ends it.", in_hex=True)
    ] = 0x35
    upid_type: Annotated[
        int, Field(ge=0, le=0xFF), told("UPID type", "segmentation_upid_type; 0 is Not Used.")
    ] = 0

    @model_validator(mode="after")
    def _two_types(self) -> Self:
        if self.start_type_id == self.end_type_id:
            raise ValueError("start_type_id and end_type_id are the same: a break could not be ended")
        return self


CueCommand = Annotated[SpliceInsertCommand | TimeSignalCommand, Field(discriminator="kind")]


class VideoTerms(Value):
    """The video a distributor expects; None where the contract says nothing."""

    codec: Annotated[Literal["H.264", "HEVC", "MPEG-2 video"] | None, told("Codec", "")] = None
    width: Annotated[
        Annotated[int, Field(ge=16, le=16_384)] | None, told("Width", "Empty allows any.", "px")
    ] = None
    height: Annotated[
        Annotated[int, Field(ge=16, le=16_384)] | None, told("Height", "Empty allows any.", "px")
    ] = None
    frame_rate: Annotated[
        Annotated[float, Field(gt=0, le=300)] | None,
        told("Frame rate", "Frames, not fields; 29.97 means 30000/1001.", "per s"),
    ] = None
    interlaced: Annotated[bool | None, told("Interlaced", "")] = None
    bitrate_bps: Annotated[
        Annotated[int, Field(gt=0)] | None, told("Bitrate", "Empty allows any.", "b/s")
    ] = None
    gop_frames: Annotated[
        Annotated[int, Field(ge=1, le=1000)] | None, told("GOP", "Frames from IDR to IDR.", "frames")
    ] = None
    closed_gop: Annotated[
        bool | None, told("Closed GOPs", "No picture needs one that was before its GOP.")
    ] = None


class AudioTerms(Value):
    """The audio a distributor expects; None where the contract says nothing."""

    codec: Annotated[
        Literal["AAC", "AC-3", "E-AC-3", "MPEG audio"] | None,
        told("Codec", "AAC stands for ADTS and LATM alike."),
    ] = None
    aac_profile: Annotated[Literal["LC", "HE", "HE v2"] | None, told("AAC profile", "")] = None
    sample_rate_hz: Annotated[
        Annotated[int, Field(gt=0)] | None, told("Sample rate", "Empty allows any.", "Hz")
    ] = None
    channels: Annotated[Annotated[int, Field(ge=1, le=16)] | None, told("Channels", "Empty allows any.")] = (
        None
    )
    bitrate_bps: Annotated[
        Annotated[int, Field(gt=0)] | None, told("Bitrate", "Empty allows any.", "b/s")
    ] = None


class SrtTerms(Value):
    """The SRT latencies a distributor accepts, both ends included."""

    latency_min_ms: Annotated[LatencyMs, told("Least latency", "", "ms")] = 20
    latency_max_ms: Annotated[LatencyMs, told("Most latency", "", "ms")] = 8000

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.latency_max_ms < self.latency_min_ms:
            raise ValueError("latency_max_ms is below latency_min_ms")
        return self


class Contract(Value):
    """An agreement with one distributor; one that contradicts itself cannot be built."""

    name: Annotated[Name, told("Name", "As it is chosen in the stream editor.")]
    description: Annotated[
        Text, Field(max_length=300), told("What it is for", "A sentence for whoever chooses it.")
    ] = ""
    scte35_pid: Annotated[Pid, told("SCTE-35 PID", "PID of the cues in the stream.")] = 500
    command: CueCommand = Field(default_factory=SpliceInsertCommand)
    event_id_first: Annotated[EventId, told("First event id", "The lowest splice_event_id.", in_hex=True)] = (
        0x60000001
    )
    event_id_last: Annotated[
        EventId, told("Last event id", "The highest; then it begins anew.", in_hex=True)
    ] = 0x6FFFFFFF
    event_id_rule: Annotated[
        EventIdRule,
        told(
            "Id of the return",
            "The splice_event_id that the return from a break carries.",
            words={"same": "that of its CUE-OUT", "rising": "a new, higher one"},
        ),
    ] = EventIdRule.SAME
    pre_roll_min_s: Annotated[
        float,
        Field(ge=0, le=50),
        told("Least pre-roll", "Real pre-roll of a cue to the break; 0 allows immediate ones.", "s"),
    ] = 0.0
    pre_roll_default_s: Annotated[
        float, Field(ge=0, le=60), told("Usual pre-roll", "Of a cue that is asked for without a time.", "s")
    ] = 0.0
    repeats: Annotated[
        int,
        Field(ge=1, le=10),
        told("Times sent", "A pre-rolled section is sent so often, byte for byte the same."),
    ] = 1
    repeat_interval_ms: Annotated[
        int, Field(ge=100, le=10_000), told("Sent again after", "Between one sending and the next.", "ms")
    ] = 1000
    duration_min_s: Annotated[Seconds | None, told("Shortest break", "Empty allows any.", "s")] = None
    duration_max_s: Annotated[Seconds | None, told("Longest break", "Empty allows any.", "s")] = None
    durations_s: Annotated[
        tuple[Seconds, ...],
        told("Only these lengths", "In seconds, one a line; none allows any between the two.", "s"),
    ] = ()
    duration_default_s: Annotated[
        Seconds, told("Usual length", "Of a break that is asked for without one.", "s")
    ] = 60.0
    auto_return: Annotated[bool, told("Automatic return", "The break is announced to end by itself.")] = True
    tier: Annotated[int, Field(ge=0, le=0xFFF), told("Tier", "tier; 0xFFF is all.", in_hex=True)] = 0xFFF
    unique_program_id: Annotated[
        Annotated[int, Field(ge=0, le=0xFFFF)] | None,
        told("Program id", "unique_program_id; empty allows any, and time_signal has none."),
    ] = 1
    avail_numbering: Annotated[
        AvailNumbering,
        told(
            "Avails",
            "avail_num and avails_expected.",
            words={"none": "not used", "counted": "counted from 1"},
        ),
    ] = AvailNumbering.NONE
    heartbeat_interval_s: Annotated[
        Annotated[float, Field(ge=0.5, le=300)] | None,
        told("Heartbeat", "At least one splice_null in so long; empty asks for none.", "s"),
    ] = 5.0
    cue_every_min: Annotated[
        Annotated[float, Field(gt=0, le=1440)] | None,
        told("A cue every", "Longest time without one, heartbeats aside; empty asks for none.", "min"),
    ] = None
    splice_on: Annotated[
        SpliceOn,
        told(
            "Splices fall on",
            "Picture on which a cue with a time splices.",
            words={"any": "any frame", "idr": "a picture where decoding can begin"},
        ),
    ] = SpliceOn.ANY
    idr_offset_max_ms: Annotated[
        int,
        Field(ge=0, le=60_000),
        told("Farthest from it", "Only where splices fall on such a picture; more is on record.", "ms"),
    ] = 0
    may_change_length: Annotated[
        bool, told("Length changed on air", "A break on air may be announced again with another length.")
    ] = True
    srt: SrtTerms | None = None
    """None allows any way of delivery."""
    video: VideoTerms = Field(default_factory=VideoTerms)
    audio: AudioTerms = Field(default_factory=AudioTerms)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.event_id_last < self.event_id_first:
            raise ValueError("event_id_last is below event_id_first")
        if self.pre_roll_default_s < self.pre_roll_min_s:
            raise ValueError("pre_roll_default_s is below pre_roll_min_s")
        if (
            self.duration_min_s is not None
            and self.duration_max_s is not None
            and self.duration_max_s < self.duration_min_s
        ):
            raise ValueError("duration_max_s is below duration_min_s")
        if (self.repeats - 1) * self.repeat_interval_ms >= self.least_lead_s * 1000:
            raise ValueError("the last repeat would come after the splice: lower repeats or the interval")
        for duration_s in (*self.durations_s, self.duration_default_s):
            if (why := self.duration_fault(duration_s)) is not None:
                raise ValueError(f"duration {duration_s:g} s contradicts the contract itself: {why}")
        return self

    @property
    def least_lead_s(self) -> float:
        """Seconds before its splice at which a pre-rolled cue must be out (S35 §9.9.2.1: 4 s or more)."""
        return max(self.pre_roll_min_s, LEAST_OUT_POINT_S)

    def duration_fault(self, duration_s: float) -> str | None:
        """Words for what the contract asks instead of this announced duration; None when it is allowed."""
        if self.durations_s and not any(abs(duration_s - allowed) < 0.001 for allowed in self.durations_s):
            return f"one of {', '.join(f'{allowed:g}' for allowed in self.durations_s)} s"
        if self.duration_min_s is not None and duration_s < self.duration_min_s:
            return f"at least {self.duration_min_s:g} s"
        if self.duration_max_s is not None and duration_s > self.duration_max_s:
            return f"at most {self.duration_max_s:g} s"
        return None


class Severity(StrEnum):
    """Severity of a finding."""

    BREACH = "breach"
    """The contract is not kept: a cue or stream like this must not go on air."""
    WARNING = "warning"
    """The contract may not be kept, or the distributor may stumble over it."""
    NOTE = "note"
    """Could not be checked, or is worth knowing."""


class ContractFinding(Value):
    """One difference between a contract and what is there."""

    severity: Severity
    field: str
    """The contract's field, such as `video.codec`."""
    asked: str
    """The value that the contract asks."""
    found: str
    what_to_do: str

    @classmethod
    def of(cls, severity: Severity, field: str, asked: str, found: str, what_to_do: str) -> ContractFinding:
        """A finding in the order in which its words are said."""
        return cls(severity=severity, field=field, asked=asked, found=found, what_to_do=what_to_do)

    @property
    def words(self) -> str:
        """All of it as one line."""
        do = self.what_to_do[:1].upper() + self.what_to_do[1:]
        return f"{self.field}: the contract asks {self.asked}; found: {self.found}. {do}."
