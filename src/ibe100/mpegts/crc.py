"""CRC_32 of MPEG sections; the sum itself lives below, where the SCTE 35 codec can reach it too."""

from ibe100.utils.crc import crc32_mpeg

__all__ = ["crc32_mpeg"]
