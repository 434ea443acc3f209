"""Packets, CRC and timestamps of MPEG transport streams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts import packet as ts
from ibe100.mpegts import timestamps
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.dvb_text import decode_dvb_text
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.mpegts.timestamps import PTS_MODULO, pts_add, pts_difference
from ibe100.utils.crc import with_crc32
from packet_fields import continuity_counters, pes_header, set_pids
from places import MEDIA

pts_values = st.integers(0, PTS_MODULO - 1)


def test_header_fields_of_a_block() -> None:
    block = np.tile(ts.as_block(ts.null_packet()), (3, 1))
    set_pids(block, 0x01F4)
    block[1, 1] |= 0xC0
    block[1, 3] = 0xF5
    block[1, 4:12] = (7, 0x90, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x2B)
    assert ts.pids(block).tolist() == [0x01F4] * 3
    assert ts.transport_errors(block).tolist() == [False, True, False]
    assert ts.payload_unit_starts(block).tolist() == [False, True, False]
    assert ts.scrambling_controls(block).tolist() == [0, 3, 0]
    assert ts.has_adaptation(block).tolist() == [False, True, False]
    assert ts.has_payload(block).all()
    assert continuity_counters(block) == [0, 5, 0]
    assert ts.discontinuity_flags(block).tolist() == [False, True, False]
    assert ts.random_access_flags(block).tolist() == [False, False, False]
    rows, pcrs = PacketHeaders(block).pcr
    assert rows.tolist() == [1]
    assert pcrs.tolist() == [(PTS_MODULO - 1) * 300 + 299]


def test_an_adaptation_field_longer_than_the_packet_leaves_no_payload() -> None:
    block = ts.as_block(bytearray(ts.null_packet()))
    block[0, 3] = 0x30
    block[0, 4] = 255
    assert ts.payload(block[0].tobytes()) == b""


@pytest.mark.parametrize("name", ["dvb_hd_service.ts", "ott_with_scte35.ts", "sat_no_sdt.ts"])
def test_pcrs_of_real_streams_rise(name: str) -> None:
    block = ts.as_block((MEDIA / name).read_bytes())
    rows, pcrs = PacketHeaders(block).pcr
    pid = ts.pids(block)[rows[0]]
    steps = np.diff(pcrs[ts.pids(block)[rows] == pid])
    assert len(steps) > 5
    assert (steps > 0).all()
    assert steps.max() <= timestamps.PCR_HZ


@given(st.binary(min_size=0, max_size=1017), st.integers(0, 15), st.integers(0, 0x1FFF))
def test_a_packetized_section_comes_back(content: bytes, cc: int, pid: int) -> None:
    body = b"\xfc" + (0x3000 | len(content) + 4).to_bytes(2, "big") + content
    section = with_crc32(body)
    packets = ts.packetize_section(section, pid, cc)
    assert all(len(packet) == PACKET_SIZE for packet in packets)
    block = ts.as_block(b"".join(packets))
    assert set(ts.pids(block).tolist()) == {pid}
    assert continuity_counters(block) == [(cc + n) % 16 for n in range(len(packets))]
    assembler = SectionAssembler()
    assert [found for packet in packets for found in assembler.feed(packet)] == [section]
    assert (assembler.crc_errors, assembler.lost) == (0, 0)


@given(pts_values, st.integers(-(1 << 32), (1 << 32) - 1))
def test_difference_undoes_addition_across_the_wrap(pts: int, ticks: int) -> None:
    assert pts_difference(pts_add(pts, ticks), pts) == ticks


@given(pts_values, st.integers(0, 299))
def test_pcr_and_pts_agree(pts: int, extension: int) -> None:
    assert timestamps.pcr_to_pts(timestamps.pts_to_pcr(pts) + extension) == pts


def test_pcr_difference_is_signed_across_the_wrap() -> None:
    assert timestamps.pcr_difference(5, timestamps.PCR_MODULO - 5) == 10
    assert timestamps.pcr_difference(timestamps.PCR_MODULO - 5, 5) == -10


@given(pts_values, pts_values)
def test_pes_timestamps_come_back(pts: int, dts: int) -> None:
    assert timestamps.parse_pes_timestamps(pes_header(pts, dts)) == (pts, dts)
    assert timestamps.parse_pes_timestamps(pes_header(pts, stream_id=0xC0)) == (pts, None)


@given(st.binary(max_size=30))
def test_any_payload_is_safe_to_read_timestamps_from(payload: bytes) -> None:
    timestamps.parse_pes_timestamps(b"\0\0\1\xe0" + payload)
    assert timestamps.parse_pes_timestamps(b"\0\0\2" + payload) == (None, None)


def test_streams_without_a_pes_header_have_no_timestamps() -> None:
    assert timestamps.parse_pes_timestamps(pes_header(1, stream_id=0xBE)) == (None, None)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"Das Erste HD", "Das Erste HD"),
        (b"\xc8uber \xe9", "über Ø"),
        (b"\x05\xfd\xfe", "ış"),
        (b"\x10\x00\x02\xb1", "ą"),
        (b"\x15\xe2\x82\xac", "€"),
        (b"\x11\x04\x1f", "П"),
        (b"\x86Hi\x87", "Hi"),
        (b"\x1fabc", "abc"),
    ],
)
def test_dvb_text_in_its_character_tables(raw: bytes, text: str) -> None:
    assert decode_dvb_text(raw) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("News\x1b]0;owned\x07\x1b[2J", "News]0;owned[2J"),
        ("\u202egnidaerb\u2066 News", "gnidaerb News"),
        ("BBC\u00a0One\u3000HD", "BBC\u00a0One\u3000HD"),
        ("News\u2028at ten", "Newsat ten"),
    ],
)
def test_a_name_holds_nothing_that_a_terminal_or_a_reader_would_follow(name: str, shown: str) -> None:
    assert decode_dvb_text(b"\x15" + name.encode()) == shown


@given(st.binary(max_size=40))
def test_any_dvb_text_is_readable(raw: bytes) -> None:
    decode_dvb_text(raw)
