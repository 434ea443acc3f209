"""Datagrams for spliceinject: binary sections, or an XML document of TSDuck."""

from typing import Final

from ibe100.mpegts.constants import SPLICE_TABLE_ID
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import encode

_UTF8_BOM: Final = b"\xef\xbb\xbf"


class MessageError(ValueError):
    """A datagram that holds no splice_info_section; the text goes to the log."""


def sections_of(message: bytes) -> list[bytes]:
    """The sections in a message, unread. Raises MessageError."""
    if message[:1] == bytes((SPLICE_TABLE_ID,)):
        return binary_sections(message)
    text = message.removeprefix(_UTF8_BOM).lstrip()
    if text.startswith(b"<"):
        return _xml_sections(text)
    if text[:1] in (b"{", b"["):
        raise MessageError("JSON messages need TSDuck, send a binary section or XML")
    dump = message[:8].hex(" ").upper()
    raise MessageError(f"cannot find received data type, {len(message)} bytes, {dump} ...")


def binary_sections(message: bytes) -> list[bytes]:
    """Sections of any table, one after the other. Raises MessageError where the last one is cut short."""
    sections = []
    while message:
        size = 3 + ((message[1] & 0x0F) << 8 | message[2]) if len(message) >= 3 else 3
        if size > len(message):
            raise MessageError(f"truncated section, {len(message)} bytes of {size}")
        sections.append(message[:size])
        message = message[size:]
    return sections


def _xml_sections(text: bytes) -> list[bytes]:
    from ibe100.scte35.xml.tsduck import from_xml

    try:
        return [encode(section) for section in from_xml(text.decode("utf-8"))]
    except (SpliceDecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"no section in the XML message: {error}") from error
