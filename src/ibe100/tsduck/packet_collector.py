"""Bytes as they come, aligned to packets, for the analyzer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.packets.packet_aligner import TRUSTED_PACKETS, find_sync
from ibe100.models.errors import ProbeError
from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import StreamReport

SYNC_PACKETS = 3
MOST_UNALIGNED = 1 << 20


class PacketCollector:
    """Analyses one input; `name` is what errors call it.

    `begins_anew`: each processor plays it from its start, so that its first tables count, not its last.
    """

    def __init__(self, name: str, *, begins_anew: bool = False) -> None:
        self._name = name
        self._analyzer = StreamAnalyzer(keeps_first=begins_anew)
        self._rest = b""
        self._leading_bytes = 0
        self.is_aligned = False
        """Packets were found."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises ProbeError when there are many and no packet in them."""
        data = self._rest + data
        if not self.is_aligned:
            start = _first_packet(data)
            if start is None:
                keep = data[-TRUSTED_PACKETS * PACKET_SIZE :]
                self._leading_bytes += len(data) - len(keep)
                if self._leading_bytes > MOST_UNALIGNED:
                    raise ProbeError(no_transport_stream(self._name, self._leading_bytes))
                self._rest = keep
                return
            self._leading_bytes += start
            self.is_aligned, data = True, data[start:]
        count = len(data) // PACKET_SIZE
        self._rest = data[count * PACKET_SIZE :]
        if count:
            block = np.frombuffer(data, np.uint8, count * PACKET_SIZE).reshape(count, PACKET_SIZE)
            self._analyzer.feed(block)

    def take(self, packets: npt.NDArray[np.uint8]) -> None:
        """Take whole packets, (n, 188)."""
        if len(packets):
            self.is_aligned = True
            self._analyzer.feed(packets)

    def tables_known(self) -> bool:
        """True when a PAT and the PMTs of all its services have been seen."""
        tables = self._analyzer.service_map
        return bool(tables.pmt_pids) and tables.pmts.keys() >= tables.pmt_pids.keys()

    def report(self) -> StreamReport:
        """Report on what was found. Raises ProbeError when no packet was."""
        if not self.is_aligned:
            raise ProbeError(no_transport_stream(self._name, self._leading_bytes + len(self._rest)))
        return replace(self._analyzer.report(), leading_bytes=self._leading_bytes)


def no_transport_stream(name: str, searched_bytes: int) -> str:
    """Reason for what holds no packet as far as it was looked at."""
    return (
        f"{name} is no transport stream: no 188-byte packets starting with 0x47 were found in the first "
        f"{searched_bytes:,} bytes"
    )


def _first_packet(data: bytes) -> int | None:
    """Offset of the first packet: three sync bytes a packet apart near the beginning, more further on."""
    for start in range(min(PACKET_SIZE, len(data))):
        if data[start : start + SYNC_PACKETS * PACKET_SIZE : PACKET_SIZE] == bytes(
            [SYNC_BYTE] * SYNC_PACKETS
        ):
            return start
    return find_sync(np.frombuffer(data, np.uint8))
