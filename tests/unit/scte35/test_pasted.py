"""Sections are read in the forms in which they come by mail, out of manifests and out of playlists."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.scte35.cues import cancel, splice_insert, splice_null
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.gps_time import from_utc_text
from ibe100.scte35.pasted import section_in, sections_in
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import (
    AvailDescriptor,
    BreakDuration,
    DeliveryRestrictions,
    DtmfDescriptor,
    PrivateCommand,
    RawDescriptor,
    ScheduledEvent,
    SegmentationComponent,
    SegmentationDescriptor,
    SegmentationUpid,
    SpliceComponent,
    SpliceInfoSection,
    SpliceInsert,
    SpliceSchedule,
    SpliceTime,
    TimeDescriptor,
    TimeSignal,
)
from ibe100.scte35.xml.tsduck import not_in_xml

NAMESPACES = ["http://www.scte.org/schemas/35", "http://www.scte.org/schemas/35/2016"]
OUT = encode(splice_insert(7, True, pts_time=900_000, duration_pts=2_700_000, auto_return=True))
BACK = encode(splice_insert(7, False))
TEXT = base64.b64encode(OUT).decode()
DAMAGED = base64.b64encode(OUT[:-1] + bytes((OUT[-1] ^ 1,))).decode()


def xml(inner: str, attributes: str = "", namespace: str = NAMESPACES[0], prefix: str = "") -> str:
    colon = f":{prefix}" if prefix else ""
    name = f"{prefix}:SpliceInfoSection" if prefix else "SpliceInfoSection"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}\n<{name} xmlns{colon}="{namespace}" {attributes}>{inner}</{name}>'


def read(inner: str, attributes: str = "") -> SpliceInfoSection:
    return decode(section_in(xml(inner, attributes)))


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("prefix", ["", "scte35"])
def test_the_standard_s_own_xml_is_read_in_both_namespaces(namespace: str, prefix: str) -> None:
    p = f"{prefix}:" if prefix else ""
    inner = (
        f'<{p}SpliceInsert spliceEventId="7" outOfNetworkIndicator="1" uniqueProgramId="1">'
        f'<{p}Program><{p}SpliceTime ptsTime="900000"/></{p}Program>'
        f'<{p}BreakDuration autoReturn="true" duration="2700000"/></{p}SpliceInsert>'
    )
    assert section_in(xml(inner, 'tier="4095"', namespace, prefix)) == OUT


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize(
    "document",
    [
        '<Signal xmlns="{}"><Binary>{}</Binary></Signal>',
        '<s:Signal xmlns:s="{}"><s:Binary signalType="SCTE35">\n  {}\n</s:Binary></s:Signal>',
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><EventStream><Event presentationTime="1">'
        '<Signal xmlns="{}"><Binary>{}</Binary></Signal></Event></EventStream></Period></MPD>',
    ],
)
def test_a_binary_in_a_signal_is_read_wherever_it_stands(namespace: str, document: str) -> None:
    assert section_in(document.format(namespace, TEXT)) == OUT


def test_commands_and_descriptors_of_the_standard_s_xml() -> None:
    assert read("<SpliceNull/>") == splice_null()
    assert read('<TimeSignal><SpliceTime ptsTime="9"/></TimeSignal>', 'ptsAdjustment="3" sapType="1"') == (
        SpliceInfoSection(TimeSignal(SpliceTime(9)), (), 3, sap_type=1)
    )
    assert read("<TimeSignal><SpliceTime/></TimeSignal>") == SpliceInfoSection(TimeSignal())
    assert read('<SpliceInsert spliceEventId="9" spliceEventCancelIndicator="true"/>') == cancel(9)
    private = '<PrivateCommand identifier="1129661769"><PrivateBytes>0aff</PrivateBytes></PrivateCommand>'
    assert read(private).command == PrivateCommand(0x43554549, b"\x0a\xff")
    by_component = read(
        '<SpliceInsert spliceEventId="1" uniqueProgramId="2" availNum="3" availsExpected="4">'
        '<Component componentTag="5"><SpliceTime ptsTime="6"/></Component>'
        '<BreakDuration autoReturn="0" duration="8"/></SpliceInsert>'
    ).command
    assert by_component == SpliceInsert(
        1,
        components=(SpliceComponent(5, SpliceTime(6)),),
        break_duration=BreakDuration(False, 8),
        unique_program_id=2,
        avail_num=3,
        avails_expected=4,
    )


@pytest.mark.parametrize("when", ["2026-11-30T12:00:00Z", "2026-11-30T14:00:00+02:00", "2026-11-30T12:00:00"])
def test_a_schedule_counts_the_seconds_of_its_dates(when: str) -> None:
    schedule = (
        '<SpliceSchedule><Event spliceEventId="1" outOfNetworkIndicator="1">'
        f'<Program utcSpliceTime="{when}"/></Event></SpliceSchedule>'
    )
    seconds = from_utc_text("2026-11-30 12:00:00")
    event = ScheduledEvent(1, out_of_network_indicator=True, utc_splice_time=seconds)
    assert read(schedule).command == SpliceSchedule((event,))


SEGMENT = (
    '<SegmentationDescriptor segmentationEventId="3" segmentationTypeId="52" {}>{}</SegmentationDescriptor>'
)


def segment(attributes: str, inner: str) -> SegmentationDescriptor:
    descriptor = read(f"<TimeSignal/>{SEGMENT.format(attributes, inner)}").descriptors[0]
    assert isinstance(descriptor, SegmentationDescriptor)
    return descriptor


def test_a_segmentation_with_all_its_parts() -> None:
    found = segment(
        'segmentationDuration="90000" segmentNum="1" segmentsExpected="2" subSegmentNum="3" '
        'subSegmentsExpected="4"',
        '<DeliveryRestrictions webDeliveryAllowedFlag="0" noRegionalBlackoutFlag="1" archiveAllowedFlag="1" '
        'deviceRestrictions="3"/><SegmentationUpid segmentationUpidType="9" segmentationUpidFormat="text">'
        'SIGNAL:abc</SegmentationUpid><Component componentTag="1" ptsOffset="2"/>',
    )
    assert found == SegmentationDescriptor(
        3,
        delivery_restrictions=DeliveryRestrictions(False, True, True, 3),
        components=(SegmentationComponent(1, 2),),
        segmentation_duration=90_000,
        upid=SegmentationUpid(9, b"SIGNAL:abc"),
        segmentation_type_id=0x34,
        segment_num=1,
        segments_expected=2,
        sub_segment_num=3,
        sub_segments_expected=4,
    )


@pytest.mark.parametrize(
    ("kind", "written", "text", "data"),
    [
        (8, "hexbinary", "00 00 00 00 2c a0 a1 8a", bytes.fromhex("000000002ca0a18a")),
        (8, "", "000000002CA0A18A", bytes.fromhex("000000002ca0a18a")),
        (8, "base-64", "AAAAACygoYo=", bytes.fromhex("000000002ca0a18a")),
        (3, "", "ABCD12345678", b"ABCD12345678"),
        (15, "text", "urn:x?a&amp;b", b"urn:x?a&b"),
    ],
)
def test_a_upid_in_each_of_its_formats(kind: int, written: str, text: str, data: bytes) -> None:
    said = f'segmentationUpidFormat="{written}"' if written else ""
    upid = f'<SegmentationUpid segmentationUpidType="{kind}" {said}>{text}</SegmentationUpid>'
    assert segment("", upid).upid == SegmentationUpid(kind, data)


def test_the_first_schema_has_the_type_of_a_segment_beside_its_upid() -> None:
    found = read(
        '<TimeSignal/><SegmentationDescriptor segmentationEventId="3">'
        '<SegmentationUpid segmentationUpidType="8" segmentationUpidLength="8" segmentationTypeId="48" '
        'segmentNum="1" segmentsExpected="2">000000002CA0A18A</SegmentationUpid></SegmentationDescriptor>'
    ).descriptors
    upid = SegmentationUpid(8, bytes.fromhex("000000002ca0a18a"))
    segment = SegmentationDescriptor(
        3, upid=upid, segmentation_type_id=0x30, segment_num=1, segments_expected=2
    )
    assert found == (segment,)


def test_several_upids_are_a_mid_and_a_private_one_has_its_owner() -> None:
    two = "".join(f'<SegmentationUpid segmentationUpidType="1">{one}</SegmentationUpid>' for one in "ab")
    assert segment("", two).upid == SegmentationUpid(0x0D, b"\x01\x01a\x01\x01b")
    owned = '<SegmentationUpid segmentationUpidType="12" formatIdentifier="1094795585">FF</SegmentationUpid>'
    assert segment("", owned).upid == SegmentationUpid(0x0C, b"AAAA\xff")


def test_the_other_descriptors() -> None:
    inner = (
        '<TimeSignal/><AvailDescriptor providerAvailId="5"/><DTMFDescriptor preroll="40" chars="12*"/>'
        '<TimeDescriptor taiSeconds="1" taiNs="2" utcOffset="37"/>'
        '<PrivateDescriptor descriptorTag="240" identifier="1094795585"><PrivateBytes>01</PrivateBytes>'
        "</PrivateDescriptor>"
    )
    assert read(inner).descriptors == (
        AvailDescriptor(5),
        DtmfDescriptor(40, "12*"),
        TimeDescriptor(1, 2, 37),
        RawDescriptor(0xF0, b"AAAA\x01"),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (xml("<EncryptedPacket/><SpliceNull/>"), "EncryptedPacket"),
        (xml(""), "0 commands"),
        (xml("<SpliceNull/><SpliceNull/>"), "2 commands"),
        (xml("<SpliceNull/>", 'tier="x"'), "tier.*not a number"),
        (xml('<SpliceInsert spliceEventId="4294967296"/>'), "splice_event_id"),
        ("<a/>", "neither a SpliceInfoSection nor a Binary"),
        (f"<Signal><Binary>{DAMAGED}</Binary></Signal>", "CRC_32"),
        ("<Signal><Binary>?</Binary></Signal>", "base64"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a/>', "document types"),
        ("<tsduck><nothing/></tsduck>", "no splice_information_table"),
        ("#EXT-X-CUE-OUT:30", "no section is in it"),
        (f"#EXT-OATCLS-SCTE35:{DAMAGED}", "CRC_32"),
        ("hello", "neither base64 nor hex"),
        ("", "neither|section_length"),
    ],
)
def test_what_is_none_is_refused_with_the_cause(text: str, reason: str) -> None:
    with pytest.raises(SpliceDecodeError, match=reason):
        decode(section_in(text))


@pytest.mark.parametrize(
    "form",
    [
        "#EXT-OATCLS-SCTE35:{b}",
        "#EXT-X-SPLICEPOINT-SCTE35:{b}",
        '#EXT-X-SCTE35:TYPE=0x34,CUE="{b}"',
        "#EXT-X-CUE-OUT-CONT:ElapsedTime=8,Duration=30,SCTE35={b}",
        '#EXT-X-DATERANGE:ID="7",START-DATE="2026-11-30T12:00:00Z",PLANNED-DURATION=30,SCTE35-OUT=0x{h}',
        "SCTE35-OUT=0x{h}",
        "scte35-in=0x{l}",
        "CUE={b}",
        "0x{h}",
        "{c}",
        '"{b}"',
        "{u}",
        "{p}",
        " {b}\n",
    ],
)
def test_tag_lines_hex_and_base64_of_every_kind(form: str) -> None:
    urls = base64.urlsafe_b64encode(OUT).decode()
    filled = form.format(b=TEXT, h=OUT.hex().upper(), l=OUT.hex(), c=OUT.hex(":"), u=urls, p=urls.rstrip("="))
    assert section_in(filled) == OUT


def test_a_whole_playlist_gives_each_of_its_sections_once() -> None:
    playlist = "\n".join(
        [
            "#EXTM3U",
            "#EXT-X-TARGETDURATION:4",
            f"#EXT-OATCLS-SCTE35:{TEXT}",
            "/Advertisements_2026_long_name/segment_1.ts",
            f"#EXT-X-CUE-OUT-CONT:ElapsedTime=4,SCTE35={TEXT}",
            f'#EXT-X-DATERANGE:ID="7",SCTE35-IN=0x{BACK.hex()}',
        ]
    )
    assert sections_in(playlist) == [OUT, BACK]
    with pytest.raises(SpliceDecodeError, match="holds 2 sections"):
        section_in(playlist)


@given(st.binary(min_size=1, max_size=200))
def test_base64_for_urls_without_padding_is_read_like_any_other(data: bytes) -> None:
    text = base64.urlsafe_b64encode(data).decode().rstrip("=")
    try:
        assert sections_in(text) == [data]
    except SpliceDecodeError:
        assert text.upper().startswith("FC") or text.startswith("#")


@given(st.text(max_size=80))
def test_no_text_ends_otherwise_than_in_a_section_or_a_refusal(text: str) -> None:
    try:
        sections_in(text)
    except SpliceDecodeError as error:
        assert str(error)
    except binascii.Error:
        raise AssertionError(text) from None


def test_what_tsduck_s_xml_cannot_say_is_named() -> None:
    assert not_in_xml(decode(OUT)) == ()
    odd = SpliceInfoSection(TimeSignal(SpliceTime(9, 0x3F)), cw_index=0xFF, sap_type=0)
    names = {one.name for one in not_in_xml(odd)}
    assert {"cw_index", "sap_type", "reserved_cleared"} <= names
