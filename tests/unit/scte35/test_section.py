"""splice_info_section: bytes to values and back."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100 import scte35
from ibe100.scte35 import SpliceDecodeError, SpliceInfoSection, decode, encode
from ibe100.scte35 import values as v
from ibe100.utils.crc import has_right_crc32, with_crc32
from places import DATA

VECTORS = json.loads((DATA / "scte35" / "vectors.json").read_text(encoding="utf-8"))
SECTIONS = [base64.b64decode(vector["base64"]) for vector in VECTORS]

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
u33 = st.integers(0, (1 << 33) - 1)
u40 = st.integers(0, (1 << 40) - 1)
times = st.builds(v.SpliceTime, st.none() | u33)
durations = st.builds(v.BreakDuration, st.booleans(), u33)
upids = st.builds(v.SegmentationUpid, u8, st.binary(max_size=40))
segmentations = st.builds(
    v.SegmentationDescriptor,
    u32,
    st.just(False),
    st.booleans(),
    st.none()
    | st.builds(v.DeliveryRestrictions, st.booleans(), st.booleans(), st.booleans(), st.integers(0, 3)),
    st.none() | st.lists(st.builds(v.SegmentationComponent, u8, u33), max_size=3).map(tuple),
    st.none() | u40,
    upids,
    u8,
    u8,
    u8,
) | st.builds(v.SegmentationDescriptor, u32, st.just(True))
audio = st.builds(
    v.AudioComponent,
    u8,
    st.text("abcdefg", min_size=3, max_size=3),
    st.integers(0, 7),
    st.integers(0, 15),
    st.booleans(),
)
descriptors = st.one_of(
    segmentations,
    segmentations.filter(lambda one: not one.segmentation_event_cancel_indicator).map(
        lambda one: replace(one, sub_segment_num=1, sub_segments_expected=2)
    ),
    st.builds(v.AvailDescriptor, u32),
    st.builds(v.DtmfDescriptor, u8, st.text("0123456789*#", max_size=7)),
    st.builds(v.TimeDescriptor, st.integers(0, (1 << 48) - 1), u32, u16),
    st.builds(v.AudioDescriptor, st.lists(audio, max_size=4).map(tuple)),
    st.builds(v.RawDescriptor, u8, st.binary(max_size=20).map(lambda tail: b"PRIV" + tail)),
)
avail = {"unique_program_id": u16, "avail_num": u8, "avails_expected": u8}
inserts = st.one_of(
    st.builds(v.SpliceInsert, u32, st.just(True)),
    st.builds(
        v.SpliceInsert,
        u32,
        out_of_network_indicator=st.booleans(),
        splice_time=times,
        break_duration=st.none() | durations,
        event_id_compliance_flag=st.booleans(),
        **avail,
    ),
    st.builds(
        v.SpliceInsert,
        u32,
        splice_immediate_flag=st.just(True),
        break_duration=st.none() | durations,
        **avail,
    ),
    st.builds(
        v.SpliceInsert,
        u32,
        components=st.lists(st.builds(v.SpliceComponent, u8, times), max_size=4).map(tuple),
        **avail,
    ),
    st.builds(
        v.SpliceInsert,
        u32,
        splice_immediate_flag=st.just(True),
        components=st.lists(st.builds(v.SpliceComponent, u8), max_size=4).map(tuple),
        **avail,
    ),
)
events = st.one_of(
    st.builds(v.ScheduledEvent, u32, st.just(True), st.booleans()),
    st.builds(v.ScheduledEvent, u32, utc_splice_time=u32, break_duration=st.none() | durations, **avail),
    st.builds(
        v.ScheduledEvent,
        u32,
        out_of_network_indicator=st.booleans(),
        components=st.lists(st.builds(v.ScheduleComponent, u8, u32), max_size=3).map(tuple),
        **avail,
    ),
)
commands = st.one_of(
    inserts,
    st.builds(v.TimeSignal, times),
    st.builds(v.SpliceNull),
    st.builds(v.SpliceSchedule, st.lists(events, max_size=4).map(tuple)),
    st.builds(v.BandwidthReservation),
    st.builds(v.PrivateCommand, u32, st.binary(max_size=30)),
)
sections = st.builds(
    SpliceInfoSection,
    commands,
    st.lists(descriptors, max_size=4).map(tuple),
    u33,
    st.integers(0, 0xFFF),
    u8,
    sap_type=st.integers(0, 3),
)


def resealed(section: bytes, change: Callable[[bytearray], None]) -> bytes:
    """The section with a change and a CRC_32 that matches it."""
    body = bytearray(section[:-4])
    change(body)
    return with_crc32(bytes(body))


@pytest.mark.parametrize("section", SECTIONS, ids=range(len(SECTIONS)))
def test_every_collected_section_is_written_again_byte_for_byte(section: bytes) -> None:
    assert encode(decode(section)) == section


def test_sections_of_the_standards_own_examples_read_as_printed() -> None:
    insert = decode(scte35.from_text("/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="))
    assert isinstance(insert.command, v.SpliceInsert)
    assert insert.command.splice_event_id == 0x4800008F
    assert insert.command.out_of_network_indicator
    assert insert.splice_pts == 0x07369C02E
    assert insert.command.break_duration == v.BreakDuration(True, 0x00052CCF5)
    assert insert.descriptors == (v.AvailDescriptor(0x135),)
    signal = decode(
        scte35.from_text("/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg==")
    )
    assert signal.command == v.TimeSignal(v.SpliceTime(0x072BD0050))
    (segmentation,) = signal.descriptors
    assert isinstance(segmentation, v.SegmentationDescriptor)
    assert segmentation.segmentation_event_id == 0x4800008E
    assert segmentation.delivery_restrictions == v.DeliveryRestrictions(False, True, True, 3)
    assert segmentation.segmentation_duration == 0x0001A599B0
    assert segmentation.upid == v.SegmentationUpid(8, bytes.fromhex("000000002ca0a18a"))
    assert (segmentation.segmentation_type_id, segmentation.segment_num) == (0x34, 2)
    assert segmentation.sub_segment_num is None


@given(sections)
def test_any_section_comes_back_from_its_bytes(section: SpliceInfoSection) -> None:
    written = encode(section)
    assert has_right_crc32(written)
    assert decode(written) == section


@given(st.sampled_from(SECTIONS), st.data())
def test_a_damaged_section_is_refused_or_kept_byte_for_byte(section: bytes, data: st.DataObject) -> None:
    def damage(body: bytearray) -> None:
        for _ in range(data.draw(st.integers(1, 6))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(u8)

    damaged = resealed(section, damage)
    try:
        read = decode(damaged)
    except SpliceDecodeError as error:
        assert error.where
        assert error.what
    else:
        assert encode(read) == damaged


@given(st.binary(max_size=80))
def test_any_bytes_are_safe_to_read(data: bytes) -> None:
    for candidate in (data, with_crc32(b"\xfc\x30" + bytes((min(len(data) + 4, 255),)) + data)):
        try:
            read = decode(candidate)
        except SpliceDecodeError:
            continue
        assert encode(read) == candidate


@pytest.mark.parametrize(
    ("section", "where"),
    [
        (b"", "section_length"),
        (SECTIONS[0][:-1], "section_length"),
        (SECTIONS[0] + b"\xff", "section_length"),
        (b"\x00" + SECTIONS[0][1:], "table_id"),
        (SECTIONS[0][:-1] + b"\x00", "CRC_32"),
        (resealed(SECTIONS[7], lambda body: body.__setitem__(12, 0xEE)), "splice_command_length"),
        (resealed(SECTIONS[7], lambda body: body.__setitem__(20, 0x40)), "descriptor_loop_length"),
        (resealed(SECTIONS[8], lambda body: body.__setitem__(13, 0x02)), "splice_command_type"),
    ],
)
def test_the_error_names_the_field(section: bytes, where: str) -> None:
    with pytest.raises(SpliceDecodeError) as caught:
        decode(section)
    assert caught.value.where == where


def test_an_encrypted_section_is_recognised_and_kept() -> None:
    def encrypt(body: bytearray) -> None:
        body[4] |= 0x80 | 2 << 1

    section = resealed(SECTIONS[3], encrypt)
    read = decode(section)
    assert read.command == v.EncryptedPart(0x14, SECTIONS[3][13:-4])
    assert read.encryption_algorithm == 2
    assert read.splice_pts is None
    assert encode(read) == section


def test_pts_adjustment_is_added_modulo_2_33() -> None:
    section = SpliceInfoSection(v.TimeSignal(v.SpliceTime((1 << 33) - 1)), pts_adjustment=3)
    assert section.splice_pts == 2


def test_a_command_that_cannot_be_read_does_not_hide_the_descriptors() -> None:
    read = decode(SECTIONS[62])
    assert isinstance(read.command, v.RawCommand)
    assert "cut short" in read.command.fault
    assert len(read.descriptors) == 6
    assert all(isinstance(descriptor, v.AvailDescriptor) for descriptor in read.descriptors)


def test_unknown_and_private_descriptors_keep_their_bytes() -> None:
    assert decode(SECTIONS[11]).descriptors == (v.RawDescriptor(0x55, b"CUEI\xff\x00\x80\x90"),)
    private = v.RawDescriptor(0x02, b"ABCD\x01")
    section = encode(SpliceInfoSection(v.SpliceNull(), (private,)))
    assert decode(section, strict=True).descriptors == (private,)


def test_a_descriptor_of_the_standard_that_cannot_be_read_says_why() -> None:
    section = encode(SpliceInfoSection(v.SpliceNull(), (v.RawDescriptor(0x00, b"CUEI\x01"),)))
    (raw,) = decode(section).descriptors
    assert isinstance(raw, v.RawDescriptor)
    assert "cut short" in raw.fault


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        (SECTIONS[8], "0xFFF"),
        (SECTIONS[9], "alignment_stuffing"),
        (SECTIONS[62], "splice_command: cut short"),
        (SECTIONS[78], "reserved bits"),
        (encode(SpliceInfoSection(v.SpliceNull(), protocol_version=1)), "protocol_version"),
        (encode(SpliceInfoSection(v.SpliceNull(), private_indicator=True)), "private_indicator"),
        (
            encode(SpliceInfoSection(v.SpliceNull(), section_syntax_indicator=True)),
            "section_syntax_indicator",
        ),
        (encode(SpliceInfoSection(v.SpliceNull(), command_extra=b"\x00")), "splice_command_length"),
        (encode(SpliceInfoSection(v.SpliceNull(), descriptor_extra=b"\x00")), "descriptor_loop_length"),
        (encode(SpliceInfoSection(v.SpliceNull(), (v.DtmfDescriptor(0, "A"),))), "DTMF_char"),
        (
            encode(
                SpliceInfoSection(
                    v.TimeSignal(), (v.SegmentationDescriptor(1, upid=v.SegmentationUpid(3, b"x")),)
                )
            ),
            "Ad-ID of 1 bytes instead of 12",
        ),
    ],
)
def test_strict_reading_names_the_fault_that_lenient_reading_keeps(section: bytes, fault: str) -> None:
    assert encode(decode(section)) == section
    with pytest.raises(SpliceDecodeError, match=fault):
        decode(section, strict=True)


def test_sections_without_fault_pass_strict_reading() -> None:
    clean = [section for section in SECTIONS if not scte35.find_faults(decode(section))]
    assert len(clean) > 70
    for section in clean:
        assert decode(section, strict=True) == decode(section)


@pytest.mark.parametrize(
    ("section", "where"),
    [
        (scte35.splice_insert(1 << 32, True), "splice_insert.splice_event_id"),
        (scte35.splice_insert(1, True, pts_time=1 << 33), "splice_insert.pts_time"),
        (scte35.splice_insert(1, True, duration_pts=-1), "splice_insert.break_duration"),
        (scte35.splice_insert(1, True, tier=0x1000), "tier"),
        (scte35.splice_insert(1, True, unique_program_id=1 << 16), "splice_insert.unique_program_id"),
        (SpliceInfoSection(v.SpliceInsert(1)), "splice_insert.splice_time"),
        (SpliceInfoSection(v.PrivateCommand(1, bytes(4092))), "splice_command_length"),
        (SpliceInfoSection(v.PrivateCommand(1, bytes(4080))), "section_length"),
        (SpliceInfoSection(v.SpliceNull(), (v.DtmfDescriptor(1, "12345678"),)), "DTMF_descriptor.dtmf_count"),
    ],
)
def test_values_that_fit_no_field_are_refused_by_name(section: SpliceInfoSection, where: str) -> None:
    with pytest.raises(SpliceDecodeError) as caught:
        encode(section)
    assert caught.value.where == where


def test_an_immediate_cue_has_the_bytes_that_a_real_tsp_put_on_air() -> None:
    """Recorded in live-binary-section-by-udp.json."""
    cue = scte35.splice_insert(100_023, True, duration_pts=900_000, auto_return=True)
    assert encode(cue).hex() == "fc302000000000000000fff00f05000186b77ffffe000dbba00001000000006d3026e8"


def test_the_heartbeat_and_the_cancellation_carry_nothing_else() -> None:
    assert decode(encode(scte35.splice_null())).command == v.SpliceNull()
    assert decode(encode(scte35.cancel(7)), strict=True).command == v.SpliceInsert(7, True)


def test_a_time_signal_carries_its_descriptors() -> None:
    segmentation = v.SegmentationDescriptor(7, segmentation_type_id=0x34, segmentation_duration=2_700_000)
    section = scte35.time_signal(segmentation, pts_time=90_000)
    assert decode(encode(section), strict=True) == section


@pytest.mark.parametrize(
    "writing", ["{b64}", " {b64}\n", "{hex}", "0x{hex}", "{HEX}", "{spaced}", "{colons}"]
)
def test_sections_are_read_from_their_usual_writings(writing: str) -> None:
    section = SECTIONS[3]
    text = writing.format(
        b64=scte35.to_base64(section),
        hex=section.hex(),
        HEX=section.hex().upper(),
        spaced=section.hex(" "),
        colons=section.hex(":"),
    )
    assert scte35.from_text(text) == section


@pytest.mark.parametrize("text", ["{", "FC30Z", "/DA=x", "größe", "fc3"])
def test_text_that_is_no_section_is_refused(text: str) -> None:
    with pytest.raises(SpliceDecodeError, match="text"):
        scte35.from_text(text)


@given(st.text(max_size=40))
def test_any_text_is_safe_to_read(text: str) -> None:
    try:
        decode(scte35.from_text(text))
    except SpliceDecodeError as error:
        assert str(error)
