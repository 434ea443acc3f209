"""The observer by itself: what it reads of packets and sections, on a real UDP socket."""

from __future__ import annotations

import socket
import time

from observer import SPLICE_INSERT, Observer, UdpObserver, read_section

from ibe100.mpegts.packet import packetize_section
from ibe100.scte35 import cues as product
from ibe100.scte35.section import encode

OUT = encode(product.splice_insert(0x60000001, True))


def until(observer: Observer, sights: int) -> None:
    end = time.monotonic() + 30.0
    while len(observer.sights) < sights:
        assert time.monotonic() < end, "nothing was seen"
        time.sleep(0.01)


def test_a_section_is_read_and_a_damaged_one_is_not() -> None:
    sight = read_section(OUT, 1.0)
    assert sight is not None
    assert (sight.command, sight.event_id, sight.is_out) == (SPLICE_INSERT, 0x60000001, True)
    withdrawal = read_section(encode(product.cancel(0x60000001)), 1.0)
    assert withdrawal is not None
    assert (withdrawal.event_id, withdrawal.is_out, withdrawal.is_withdrawal) == (0x60000001, False, True)
    assert read_section(OUT[:-1] + bytes((OUT[-1] ^ 1,)), 1.0) is None


def test_sections_and_gaps_of_an_output_are_noted_with_the_kernels_times() -> None:
    observer = UdpObserver()
    observer.start()
    began = time.time()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as output:
        for number in range(2):
            (one,) = packetize_section(OUT, 500, number)
            output.sendto(one, ("127.0.0.1", observer.port))
            until(observer, number + 1)
            time.sleep(0.3)
    observer.stop()
    assert [sight.section for sight in observer.sights] == [OUT, OUT]
    assert began <= observer.sights[0].at <= observer.sights[1].at <= time.time()
    ((since, until_s),) = observer.gaps
    assert until_s - since >= 0.3
