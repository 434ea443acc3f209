"""splice_info_section: bytes to values and back (ANSI/SCTE 35 2023r1 clause 9.6)."""

import base64
import binascii
from struct import Struct

from ibe100.mpegts.constants import SPLICE_TABLE_ID
from ibe100.scte35.bits import Reader, fit
from ibe100.scte35.commands import read_command, write_command
from ibe100.scte35.construction import fast_constructor
from ibe100.scte35.descriptors import read_descriptors, write_descriptor
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.faults import find_faults
from ibe100.scte35.values import (
    PTS_BITS,
    EncryptedPart,
    RawCommand,
    SpliceCommand,
    SpliceDescriptor,
    SpliceInfoSection,
)
from ibe100.utils.crc import has_right_crc32, with_crc32

_HEADER = Struct(">BHBBII")
"""Fields that no encryption hides: table_id; the indicators, sap_type and section_length; protocol_version;
encrypted_packet, encryption_algorithm and the top bit of pts_adjustment; its other 32 bits; cw_index, tier
and splice_command_length."""
_COMMAND_TYPE_AT = _HEADER.size
_COMMAND_AT = _COMMAND_TYPE_AT + 1
# The header, splice_command_type, descriptor_loop_length and CRC_32.
_SHORTEST = _COMMAND_AT + 2 + 4
_FOR_URLS = str.maketrans("-_", "+/")
_MAX_SECTION_LENGTH = 4093
_LEGACY_LENGTH = 0xFFF

_splice_info_section = fast_constructor(SpliceInfoSection)


def decode(section: bytes, *, strict: bool = False) -> SpliceInfoSection:
    """Read one whole section; its CRC_32 is always checked. Raises SpliceDecodeError.

    Lenient reading keeps what it cannot interpret as raw bytes, so that `encode` gives the same section
    again; `strict` raises at the first thing the standard does not allow (see `find_faults`).
    """
    _check_frame(section)
    crc_at = len(section) - 4
    _, indicators, version, encryption, pts_low, cw_index_to_length = _HEADER.unpack_from(section)
    command_length = cw_index_to_length & 0xFFF
    legacy = False
    command_extra = descriptor_extra = stuffing = b""
    command: SpliceCommand
    descriptors: tuple[SpliceDescriptor, ...] = ()
    if encryption & 0x80:
        command = EncryptedPart(command_length, section[_COMMAND_TYPE_AT:crc_at])
    else:
        legacy = command_length == _LEGACY_LENGTH
        if legacy:
            reader = Reader(section, "splice_command", _COMMAND_AT, crc_at - 2)
            command = read_command(section[_COMMAND_TYPE_AT], reader)
            loop_at = reader.at
        else:
            loop_at = _COMMAND_AT + command_length
            if loop_at + 2 > crc_at:
                raise SpliceDecodeError("splice_command_length", f"{command_length} runs past the section")
            command, command_extra = _read_counted(section, loop_at)
        loop_end = loop_at + 2 + (section[loop_at] << 8 | section[loop_at + 1])
        if loop_end > crc_at:
            raise SpliceDecodeError("descriptor_loop_length", "runs past the section")
        descriptors, descriptor_extra = read_descriptors(section[loop_at + 2 : loop_end])
        stuffing = section[loop_end:crc_at]
    result = _splice_info_section(
        command,
        descriptors,
        (encryption & 1) << 32 | pts_low,
        cw_index_to_length >> 12 & 0xFFF,
        cw_index_to_length >> 24,
        encryption >> 1 & 0x3F,
        indicators >> 12 & 3,
        version,
        legacy,
        indicators & 0x8000 != 0,
        indicators & 0x4000 != 0,
        command_extra,
        descriptor_extra,
        stuffing,
    )
    if strict:
        for fault in find_faults(result):
            raise fault
    return result


def encode(section: SpliceInfoSection) -> bytes:
    """The section's bytes with CRC_32; raises SpliceDecodeError where a value does not fit its field."""
    if isinstance(section.command, EncryptedPart):
        encrypted = 0x80
        command_length = fit(section.command.splice_command_length, 12, "splice_command_length")
        body = section.command.data
    else:
        encrypted = 0
        command_type, data = write_command(section.command)
        data += section.command_extra
        command_length = _LEGACY_LENGTH if section.legacy_command_length else len(data)
        if len(data) >= _LEGACY_LENGTH:
            raise SpliceDecodeError("splice_command_length", f"{len(data)} does not fit in a section")
        loop = b"".join(map(write_descriptor, section.descriptors)) + section.descriptor_extra
        loop_length = fit(len(loop), 16, "descriptor_loop_length").to_bytes(2, "big")
        body = bytes((command_type,)) + data + loop_length + loop + section.stuffing
    section_length = 10 + len(body) + 4
    if section_length > _MAX_SECTION_LENGTH:
        raise SpliceDecodeError("section_length", f"{section_length} is more than {_MAX_SECTION_LENGTH}")
    indicators = (
        (0x8000 if section.section_syntax_indicator else 0)
        | (0x4000 if section.private_indicator else 0)
        | fit(section.sap_type, 2, "sap_type") << 12
    )
    algorithm = fit(section.encryption_algorithm, 6, "encryption_algorithm")
    pts_adjustment = fit(section.pts_adjustment, PTS_BITS, "pts_adjustment")
    header = _HEADER.pack(
        SPLICE_TABLE_ID,
        indicators | section_length,
        fit(section.protocol_version, 8, "protocol_version"),
        encrypted | algorithm << 1 | pts_adjustment >> 32,
        pts_adjustment & 0xFFFFFFFF,
        fit(section.cw_index, 8, "cw_index") << 24 | fit(section.tier, 12, "tier") << 12 | command_length,
    )
    return with_crc32(header + body)


def from_text(text: str) -> bytes:
    """The section written as base64 or as hex (0x, spaces and colons allowed); raises SpliceDecodeError.

    base64 may be that for URLs, and its padding may be missing. Only the writing is judged: give the result
    to `decode`.
    """
    compact = "".join(text.split())
    hexadecimal = compact.removeprefix("0x").removeprefix("0X").replace(":", "")
    if hexadecimal[:2].upper() == "FC":
        try:
            return bytes.fromhex(hexadecimal)
        except ValueError as error:
            raise SpliceDecodeError("text", f"starts like a section in hex, but: {error}") from error
    try:
        standard = compact.rstrip("=").translate(_FOR_URLS)
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SpliceDecodeError("text", f"is neither base64 nor hex: {error}") from error


def to_base64(section: bytes) -> str:
    """The section as base64."""
    return base64.b64encode(section).decode("ascii")


def _check_frame(section: bytes) -> None:
    if len(section) < _SHORTEST:
        raise SpliceDecodeError(
            "section_length", f"{len(section)} bytes; the shortest section has {_SHORTEST}"
        )
    if section[0] != SPLICE_TABLE_ID:
        raise SpliceDecodeError("table_id", f"0x{section[0]:02X} instead of 0xFC")
    expected = 3 + ((section[1] & 0x0F) << 8 | section[2])
    if expected != len(section):
        raise SpliceDecodeError("section_length", f"announces {expected} bytes, {len(section)} are there")
    if not has_right_crc32(section):
        raise SpliceDecodeError("CRC_32", "does not match the section")


def _read_counted(section: bytes, end: int) -> tuple[SpliceCommand, bytes]:
    """The command of a section up to `end` and what it left before that; raw where it cannot be read."""
    reader = Reader(section, "splice_command", _COMMAND_AT, end)
    command_type = section[_COMMAND_TYPE_AT]
    try:
        command = read_command(command_type, reader)
    except SpliceDecodeError as error:
        return RawCommand(command_type, section[_COMMAND_AT:end], error.what), b""
    return command, reader.rest()
