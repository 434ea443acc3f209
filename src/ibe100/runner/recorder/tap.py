"""Intake of one copy of a stream: RTP datagrams of whole packets, whose numbers tell what was left out."""

import contextlib
import socket
import time
from collections.abc import Callable

from ibe100.runner.local_socket import LocalReceiver
from ibe100.runner.recorder.ring import ANOTHER, BEGUN
from ibe100.runner.recorder.writer import Batch
from ibe100.runner.telemetry.senders import UdpSenders

RECEIVE_BUFFER_BYTES = 8 << 20
"""Asked of the system, which may grant less."""
MOST_AT_ONCE = 500
_RTP_HEAD_BYTES = 12
_RTP_VERSION = 0x80
_PACKET_BYTES = 188
_SYNC = 0x47
_LATE = 1 << 15


class PacketCount:
    """Counts what is missing between datagrams of one sender. Pure."""

    def __init__(self) -> None:
        self._source: bytes | None = None
        self._next = 0

    def missing(self, datagram: bytes) -> tuple[int, int]:
        """Datagrams left out before this one, and the flags of a record that begins with it."""
        source, number = datagram[8:12], int.from_bytes(datagram[2:4])
        gap = (number - self._next) & 0xFFFF
        before, self._source, self._next = self._source, source, number + 1 & 0xFFFF
        if before is None:
            return 0, BEGUN
        if before != source or gap >= _LATE:
            return 0, ANOTHER
        return gap, 0


def packets_of(datagram: bytes) -> bytes:
    """The packets in an RTP datagram; empty for one that holds none."""
    packets = datagram[_RTP_HEAD_BYTES:]
    is_rtp = datagram[:1] and datagram[0] & 0xC0 == _RTP_VERSION
    if not is_rtp or not packets or len(packets) % _PACKET_BYTES or packets[0] != _SYNC:
        return b""
    return packets


class Tap:
    """A socket at a port on loopback, or at a path, and the records that become of what it receives.

    OSError: it cannot be made.
    """

    def __init__(self, port: int | str, put: Callable[[Batch], None]) -> None:
        self._put = put
        self._count = PacketCount()
        self._pieces: list[bytes] = []
        self._packets = self._lost = self._flags = 0
        self._local: LocalReceiver | None = None
        self._senders: UdpSenders | None = None
        if isinstance(port, str):
            self._local = LocalReceiver(port, RECEIVE_BUFFER_BYTES)
            self.socket = self._local.socket
        else:
            self._senders = UdpSenders()
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            self.socket.bind(("127.0.0.1", port))
            self.socket.setblocking(False)

    def renewed(self) -> bool:
        """True where the socket had to be made again, for its file was deleted; it is another one now."""
        if self._local is None or not self._local.renewed(time.monotonic()):
            return False
        self.socket = self._local.socket
        return True

    def take(self, room: memoryview) -> int:
        """Take what waits; returns the number of datagrams. What comes from other users is left out."""
        taken = 0
        with contextlib.suppress(BlockingIOError):
            while taken < MOST_AT_ONCE:
                length, sender = self.socket.recvfrom_into(room)
                taken += 1
                if self._senders is None or self._senders.are_ours(sender):
                    self._feed(bytes(room[:length]))
        self._flush()
        return taken

    def close(self) -> None:
        """Close the socket, and remove its file."""
        if self._local is not None:
            self._local.close()
        else:
            self.socket.close()

    def _feed(self, datagram: bytes) -> None:
        packets = packets_of(datagram)
        if not packets:
            return
        missing, flags = self._count.missing(datagram)
        count = len(packets) // _PACKET_BYTES
        if missing or flags:
            self._flush()
            self._lost, self._flags = missing * count, flags
        self._pieces.append(packets)
        self._packets += count

    def _flush(self) -> None:
        if self._pieces:
            self._put(Batch(self._pieces, self._packets, time.time(), self._lost, self._flags))
            self._pieces, self._packets, self._lost, self._flags = [], 0, 0, 0
