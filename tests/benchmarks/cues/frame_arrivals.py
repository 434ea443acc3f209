"""When each video frame of a stream left its output, measured at the other end of a loopback UDP socket."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType

from ibe100.mpegts.timestamps import parse_pes_timestamps, pts_difference

PACKET = 188
VIDEO_STREAM_IDS = range(0xE0, 0xF0)
MOST_FRAMES = 200_000


class FrameArrivals:
    """A receiver with a thread of its own; `port` is where the stream is to be sent."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port = int(self._socket.getsockname()[1])
        self._frames: list[tuple[float, int]] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._receive)

    def __enter__(self) -> FrameArrivals:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._socket.close()

    def reached_at(self, pts: int) -> float | None:
        """The monotonic time at which the first frame from `pts` on came; None if none has come yet."""
        for at_s, seen in self._frames:
            if 0 <= pts_difference(seen, pts) < 90_000 * 60:
                return at_s
        return None

    def _receive(self) -> None:
        while not self._ending.is_set() and len(self._frames) < MOST_FRAMES:
            try:
                datagram = self._socket.recv(65_536)
            except TimeoutError:
                continue
            at_s = time.monotonic()
            for first in range(0, len(datagram), PACKET):
                pts = _video_pts(datagram[first : first + PACKET])
                if pts is not None:
                    self._frames.append((at_s, pts))


def _video_pts(packet: bytes) -> int | None:
    if len(packet) < PACKET or not packet[1] & 0x40 or not packet[3] & 0x10:
        return None
    payload = packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]
    if len(payload) < 4 or payload[:3] != b"\x00\x00\x01" or payload[3] not in VIDEO_STREAM_IDS:
        return None
    return parse_pes_timestamps(payload)[0]
