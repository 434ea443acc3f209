"""Datagrams give their packets whether raw or in RTP, and nothing else gives any."""

from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.ip.datagrams import RawDatagrams, is_rtp, transport_packets

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


def stream(count: int) -> bytes:
    """Packets that are all different and hold no other sync byte."""
    return b"".join(b"\x47\x01\x00\x10" + bytes([number % 64]) * 184 for number in range(count))


@given(st.integers(20, 60), st.integers(205, 1472), st.integers(0, 187))
def test_packets_that_lie_across_datagrams_are_put_together(count: int, size: int, start: int) -> None:
    data, raw = stream(count)[start:], RawDatagrams()
    received = b"".join(raw.feed(data[at : at + size]) for at in range(0, len(data), size))
    whole = stream(count)[188 if start else 0 :]
    assert whole.endswith(received)
    # It takes two sync bytes in one datagram to find the first packet.
    assert len(received) >= len(whole) - 2 * 188 or size < 3 * 188
    assert raw.skipped_bytes == 0 or size < 3 * 188


@given(st.lists(st.booleans(), min_size=4, max_size=20))
def test_a_lost_datagram_costs_the_packets_it_held_and_no_others(lost: list[bool]) -> None:
    data, raw, size = stream(len(lost) * 8), RawDatagrams(), 1472
    came = b""
    for number, is_lost in enumerate(lost):
        if not is_lost:
            came += raw.feed(data[number * size : (number + 1) * size])
    packets = [came[at : at + 188] for at in range(0, len(came), 188)]
    source = [data[at : at + 188] for at in range(0, len(data), 188)]
    whole = [
        packet
        for at, packet in enumerate(source)
        if not any(lost[at * 188 // size : ((at + 1) * 188 - 1) // size + 1])
        and (at + 1) * 188 <= len(lost) * size
    ]
    assert packets == whole


@given(st.integers(1, 7), st.binary(max_size=40).filter(lambda data: data[:1] != b"\x47"))
def test_what_stands_before_or_after_the_packets_is_left_out(count: int, other: bytes) -> None:
    for datagram in (other + stream(count), stream(count) + other):
        raw = RawDatagrams()
        assert [raw.feed(datagram) for _ in range(3)] == [stream(count)] * 3
        assert raw.skipped_bytes == 0


@given(st.integers(1, 7))
def test_packets_with_reed_solomon_code_lose_it(count: int) -> None:
    packets = [stream(7)[at : at + 188] for at in range(0, count * 188, 188)]
    assert RawDatagrams().feed(b"".join(one + bytes(16) for one in packets)) == b"".join(packets)


def test_what_is_no_stream_is_counted() -> None:
    raw = RawDatagrams()
    assert [raw.feed(bytes(1316)), raw.feed(b"x"), raw.feed(b"")] == [b""] * 3
    assert raw.skipped_bytes == 1316


def test_the_middle_of_a_packet_that_looks_like_rtp_is_none() -> None:
    raw = RawDatagrams()
    data = PACKET + b"\x47\x01\x00\x10" + b"\x80" * 184 + PACKET
    assert raw.feed(data[:250]) == PACKET
    assert is_rtp(data[250:])
    assert raw.continues(data[250:])
    assert raw.feed(data[250:]) == data[188:]


@given(st.sets(st.integers(0, 6), max_size=3))
def test_a_bit_error_in_a_sync_byte_costs_its_own_packet(broken: set[int]) -> None:
    raw, data = RawDatagrams(), bytearray(stream(7))
    for number in broken:
        data[number * 188] ^= 0x10
    kept = b"".join(stream(7)[n * 188 : (n + 1) * 188] for n in range(7) if n not in broken)
    assert [raw.feed(bytes(data)) for _ in range(2)] == [kept] * 2
    assert raw.skipped_bytes == 2 * 188 * len(broken)
