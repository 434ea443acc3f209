"""Bits of elementary stream headers, Exp-Golomb codes included (ITU-T H.264 clause 9.1)."""


class BitReader:
    """Reads big-endian bit fields. Raises ValueError past the end."""

    __slots__ = ("_at", "_bits", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._bits = len(data) * 8
        self._at = 0

    @property
    def position(self) -> int:
        """Bits read so far."""
        return self._at

    def u(self, bits: int) -> int:
        """The next `bits` bits as an unsigned number."""
        end = self._at + bits
        if end > self._bits:
            raise ValueError("header ends early")
        self._at = end
        return self._value >> (self._bits - end) & ((1 << bits) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return bool(self.u(1))

    def skip(self, bits: int) -> None:
        """Pass over bits."""
        self.u(bits)

    def ue(self) -> int:
        """Unsigned Exp-Golomb code."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise ValueError("Exp-Golomb code too long")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def after_pes_header(payload: bytes) -> bytes:
    """Elementary stream bytes of a payload that starts a PES packet; empty where it starts none."""
    if len(payload) < 9 or payload[:3] != b"\x00\x00\x01":
        return b""
    return payload[9 + payload[8] :]


def skip_vui_head(bits: BitReader) -> None:
    """Pass over a VUI from aspect_ratio_info to chroma_loc_info (H.264 annex E.1.1, H.265 annex E.2.1)."""
    if bits.flag() and bits.u(8) == 255:
        bits.skip(32)
    if bits.flag():
        bits.skip(1)
    if bits.flag():
        bits.skip(4)
        if bits.flag():
            bits.skip(24)
    if bits.flag():
        bits.ue()
        bits.ue()


def without_emulation_prevention(nal_unit: bytes) -> bytes:
    """RBSP bytes of a NAL unit: 0x000003 becomes 0x0000 (H.264 clause 7.4.1)."""
    parts: list[bytes] = []
    start = 0
    while (at := nal_unit.find(b"\x00\x00\x03", start)) >= 0:
        parts.append(nal_unit[start : at + 2])
        start = at + 3
    parts.append(nal_unit[start:])
    return b"".join(parts)


def nal_units(stream: bytes) -> list[bytes]:
    """NAL units of an Annex B byte stream; the last one may be cut short by the end of `stream`."""
    units: list[bytes] = []
    start = stream.find(b"\x00\x00\x01")
    while start >= 0:
        following = stream.find(b"\x00\x00\x01", start + 3)
        units.append(stream[start + 3 : following if following >= 0 else len(stream)])
        start = following
    return [unit for unit in units if unit]
