"""Packets at a switch: jumps of the counters are announced, and faults of an input are counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.plugin import Packets
from ibe100.minitsp.switch.announced import Announcer
from ibe100.minitsp.switch.choice import SwitchRules
from ibe100.minitsp.switch.packet_quality import PacketQuality
from ibe100.mpegts.constants import NULL_PID

RULES = SwitchRules(most_cc_errors=5, least_bps=100_000, leaves_scrambled=True)


def packet(pid: int, counter: int, control: int = 0x10, field: bytes = b"") -> bytes:
    """A packet; `field` is its adaptation field with its length."""
    head = bytes([0x47, pid >> 8, pid & 0xFF, control | (0x20 if field else 0) | counter & 0x0F])
    return (head + field).ljust(188, b"\xff")


def block(*packets: bytes) -> Packets:
    return np.frombuffer(b"".join(packets), np.uint8).reshape(-1, 188)


def unannounced(packets: Packets, counters: dict[int, int]) -> int:
    """Jumps of counters that nobody announced, by ISO 13818-1, 2.4.3.3; counters are kept."""
    wrong = 0
    for raw in map(bytes, packets):
        pid = (raw[1] & 0x1F) << 8 | raw[2]
        if pid == NULL_PID:
            continue
        counter, has_payload = raw[3] & 0x0F, bool(raw[3] & 0x10)
        announced = bool(raw[3] & 0x20 and raw[4] and raw[5] & 0x80)
        before = counters.get(pid)
        due = None if before is None else (before + 1) & 0x0F if has_payload else before
        if due is not None and not announced and counter not in (due, before):
            wrong += 1
        counters[pid] = counter
    return wrong


@given(
    st.lists(st.tuples(st.sampled_from([0, 0x100, 0x101, 0x1FFE, NULL_PID]), st.booleans()), min_size=1),
    st.dictionaries(st.sampled_from([0, 0x100, 0x101, 0x1FFE]), st.integers(0, 15)),
    st.integers(1, 9),
)
def test_no_jump_is_left_unannounced(
    sent: list[tuple[int, bool]], before: dict[int, int], at_once: int
) -> None:
    counters: dict[int, int] = dict.fromkeys((0, 0x100, 0x101, 0x1FFE, NULL_PID), 3)
    packets = []
    for pid, has_field in sent:
        counters[pid] += 1
        packets.append(packet(pid, counters[pid], field=b"\x07\x00" if has_field else b""))
    announcer = Announcer()
    announcer.begin()
    out = [announcer.announce(block(*packets[i : i + at_once])) for i in range(0, len(packets), at_once)]
    whole = np.concatenate(out)
    assert unannounced(whole, dict(before)) == 0
    passed = [bytes(one) for one in whole if one[3] & 0x10]
    assert [one[4:] if not one[3] & 0x20 else one[6:] for one in passed] == [
        one[4:] if not one[3] & 0x20 else one[6:] for one in packets
    ]


def test_without_a_switch_packets_are_passed_as_they_are() -> None:
    packets = block(packet(0x100, 1), packet(0x100, 2))
    assert Announcer().announce(packets) is packets


def second_of(quality: PacketQuality, *packets: bytes) -> str:
    """The fault after a second of such packets."""
    quality.feed(block(*packets), 0.0)
    quality.feed(block(packet(NULL_PID, 0)), 1.0)
    return quality.fault


def test_packets_in_order_are_no_fault() -> None:
    packets = [packet(pid, counter) for counter in range(40) for pid in (0x100, 0x101)]
    assert second_of(PacketQuality(RULES), *packets) == ""


@pytest.mark.parametrize("missing", [range(0), range(10, 30, 3)])
def test_lost_packets_are_counted(missing: range) -> None:
    packets = [packet(0x100, counter) for counter in range(100) if counter not in missing]
    assert bool(second_of(PacketQuality(RULES), *packets)) is bool(missing)


def test_lost_packets_are_counted_from_block_to_block() -> None:
    quality = PacketQuality(RULES)
    for counter in range(0, 40, 2):
        quality.feed(block(packet(0x100, counter)), 0.0)
    assert second_of(quality, *[packet(0x101, counter) for counter in range(60)]) == (
        "19 discontinuities in 1.0 s"
    )


def test_an_announced_jump_and_a_repeated_packet_are_no_faults() -> None:
    packets = [packet(0x100, 1), packet(0x100, 1), packet(0x100, 9, field=b"\x01\x80")] * 40
    assert second_of(PacketQuality(RULES), *packets[:3]) != "its packets are scrambled"
    quality = PacketQuality(SwitchRules(most_cc_errors=1))
    assert second_of(quality, *packets[:3]) == ""


def test_scrambled_packets_and_a_low_bitrate_are_faults() -> None:
    scrambled = [packet(0x100, counter, 0x90) for counter in range(100)]
    assert second_of(PacketQuality(RULES), *scrambled) == "its packets are scrambled"
    padded = [one for packet_ in scrambled for one in (packet_, packet(NULL_PID, 0), packet(NULL_PID, 0))]
    assert second_of(PacketQuality(RULES), *padded) == "its packets are scrambled"
    assert second_of(PacketQuality(RULES), packet(0x100, 0)) == "only 0.00 Mb/s came"
