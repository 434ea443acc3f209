"""Sections sent again and again on one PID, packet by packet, laid out as tsp lays them out."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE
from ibe100.mpegts.packet import packetize_section

_PAYLOAD: Final = PACKET_SIZE - 4
_SHORT_HEADER: Final = 3
_LONG_HEADER: Final = 8
_MOST_WAITING: Final = 1024


@dataclass(slots=True)
class _Queued:
    section: bytes
    cycle: int = 0


class SectionPacker:
    """Hands out packets of the sections in turn.

    `packed`: sections of one round follow each other without a gap, and each round begins in a packet of its
    own; otherwise every section does. A section that has begun is always finished, even if it was removed.
    """

    def __init__(self, pid: int, *, packed: bool) -> None:
        self.pid = pid
        self._packed = packed
        self._queue: deque[_Queued] = deque()
        self._cycle = 1
        self._left_in_cycle = 0
        self._current: bytes | None = None
        self._sent = 0
        self._counter = 0

    def mid_section(self) -> bool:
        """True if a section has begun and not ended."""
        return self._current is not None and self._sent > 0

    def replace(self, sections: Iterable[bytes], table_id: int, extension: int | None = None) -> None:
        """Put the sections of a table at the end of the queue, in place of what it held of that table.

        `extension` None replaces every table with this table_id.
        """
        self.remove(table_id, extension)
        for section in sections:
            self._queue.append(_Queued(section))
            self._left_in_cycle += 1

    def remove(self, table_id: int, extension: int | None = None) -> None:
        """Send the sections of a table no more."""
        for queued in [one for one in self._queue if _is_of(one.section, table_id, extension)]:
            self._queue.remove(queued)
            self._left_in_cycle -= queued.cycle != self._cycle

    def clear(self) -> None:
        """Send nothing more once the section that has begun is finished."""
        self._queue.clear()
        self._left_in_cycle = 0

    def next_packet(self) -> bytes | None:
        """The next packet with its continuity_counter; None while there are no sections."""
        if self._current is None:
            self._current, self._sent = self._next_section(), 0
        if self._current is None:
            return None
        following, joined = self._following()
        starts_at = 0 if self._sent == 0 else len(self._current) - self._sent if joined else None
        payload = bytearray() if starts_at is None else bytearray((starts_at,))
        while len(payload) < _PAYLOAD:
            part = self._current[self._sent : self._sent + _PAYLOAD - len(payload)]
            payload += part
            self._sent += len(part)
            if self._sent < len(self._current):
                break
            self._current, self._sent, following = following, 0, None
            if not joined:
                break
            if self._current is None:
                self._current = None if self._ends_round() else self._next_section()
            if self._current is None or _PAYLOAD - len(payload) < _header_size(self._current):
                break
        return self._header(starts_at is not None) + payload.ljust(_PAYLOAD, b"\xff")

    def _following(self) -> tuple[bytes | None, bool]:
        """The section that begins in the packet in which the current one ends, and whether one may."""
        assert self._current is not None
        room = _PAYLOAD - 1 - (len(self._current) - self._sent)
        if room < _SHORT_HEADER or self._ends_round():
            return None, False
        following = self._next_section()
        return following, following is not None and room >= _header_size(following)

    def _ends_round(self) -> bool:
        """True if the section after the last one taken begins in a packet of its own."""
        return not self._packed or not self._queue or self._left_in_cycle == len(self._queue)

    def _next_section(self) -> bytes | None:
        if not self._queue:
            return None
        queued = self._queue.popleft()
        self._queue.append(queued)
        if queued.cycle != self._cycle:
            queued.cycle = self._cycle
            self._left_in_cycle -= 1
            if not self._left_in_cycle:
                self._cycle += 1
                self._left_in_cycle = len(self._queue)
        return queued.section

    def _header(self, unit_start: bool) -> bytes:
        high = self.pid >> 8 | (0x40 if unit_start else 0)
        header = bytes((SYNC_BYTE, high, self.pid & 0xFF, 0x10 | self._counter))
        self._counter = (self._counter + 1) & 0x0F
        return header


class SectionFifo(SectionPacker):
    """Sends each section once, one after the other without a gap.

    Of more than 1024 that wait the newest are dropped: packets leave one for one, so that few ever wait.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(pid, packed=True)
        self._waiting: deque[bytes] = deque()

    def put(self, section: bytes) -> None:
        """Send a section after those that wait."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(section)

    def _ends_round(self) -> bool:
        return False

    def _next_section(self) -> bytes | None:
        return self._waiting.popleft() if self._waiting else None


class SectionRounds(SectionPacker):
    """Sends sections round and round, `rounds` times or, with 0, without end.

    `packed`: each begins right behind the one before it, otherwise in a packet of its own.
    """

    def __init__(self, pid: int, sections: Sequence[bytes], *, rounds: int, packed: bool) -> None:
        super().__init__(pid, packed=packed)
        self._rounds = chain.from_iterable(repeat(sections, rounds)) if rounds else cycle(sections)

    def _ends_round(self) -> bool:
        return not self._packed

    def _next_section(self) -> bytes | None:
        return next(self._rounds, None)


class SectionCycle:
    """Hands out the packets of some sections in turn, each section beginning in its own packet."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._sections: Sequence[bytes] = ()
        self._next = 0
        self._pending: list[bytes] = []
        self._cc = 0

    def mid_section(self) -> bool:
        """True if a section has begun and not ended."""
        return bool(self._pending)

    def replace(self, sections: Sequence[bytes], first: int) -> None:
        """Cycle through these from now on, beginning with number `first`, the one that is new."""
        self._sections = sections
        self._next = first

    def next_packet(self) -> bytes | None:
        """The next packet with its continuity_counter; None while there are no sections."""
        if not self._pending:
            if not self._sections:
                return None
            section = self._sections[self._next]
            self._next = (self._next + 1) % len(self._sections)
            self._pending = packetize_section(section, self._pid, self._cc)
            self._cc = (self._cc + len(self._pending)) & 0x0F
        return self._pending.pop(0)

    def next_packets(self, count: int) -> npt.NDArray[np.uint8]:
        """So many packets (n, 188) at once of a single section that is one packet; `repeats_one` says so."""
        (packet,) = packetize_section(self._sections[0], self._pid, 0)
        packets = np.frombuffer(packet, np.uint8)[None].repeat(count, axis=0)
        packets[:, 3] |= (self._cc + np.arange(count) & 0x0F).astype(np.uint8)
        self._cc = (self._cc + count) & 0x0F
        return packets

    @property
    def repeats_one(self) -> bool:
        """True while there is but one section, which is one packet."""
        return len(self._sections) == 1 and not self._pending and len(self._sections[0]) < PACKET_SIZE - 4


def _is_of(section: bytes, table_id: int, extension: int | None) -> bool:
    if section[0] != table_id:
        return False
    return extension is None or int.from_bytes(section[3:5], "big") == extension


def _header_size(section: bytes) -> int:
    return _LONG_HEADER if section[1] & 0x80 else _SHORT_HEADER
