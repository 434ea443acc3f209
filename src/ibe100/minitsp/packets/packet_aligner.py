"""Whole packets out of a stream of bytes that may begin anywhere and lose its place."""

from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE

TRUSTED_PACKETS: Final = 5
"""Sync bytes at the right distance that are needed before packets are believed."""
_TRUST_SPAN: Final = (TRUSTED_PACKETS - 1) * PACKET_SIZE + 1
_SEARCH_WINDOW: Final = 1 << 16


class PacketAligner:
    """Cuts bytes into packets; after a loss it goes on where five sync bytes stand 188 bytes apart.

    `skipped_bytes`: what belonged to no packet, so far.
    """

    def __init__(self) -> None:
        self.skipped_bytes = 0
        self._rest = b""
        self._in_sync = False

    @property
    def waiting_bytes(self) -> int:
        """Bytes held back until the rest of their packet comes."""
        return len(self._rest)

    def feed(self, data: bytes) -> bytes:
        """The packets completed by `data`, maybe none."""
        buffer = self._rest + data
        packets = bytearray()
        position = 0
        while True:
            if not self._in_sync:
                found = find_sync(np.frombuffer(buffer, np.uint8)[position:])
                if found is None:
                    keep = max(position, len(buffer) - _TRUST_SPAN)
                    self.skipped_bytes += keep - position
                    position = keep
                    break
                self.skipped_bytes += found
                position += found
                self._in_sync = True
            count = _run_in_sync(buffer, position)
            end = position + count * PACKET_SIZE
            self._in_sync = len(buffer) - end < PACKET_SIZE
            if not self._in_sync and count:
                end -= PACKET_SIZE  # what no sync byte follows is torn: the loss is inside it
            packets += buffer[position:end]
            position = end
            if self._in_sync:
                break
            position += 1
            self.skipped_bytes += 1
        self._rest = buffer[position:]
        return bytes(packets)

    def finish(self) -> bytes:
        """The packets held back at the end of the stream, where fewer than five can be seen."""
        buffer, self._rest = self._rest, b""
        found = 0 if self._in_sync else buffer.find(SYNC_BYTE)
        if found < 0:
            found = len(buffer)
        count = _run_in_sync(buffer, found)
        if found + count * PACKET_SIZE < len(buffer) and not self._in_sync:
            count = 0  # a stray 0x47 at the end proves nothing
        self.skipped_bytes += len(buffer) - count * PACKET_SIZE
        return buffer[found : found + count * PACKET_SIZE]


def _run_in_sync(buffer: bytes, start: int) -> int:
    """Number of whole packets from `start` on that begin with the sync byte, without a gap."""
    count = (len(buffer) - start) // PACKET_SIZE
    first_bytes = np.frombuffer(buffer, np.uint8)[start : start + count * PACKET_SIZE : PACKET_SIZE]
    wrong = np.flatnonzero(first_bytes != SYNC_BYTE)
    return int(wrong[0]) if len(wrong) else count


def find_sync(data: npt.NDArray[np.uint8], stride: int = PACKET_SIZE) -> int | None:
    """The first place where packets `stride` bytes apart can be trusted to begin; None if there is none."""
    span = (TRUSTED_PACKETS - 1) * stride + 1
    for window in range(0, len(data) - span + 1, _SEARCH_WINDOW):
        sync = data[window : window + _SEARCH_WINDOW + span - 1] == SYNC_BYTE
        places = len(sync) - span + 1
        trusted = sync[:places].copy()
        for offset in range(stride, span, stride):
            trusted &= sync[offset : offset + places]
        found = int(np.argmax(trusted))
        if trusted[found]:
            return window + found
    return None
