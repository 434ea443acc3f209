"""Finds the sequence or frame header of each elementary stream in the packets."""

import numpy as np

from ibe100.mpegts import packet
from ibe100.mpegts.constants import PID_COUNT
from ibe100.mpegts.elementary.bits import after_pes_header
from ibe100.mpegts.elementary.codings import Codec, ElementaryFormat, can_read_format, read_format
from ibe100.mpegts.packet_headers import PAYLOAD, SCRAMBLED, PacketHeaders

# Headers stand at the start of a PES packet: so many of its packets are looked at, in so many PES packets.
_PACKETS_PER_PES = 12
_MAX_PES = 2000


class FormatFinder:
    """`formats` by PID, filled as headers are found; a PID is looked at until its format is known."""

    def __init__(self) -> None:
        self.formats: dict[int, ElementaryFormat] = {}
        self._codecs: dict[int, Codec] = {}
        self._searching = np.zeros(PID_COUNT, np.bool_)
        self._heads: dict[int, list[bytes]] = {}
        self._tries: dict[int, int] = {}

    def expect(self, codecs: dict[int, Codec]) -> None:
        """Set what each PID carries; formats found for PIDs whose coding stays the same are kept."""
        for pid in [pid for pid in self._codecs if codecs.get(pid) != self._codecs[pid]]:
            self.formats.pop(pid, None)
            self._heads.pop(pid, None)
            self._tries.pop(pid, None)
        self._codecs = dict(codecs)
        self._searching[:] = False
        for pid, codec in codecs.items():
            self._searching[pid] = can_read_format(codec) and pid not in self.formats

    def feed(self, headers: PacketHeaders) -> None:
        """Look at a block's packets of the PIDs whose format is not known yet."""
        if not self._searching.any():
            return
        pids = headers.pids
        clear = (headers.words & (PAYLOAD | SCRAMBLED)) == PAYLOAD
        for row in np.flatnonzero(self._searching[pids] & clear).tolist():
            pid = int(pids[row])
            if self._searching[pid]:
                self._take(pid, headers.packets[row].tobytes())

    def finish(self) -> None:
        """Read what has been gathered so far: the stream may have ended within a PES packet."""
        for pid in list(self._heads):
            self._read(pid)

    def _take(self, pid: int, ts_packet: bytes) -> None:
        payload = packet.payload(ts_packet)
        if ts_packet[1] & 0x40:
            self._read(pid)
            if self._searching[pid]:
                self._heads[pid] = [after_pes_header(payload)]
            return
        head = self._heads.get(pid)
        if head is None:
            return
        head.append(payload)
        if len(head) >= _PACKETS_PER_PES:
            self._read(pid)

    def _read(self, pid: int) -> None:
        head = self._heads.pop(pid, None)
        if head is None:
            return
        found = read_format(self._codecs[pid], b"".join(head))
        self._tries[pid] = self._tries.get(pid, 0) + 1
        if found is not None:
            self.formats[pid] = found
        if found is not None or self._tries[pid] >= _MAX_PES:
            self._searching[pid] = False
