"""Sections sent again and again on one PID, packet by packet."""

from collections.abc import Sequence

from ibe100.mpegts.packet import packetize_section


class SectionCycle:
    """Hands out the packets of some sections in turn, each section beginning in its own packet."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._sections: Sequence[bytes] = ()
        self._next = 0
        self._pending: list[bytes] = []
        self._cc = 0

    def mid_section(self) -> bool:
        """Whether a section has begun and not ended."""
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
