"""Observer of an output: arrivals by the kernel's clock, and every splice_info_section on the cue PID.

Shares no code with the product: ISO 13818-1 packets and sections, SCTE 35 fields and CRC_32 are read here.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKET = 188
LEAST_GAP_S = 0.15
"""Shorter pauses between two arrivals are not noted."""
TIMESTAMPNS = 35
"""SO_TIMESTAMPNS and SCM_TIMESTAMPNS of Linux: the kernel's time of arrival."""
SPLICE_INSERT, TIME_SIGNAL = 0x05, 0x06


@dataclass(frozen=True, slots=True)
class Sight:
    """A splice_info_section on the output; `at` is wall clock."""

    at: float
    section: bytes
    command: int
    event_id: int | None
    is_out: bool
    is_withdrawal: bool = False
    """It cancels the event."""


def crc32(data: bytes) -> int:
    """CRC_32 of ISO 13818-1, annex A; 0 over a whole section."""
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


def read_section(section: bytes, at: float) -> Sight | None:
    """The fields of a splice_info_section; None for any other section or a damaged one."""
    if section[0] != 0xFC or crc32(section):
        return None
    command, event_id, is_out, cancels = section[13], None, False, False
    if command == SPLICE_INSERT:
        event_id = int.from_bytes(section[14:18], "big")
        cancels = bool(section[18] & 0x80)
        is_out = not cancels and bool(section[19] & 0x80)
    elif command == TIME_SIGNAL:
        place = 14 + (5 if section[14] & 0x80 else 1)
        end = place + 2 + int.from_bytes(section[place : place + 2], "big")
        place += 2
        while place < end:
            if section[place] == 2:  # segmentation_descriptor
                event_id = int.from_bytes(section[place + 6 : place + 10], "big")
                cancels = bool(section[place + 10] & 0x80)
            place += 2 + section[place + 1]
    return Sight(at, section, command, event_id, is_out, cancels)


class Observer(ABC):
    """Reads an output in a thread of its own; `gaps` and `sights` grow as it goes."""

    def __init__(self, cue_pid: int = 500) -> None:
        self.sights: list[Sight] = []
        self.gaps: list[tuple[float, float]] = []
        """From the last arrival to the next, wall clock."""
        self.last_at = 0.0
        self.bytes = 0
        self.blocked = threading.Event()
        """While it is set nothing is read."""
        self._cue_pid = cue_pid
        self._collected = b""
        self._rest = b""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of the output."""

    def longest_gap_s(self, since: float, until: float) -> float:
        """Longest time without an arrival that reaches into a span; up to now where nothing came since."""
        found = [(a, b) for a, b in [*self.gaps, (self.last_at, time.time())] if b > since and a < until]
        return max((min(b, until) - max(a, since) for a, b in found), default=0.0)

    def on_air_since(self, moment: float) -> float | None:
        """The first arrival after `moment`; None while there is none."""
        if self.last_at <= moment:
            return None
        return next((b for a, b in self.gaps if a <= moment < b), moment)

    @abstractmethod
    def chunks(self) -> Iterator[tuple[float, bytes]]:
        """Arrivals with their times; empty bytes where nothing came within a tenth of a second."""

    def _run(self) -> None:
        for at, data in self.chunks():
            if self._over.is_set():
                return
            if data:
                self._note(at, data)

    def _note(self, at: float, data: bytes) -> None:
        if self.last_at and at - self.last_at > LEAST_GAP_S:
            self.gaps.append((self.last_at, at))
        self.last_at, self.bytes = at, self.bytes + len(data)
        data = self._rest + data
        place = 0
        while place + PACKET <= len(data):
            if data[place] != 0x47:
                place += 1
                continue
            self._packet(at, data[place : place + PACKET])
            place += PACKET
        self._rest = data[place:]

    def _packet(self, at: float, packet: bytes) -> None:
        if (packet[1] & 0x1F) << 8 | packet[2] != self._cue_pid or not packet[3] & 0x10:
            return
        payload = packet[4:] if not packet[3] & 0x20 else packet[5 + packet[4] :]
        if packet[1] & 0x40:
            self._collected = payload[1 + payload[0] :]
        else:
            self._collected += payload
        while len(self._collected) > 3 and self._collected[0] != 0xFF:
            length = 3 + ((self._collected[1] & 0x0F) << 8 | self._collected[2])
            if len(self._collected) < length:
                return
            section, self._collected = self._collected[:length], self._collected[length:]
            if (sight := read_section(section, at)) is not None:
                self.sights.append(sight)
        self._collected = b""


class UdpObserver(Observer):
    """Observes a UDP port on loopback."""

    def __init__(self) -> None:
        super().__init__()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, TIMESTAMPNS, 1)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()

    def chunks(self) -> Iterator[tuple[float, bytes]]:
        while True:
            try:
                data, extra, _, _ = self._socket.recvmsg(65536, 64)
            except TimeoutError:
                yield 0.0, b""
                continue
            seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
            yield seconds + nanoseconds / 1e9, data


class PipeObserver(Observer):
    """Observes a named pipe, which fills while it is `blocked`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def close(self) -> None:
        os.close(self._pipe)

    def chunks(self) -> Iterator[tuple[float, bytes]]:
        while True:
            try:
                data = b"" if self.blocked.is_set() else os.read(self._pipe, 65536)
            except BlockingIOError:
                data = b""
            if not data:
                time.sleep(0.02)
            yield time.time(), data
