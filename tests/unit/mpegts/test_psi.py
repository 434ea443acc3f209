"""PSI sections: assembly from packets, PAT, PMT and SDT values."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.descriptors import Descriptor, PsiError
from ibe100.mpegts.dvb_text import decode_dvb_text, encode_dvb_text
from ibe100.mpegts.packet import null_packet, packetize_section
from ibe100.mpegts.psi import Pat, Pmt, PmtStream, Sdt, SdtService
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.utils.crc import has_right_crc32
from places import MEDIA

pid_values = st.integers(0x10, 0x1FFE)
words = st.integers(0, 0xFFFF)
descriptors = st.lists(st.builds(Descriptor, st.integers(0, 255), st.binary(max_size=12)), max_size=3).map(
    tuple
)
LONG_PAT = Pat(7, tuple((number, 0x100 + number) for number in range(1, 120)))


def sections_of(name: str, pid: int) -> list[bytes]:
    data = (MEDIA / name).read_bytes()
    assembler = SectionAssembler()
    found: list[bytes] = []
    for at in range(0, len(data), PACKET_SIZE):
        if (data[at + 1] & 0x1F) << 8 | data[at + 2] == pid:
            found += assembler.feed(data[at : at + PACKET_SIZE])
    assert (assembler.crc_errors, assembler.lost) == (0, 0)
    return found


@given(words, st.lists(st.tuples(st.integers(1, 0xFFFF), pid_values), max_size=30), st.none() | pid_values)
def test_pat_comes_back(tsid: int, programs: list[tuple[int, int]], nit: int | None) -> None:
    pat = Pat(tsid, tuple(programs), nit, version=5)
    section = pat.encode()
    assert has_right_crc32(section)
    assert Pat.parse(section) == pat


@given(
    words,
    pid_values,
    descriptors,
    st.lists(st.builds(PmtStream, st.integers(0, 255), pid_values, descriptors), max_size=5).map(tuple),
)
def test_pmt_comes_back(
    number: int, pcr_pid: int, info: tuple[Descriptor, ...], streams: tuple[PmtStream, ...]
) -> None:
    pmt = Pmt(number, pcr_pid, streams, info, version=31, current=False)
    assert Pmt.parse(pmt.encode()) == pmt


@given(
    st.lists(
        st.builds(
            SdtService, words, descriptors, st.integers(0, 7), st.booleans(), st.booleans(), st.booleans()
        ),
        max_size=4,
    ).map(tuple),
    st.booleans(),
)
def test_sdt_comes_back(services: tuple[SdtService, ...], actual: bool) -> None:
    sdt = Sdt(1, 0x22, services, version=3, actual=actual)
    assert Sdt.parse(sdt.encode()) == sdt


def test_service_names_are_read_from_the_service_descriptor() -> None:
    service = SdtService(1, (Descriptor(0x48, b"\x19\x03ARD\x09Das Erste"),))
    assert (service.service_type, service.provider, service.name) == (0x19, "ARD", "Das Erste")
    bare = SdtService(2)
    assert (bare.service_type, bare.provider, bare.name) == (None, "", "")


@given(st.binary(max_size=60))
def test_damaged_tables_raise_nothing_but_psi_error(body: bytes) -> None:
    for table, table_id in ((Pat, 0x00), (Pmt, 0x02), (Sdt, 0x42)):
        length = (0xB000 | len(body) + 9).to_bytes(2, "big")
        section = bytes((table_id,)) + length + b"\0\1\xc1\0\0" + body + b"CRC."
        for candidate in (section, body):
            try:
                table.parse(candidate)
            except PsiError as error:
                assert str(error)


def test_a_table_that_fits_no_section_is_refused() -> None:
    with pytest.raises(PsiError, match="do not fit"):
        Pmt(1, 0x100, (), tuple(Descriptor(0x05, bytes(200)) for _ in range(6))).encode()


def test_real_streams_have_their_tables() -> None:
    pat = Pat.parse(sections_of("ott_with_scte35.ts", 0)[0])
    (number, pmt_pid), *_ = pat.programs
    pmt = Pmt.parse(sections_of("ott_with_scte35.ts", pmt_pid)[0])
    assert pmt.program_number == number
    assert not pmt.carries_cuei()
    cue_pid = next(stream.pid for stream in pmt.streams if stream.stream_type == 0x86)
    cues = sections_of("ott_with_scte35.ts", cue_pid)
    assert cues
    assert all(cue[0] == 0xFC for cue in cues)


def test_cuei_is_found_in_program_info() -> None:
    assert Pmt(1, 0x100, (), (Descriptor(0x05, b"CUEI"),)).carries_cuei()
    assert not Pmt(1, 0x100, (), (Descriptor(0x05, b"HDMV"),)).carries_cuei()


def test_encoding_a_real_pmt_gives_its_own_bytes() -> None:
    for name in ("ott_with_scte35.ts", "dvb_hd_service.ts", "sat_no_sdt.ts"):
        pat_section = sections_of(name, 0)[0]
        pat = Pat.parse(pat_section)
        assert pat.encode() == pat_section
        pmt_section = sections_of(name, pat.programs[0][1])[0]
        assert Pmt.parse(pmt_section).encode() == pmt_section


def test_two_sections_in_one_packet_are_both_found() -> None:
    first, second = Pat(1, ((1, 0x100),)).encode(), Pat(1, ((2, 0x200),), version=1).encode()
    packet = (b"\x47\x40\x00\x10\x00" + first + second).ljust(PACKET_SIZE, b"\xff")
    assert SectionAssembler().feed(packet) == [first, second]


def test_a_section_that_ends_behind_the_pointer_field_is_found() -> None:
    first, second = LONG_PAT.encode(), Pat(1, ((2, 0x200),)).encode()
    packets = packetize_section(first, 0, 0)
    tail = first[183 + 184 * (len(packets) - 2) :]
    packets[-1] = (packets[-1][:4] + bytes((len(tail),)) + tail + second).ljust(PACKET_SIZE, b"\xff")
    packets[-1] = packets[-1][:1] + b"\x40" + packets[-1][2:]
    assembler = SectionAssembler()
    assert [found for packet in packets for found in assembler.feed(packet)] == [first, second]


def test_a_lost_packet_drops_only_the_section_it_tore() -> None:
    packets = packetize_section(LONG_PAT.encode(), 0, 14)
    again = packetize_section(LONG_PAT.encode(), 0, 14 + len(packets))
    assembler = SectionAssembler()
    found = [section for packet in (packets[0], *packets[2:], *again) for section in assembler.feed(packet)]
    assert found == [LONG_PAT.encode()]
    assert assembler.lost == 1


def test_a_repeated_packet_is_taken_once() -> None:
    packets = packetize_section(LONG_PAT.encode(), 0, 0)
    assembler = SectionAssembler()
    doubled = [packet for packet in packets for _ in range(2)]
    assert [found for packet in doubled for found in assembler.feed(packet)] == [LONG_PAT.encode()]


def test_a_section_with_a_wrong_crc_is_counted_and_dropped() -> None:
    (packet,) = packetize_section(Pat(1, ((1, 0x100),)).encode(), 0, 0)
    assembler = SectionAssembler()
    assert assembler.feed(packet[:14] + b"\x77" + packet[15:]) == []
    assert assembler.crc_errors == 1


def test_a_packet_with_transport_error_is_believed_where_the_crc_is_right() -> None:
    section = Pat(1, ((1, 0x100),)).encode()
    (packet,) = packetize_section(section, 0, 0)
    marked = packet[:1] + b"\xc0" + packet[2:]
    assert SectionAssembler().feed(marked) == [section]
    assert SectionAssembler().feed(marked[:14] + b"\x77" + marked[15:]) == []


@given(st.lists(st.binary(min_size=187, max_size=187), max_size=6))
def test_any_packets_are_safe_to_assemble(tails: list[bytes]) -> None:
    assembler = SectionAssembler()
    for tail in tails:
        for section in assembler.feed(b"\x47" + tail):
            assert len(section) >= 3


def test_null_packets_hold_no_section() -> None:
    assert SectionAssembler().feed(null_packet()) == []


@given(st.text(max_size=40).filter(lambda text: "\n" not in text))
def test_names_come_back_whatever_their_script(text: str) -> None:
    shown = unicodedata.normalize("NFC", text)
    if any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp") for char in shown):
        return
    if any(char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for char in shown):
        return
    assert unicodedata.normalize("NFC", decode_dvb_text(encode_dvb_text(shown))) == shown


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("Service 01", b"Service 01"),
        ("Überé", b"\x0b\xdcber\xe9"),
        ("Новости", b"\x01" + "Новости".encode("iso8859-5")),
        ("Ειδήσεις", b"\x03" + "Ειδήσεις".encode("iso8859-7")),
        ("日本", b"\x15" + "日本".encode()),
    ],
)
def test_the_shortest_character_table_is_chosen(text: str, raw: bytes) -> None:
    assert encode_dvb_text(text) == raw
    assert decode_dvb_text(raw) == text
