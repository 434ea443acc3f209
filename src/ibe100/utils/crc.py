"""CRC_32 of MPEG sections (ISO/IEC 13818-1 annex A)."""

import zlib

_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc32_mpeg(data: bytes | bytearray | memoryview) -> int:
    """CRC_32 over `data`: polynomial 0x04C11DB7, start 0xFFFFFFFF; over a section with its CRC_32 it is 0.

    zlib computes the same polynomial bit-reversed, in C, so bytes and result are mirrored around it.
    """
    mirrored = zlib.crc32(bytes(data).translate(_BIT_REVERSED)) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_BIT_REVERSED), "big")
