"""A splice_info_section as values (ANSI/SCTE 35 2023r1 clause 9); field names are the standard's.

Times and durations are 90 kHz ticks. Flags that only say whether a part is there (time_specified_flag,
duration_flag, program_splice_flag ...) are not fields: the part is None where it is absent.

`reserved_cleared` is the mask of the reserved bits that were received as 0 although the standard wants 1;
together with `extra` (bytes a structure declares but does not use) it lets every section that can be read
be written again byte for byte.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from ibe100.mpegts import constants
from ibe100.mpegts.timestamps import pts_add

CUEI = int.from_bytes(constants.CUEI)
PTS_BITS = 33


@dataclass(frozen=True, slots=True)
class SpliceTime:
    """splice_time(); `pts_time` None is time_specified_flag 0."""

    pts_time: int | None = None
    reserved_cleared: int = 0


@dataclass(frozen=True, slots=True)
class BreakDuration:
    """break_duration()."""

    auto_return: bool
    duration: int
    reserved_cleared: int = 0


@dataclass(frozen=True, slots=True)
class SpliceComponent:
    """One component of a splice_insert in component mode; without `splice_time` when it is immediate."""

    component_tag: int
    splice_time: SpliceTime | None = None


@dataclass(frozen=True, slots=True)
class SpliceNull:
    """splice_null(), type 0x00: the heartbeat."""


@dataclass(frozen=True, slots=True)
class ScheduleComponent:
    """One component of a scheduled event; `utc_splice_time` counts GPS seconds since 1980-01-06."""

    component_tag: int
    utc_splice_time: int


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """One event of a splice_schedule; `components` None is program mode, which has `utc_splice_time`."""

    splice_event_id: int
    splice_event_cancel_indicator: bool = False
    event_id_compliance_flag: bool = True
    out_of_network_indicator: bool = False
    utc_splice_time: int | None = None
    components: tuple[ScheduleComponent, ...] | None = None
    break_duration: BreakDuration | None = None
    unique_program_id: int = 0
    avail_num: int = 0
    avails_expected: int = 0
    reserved_cleared: int = 0


@dataclass(frozen=True, slots=True)
class SpliceSchedule:
    """splice_schedule(), type 0x04."""

    events: tuple[ScheduledEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class SpliceInsert:
    """splice_insert(), type 0x05; `components` None is program mode.

    In program mode `splice_time` is there unless splice_immediate_flag is set. A cancelled event has
    nothing but its id.
    """

    splice_event_id: int
    splice_event_cancel_indicator: bool = False
    out_of_network_indicator: bool = False
    splice_immediate_flag: bool = False
    event_id_compliance_flag: bool = True
    splice_time: SpliceTime | None = None
    components: tuple[SpliceComponent, ...] | None = None
    break_duration: BreakDuration | None = None
    unique_program_id: int = 0
    avail_num: int = 0
    avails_expected: int = 0
    reserved_cleared: int = 0


@dataclass(frozen=True, slots=True)
class TimeSignal:
    """time_signal(), type 0x06; without a time it is immediate."""

    splice_time: SpliceTime = field(default_factory=SpliceTime)


@dataclass(frozen=True, slots=True)
class BandwidthReservation:
    """bandwidth_reservation(), type 0x07."""


@dataclass(frozen=True, slots=True)
class PrivateCommand:
    """private_command(), type 0xFF."""

    identifier: int
    private_bytes: bytes = b""


@dataclass(frozen=True, slots=True)
class RawCommand:
    """A command that is reserved or could not be read: its bytes, and in `fault` why."""

    splice_command_type: int
    data: bytes
    fault: str


@dataclass(frozen=True, slots=True)
class EncryptedPart:
    """All that encryption hides, splice_command_type to E_CRC_32, as received; never interpreted."""

    splice_command_length: int
    data: bytes


SpliceCommand: TypeAlias = (
    SpliceNull
    | SpliceSchedule
    | SpliceInsert
    | TimeSignal
    | BandwidthReservation
    | PrivateCommand
    | RawCommand
    | EncryptedPart
)


@dataclass(frozen=True, slots=True)
class AvailDescriptor:
    """avail_descriptor(), tag 0x00."""

    provider_avail_id: int


@dataclass(frozen=True, slots=True)
class DtmfDescriptor:
    """DTMF_descriptor(), tag 0x01; `preroll` is in tenths of a second."""

    preroll: int
    dtmf_chars: str
    reserved_cleared: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryRestrictions:
    """Flags that follow delivery_not_restricted_flag 0."""

    web_delivery_allowed_flag: bool
    no_regional_blackout_flag: bool
    archive_allowed_flag: bool
    device_restrictions: int


@dataclass(frozen=True, slots=True)
class SegmentationComponent:
    """One component of a segmentation_descriptor; `pts_offset` in 90 kHz ticks."""

    component_tag: int
    pts_offset: int
    reserved_cleared: int = 0


@dataclass(frozen=True, slots=True)
class SegmentationUpid:
    """segmentation_upid() with its type; see `ibe100.scte35.segmentation` for names and meaning."""

    segmentation_upid_type: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class SegmentationDescriptor:
    """segmentation_descriptor(), tag 0x02; a cancelled one has nothing but its id.

    `delivery_restrictions` None is delivery_not_restricted_flag 1, `components` None program mode, and
    sub_segment_num and sub_segments_expected are both there or both None.
    """

    segmentation_event_id: int
    segmentation_event_cancel_indicator: bool = False
    segmentation_event_id_compliance_indicator: bool = True
    delivery_restrictions: DeliveryRestrictions | None = None
    components: tuple[SegmentationComponent, ...] | None = None
    segmentation_duration: int | None = None
    upid: SegmentationUpid = field(default_factory=SegmentationUpid)
    segmentation_type_id: int = 0
    segment_num: int = 0
    segments_expected: int = 0
    sub_segment_num: int | None = None
    sub_segments_expected: int | None = None
    reserved_cleared: int = 0
    extra: bytes = b""


@dataclass(frozen=True, slots=True)
class TimeDescriptor:
    """time_descriptor(), tag 0x03."""

    tai_seconds: int
    tai_ns: int
    utc_offset: int


@dataclass(frozen=True, slots=True)
class AudioComponent:
    """One component of an audio_descriptor."""

    component_tag: int
    iso_code: str
    bit_stream_mode: int
    num_channels: int
    full_srvc_audio: bool


@dataclass(frozen=True, slots=True)
class AudioDescriptor:
    """audio_descriptor(), tag 0x04."""

    components: tuple[AudioComponent, ...] = ()
    reserved_cleared: int = 0


@dataclass(frozen=True, slots=True)
class RawDescriptor:
    """Any other descriptor: the bytes after descriptor_length, identifier first.

    `fault` says why a descriptor of the standard could not be read; a private one has none.
    """

    splice_descriptor_tag: int
    data: bytes
    fault: str = ""

    @property
    def identifier(self) -> int | None:
        """The first four bytes, if there are as many."""
        return int.from_bytes(self.data[:4], "big") if len(self.data) >= 4 else None


SpliceDescriptor: TypeAlias = (
    AvailDescriptor
    | DtmfDescriptor
    | SegmentationDescriptor
    | TimeDescriptor
    | AudioDescriptor
    | RawDescriptor
)


@dataclass(frozen=True, slots=True)
class SpliceInfoSection:
    """One splice_info_section.

    `legacy_command_length` is splice_command_length 0xFFF; `command_extra` and `descriptor_extra` are bytes
    that the command or the descriptor loop declare but that belong to no field; `stuffing` is
    alignment_stuffing.
    """

    command: SpliceCommand
    descriptors: tuple[SpliceDescriptor, ...] = ()
    pts_adjustment: int = 0
    tier: int = 0xFFF
    cw_index: int = 0
    encryption_algorithm: int = 0
    sap_type: int = 3
    protocol_version: int = 0
    legacy_command_length: bool = False
    section_syntax_indicator: bool = False
    private_indicator: bool = False
    command_extra: bytes = b""
    descriptor_extra: bytes = b""
    stuffing: bytes = b""

    @property
    def splice_pts(self) -> int | None:
        """(pts_time + pts_adjustment) mod 2^33 of the command's own splice_time; None where it has none."""
        if isinstance(self.command, SpliceInsert | TimeSignal) and self.command.splice_time is not None:
            pts_time = self.command.splice_time.pts_time
            return None if pts_time is None else pts_add(pts_time, self.pts_adjustment)
        return None
