"""Finds the pictures of each video PID at which decoding can begin, in the packets of a probe."""

from ibe100.mpegts import packet
from ibe100.mpegts.elementary.codings import Codec
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.timestamps import parse_pes_timestamps
from ibe100.mpegts.video.gops import Gops
from ibe100.runner.telemetry.picture_heads import H264, HEVC, MPEG2
from ibe100.runner.telemetry.picture_watch import PictureWatch

_CODINGS = {H264: H264, HEVC: HEVC, MPEG2: MPEG2, "MPEG-1 video": MPEG2}
_DAMAGED, _UNIT_START = 0x80, 0x40
_SCRAMBLED, _PAYLOAD = 0xC0, 0x10


class AccessPointFinder:
    """Reads as the runner does on the output (`ibe100.runner.telemetry.picture_watch`)."""

    def __init__(self) -> None:
        self._watch = PictureWatch()
        self._pids: frozenset[int] = frozenset()
        self._counters: dict[int, int] = {}

    def expect(self, codecs: dict[int, Codec]) -> None:
        """Set what each PID carries."""
        known = {pid: _CODINGS[codec.name] for pid, codec in codecs.items() if codec.name in _CODINGS}
        for pid, coding in known.items():
            self._watch.expect(pid, coding)
        self._pids = frozenset(known)

    def feed(self, headers: PacketHeaders) -> None:
        """Look at the packets of a block."""
        for pid in self._pids & headers.present:
            for row in headers.rows_of(pid):
                self._take(pid, headers, row)

    def gops(self, pid: int) -> Gops | None:
        """The pattern of a PID; None where no picture was found at which decoding can begin."""
        points = self._watch.points(pid)
        return Gops.of(points) if points else None

    def _take(self, pid: int, headers: PacketHeaders, row: int) -> None:
        word = int(headers.words[row])
        flags = word & 0xFF
        before, self._counters[pid] = self._counters.get(pid), flags & 0x0F
        if word >> 16 & _DAMAGED or flags & _SCRAMBLED or not flags & _PAYLOAD:
            if flags & _SCRAMBLED:
                self._watch.scrambled(pid)
            return
        if before == flags & 0x0F:  # a packet that came twice
            return
        is_whole = before is not None and flags & 0x0F == (before + 1) & 0x0F
        if not is_whole:
            self._watch.lose((pid,))
        if word >> 16 & _UNIT_START:
            data = headers.packets[row].tobytes()
            payload = packet.payload(data)
            if len(payload) >= 14 and payload[:3] == b"\x00\x00\x01":
                pts, _dts = parse_pes_timestamps(payload)
                at = len(data) - len(payload)
                self._watch.begin(pid, data, at, pts, is_whole=is_whole, now=0.0)
        elif pid in self._watch.heads:
            self._watch.go_on(pid, headers.packets[row].tobytes(), 0.0)
