"""Tables in tsp's XML become the sections that they were, and what cannot be read is refused by its name."""

import pytest

from ibe100.minitsp.psi.xml_tables import sections_of_xml
from ibe100.minitsp.reports.psi_json import TableMetadata, table_node
from ibe100.minitsp.reports.table_nodes import XML_BEGIN, XML_END, xml_lines
from ibe100.mpegts.descriptors import Descriptor, PsiError
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.table_assembler import Table
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import encode
from ibe100.utils.crc import with_crc32

DESCRIPTORS = tuple(
    Descriptor(tag, data)
    for tag, data in (
        (0x05, b"CUEI\x01"),
        (0x09, b"\x05\x00\xe0\x77\x01\x02"),
        (0x0A, b"fre\x00deu\x03"),
        (0x52, b"\x09"),
        (0x56, b"fre\x10\x88fre\x09\x00"),
        (0x59, b"l01\x20\x00\x03\x00\x04"),
        (0x6A, b"\xf0\x01\x02\x03\x04\xaa"),
        (0x7A, b"\x8c\xc2\x05"),
        (0x8A, b"\x01"),
        (0x8A, b"\x77"),
        (0xE0, bytes(range(40))),
        (0xE1, b""),
    )
)
PMT = Pmt(1, 0x100, (PmtStream(0x06, 0x100, DESCRIPTORS), PmtStream(0x1B, 0x101)), DESCRIPTORS[:1], 7)


def long_section(table_id: int, number: int, last: int, payload: bytes) -> bytes:
    head = bytes((table_id, 0xF0, len(payload) + 9)) + b"\x01\x23"
    return with_crc32(head + bytes((0xC5, number, last)) + payload)


@pytest.mark.parametrize(
    "sections",
    [
        (Pat(5, ((1, 0x100), (2, 0x200)), 0x20, 31).encode(),),
        (PMT.encode(),),
        (Pmt(2, 0x1FFF, (), current=False).encode(),),
        (with_crc32(b"\x01\xb0\x0f\xff\xff\xc1\x00\x00\x09\x04\x05\x00\xe0\x77"),),
        (long_section(0xF3, 0, 1, b"\x00\x01"), long_section(0xF3, 1, 1, b"\x02")),
        (b"\xf4\x70\x03\x01\x02\x03",),
        (encode(splice_insert(7, True)),),
    ],
)
def test_tables_written_as_xml_are_read_back_byte_for_byte(sections: tuple[bytes, ...]) -> None:
    first = sections[0]
    table = Table(0x40, first[0], int.from_bytes(first[3:5], "big"), sections)
    lines = xml_lines(table_node(table, TableMetadata(hex_sections=True)))
    assert sections_of_xml("\n".join((XML_BEGIN, *lines, XML_END))) == list(sections)


def test_what_is_left_out_has_its_default_and_names_may_have_any_case() -> None:
    xml = '<pmt SERVICE_ID="0x10"><component elementary_pid="1,000" stream_type="27"/></pmt>'
    assert sections_of_xml(xml) == [Pmt(16, 0x1FFF, (PmtStream(27, 1000),)).encode()]


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("<EIT/>", "a <EIT> needs TSDuck"),
        ('<PMT service_id="1"><mosaic_descriptor/></PMT>', "a <mosaic_descriptor> needs TSDuck"),
        ("<PMT/>", "service_id"),
        ('<PMT service_id="65536"/>', "65,536 does not fit"),
        ('<PAT transport_stream_id="-1"/>', "-1 does not fit"),
        ('<PMT service_id="1" PCR_PID="8192"/>', "8,192 is no PID"),
        ('<PMT service_id="1" version="32"/>', "0 to 31"),
        ('<generic_long_table table_id="1"><section>0</section></generic_long_table>', "not hex"),
        (
            '<CAT><teletext_descriptor><teletext language_code="fr"/></teletext_descriptor></CAT>',
            "page_number",
        ),
        ("<PMT", "xml"),
    ],
)
def test_what_cannot_be_read_is_named(xml: str, words: str) -> None:
    with pytest.raises(SpliceDecodeError, match=words):
        sections_of_xml(xml)


def test_what_is_too_long_for_a_section_is_refused() -> None:
    long = "00 " * 4094
    for xml in (
        f'<generic_short_table table_id="1">{long}</generic_short_table>',
        f'<generic_long_table table_id="1"><section>{long}</section></generic_long_table>',
        '<generic_long_table table_id="1">' + "<section/>" * 257 + "</generic_long_table>",
    ):
        with pytest.raises(PsiError):
            sections_of_xml(xml)
