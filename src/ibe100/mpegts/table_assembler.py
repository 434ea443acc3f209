"""Whole tables out of packets (ISO/IEC 13818-1 clause 2.4.4.11): all sections of one version together."""

from dataclasses import dataclass

from ibe100.mpegts.section_assembler import SectionAssembler

_MOST_TABLES = 1024
_LONG_HEADER = 8


@dataclass(frozen=True, slots=True)
class Table:
    """The sections of one table in the order of section_number; `extension` is 0 for short sections.

    `first_packet` and `last_packet` are indexes of the packets in which it came.
    """

    pid: int
    table_id: int
    extension: int
    sections: tuple[bytes, ...]
    first_packet: int = 0
    last_packet: int = 0


class TableAssembler:
    """Tables of one PID that are in force; each is handed out once, and again when it has changed.

    A table whose sections never become complete is never handed out. Short sections are tables of one
    section, handed out each time. Of more than 1024 different tables on the PID the rest is left aside.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._assembler = SectionAssembler()
        self._parts: dict[tuple[int, int], dict[int, bytes]] = {}
        self._begun: dict[tuple[int, int], int] = {}
        self._begins = 0
        self._known: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def feed(self, packet: bytes, index: int = 0) -> list[Table]:
        """The tables completed by one 188-byte packet of the PID, usually none; `index` counts packets."""
        begins = self._begins if self._assembler.is_mid_section else index
        found = []
        for section in self._assembler.feed(packet):
            if (table := self._take(section, begins, index)) is not None:
                found.append(table)
            begins = index  # the next one in the packet begins here
        self._begins = begins
        return found

    def _take(self, section: bytes, begins: int, index: int) -> Table | None:
        if not section[1] & 0x80:
            return Table(self._pid, section[0], 0, (section,), begins, index)
        if len(section) < _LONG_HEADER + 4 or not section[5] & 1 or section[6] > section[7]:
            return None
        key = section[0], int.from_bytes(section[3:5], "big")
        if key not in self._parts and len(self._parts) >= _MOST_TABLES:
            return None
        parts = self._parts.setdefault(key, {})
        if any(_edition(other) != _edition(section) for other in parts.values()):
            parts.clear()
        if not parts:
            self._begun[key] = begins
        parts[section[6]] = section
        if len(parts) <= section[7]:
            return None
        sections = tuple(parts[number] for number in sorted(parts))
        if self._known.get(key) == sections:
            return None
        self._known[key] = sections
        return Table(self._pid, *key, sections, self._begun[key], index)


def _edition(section: bytes) -> tuple[int, int]:
    """version_number and last_section_number."""
    return section[5] >> 1 & 0x1F, section[7]
