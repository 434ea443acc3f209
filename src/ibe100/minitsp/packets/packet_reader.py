"""Blocks of packets read from a descriptor; after a loss of sync it goes on where packets begin again."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.plugin import MAX_BLOCK_PACKETS, Packets
from ibe100.minitsp.packets.packet_aligner import TRUSTED_PACKETS, find_sync
from ibe100.minitsp.packets.packet_format import PacketFormat
from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE


@dataclass(frozen=True, slots=True)
class SyncListener:
    """Callbacks for a loss of sync (packets before it, the byte found) and for its end (bytes skipped)."""

    lost: Callable[[int, int], None]
    regained: Callable[[int], None]


class PacketReader:
    """Reads packets in a known format from a descriptor; `held`: bytes already read."""

    def __init__(
        self, descriptor: int, packet_format: PacketFormat, listener: SyncListener, held: bytes = b""
    ) -> None:
        self._descriptor = descriptor
        self._stride = packet_format.size
        self._sync_at = packet_format.header_bytes
        self._listener = listener
        self._held = np.frombuffer(held, np.uint8)
        self._skipped: int | None = None
        self._packets = 0

    def read(self) -> Packets | None:
        """The packets that one read completes, writable, maybe none; None at the end. Raises OSError."""
        buffer = np.empty(MAX_BLOCK_PACKETS * self._stride, np.uint8)
        held = len(self._held)
        buffer[:held] = self._held
        size = os.readv(self._descriptor, [buffer[held:].data])
        if not size and held < self._stride:
            return None
        self._held = self._held[:0]
        data = buffer[: held + size]
        # What a pipe brings at once is little: it must not keep the whole buffer.
        packets = self._take(data if 2 * len(data) > len(buffer) else data.copy())
        return packets if size or len(packets) else None

    def _take(self, data: npt.NDArray[np.uint8]) -> Packets:
        start = 0 if self._skipped is None else self._search(data, -1, 0)
        count = 0 if self._skipped is not None else (len(data) - start) // self._stride
        rows = data[start : start + count * self._stride].reshape(count, self._stride)
        end = start + rows.size
        wrong = (rows[:, self._sync_at] != SYNC_BYTE).nonzero()[0]
        if wrong.size:
            count = int(wrong[0])
            self._listener.lost(self._packets + count, int(rows[count, self._sync_at]))
            self._skipped = 0
            # Where bytes are missing the next packet begins inside the one that seemed good.
            torn = start + max(count - 1, 0) * self._stride
            end = self._search(data, torn, start + count * self._stride)
            count -= end < start + count * self._stride
        self._held = data[end:]
        self._packets += count
        return np.ascontiguousarray(rows[:count, self._sync_at : self._sync_at + PACKET_SIZE])

    def _search(self, data: npt.NDArray[np.uint8], torn: int, bad: int) -> int:
        """Place where packets begin again after `torn`, or from which on bytes are kept for later."""
        assert self._skipped is not None
        found = find_sync(data[torn + 1 + self._sync_at :], self._stride)
        if found is None:
            keep = max(bad, len(data) - TRUSTED_PACKETS * self._stride)
            self._skipped += keep - bad
            return keep
        found += torn + 1
        self._listener.regained(self._skipped + found - (bad if found >= bad else torn))
        self._skipped = None
        return found
