"""RTP datagrams that the network put out of order."""

import random

from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.ip.datagrams import is_rtp
from ibe100.minitsp.ip.rtp_order import RtpOrder


def rtp(number: int, ssrc: int = 1) -> bytes:
    header = b"\x80\x21" + (number % 65536).to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big")
    return header + b"\x47" + bytes(187)


def numbers(datagrams: list[bytes]) -> list[int]:
    return [int.from_bytes(one[2:4], "big") for one in datagrams]


def fed(order: RtpOrder, sequence: list[int], now_s: float = 0.0) -> list[int]:
    return [number for one in sequence for number in numbers(list(order.feed(rtp(one), now_s)))]


@given(st.integers(0, 65535), st.integers(1, 30), st.randoms(use_true_random=False))
def test_what_is_shuffled_a_little_comes_out_in_order_across_the_wrap(
    first: int, reach: int, chance: random.Random
) -> None:
    wanted = [(first + step) % 65536 for step in range(200)]
    places = sorted(range(200), key=lambda at: 0 if at == 0 else at + chance.uniform(0, reach))
    order = RtpOrder()
    assert fed(order, [wanted[at] for at in places]) == wanted


def test_a_datagram_that_comes_twice_or_too_late_is_dropped() -> None:
    order = RtpOrder()
    assert fed(order, [5, 6, 6, 5, 7, 6]) == [5, 6, 7]


def test_a_lost_datagram_is_waited_for_until_enough_or_enough_time_has_passed() -> None:
    order = RtpOrder()
    assert fed(order, [1, 3, 4], now_s=10.0) == [1]
    assert list(order.overdue(10.04)) == []
    assert numbers(list(order.overdue(10.06))) == [3, 4]
    assert fed(order, [2, 5]) == [5]
    assert fed(order, list(range(7, 7 + 64))) == []
    assert fed(order, [7 + 64]) == list(range(7, 7 + 65))


def test_a_sender_that_begins_anew_is_followed_at_once() -> None:
    order = RtpOrder()
    assert fed(order, [100, 102]) == [100]
    assert numbers(list(order.feed(rtp(9, ssrc=2), 0.0))) == [102, 9]
    assert fed(order, [40_000]) == [40_000]
    assert numbers(list(order.feed(rtp(40_001), 0.0))) == [40_001]


def test_rtp_is_told_from_packets() -> None:
    assert is_rtp(rtp(1))
    assert not is_rtp(b"\x47" + bytes(187))
    assert not is_rtp(b"\x80\x21")
    assert not is_rtp(b"")
