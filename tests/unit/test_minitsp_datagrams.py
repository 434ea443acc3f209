"""Datagrams give their packets whether raw or in RTP, and nothing else gives any."""

from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.inputs.datagrams import transport_packets

PACKET = b"\x47\x01\x00\x10" + bytes(range(184))


def rtp(payload: bytes, csrcs: int = 0, extension_words: int | None = None) -> bytes:
    first = 0x80 | csrcs | (0x10 if extension_words is not None else 0)
    head = bytes((first, 33)) + bytes(10) + bytes(4 * csrcs)
    if extension_words is not None:
        head += b"\xbe\xde" + extension_words.to_bytes(2, "big") + bytes(4 * extension_words)
    return head + payload


@given(st.integers(1, 7))
def test_raw_datagrams_are_taken_whole(count: int) -> None:
    assert transport_packets(PACKET * count) == PACKET * count


@given(st.integers(1, 7), st.integers(0, 15), st.none() | st.integers(0, 5))
def test_rtp_headers_are_skipped(count: int, csrcs: int, extension_words: int | None) -> None:
    assert transport_packets(rtp(PACKET * count, csrcs, extension_words)) == PACKET * count


def test_a_torn_packet_at_the_end_is_left_out() -> None:
    assert transport_packets(PACKET * 2 + PACKET[:100]) == PACKET * 2
    assert transport_packets(PACKET + b"\x00" * 188) == PACKET


@given(st.binary(max_size=400).filter(lambda data: data[:1] != b"\x47"))
def test_other_datagrams_give_only_packets(data: bytes) -> None:
    packets = transport_packets(data)
    assert len(packets) % 188 == 0
    assert all(byte == 0x47 for byte in packets[::188])
