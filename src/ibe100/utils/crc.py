"""CRC_32 of MPEG sections (ISO/IEC 13818-1 annex A)."""

import zlib

_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_INVERTED = 0xFFFFFFFF
"""zlib gives its CRC inverted, MPEG does not."""


def crc32_mpeg(data: bytes | bytearray | memoryview) -> int:
    """CRC_32 over `data`: polynomial 0x04C11DB7, start 0xFFFFFFFF; over a section with its CRC_32 it is 0.

    zlib computes the same polynomial bit-reversed, in C, so bytes and result are mirrored around it.
    """
    mirrored = zlib.crc32(bytes(data).translate(_BIT_REVERSED)) ^ _INVERTED
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_BIT_REVERSED), "big")


def with_crc32(section: bytes) -> bytes:
    """Append the CRC_32 to a section: `crc32_mpeg` as bytes, without the way over a number."""
    mirrored = zlib.crc32(section.translate(_BIT_REVERSED)) ^ _INVERTED
    return section + mirrored.to_bytes(4, "little").translate(_BIT_REVERSED)


def has_right_crc32(section: bytes) -> bool:
    """True if the CRC_32 at the section's end is right: 0 is 0 mirrored too, so nothing is mirrored back."""
    return zlib.crc32(section.translate(_BIT_REVERSED)) == _INVERTED
