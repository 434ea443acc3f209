"""Formats of packets in a file (tsp --format): plain, with a time stamp before or parity bytes after each."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind
from ibe100.minitsp.chain.plugin import Packets
from ibe100.minitsp.packets.packet_aligner import TRUSTED_PACKETS, find_sync
from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE
from ibe100.mpegts.timestamps import PCR_HZ

_PACKETS_TO_JUDGE: Final = 8
_ARRIVAL_TIME_MASK: Final = 0x3FFF_FFFF
_LONGEST_SPREAD_S: Final = 0.1

FORMAT_OPTION: Final = Option("format", OptionKind.TEXT)


@dataclass(frozen=True, slots=True)
class PacketFormat:
    """Bytes before and after each packet of 188."""

    name: str
    header_bytes: int = 0
    trailer_bytes: int = 0

    @property
    def size(self) -> int:
        """Bytes of one packet with all that belongs to it."""
        return self.header_bytes + PACKET_SIZE + self.trailer_bytes

    def packets(self, data: bytearray) -> Packets:
        """The whole packets in `data`, writable (n, 188); a part of one at the end is left out."""
        count = len(data) // self.size
        rows = np.frombuffer(data, np.uint8, count * self.size).reshape(count, self.size)
        return np.ascontiguousarray(rows[:, self.header_bytes : self.header_bytes + PACKET_SIZE])

    def fits(self, head: bytes) -> bool:
        """True if every whole packet in the beginning of a file has its sync byte in this format's place."""
        count = len(head) // self.size
        ends = count * self.size
        return count > 0 and all(byte == SYNC_BYTE for byte in head[self.header_bytes : ends : self.size])


TS: Final = PacketFormat("TS")
M2TS: Final = PacketFormat("M2TS", header_bytes=4)
RS204: Final = PacketFormat("RS204", trailer_bytes=16)
DUCK: Final = PacketFormat("duck", header_bytes=14)
"""tsp's own: what it knows of a packet stands before it. Can be read only."""
_READABLE: Final = (TS, RS204, M2TS, DUCK)
_WRITABLE: Final = (TS, RS204, M2TS)
BYTES_TO_JUDGE: Final = _PACKETS_TO_JUDGE * max(one.size for one in _READABLE)
BYTES_TO_SEARCH: Final = 1 << 28
"""Largest distance of the first packet of a file from its beginning."""
CHUNK_BYTES: Final = 1 << 20
_SEARCH_OVERLAP: Final = TRUSTED_PACKETS * max(one.size for one in _READABLE)


@dataclass(frozen=True, slots=True)
class FirstPacket:
    """Place of the first packet of a file: its format, the bytes before it, and those read from it on."""

    format: PacketFormat
    leading_bytes: int
    held: bytes


def detect(head: bytes) -> PacketFormat | None:
    """The format of a file that begins so; None if it is no transport stream."""
    judged = (one for one in _READABLE if one.fits(head[: _PACKETS_TO_JUDGE * one.size]))
    return next(judged, None)


def find_first_packet(read: Callable[[], bytes]) -> FirstPacket | None:
    """The first packet in what `read` gives piece by piece, empty at the end: a recording may begin anywhere
    in one, or behind something else. None if there is none in the first BYTES_TO_SEARCH.
    """
    held, skipped = b"", 0
    while True:
        data = read()
        held += data
        if data and len(held) < BYTES_TO_JUDGE:
            continue
        if not skipped and (detected := detect(held[:BYTES_TO_JUDGE])):
            return FirstPacket(detected, 0, held)
        found = [
            (start, one)
            for one in _WRITABLE
            if (start := find_sync(np.frombuffer(held, np.uint8)[one.header_bytes :], one.size)) is not None
        ]
        if found:
            start, found_format = min(found, key=lambda one: one[0])
            return FirstPacket(found_format, skipped + start, held[start:])
        if not data or skipped + len(held) > BYTES_TO_SEARCH:
            return None
        skipped += max(len(held) - _SEARCH_OVERLAP, 0)
        held = held[-_SEARCH_OVERLAP:]


def input_format(arguments: Arguments) -> PacketFormat | None:
    """The format that --format names, None for it is to be detected. Raises OptionError."""
    name = arguments.text("format", "autodetect")
    return None if name.lower() == "autodetect" else _named(name, _READABLE)


def output_format(arguments: Arguments) -> PacketFormat:
    """The format that --format names, TS without it. Raises OptionError."""
    return _named(arguments.text("format", TS.name), _WRITABLE)


def _named(name: str, formats: tuple[PacketFormat, ...]) -> PacketFormat:
    for one in formats:
        if one.name.lower() == name.lower():
            return one
    names = ", ".join(one.name for one in formats)
    raise OptionError(f"invalid value {name} for option --format, use one of {names}")


class PacketFormatter:
    """Converts packets to a format for writing.

    M2TS wants the arrival time of each packet: that of writing, spread over the packets of a block. The
    parity bytes of RS204 are placeholders 0xFF, as nobody computes them from what may already be damaged.
    """

    def __init__(self, packet_format: PacketFormat) -> None:
        self._format = packet_format
        self._previous_s = time.monotonic()

    def format(self, packets: Packets) -> npt.NDArray[np.uint8]:
        """uint8 (n, bytes of one packet in the format), C-contiguous."""
        if self._format is TS:
            return packets
        formatted = np.full((len(packets), self._format.size), 0xFF, np.uint8)
        start = self._format.header_bytes
        formatted[:, start : start + PACKET_SIZE] = packets
        if self._format is M2TS:
            stamps = self._arrival_times(len(packets)).astype(">u4")
            formatted[:, :start] = stamps.view(np.uint8).reshape(-1, start)
        return formatted

    def _arrival_times(self, count: int) -> npt.NDArray[np.int64]:
        """30 bits of the 27 MHz clock for each packet."""
        now_s = time.monotonic()
        start_s = max(self._previous_s, now_s - _LONGEST_SPREAD_S)
        self._previous_s = now_s
        ticks = PCR_HZ * (start_s + (now_s - start_s) * np.arange(1, count + 1) / count)
        return ticks.astype(np.int64) & _ARRIVAL_TIME_MASK
