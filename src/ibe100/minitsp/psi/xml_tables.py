"""Tables as sections from the elements of tsp's XML: PAT, CAT, PMT, SCTE 35, and any as bytes."""

from collections.abc import Callable, Iterable
from typing import Final
from xml.etree.ElementTree import Element

from ibe100.minitsp.psi.xml_descriptors import number, read_descriptor
from ibe100.mpegts.constants import CAT_TABLE_ID, NULL_PID, SPLICE_TABLE_ID
from ibe100.mpegts.descriptors import Descriptor, PsiError
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import encode
from ibe100.scte35.xml.tsduck import read_table
from ibe100.scte35.xml.values import parse_xml, read_bool, read_hex, read_int, read_optional_text
from ibe100.utils.crc import with_crc32

_MOST_BYTES: Final = 4093


def sections_of_xml(text: str) -> list[bytes]:
    """The sections of all tables of a document. Raises SpliceDecodeError, PsiError where one is too long."""
    root = parse_xml(text)
    tables = list(root) if root.tag.lower() == "tsduck" else [root]
    return [section for table in tables for section in _sections(table)]


def _sections(table: Element) -> Iterable[bytes]:
    name = table.tag.lower()
    if name in _TABLES:
        return _TABLES[name](table)
    if name != "splice_information_table":
        raise SpliceDecodeError("xml", f"a <{table.tag}> needs TSDuck")
    return [encode(read_table(table))]


def _pat(table: Element) -> list[bytes]:
    programs = tuple(
        (_number(one, "service_id", 2), _pid(one, "program_map_PID")) for one in _held(table, "service")
    )
    nit_pid = None if read_optional_text(table, "network_PID") is None else _pid(table, "network_PID")
    extension = _number(table, "transport_stream_id", 2)
    return [Pat(extension, programs, nit_pid, _version(table), _is_current(table)).encode()]


def _cat(table: Element) -> list[bytes]:
    loop = b"".join(bytes((tag, len(data))) + data for tag, data in _descriptors(table))
    return _long_sections(CAT_TABLE_ID, 0xFFFF, [loop], _version(table), _is_current(table), 0x30)


def _pmt(table: Element) -> list[bytes]:
    streams = tuple(
        PmtStream(_number(one, "stream_type", 1), _pid(one, "elementary_PID"), _descriptors(one))
        for one in _held(table, "component")
    )
    pcr_pid = _pid(table, "PCR_PID", NULL_PID)
    service_id, descriptors = _number(table, "service_id", 2), _descriptors(table)
    pmt = Pmt(service_id, pcr_pid, streams, descriptors, _version(table), _is_current(table))
    return [pmt.encode()]


def _generic_long(table: Element) -> list[bytes]:
    payloads = [read_hex(one) for one in _held(table, "section")]
    table_id, extension = _number(table, "table_id", 1), _number(table, "table_id_ext", 2, 0xFFFF)
    flags = 0x70 if read_bool(table, "private", True) else 0x30
    return _long_sections(table_id, extension, payloads, _version(table), _is_current(table), flags)


def _generic_short(table: Element) -> list[bytes]:
    table_id, payload = _number(table, "table_id", 1), read_hex(table)
    if table_id == SPLICE_TABLE_ID:
        return [encode(read_table(table))]
    if len(payload) > _MOST_BYTES:
        raise PsiError(f"{len(payload):,} bytes do not fit in a section")
    flags = 0x7000 if read_bool(table, "private", True) else 0x3000
    return [bytes((table_id,)) + (flags | len(payload)).to_bytes(2, "big") + payload]


def _long_sections(
    table_id: int, extension: int, payloads: list[bytes], version: int, is_current: bool, flags: int
) -> list[bytes]:
    if len(payloads) > 256:
        raise PsiError(f"{len(payloads)} sections are more than a table has")
    sections = []
    for at, payload in enumerate(payloads):
        length = len(payload) + 9
        if length > _MOST_BYTES:
            raise PsiError(f"{len(payload):,} bytes do not fit in a section")
        head = bytes((table_id, 0x80 | flags | length >> 8, length & 0xFF)) + extension.to_bytes(2, "big")
        numbers = bytes((0xC0 | version << 1 | is_current, at, len(payloads) - 1))
        sections.append(with_crc32(head + numbers + payload))
    return sections


def _descriptors(element: Element) -> tuple[Descriptor, ...]:
    """The descriptors that stand in an element. Raises SpliceDecodeError for one that is not known."""
    found = []
    for child in element:
        if (descriptor := read_descriptor(child)) is not None:
            found.append(descriptor)
        elif child.tag.lower() not in _NO_DESCRIPTORS:
            raise SpliceDecodeError("xml", f"a <{child.tag}> needs TSDuck")
    return tuple(found)


def _held(element: Element, name: str) -> list[Element]:
    return [one for one in element if one.tag.lower() == name]


def _number(element: Element, name: str, size: int, default: int | None = None) -> int:
    return int.from_bytes(number(element, name, size, default), "big")


def _pid(element: Element, name: str, default: int | None = None) -> int:
    pid = _number(element, name, 2, default)
    if pid > NULL_PID:
        raise SpliceDecodeError(f"{element.tag}.{name}", f"{pid:,} is no PID")
    return pid


def _version(table: Element) -> int:
    version = read_int(table, "version", 0)
    if not 0 <= version <= 31:
        raise SpliceDecodeError(f"{table.tag}.version", "is 0 to 31")
    return version


def _is_current(table: Element) -> bool:
    return read_bool(table, "current", True)


_NO_DESCRIPTORS: Final = frozenset({"metadata", "component"})
_TABLES: Final[dict[str, Callable[[Element], list[bytes]]]] = {
    "pat": _pat,
    "cat": _cat,
    "pmt": _pmt,
    "generic_long_table": _generic_long,
    "generic_short_table": _generic_short,
}
