"""CRC_32 of MPEG sections (ISO/IEC 13818-1 annex A): polynomial 0x04C11DB7, start 0xFFFFFFFF.

zlib computes the same polynomial bit-reversed and inverted, in C, so bytes and result are mirrored around it.
"""

import zlib

_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_INVERTED = 0xFFFFFFFF


def with_crc32(section: bytes) -> bytes:
    """Append the CRC_32 to a section that ends before it."""
    mirrored = zlib.crc32(section.translate(_BIT_REVERSED)) ^ _INVERTED
    return section + mirrored.to_bytes(4, "little").translate(_BIT_REVERSED)


def has_right_crc32(section: bytes) -> bool:
    """True if the CRC_32 at the section's end is right: over all of it, it is 0, and 0 mirrored is 0."""
    return zlib.crc32(section.translate(_BIT_REVERSED)) == _INVERTED
