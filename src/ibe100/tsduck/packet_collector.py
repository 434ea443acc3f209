"""Bytes as they come, aligned to packets, for the analyzer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.packets.packet_aligner import TRUSTED_PACKETS, find_sync
from ibe100.models.errors import ProbeError
from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import ServiceInfo, StreamReport
from ibe100.mpegts.video.access_point_finder import AccessPointFinder

SYNC_PACKETS = 3
MOST_UNALIGNED = 1 << 20


class PacketCollector:
    """Analyses one input; `name` is what errors call it.

    `begins_anew`: each processor plays it from its start, so that its first tables count, not its last.
    """

    def __init__(self, name: str, *, begins_anew: bool = False) -> None:
        self._name = name
        self._analyzer = StreamAnalyzer(keeps_first=begins_anew)
        self._access_points = AccessPointFinder()
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
            self._look_at(block)

    def take(self, packets: npt.NDArray[np.uint8]) -> None:
        """Take whole packets, (n, 188)."""
        if len(packets):
            self.is_aligned = True
            self._look_at(packets)

    def tables_known(self) -> bool:
        """True when a PAT and the PMTs of all its services have been seen."""
        tables = self._analyzer.service_map
        return bool(tables.pmt_pids) and tables.pmts.keys() >= tables.pmt_pids.keys()

    def report(self) -> StreamReport:
        """Report on what was found. Raises ProbeError when no packet was."""
        if not self.is_aligned:
            raise ProbeError(no_transport_stream(self._name, self._leading_bytes + len(self._rest)))
        found = self._analyzer.report()
        services = tuple(self._with_pictures(service) for service in found.services)
        return replace(found, services=services, leading_bytes=self._leading_bytes)

    def _look_at(self, packets: npt.NDArray[np.uint8]) -> None:
        headers = PacketHeaders(packets)
        self._analyzer.feed_headers(headers)
        self._access_points.expect(self._analyzer.service_map.all_codecs())
        self._access_points.feed(headers)

    def _with_pictures(self, service: ServiceInfo) -> ServiceInfo:
        streams = (replace(stream, gops=self._access_points.gops(stream.pid)) for stream in service.streams)
        return replace(service, streams=tuple(streams))


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
