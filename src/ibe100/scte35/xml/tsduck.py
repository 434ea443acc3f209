"""Sections in TSDuck's XML dialect (`splice_information_table`), as tsp's spliceinject reads it.

The dialect knows neither cw_index, sap_type nor the compliance flags and reserved bits: what it cannot
say is lost, except that a section whose command cannot be read is written whole as generic_short_table.
"""

from xml.etree.ElementTree import Element, SubElement

from ibe100.mpegts.constants import SPLICE_TABLE_ID
from ibe100.scte35.comparison import Difference, differences
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import (
    EncryptedPart,
    RawCommand,
    SpliceCommand,
    SpliceDescriptor,
    SpliceInfoSection,
)
from ibe100.scte35.xml.tsduck_commands import COMMAND_READERS, write_command
from ibe100.scte35.xml.tsduck_descriptors import DESCRIPTOR_READERS, write_descriptor
from ibe100.scte35.xml.values import decimal, hexadecimal, parse_xml, read_hex, read_int
from ibe100.utils.crc import with_crc32

# xml.sax.saxutils has this too, but brings the library's whole HTTP and TLS with it: 30 ms at every start.
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def to_xml(section: SpliceInfoSection) -> str:
    """The section as one XML document with a `tsduck` root."""
    root = Element("tsduck")
    if isinstance(section.command, RawCommand | EncryptedPart):
        table = SubElement(root, "generic_short_table")
        table.set("table_id", hexadecimal(SPLICE_TABLE_ID, 2))
        table.set("private", "true" if section.private_indicator else "false")
        table.text = encode(section)[3:].hex(" ").upper()
    else:
        table = SubElement(root, "splice_information_table")
        table.set("protocol_version", decimal(section.protocol_version))
        table.set("pts_adjustment", decimal(section.pts_adjustment))
        table.set("tier", hexadecimal(section.tier, 4))
        write_command(table, section.command)
        for descriptor in section.descriptors:
            write_descriptor(table, descriptor)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    _lay_out(root, "", lines)
    return "\n".join(lines) + "\n"


def not_in_xml(section: SpliceInfoSection) -> tuple[Difference, ...]:
    """The fields that `to_xml` cannot say, as they are and as they are read back."""
    return differences(section, from_xml(to_xml(section))[0])


def from_xml(text: str) -> list[SpliceInfoSection]:
    """The sections of a document: a `tsduck` root with tables, or one table alone.

    Raises SpliceDecodeError for text that is no XML, for other tables, and where an attribute is wrong.
    """
    root = parse_xml(text)
    tables = list(root) if root.tag.lower() == "tsduck" else [root]
    return [read_table(table) for table in tables]


def read_table(table: Element) -> SpliceInfoSection:
    if table.tag.lower() == "generic_short_table":
        return _read_generic(table)
    if table.tag.lower() != "splice_information_table":
        raise SpliceDecodeError("xml", f"<{table.tag}> is no splice_information_table")
    command: SpliceCommand | None = None
    descriptors: list[SpliceDescriptor] = []
    for child in table:
        name = child.tag.lower()
        if name == "metadata":
            continue
        if name in COMMAND_READERS:
            if command is not None:
                raise SpliceDecodeError("splice_information_table", "has more than one command")
            command = COMMAND_READERS[name](child)
        elif name in DESCRIPTOR_READERS:
            descriptors.append(DESCRIPTOR_READERS[name](child))
        else:
            raise SpliceDecodeError("splice_information_table", f"<{child.tag}> is not known here")
    if command is None:
        raise SpliceDecodeError("splice_information_table", "has no command")
    section = SpliceInfoSection(
        command,
        tuple(descriptors),
        read_int(table, "pts_adjustment", 0),
        read_int(table, "tier", 0xFFF),
        protocol_version=read_int(table, "protocol_version", 0),
    )
    encode(section)
    return section


def _read_generic(table: Element) -> SpliceInfoSection:
    if read_int(table, "table_id") != SPLICE_TABLE_ID:
        raise SpliceDecodeError("generic_short_table.table_id", "is not 0xFC")
    payload = read_hex(table)
    if len(payload) > 4093:
        raise SpliceDecodeError("generic_short_table", f"{len(payload)} bytes do not fit in a section")
    sap_and_length = 0x3000 | len(payload)
    whole = bytes((SPLICE_TABLE_ID,)) + sap_and_length.to_bytes(2, "big") + payload
    if table.get("private") == "true":
        whole = whole[:1] + bytes((whole[1] | 0x40,)) + whole[2:]
    # The indicator bits are not part of the payload, so the CRC_32 has to follow them.
    return decode(with_crc32(whole[:-4]))


def _lay_out(element: Element, indent: str, lines: list[str]) -> None:
    attributes = "".join(f' {name}="{value.translate(_ESCAPES)}"' for name, value in element.items())
    opening = f"{indent}<{element.tag}{attributes}"
    inner = f"{indent}  "
    if element.text:
        data = element.text.split()
        lines.append(f"{opening}>")
        lines.extend(inner + " ".join(data[at : at + 16]) for at in range(0, len(data), 16))
    elif len(element):
        lines.append(f"{opening}>")
    else:
        lines.append(f"{opening}/>")
        return
    for child in element:
        _lay_out(child, inner, lines)
    lines.append(f"{indent}</{element.tag}>")
