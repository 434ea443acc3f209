"""Sections out of packets (ISO/IEC 13818-1 clause 2.4.4.2)."""

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.utils.crc import has_right_crc32

_STUFFING_TABLE_ID = 0xFF
# Sections of the short form (section_syntax_indicator 0) that end in a CRC_32 all the same: TOT, SCTE 35.
_SHORT_WITH_CRC = frozenset({0x73, 0xFC})
_PAYLOAD_ONLY = 0x10
_UNIT_START = 0x40
_SCRAMBLED = 0xC0
_TRANSPORT_ERROR = 0x80
_PES_START = b"\x00\x00\x01"


def starts_pes(packet: bytes | bytearray | memoryview) -> bool:
    """True if a packet starts a PES packet, in clear and undamaged.

    As a pointer_field and the beginning of a section its first bytes would be a PAT without
    section_syntax_indicator: no table begins so.
    """
    control = packet[3]
    if packet[1] & (_UNIT_START | _TRANSPORT_ERROR) != _UNIT_START or control & 0xD0 != _PAYLOAD_ONLY:
        return False
    start = 5 + packet[4] if control & 0x20 else 4
    return bytes(packet[start : start + 3]) == _PES_START


class SectionAssembler:
    """Sections of one PID, in order, from its packets; a section that is torn or fails its CRC is dropped.

    Packets with transport_error_indicator are read too, as by tsp: the CRC tells whether to believe them.
    Scrambled packets and PES packets hold no section: tables that are expected on a PID may not be there.

    `crc_errors` counts sections with a wrong CRC_32, `lost` those torn by a continuity error or a bad length.
    """

    __slots__ = ("_cc", "_partial", "_repeated", "_repeated_sections", "crc_errors", "lost")

    def __init__(self) -> None:
        self.crc_errors = 0
        self.lost = 0
        self._cc: int | None = None
        self._partial: bytearray | None = None
        self._repeated = b""
        self._repeated_sections: list[bytes] = []

    def feed(self, packet: bytes | bytearray | memoryview) -> list[bytes]:
        """The sections that one 188-byte packet of this PID completes, mostly one; not to be edited."""
        control = packet[3]
        if (
            control & 0xF0 == _PAYLOAD_ONLY
            and packet[4:] == self._repeated
            and packet[1] & _UNIT_START
            and self._partial is None
            and self._cc is not None
            and control & 0x0F == (self._cc + 1) & 0x0F
        ):
            self._cc = control & 0x0F
            return self._repeated_sections
        return self._feed_new(packet, control)

    @property
    def repeated_payload(self) -> bytes:
        """The last payload, if the same one next would bring the same sections again; else empty."""
        return self._repeated if self._partial is None else b""

    @property
    def repeated(self) -> list[bytes]:
        """The sections of `repeated_payload`; not to be edited."""
        return self._repeated_sections

    @property
    def is_mid_section(self) -> bool:
        """True if a section has begun that is not complete."""
        return self._partial is not None

    def is_next(self, word: int) -> bool:
        """True if a packet that begins with this word, of four bytes, is the next in the count."""
        return self._cc is not None and (self._cc + 1 ^ word) & 0x0F == 0

    def knows(self, words: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Packets, of those with `repeated_payload` and these first words, that bring nothing new.

        Each counts on from the one before, or is sent twice (ISO/IEC 13818-1 clause 2.4.3.3).
        """
        if self._cc is None:
            return np.zeros(len(words), np.bool_)
        before = np.empty_like(words)
        before[0], before[1:] = self._cc, words[:-1]
        return (words - before & 0x0F) <= 1

    def skip(self, word: int) -> None:
        """Go on after packets that brought nothing new, the last of which begins with this word."""
        self._cc = word & 0x0F

    def repeat(self, packets: int) -> None:
        """Count packets in sequence that brought the same sections once more."""
        assert self._cc is not None
        self._cc = (self._cc + packets) & 0x0F

    def _feed_new(self, packet: bytes | bytearray | memoryview, control: int) -> list[bytes]:
        if not control & 0x10:
            return []
        if not self._in_sequence(packet, control):
            return []
        if control & _SCRAMBLED or starts_pes(packet):
            self._partial = None
            return []
        start = 5 + packet[4] if control & 0x20 else 4
        payload = bytes(packet[start:PACKET_SIZE])
        if not payload:
            return []
        if not packet[1] & 0x40:
            return self._append(payload)
        pointer, errors = 1 + payload[0], self.crc_errors
        if pointer > len(payload):
            self._drop()
            return []
        sections = self._append(payload[1:pointer])
        if self._partial is not None:
            self._drop()
        self._partial = bytearray()
        sections += self._append(payload[pointer:])
        # Most tables fit in one packet and come again and again: the same bytes need be checked only once.
        # What has a wrong CRC is counted each time it comes.
        alone = pointer == 1 and control & 0xF0 == _PAYLOAD_ONLY and self._between_sections()
        if alone and errors == self.crc_errors:
            self._repeated, self._repeated_sections = payload, sections
        return sections

    def _in_sequence(self, packet: bytes | bytearray | memoryview, control: int) -> bool:
        """Follow the continuity_counter; False for a repeated packet."""
        cc, previous = control & 0x0F, self._cc
        self._cc = cc
        if previous is None or cc == (previous + 1) & 0x0F:
            return True
        signalled = control & 0x20 and packet[4] and packet[5] & 0x80
        if cc == previous and not signalled:
            return False
        if self._partial is not None:
            self._drop()
        return True

    def _between_sections(self) -> bool:
        return self._partial is None

    def _drop(self) -> None:
        if self._partial:
            self.lost += 1
        self._partial = None

    def _append(self, data: bytes) -> list[bytes]:
        if self._partial is None:
            return []
        self._partial += data
        sections: list[bytes] = []
        while self._partial and self._partial[0] != _STUFFING_TABLE_ID:
            if len(self._partial) < 3:
                return sections
            size = 3 + ((self._partial[1] & 0x0F) << 8 | self._partial[2])
            if len(self._partial) < size:
                return sections
            section = bytes(self._partial[:size])
            del self._partial[:size]
            if self._intact(section):
                sections.append(section)
        self._partial = None
        return sections

    def _intact(self, section: bytes) -> bool:
        if not section[1] & 0x80 and section[0] not in _SHORT_WITH_CRC:
            return True
        if len(section) >= 7 and has_right_crc32(section):
            return True
        self.crc_errors += 1
        return False
