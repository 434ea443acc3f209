"""Sections as JSON and as TSDuck's XML; names and texts of UPIDs."""

import base64
import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100 import scte35
from ibe100.scte35 import SpliceDecodeError, SpliceInfoSection, decode, encode
from ibe100.scte35 import values as v
from ibe100.scte35.gps_time import utc_text
from ibe100.scte35.json_form import from_dict, to_dict
from ibe100.scte35.segmentation import (
    SEGMENTATION_TYPES,
    mid_parts,
    segmentation_type_name,
    upid_fault,
    upid_text,
    upid_type_name,
)
from ibe100.scte35.xml.tsduck import from_xml, to_xml
from places import DATA, GOLDEN


def mid(parts: tuple[v.SegmentationUpid, ...]) -> v.SegmentationUpid:
    """A MID() that holds these."""
    data = b"".join(bytes((part.segmentation_upid_type, len(part.data))) + part.data for part in parts)
    return v.SegmentationUpid(0x0D, data)


VECTORS = json.loads((DATA / "scte35" / "vectors.json").read_text(encoding="utf-8"))
# Where TSDuck loses something: it takes CUEI's unknown tag 0x55 for a DVB parental_rating_descriptor, and
# drops the sub-segments of type 0x3A.
LOSSY = {"synthetic:cuei_unknown_tag", "synthetic:segtype_3a"}
COMPARABLE = [vector for vector in VECTORS if vector["tsduck_xml"] and vector["source"] not in LOSSY]


NO_RESTRICTIONS = {
    "web_delivery_allowed": "true",
    "no_regional_blackout": "true",
    "archive_allowed": "true",
    "device_restrictions": "3",
}


def tree(element: ElementTree.Element) -> object:
    """An element without the order of attributes and without layout.

    Restrictions that restrict nothing do not count: TSDuck leaves them out, and so loses
    delivery_not_restricted_flag 0 on its way back.
    """
    attributes = dict(element.attrib)
    if NO_RESTRICTIONS.items() <= attributes.items():
        attributes = {name: text for name, text in attributes.items() if name not in NO_RESTRICTIONS}
    text = " ".join((element.text or "").split())
    return element.tag, attributes, text, [tree(child) for child in element]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["source"])
def test_every_collected_section_survives_json(vector: dict[str, str]) -> None:
    section = base64.b64decode(vector["base64"])
    written = json.dumps(to_dict(decode(section)))
    assert encode(from_dict(json.loads(written))) == section


@pytest.mark.parametrize("vector", COMPARABLE, ids=lambda vector: vector["source"])
def test_xml_is_what_tsduck_writes(vector: dict[str, str]) -> None:
    written = ElementTree.fromstring(to_xml(decode(base64.b64decode(vector["base64"]))))
    assert tree(written[0]) == tree(ElementTree.fromstring(vector["tsduck_xml"]))


@pytest.mark.parametrize("vector", COMPARABLE, ids=lambda vector: vector["source"])
def test_tsducks_xml_compiles_to_the_same_section_where_tsduck_does_so(vector: dict[str, object]) -> None:
    (section,) = from_xml(str(vector["tsduck_xml"]))
    original = decode(base64.b64decode(str(vector["base64"])))
    if vector["tsduck_recompiles_identically"]:
        assert section == original
    else:
        assert section.splice_pts == original.splice_pts
        assert section.tier == original.tier
        assert len(section.descriptors) == len(original.descriptors)


def test_a_section_that_cannot_be_read_is_written_whole() -> None:
    for vector in VECTORS:
        if vector["tsduck"] == "generic":
            section = base64.b64decode(vector["base64"])
            xml = to_xml(decode(section))
            assert "<generic_short_table" in xml
            assert [encode(read) for read in from_xml(xml)] == [section]


@pytest.mark.parametrize(
    ("recording", "count"), [("live-immediate-out-in", 2), ("live-time-signal-segmentation", 1)]
)
def test_xml_sent_to_a_real_tsp_gives_the_section_it_put_on_air(recording: str, count: int) -> None:
    record = json.loads((GOLDEN / f"{recording}.json").read_text(encoding="utf-8"))
    on_air = json.dumps(record["udp"])
    sent = [read for send in record["sends"] for read in from_xml(send["data"])]
    assert len(sent) == count
    for section in sent:
        assert scte35.to_base64(encode(section)) in on_air


def test_xml_keeps_the_sub_segments_that_tsduck_drops() -> None:
    section = next(vector["base64"] for vector in VECTORS if vector["source"] == "synthetic:segtype_3a")
    original = decode(base64.b64decode(section))
    assert from_xml(to_xml(original))[0].descriptors == original.descriptors


ALL_KINDS = SpliceInfoSection(
    v.SpliceSchedule(
        (
            v.ScheduledEvent(1, True),
            v.ScheduledEvent(2, utc_splice_time=1_400_000_000, break_duration=v.BreakDuration(True, 5)),
            v.ScheduledEvent(3, components=(v.ScheduleComponent(9, 10),), unique_program_id=4),
        )
    ),
    (
        v.AvailDescriptor(5),
        v.DtmfDescriptor(30, "12*#"),
        v.TimeDescriptor(1_700_000_000, 5, 37),
        v.AudioDescriptor((v.AudioComponent(1, "deu", 2, 6, True),)),
        v.SegmentationDescriptor(7, True),
        v.SegmentationDescriptor(
            8,
            delivery_restrictions=v.DeliveryRestrictions(True, False, True, 1),
            components=(v.SegmentationComponent(1, 2),),
            segmentation_duration=(1 << 40) - 1,
            upid=mid((v.SegmentationUpid(9, b"SIGNAL:x"), v.SegmentationUpid(15, b"urn:y"))),
            segmentation_type_id=0x36,
            sub_segment_num=1,
            sub_segments_expected=2,
        ),
        v.RawDescriptor(0xF0, b"PRIV\x01"),
    ),
    pts_adjustment=1,
    tier=0x123,
)


@pytest.mark.parametrize(
    "command",
    [
        ALL_KINDS.command,
        v.SpliceNull(),
        v.BandwidthReservation(),
        v.PrivateCommand(1, b"\x01\x02"),
        v.SpliceInsert(1, True),
        v.SpliceInsert(1, splice_immediate_flag=True, components=(v.SpliceComponent(1),)),
    ],
)
def test_commands_and_descriptors_of_every_kind_survive_json_and_xml(command: v.SpliceCommand) -> None:
    section = SpliceInfoSection(command, ALL_KINDS.descriptors, tier=0x123)
    assert from_dict(json.loads(json.dumps(to_dict(section)))) == section
    assert from_xml(to_xml(section)) == [section]


def test_scheduled_times_are_dates_as_in_tsducks_xml_or_the_seconds_themselves() -> None:
    event = "<splice_event splice_event_id='1' out_of_network='true' unique_program_id='1' {}/>"
    xml = (
        "<splice_information_table><splice_schedule>"
        + event
        + "</splice_schedule></splice_information_table>"
    )
    for written in ("2024-05-17 16:53:02", "1400000000", "1,400,000,000"):
        (section,) = from_xml(xml.format(f"utc_splice_time='{written}'"))
        assert isinstance(section.command, v.SpliceSchedule)
        assert section.command.events[0].utc_splice_time == 1_400_000_000
        assert 'utc_splice_time="2024-05-17 16:53:02"' in to_xml(section)
    for written in ("2024-05-17 25:00:00", "1979-01-01 00:00:00"):
        with pytest.raises(SpliceDecodeError, match=r"splice_event\.utc_splice_time"):
            from_xml(xml.format(f"utc_splice_time='{written}'"))


@given(st.integers(0, (1 << 32) - 1))
def test_every_scheduled_time_survives_xml(seconds: int) -> None:
    section = SpliceInfoSection(v.SpliceSchedule((v.ScheduledEvent(1, utc_splice_time=seconds),)))
    assert from_xml(to_xml(section)) == [section]


def test_the_leap_second_itself_stays_a_number() -> None:
    texts = [utc_text(1_167_264_015 + second) for second in range(4)]
    assert texts == ["2016-12-31 23:59:58", "2016-12-31 23:59:59", None, "2017-01-01 00:00:00"]


def test_one_document_may_hold_several_tables() -> None:
    xml = "<tsduck><splice_information_table><splice_null/></splice_information_table>"
    xml += "<splice_information_table><time_signal/></splice_information_table></tsduck>"
    assert [type(read.command) for read in from_xml(xml)] == [v.SpliceNull, v.TimeSignal]


@pytest.mark.parametrize(
    ("xml", "named"),
    [
        ("<a", "xml"),
        ("<PAT/>", "PAT"),
        ("<splice_information_table/>", "no command"),
        (
            "<splice_information_table><splice_null/><splice_null/></splice_information_table>",
            "more than one",
        ),
        ("<splice_information_table><splice_nul/></splice_information_table>", "splice_nul"),
        ("<splice_information_table tier='x'><splice_null/></splice_information_table>", "tier"),
        ("<splice_information_table tier='0x1000'><splice_null/></splice_information_table>", "tier"),
        ("<splice_information_table><splice_insert/></splice_information_table>", "splice_event_id"),
        ("<splice_information_table><time_signal pts_time='1x'/></splice_information_table>", "pts_time"),
        (
            "<splice_information_table><time_signal pts_time='0x"
            + "f" * 9000
            + "'/></splice_information_table>",
            "36000 bits",
        ),
        (
            "<splice_information_table><private_command identifier='1'>0</private_command>"
            "</splice_information_table>",
            "not hex",
        ),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><splice_information_table/>", "not accepted"),
        ("<generic_short_table table_id='0xFC'>00</generic_short_table>", "section_length"),
        ("<generic_short_table table_id='0x00'>00</generic_short_table>", "table_id"),
        ("x" * 1_000_001, "too many"),
    ],
)
def test_wrong_xml_is_refused_with_a_name(xml: str, named: str) -> None:
    with pytest.raises(SpliceDecodeError, match=named):
        from_xml(xml)


@given(st.text(max_size=60) | st.text("<>/ab='\" ", max_size=60))
def test_any_xml_is_safe_to_read(text: str) -> None:
    for candidate in (text, f"<splice_information_table>{text}</splice_information_table>"):
        try:
            from_xml(candidate)
        except SpliceDecodeError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (None, "section: is not an object"),
        ({}, "section.command: is missing"),
        ({"command": 1}, "section.command: is not an object"),
        ({"command": {"type": "x"}}, "section.command.type"),
        ({"command": {"type": "avail_descriptor"}}, "section.command.type"),
        ({"command": {"type": "splice_null"}, "tire": 1}, "section.tire: is no field here"),
        ({"command": {"type": "splice_null"}, "tier": True}, "section.tier"),
        ({"command": {"type": "splice_null"}, "tier": 1.5}, "section.tier"),
        ({"command": {"type": "splice_null"}, "tier": "many"}, "section.tier"),
        ({"command": {"type": "splice_null"}, "tier": 4096}, "tier: 4096 does not fit in 12 bits"),
        ({"command": {"type": "splice_null"}, "tier": None}, "section.tier"),
        ({"command": {"type": "splice_null"}, "descriptors": {}}, "section.descriptors: is not a list"),
        ({"command": {"type": "splice_insert"}}, "section.command.splice_event_id: is missing"),
        (
            {"command": {"type": "splice_insert", "splice_event_id": 1, "splice_immediate_flag": 1}},
            "neither true nor false",
        ),
        ({"command": {"type": "private_command", "identifier": 1, "private_bytes": "0g"}}, "is not hex"),
        (
            {"command": {"type": "splice_null"}, "descriptors": [{"type": "DTMF_descriptor", "preroll": 1}]},
            r"section.descriptors\[0\].dtmf_chars: is missing",
        ),
        (
            {
                "command": {"type": "splice_null"},
                "descriptors": [{"type": "DTMF_descriptor", "preroll": 1, "dtmf_chars": 5}],
            },
            "is not text",
        ),
    ],
)
def test_wrong_json_is_refused_with_the_field(data: object, named: str) -> None:
    with pytest.raises(SpliceDecodeError, match=named):
        from_dict(data)


def test_json_needs_no_more_than_what_differs() -> None:
    data = {
        "command": {"type": "splice_insert", "splice_event_id": "0x60000001", "splice_immediate_flag": True}
    }
    assert from_dict(data).command == v.SpliceInsert(0x60000001, splice_immediate_flag=True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["type", "splice_event_id", "components", "break_duration", "splice_time"]),
        json_values,
    ),
    json_values,
)
def test_any_json_is_safe_to_read(command: dict[str, object], descriptors: object) -> None:
    data = {"command": {"type": "splice_insert", **command}, "descriptors": descriptors}
    try:
        from_dict(data)
    except SpliceDecodeError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (0x00, b"", ""),
        (0x01, b"msnbc_EP1", "msnbc_EP1"),
        (0x01, b"\x00\x01", "0001"),
        (0x03, b"ABCD0123456H", "ABCD0123456H"),
        (0x03, b"short", "73686f7274"),
        (0x04, bytes(range(32)), "00010203.04050607.08090A0B.0C0D0E0F.10111213.14151617.18191A1B.1C1D1E1F"),
        (0x06, bytes.fromhex("00000001b5a1000012345678"), "0000-0001-B5A1-0000-1234-5678"),
        (0x08, bytes.fromhex("000000002ca0a18a"), "0x000000002CA0A18A"),
        (0x0B, b"\x00\xf1\xc8\x05show 7", "TSID 0x00F1, end_of_day 4, unique_for 5, content_id show 7"),
        (0x0B, b"\x00\xf1\xc8", "00f1c8"),
        (0x0C, b"NBCU\x00\xff", "NBCU:00ff"),
        (0x0C, b'NBCU{"id":"x"}', 'NBCU:{"id":"x"}'),
        (0x0C, b"NB", "4e42"),
        (0x0D, b"\x09\x02ab\x0f\x01c", "ADI ab; URI c"),
        (0x0D, b"\x09\x05ab", "09056162"),
        (0x0F, b"urn:x", "urn:x"),
        (0x10, bytes(range(16)), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        (0x77, b"\x01", "01"),
    ],
)
def test_upids_read_as_people_write_them(kind: int, data: bytes, text: str) -> None:
    assert upid_text(v.SegmentationUpid(kind, data)) == text


def test_an_eidr_gets_its_check_character() -> None:
    eidr = "10.5240/7791-8534-2C23-9030-8610-5"
    binary = (5240).to_bytes(2, "big") + bytes.fromhex(eidr[8:-2].replace("-", ""))
    assert upid_text(v.SegmentationUpid(0x0A, binary)) == eidr


def test_a_zero_length_upid_is_no_fault() -> None:
    assert upid_fault(v.SegmentationUpid(3)) == ""
    assert upid_fault(v.SegmentationUpid(3, b"x")) == "Ad-ID of 1 bytes instead of 12"
    assert "MID" in upid_fault(v.SegmentationUpid(13, b"\x09\x05ab"))
    assert "format_identifier" in upid_fault(v.SegmentationUpid(12, b"ab"))


def test_a_faulty_upid_in_a_mid_is_told() -> None:
    parts = (v.SegmentationUpid(9, b"x"), v.SegmentationUpid(3, b"short"))
    assert upid_fault(mid(parts)) == "MID() with Ad-ID of 5 bytes instead of 12"
    assert upid_fault(mid(parts[:1])) == ""
    assert upid_fault(v.SegmentationUpid(0x0B, b"abc")) == "ATSC Content Identifier of 3 bytes, 4 at least"


def test_mid_parts_come_back() -> None:
    parts = (v.SegmentationUpid(3, b"ABCD0123456H"), v.SegmentationUpid(15, b""))
    assert mid_parts(mid(parts)) == parts


def test_names_of_types() -> None:
    collected = {int(vector["source"][-2:], 16) for vector in VECTORS if ":segtype_" in vector["source"]}
    assert len(collected) > 20
    assert collected <= SEGMENTATION_TYPES.keys()
    assert segmentation_type_name(0x36) == "Distributor Placement Opportunity Start"
    assert segmentation_type_name(0x99) == "Reserved"
    assert upid_type_name(0x08) == "AiringID"
    assert upid_type_name(0x55) == "Reserved"
