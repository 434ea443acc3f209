"""Observer of multicast outputs: gaps, times with two senders, and the cues that each host put out.

Who sends is told by the source address of a datagram. It shares no code with the product.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

GAP_S = 0.25
TICK_S = 0.05
PACKET = 188


@dataclass
class Seen:
    """Sightings of one stream since the last reset."""

    last: float = 0.0
    longest_s: float = 0.0
    two_s: float = 0.0
    spans: dict[str, list[float]] = field(default_factory=dict)
    """First and last datagram of each sender."""
    cues: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    """Splice sections by host."""


class Observer(threading.Thread):
    """Listens to one group a stream until it is stopped."""

    def __init__(self, groups: dict[str, tuple[str, int]], cue_pid: int, interface: str = "") -> None:
        """`interface` is the address on which groups are joined; without one they are addresses of here."""
        super().__init__(daemon=True)
        self._pid = cue_pid
        self._sockets: dict[socket.socket, str] = {}
        self._lock = threading.Lock()
        self.seen = {name: Seen() for name in groups}
        for name, (group, port) in groups.items():
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            one.bind((group, port))
            if interface:
                joined = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(interface))
                one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
            one.setblocking(False)
            self._sockets[one] = name
        self._ends = threading.Event()

    def stop(self) -> None:
        """End, and wait for it."""
        self._ends.set()
        self.join()

    def reset(self) -> None:
        """Look from now on."""
        with self._lock:
            now = time.monotonic()
            self.seen = {name: Seen(last=now) for name in self.seen}

    def result(self) -> dict[str, Seen]:
        """Sightings so far; a stream that is down has a gap until now."""
        with self._lock:
            now = time.monotonic()
            for seen in self.seen.values():
                seen.longest_s = max(seen.longest_s, now - seen.last)
                seen.two_s = _two(seen.spans)
            return self.seen

    def run(self) -> None:
        """Read what comes."""
        while not self._ends.is_set():
            ready, _, _ = select.select(list(self._sockets), [], [], TICK_S)
            with self._lock:
                for one in ready:
                    self._read(one, self.seen[self._sockets[one]])

    def _read(self, one: socket.socket, seen: Seen) -> None:
        while True:
            try:
                data, (host, _) = one.recvfrom(65536)
            except BlockingIOError:
                return
            now = time.monotonic()
            seen.longest_s = max(seen.longest_s, now - seen.last)
            seen.last = now
            seen.spans.setdefault(host, [now, now])[1] = now
            for place in range(0, len(data) - PACKET + 1, PACKET):
                self._packet(host, data[place : place + PACKET], seen)

    def _packet(self, host: str, packet: bytes, seen: Seen) -> None:
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if pid != self._pid or not packet[1] & 0x40 or not packet[3] & 0x10:
            return
        start = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        section = packet[start + 1 + packet[start] :]
        length = 3 + ((section[1] & 0x0F) << 8 | section[2])
        if section[0] == 0xFC and section[13] in (5, 6):
            seen.cues[host, bytes(section[:length])] += 1


def _two(spans: dict[str, list[float]]) -> float:
    """Seconds for which the spans of two senders overlap: exact where each sent once."""
    ordered = sorted(spans.values())
    return sum(
        max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
        for index, one in enumerate(ordered)
        for other in ordered[index + 1 :]
    )
