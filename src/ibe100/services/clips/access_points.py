"""Places of a transport stream at which a decoder can begin, each with the tables that came before it."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.mpegts.constants import PACKET_SIZE, PAT_PID, PAT_TABLE_ID, PMT_TABLE_ID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.elementary.bits import after_pes_header
from ibe100.mpegts.elementary.codings import StreamKind, codec_of
from ibe100.mpegts.psi import Pat, Pmt
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.preview.keyframes import starts_keyframe


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A random access point: bytes from where the finder began, and packets of PAT and PMT before it."""

    offset: int
    tables: bytes


class _Table:
    """The packets of the newest whole section of a PID."""

    def __init__(self) -> None:
        self._assembler = SectionAssembler()
        self._packets: list[bytes] = []
        self.packets = b""

    def feed(self, packet: bytes) -> list[bytes]:
        """The sections that this packet completes; `packets` holds those of the last one then."""
        before = self._packets
        starts = bool(packet[1] & 0x40)
        self._packets = [packet] if starts else [*before, packet]
        sections = self._assembler.feed(packet)
        if sections:
            # With a pointer_field the end of a section lies in the packet that begins the next one.
            is_end_of_another = starts and packet[4 if not packet[3] & 0x20 else 5 + packet[4]] > 0
            self.packets = b"".join([*before, packet] if is_end_of_another else self._packets)
        return sections


class AccessFinder:
    """Fed with whole packets, in order; finds where the video of one service can be joined.

    `service_id` None takes the first service. `tables` holds the newest PAT with the PMTs that followed it,
    as packets in the order in which they came; empty until there is a PMT of the service.
    """

    def __init__(self, service_id: int | None = None) -> None:
        self._service_id = service_id
        self._pat = _Table()
        self._pmts: dict[int, _Table] = {}
        self._followed: dict[int, bytes] = {}
        """Packets of the PMTs since the newest PAT, by PID."""
        self._pmt_pid = self._video_pid = -1
        self._codec = ""
        self._fed = 0
        self.tables = b""
        self.last: AccessPoint | None = None
        """The newest point."""
        self.first: AccessPoint | None = None

    @property
    def has_video(self) -> bool:
        """True once a PMT has named a video."""
        return self._video_pid >= 0

    def feed(self, packets: bytes) -> None:
        """Look at these packets."""
        video_pid, at = self._video_pid, -PACKET_SIZE
        for high, low in zip(packets[1::PACKET_SIZE], packets[2::PACKET_SIZE], strict=True):
            at += PACKET_SIZE
            pid = (high & 0x1F) << 8 | low
            if pid == video_pid:
                if high & 0x40 and self.tables and self._can_begin(packets[at : at + PACKET_SIZE]):
                    self.last = AccessPoint(self._fed + at, self.tables)
                    self.first = self.first or self.last
            elif pid == PAT_PID or pid in self._pmts:
                self._take_table(pid, packets[at : at + PACKET_SIZE])
                video_pid = self._video_pid
        self._fed += len(packets)

    def _can_begin(self, packet: bytes) -> bool:
        payload = packet[4:]
        if packet[3] & 0x20:
            if packet[4] and packet[5] & 0x40:  # random_access_indicator
                return True
            payload = packet[5 + packet[4] :]
        return not packet[3] & 0xC0 and starts_keyframe(self._codec, after_pes_header(payload))

    def _take_table(self, pid: int, packet: bytes) -> None:
        table = self._pat if pid == PAT_PID else self._pmts[pid]
        for section in table.feed(packet):
            try:
                if pid == PAT_PID and section[0] == PAT_TABLE_ID:
                    self._follow(Pat.parse(section))
                elif pid != PAT_PID and section[0] == PMT_TABLE_ID:
                    self._read(pid, Pmt.parse(section))
            except PsiError:  # the next repetition may be whole
                continue

    def _follow(self, pat: Pat) -> None:
        services = [(number, pid) for number, pid in pat.programs if self._service_id in (None, number)]
        self._pmt_pid = services[0][1] if services else -1
        pids = {pid for _, pid in pat.programs}
        self._pmts = {pid: self._pmts.get(pid) or _Table() for pid in pids}
        self._followed = {}

    def _read(self, pid: int, pmt: Pmt) -> None:
        self._followed.pop(pid, None)
        self._followed[pid] = self._pmts[pid].packets
        if pid == self._pmt_pid:
            codecs = [(stream.pid, codec_of(stream, pmt.descriptors)) for stream in pmt.streams]
            videos = [(one, codec.name) for one, codec in codecs if codec.kind is StreamKind.VIDEO]
            self._video_pid, self._codec = videos[0] if videos else (-1, "")
        if self._pmt_pid in self._followed:
            self.tables = self._pat.packets + b"".join(self._followed.values())
