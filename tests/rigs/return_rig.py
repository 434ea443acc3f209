"""The way to a distributor's end and back: what we send to one port arrives, changed, at another."""

from __future__ import annotations

import base64
import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from ibe100.mpegts.constants import PACKET_SIZE, PMT_TABLE_ID
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.packet import packetize_section
from ibe100.mpegts.psi import Pmt, PmtStream
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import SpliceInfoSection
from loopback import free_ports

PMT_PID, CUE_PID = 0x1000, 500
Packets = list[bytes]
Hop = Callable[[bytes], Packets]
"""What a hop makes of one packet."""


def passes(packet: bytes) -> Packets:
    """A hop that leaves everything as it is."""
    return [packet]


def pid_of(packet: bytes) -> int:
    return (packet[1] & 0x1F) << 8 | packet[2]


def edits_pmt(change: Callable[[Pmt], Pmt]) -> Hop:
    """A multiplexer that writes its own PMT."""
    assembler = SectionAssembler()
    counter = itertools.count()

    def hop(packet: bytes) -> Packets:
        if pid_of(packet) != PMT_PID:
            return [packet]
        out: Packets = []
        for section in assembler.feed(packet):
            if section[0] == PMT_TABLE_ID:
                made = change(Pmt.parse(section)).encode()
                out += packetize_section(made, PMT_PID, next(counter) & 0x0F)
        return out

    return hop


def edits_section(change: Callable[[SpliceInfoSection], SpliceInfoSection]) -> Hop:
    """A splicer that writes the cue sections anew."""
    assembler = SectionAssembler()

    def hop(packet: bytes) -> Packets:
        if pid_of(packet) != CUE_PID:
            return [packet]
        out: Packets = []
        for section in assembler.feed(packet):
            out += packetize_section(encode(change(decode(section))), CUE_PID, packet[3] & 0x0F)
        return out

    return hop


def without_cue_pid(pmt: Pmt) -> Pmt:
    return replace(pmt, streams=tuple(one for one in pmt.streams if one.pid != CUE_PID))


def drops_cue_pid() -> Hop:
    """A multiplexer that knows nothing of SCTE 35: the PID is out of the PMT, and its packets are gone."""
    pmt = edits_pmt(without_cue_pid)
    return lambda packet: [] if pid_of(packet) == CUE_PID else pmt(packet)


def retypes_cue_pid() -> Hop:
    """The PID is there, and the PMT calls it PES private data."""

    def change(pmt: Pmt) -> Pmt:
        streams = (replace(one, stream_type=0x06) if one.pid == CUE_PID else one for one in pmt.streams)
        return replace(pmt, streams=tuple(streams))

    return edits_pmt(change)


def drops_cuei() -> Hop:
    return edits_pmt(lambda pmt: replace(pmt, descriptors=()))


def remaps_cue_pid(to: int) -> Hop:
    """A distributor's own PID plan."""

    def change(pmt: Pmt) -> Pmt:
        moved = (
            PmtStream(one.stream_type, to, one.descriptors) if one.pid == CUE_PID else one
            for one in pmt.streams
        )
        return replace(pmt, streams=tuple(moved))

    pmt = edits_pmt(change)

    def hop(packet: bytes) -> Packets:
        if pid_of(packet) == CUE_PID:
            return [packet[:1] + bytes([packet[1] & 0xE0 | to >> 8, to & 0xFF]) + packet[3:]]
        return pmt(packet)

    return hop


class Relay:
    """Takes our output on `near_port`, sends it to `far_port`; `hop`, `delay_s` may be changed any time."""

    def __init__(self) -> None:
        self.near_port, self.far_port = free_ports(2)
        self.hop: Hop = passes
        self.delay_s = 0.0
        self.is_cut = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay")

    def _run(self) -> None:
        waiting: list[tuple[float, int, bytes]] = []
        number = itertools.count()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
        ):
            near.bind(("127.0.0.1", self.near_port))
            near.settimeout(0.02)
            while not self._over.is_set():
                with contextlib.suppress(TimeoutError):
                    datagram = near.recv(65536)
                    due = time.monotonic() + self.delay_s
                    heapq.heappush(waiting, (due, next(number), datagram))
                while waiting and waiting[0][0] <= time.monotonic():
                    datagram = heapq.heappop(waiting)[2]
                    packets = [datagram[at : at + PACKET_SIZE] for at in range(0, len(datagram), PACKET_SIZE)]
                    out = b"".join(made for packet in packets for made in self.hop(packet))
                    if out and not self.is_cut:
                        with contextlib.suppress(ConnectionRefusedError):
                            far.sendto(out, ("127.0.0.1", self.far_port))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


@contextlib.contextmanager
def relay() -> Iterator[Relay]:
    """A relay that passes everything until a test says otherwise."""
    made = Relay()
    made.start()
    try:
        yield made
    finally:
        made.stop()


def section_of(section_base64: str) -> SpliceInfoSection:
    return decode(base64.b64decode(section_base64))


LEFT_AT, WINDOW_S, PID = 1_000.0, 120.0, 500


CUEI = (Descriptor(5, b"CUEI"),)


VIDEO = PmtStream(0x1B, 0x100)


GOOD = Pmt(1, 0x100, (VIDEO, PmtStream(0x86, PID)), CUEI)


def text(section: SpliceInfoSection | bytes) -> str:
    return base64.b64encode(section if isinstance(section, bytes) else encode(section)).decode()
