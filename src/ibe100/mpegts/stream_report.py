"""Result of the analysis of a transport stream."""

from dataclasses import dataclass
from fractions import Fraction

from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.elementary.codings import (
    AudioFormat,
    Codec,
    CuesInPes,
    ElementaryFormat,
    StreamKind,
    VideoFormat,
)
from ibe100.mpegts.psi import PmtStream
from ibe100.mpegts.timestamp_track import TimestampRange
from ibe100.mpegts.video.gops import Gops


@dataclass(frozen=True, slots=True)
class PidReport:
    """Counts of one PID; `bitrate_bps` is its share of the stream's, 0 where that is unknown."""

    pid: int
    packets: int
    bitrate_bps: int
    scrambled: int
    adaptation_fields: int
    unit_starts: int
    payload_starts: int
    """Unit starts in packets that have payload; of those in clear, `pes_packets` begin with a start code."""
    invalid_starts: int
    pes_packets: int
    pes_stream_id: int | None
    continuity_errors: int
    duplicated: int
    pcr: TimestampRange
    pts: TimestampRange
    dts: TimestampRange
    reserved_scrambling: int = 0
    """Scrambled packets whose transport_scrambling_control is 01, which is reserved."""
    crc_errors: int = 0
    """Sections with a wrong CRC_32 since the start."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One elementary stream of a service; `format` None until a header of it was found.

    `frame_duration_pts` is one frame in 90 kHz ticks: from the sequence header, else the smallest regular
    step of its decoding times; None where neither is there.
    """

    pid: int
    stream_type: int
    codec: Codec
    format: ElementaryFormat | None
    languages: tuple[str, ...]
    registration: str | None
    frame_duration_pts: Fraction | None
    pmt_stream: PmtStream
    gops: Gops | None = None
    """Of video that a probe has read, where a picture was found at which decoding can begin."""

    @property
    def kind(self) -> StreamKind:
        """Video, audio, subtitles, splice or data."""
        return self.codec.kind

    @property
    def video(self) -> VideoFormat | None:
        """The format, if it is video's."""
        return self.format if isinstance(self.format, VideoFormat) else None

    @property
    def audio(self) -> AudioFormat | None:
        """The format, if it is audio's."""
        return self.format if isinstance(self.format, AudioFormat) else None


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """One service; `pcr_pid` None where the PMT names 0x1FFF, `name` and `provider` empty without an SDT."""

    service_id: int
    name: str
    provider: str
    service_type: int | None
    pmt_pid: int
    pcr_pid: int | None
    pmt_seen: bool
    has_cuei: bool
    streams: tuple[StreamInfo, ...]
    ecm_pids: tuple[tuple[int, int], ...] = ()
    """(CA_PID, CA_system_id) of each CA_descriptor of its PMT."""

    @property
    def scte35_pids(self) -> tuple[int, ...]:
        """PIDs of SCTE 35 splice information."""
        return tuple(stream.pid for stream in self.streams if stream.kind is StreamKind.SPLICE)

    @property
    def pids(self) -> frozenset[int]:
        """All PIDs that its PAT and PMT name."""
        clock = () if self.pcr_pid is None else (self.pcr_pid,)
        ecm = (pid for pid, _ in self.ecm_pids)
        return frozenset((self.pmt_pid, *clock, *(stream.pid for stream in self.streams), *ecm))

    def first_of(self, kind: StreamKind) -> StreamInfo | None:
        """The first stream of a kind, in the PMT's order."""
        return next((stream for stream in self.streams if stream.kind is kind), None)


@dataclass(frozen=True, slots=True)
class StreamReport:
    """A transport stream over the measured interval.

    `bitrate_bps` comes from PCR, else from decoding times, else 0 (unknown); `duration_s` follows from it.
    """

    packets: int
    sync_errors: int
    transport_errors: int
    bitrate_bps: int
    duration_s: float
    transport_stream_id: int | None
    original_network_id: int | None
    services: tuple[ServiceInfo, ...]
    pids: tuple[PidReport, ...]
    leading_bytes: int = 0
    """Bytes of a file before its first packet."""
    suspect_packets: int = 0
    """Packets left out: the first of their PID, right after damaged ones."""

    @property
    def null_packets(self) -> int:
        """Packets of PID 0x1FFF."""
        found = self.pid(NULL_PID)
        return found.packets if found else 0

    @property
    def null_fraction(self) -> float:
        """Share of null packets, 0..1."""
        return self.null_packets / self.packets if self.packets else 0.0

    @property
    def scte35_pids(self) -> tuple[int, ...]:
        """PIDs of SCTE 35 splice information in any service."""
        return tuple(dict.fromkeys(pid for service in self.services for pid in service.scte35_pids))

    @property
    def pcr_pids(self) -> tuple[int, ...]:
        """PIDs that carry PCR, whatever the PMTs say (they may name 0x1FFF)."""
        return tuple(one.pid for one in self.pids if one.pcr.count)

    @property
    def notes(self) -> tuple[str, ...]:
        """Oddities that an operator should know of, a sentence each."""
        notes = []
        if self.leading_bytes:
            notes.append(f"{self.leading_bytes:,} bytes before the first packet are passed over")
        streams = {one.pid: one for service in self.services for one in service.streams}
        notes += [
            f"PID 0x{one.pid:04X} holds SCTE-35 in PES packets of stream_type 0x{one.stream_type:02X}, as "
            "ffmpeg writes it when it copies a stream: no receiver takes it for cues; take the stream before "
            "ffmpeg"
            for one in streams.values()
            if isinstance(one.format, CuesInPes)
        ]
        return tuple(notes)

    def pid(self, pid: int) -> PidReport | None:
        """Counts of one PID; None where it has not been seen."""
        return next((one for one in self.pids if one.pid == pid), None)

    def service(self, service_id: int) -> ServiceInfo | None:
        """One service by its id."""
        return next((one for one in self.services if one.service_id == service_id), None)
