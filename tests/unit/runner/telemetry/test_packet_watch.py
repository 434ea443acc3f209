"""What the runner finds in the packets of the pulses, and what it leaves to the posts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from ibe100.mpegts.packet import null_packet
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.runner.telemetry.absence_watch import ABSENT_S
from ibe100.runner.telemetry.packet_watch import (
    HELD_UP_S,
    PAUSE_S,
    SURE_JUMP_S,
    TABLE_S,
    TELL_S,
    Facts,
    PacketWatch,
)
from packet_fields import pes_header

LOOK_S = 0.1
NULL, VIDEO, SOUND, CLOCK, PMT = 0x1FFF, 0x100, 0x101, 0x102, 0x1000


class Source:
    """A stream of three packets a look, and the datagrams it comes in."""

    def __init__(self) -> None:
        self.watch = PacketWatch()
        self.now = 100.0
        self.sequence = 65_530
        self.counters: dict[int, int] = {}
        self.told: list[Facts] = []

    def packet(self, pid: int, payload: bytes = b"", first: bool = False, skip: int = 0) -> bytes:
        """The next of its PID, or the one `skip` further on."""
        counter = self.counters[pid] = (self.counters.get(pid, 0) + 1 + skip) % 16
        header = bytes([0x47, (0x40 if first else 0) | pid >> 8, pid & 0xFF, 0x10 | counter])
        return header + payload.ljust(184, b"\xff")

    def picture(self, pts: int) -> bytes:
        return self.packet(VIDEO, pes_header(pts % (1 << 33)), first=True)

    def adapted(self, has_pcr: bool = True, has_payload: bool = True) -> bytes:
        """A packet with an adaptation field; without a payload it does not count on."""
        if not has_payload:
            return bytes([0x47, CLOCK >> 8, CLOCK & 0xFF, 0x20, 183, 0x10]).ljust(188, b"\xff")
        packet = bytearray(self.packet(CLOCK))
        packet[3] |= 0x20
        packet[4:6] = 7, 0x10 if has_pcr else 0
        return bytes(packet)

    def look(self, *packets: bytes) -> Facts | None:
        """One look later these have come, in one datagram; none where there are none."""
        self.now += LOOK_S
        datagrams = []
        if packets:
            header = bytes([0x80, 33]) + self.sequence.to_bytes(2, "big") + bytes(8)
            self.sequence = (self.sequence + 1) % 65_536
            datagrams = [header + b"".join(packets)]
        if facts := self.watch.look(datagrams, self.now):
            self.told.append(facts)
        return facts

    def play(self, seconds: float, make: Callable[[int], Iterable[bytes]]) -> None:
        for _ in range(round(seconds / LOOK_S)):
            self.look(*make(round((self.now + LOOK_S - 100.0) * 90_000)))

    def healthy(self, pts: int) -> list[bytes]:
        return [self.picture(pts), self.packet(VIDEO), self.packet(SOUND), null_packet()]


@pytest.fixture
def source() -> Source:
    source = Source()
    source.play(3.0, source.healthy)
    assert source.told == []
    return source


def test_a_lost_packet_is_told_at_the_next_look_with_its_pid(source: Source) -> None:
    facts = source.look(source.packet(SOUND, skip=1), source.packet(VIDEO, skip=0))
    assert facts is not None
    assert facts["lost"] == {str(SOUND): 1}
    source.play(2.0, source.healthy)
    assert len(source.told) == 1


def test_a_flood_of_losses_is_counted_and_told_three_times_a_second(source: Source) -> None:
    for _ in range(20):
        source.look(*(source.packet(SOUND, skip=3) for _ in range(50)))
    assert len(source.told) <= 2.0 / TELL_S
    source.play(1.0, source.healthy)
    assert sum(facts["lost"][str(SOUND)] for facts in source.told) == 1000  # type: ignore[index]


def test_a_packet_may_come_twice_but_not_three_times(source: Source) -> None:
    twice = source.packet(SOUND)
    assert source.look(twice, twice) is None
    assert source.look(source.packet(SOUND)) is None
    thrice = source.packet(SOUND)
    assert source.look(thrice, thrice, thrice) is not None


def test_a_jump_that_was_announced_by_a_packet_of_its_own_is_no_loss(source: Source) -> None:
    source.look(source.packet(SOUND), source.packet(SOUND))
    announcement = bytes([0x47, SOUND >> 8, SOUND & 0xFF, 0x27, 183, 0x80]).ljust(188, b"\xff")
    source.look(announcement, source.packet(SOUND, skip=5))
    source.look(source.packet(SOUND))
    assert not any(facts["lost"] for facts in source.told)


def test_a_counter_that_was_announced_to_jump_is_no_loss(source: Source) -> None:
    packet = bytearray(source.packet(SOUND, skip=5))
    packet[3] |= 0x20
    packet[4:6] = 1, 0x80
    assert source.look(bytes(packet)) is None


def test_datagrams_that_the_kernel_dropped_are_no_loss_of_the_stream(source: Source) -> None:
    source.sequence += 3
    source.counters[SOUND] += 5
    assert source.look(source.packet(SOUND)) is None
    source.play(1.0, source.healthy)
    assert source.told == []


def test_a_runner_that_was_held_up_says_nothing_of_what_it_missed(source: Source) -> None:
    source.now += HELD_UP_S + SURE_JUMP_S
    source.counters[SOUND] += 5
    source.play(2.0, source.healthy)
    assert source.told == []


def test_a_scrambled_pid_is_told_once_and_again_when_it_was_clear_meanwhile(source: Source) -> None:
    def scrambled(pts: int) -> list[bytes]:
        packet = bytearray(source.packet(SOUND))
        packet[3] |= 0x80
        return [source.picture(pts), bytes(packet), null_packet()]

    source.play(2.0, scrambled)
    assert [facts["scrambled"] for facts in source.told] == [[SOUND]]
    source.look(source.packet(SOUND, b"\x00\x00\x01\xc0", first=True))
    source.play(1.0, scrambled)
    assert [facts["scrambled"] for facts in source.told] == [[SOUND], [SOUND]]


@pytest.mark.parametrize("off_s", [10.0, -10.0, 1.5, -1.5, 20_000.0])
def test_pts_that_leap_in_an_unbroken_stream_are_a_jump(source: Source, off_s: float) -> None:
    source.play(2.0, lambda pts: source.healthy(pts + round(off_s * 90_000)))
    assert [facts["jumps_s"] for facts in source.told] == [{str(VIDEO): pytest.approx(off_s, abs=0.2)}]


def test_pts_go_over_their_end_and_back_and_forth_with_reordered_pictures() -> None:
    source = Source()
    order = iter([0, 5, 2, 1, 3, 4] * 10)
    source.play(5.0, lambda pts: source.healthy((1 << 33) - 200_000 + pts + next(order) * 3600))
    assert source.told == []


def test_a_source_that_pauses_or_whose_input_was_cut_did_not_jump(source: Source) -> None:
    source.play(2.0, lambda _: [])
    late = round(2.0 * 90_000)
    source.play(2.0, lambda pts: source.healthy(pts - late))
    source.play(2.0, lambda _: [])
    source.play(2.0, lambda pts: source.healthy(pts - late))
    assert source.told == []


def test_pts_that_leap_where_packets_are_missing_must_leap_further(source: Source) -> None:
    source.counters[VIDEO] += 3
    source.play(1.0, lambda pts: source.healthy(pts + round(2.0 * 90_000)))
    assert [facts["jumps_s"] for facts in source.told] == [{}]
    source.counters[VIDEO] += 3
    source.play(1.0, lambda pts: source.healthy(pts + round((3.0 + SURE_JUMP_S) * 90_000)))
    assert source.told[-1]["jumps_s"] == {str(VIDEO): pytest.approx(1.0 + SURE_JUMP_S, abs=0.2)}


def pat(version: int) -> bytes:
    return Pat(1, ((1, PMT),), version=version).encode()


def pmt(version: int) -> bytes:
    return Pmt(1, VIDEO, (PmtStream(0x1B, VIDEO),), version=version).encode()


def with_tables(
    source: Source, pat_section: bytes, pmt_section: bytes, pmt_pid: int = PMT
) -> Callable[[int], list[bytes]]:
    def make(pts: int) -> list[bytes]:
        tables = [
            source.packet(pid, b"\x00" + section, first=True)
            for pid, section in ((0, pat_section), (pmt_pid, pmt_section))
            if section
        ]
        return source.healthy(pts) + tables

    return make


@pytest.mark.parametrize("pmt_pid", [PMT, 0x10])
def test_a_new_version_of_a_table_is_told_once(source: Source, pmt_pid: int) -> None:
    source.play(1.0, with_tables(source, pat(3), pmt(31), pmt_pid))
    source.play(1.0, with_tables(source, pat(3), pmt(0), pmt_pid))
    assert [facts["versions"] for facts in source.told] == [[[0x02, 1, 31, 0]]]


def test_a_table_that_comes_no_more_while_packets_do_is_missing_after_a_while(source: Source) -> None:
    source.play(1.0, with_tables(source, pat(3), pmt(1)))
    source.play(TABLE_S - LOOK_S, with_tables(source, b"", pmt(1)))
    assert source.told == []
    source.play(3.0, with_tables(source, b"", pmt(1)))
    assert [facts["missing_s"] for facts in source.told] == [{"0": pytest.approx(TABLE_S, abs=LOOK_S)}]
    source.play(1.0, with_tables(source, pat(3), pmt(1)))
    source.play(2.0, with_tables(source, pat(3), b""))
    assert source.told[-1]["missing_s"] == {str(PMT): pytest.approx(TABLE_S, abs=LOOK_S)}


def test_tables_are_not_missed_while_nothing_comes_at_all(source: Source) -> None:
    source.play(1.0, with_tables(source, pat(3), pmt(1)))
    source.play(5.0, lambda _: [])
    source.play(1.0, with_tables(source, pat(3), pmt(1)))
    assert source.told == []


def but_for(source: Source, what: str) -> Callable[[int], list[bytes]]:
    """A healthy stream with PCR, without one of what comes all the time."""

    def make(pts: int) -> list[bytes]:
        return [
            source.packet(SOUND),
            source.packet(VIDEO) if what == "pts" else source.picture(pts),
            source.adapted(has_pcr=what != "pcr"),
            *([] if what == "null" else [null_packet()]),
        ]

    return make


def absent(source: Source) -> list[object]:
    return [facts["absent"] for facts in source.told]


ABSENCES = pytest.mark.parametrize(("what", "pid"), [("null", NULL), ("pcr", CLOCK), ("pts", VIDEO)])


@ABSENCES
def test_what_comes_no_more_while_packets_do_is_told_once_and_so_is_that_it_is_back(
    source: Source, what: str, pid: int
) -> None:
    source.play(2.0, but_for(source, ""))
    source.play(ABSENT_S - LOOK_S, but_for(source, what))
    assert absent(source) == []
    source.play(2.0, but_for(source, what))
    assert absent(source) == [[[what, pid, pytest.approx(ABSENT_S, abs=LOOK_S)]]]
    facts = source.look(*but_for(source, "")(round((source.now + LOOK_S - 100.0) * 90_000)))
    assert facts is not None
    assert facts["absent"] == []
    source.play(2.0, but_for(source, ""))
    assert len(absent(source)) == 2


def test_pcr_without_a_payload_are_pcr(source: Source) -> None:
    source.play(2.0, lambda pts: [*source.healthy(pts), source.adapted(has_payload=False)])
    source.play(1.0, source.healthy)
    assert absent(source) == [[["pcr", CLOCK, pytest.approx(ABSENT_S, abs=LOOK_S)]]]


def test_what_is_rare_is_not_missed(source: Source) -> None:
    source.play(1.0, but_for(source, "null"))
    source.told.clear()
    for _ in range(5):
        source.look(*source.healthy(round((source.now + LOOK_S - 100.0) * 90_000)))
        source.play(2.0, but_for(source, "null"))
    assert absent(source) == [[]], "it came back, and that was all"


def dropped(source: Source) -> None:
    source.sequence += 3


def held_up(source: Source) -> None:
    source.now += HELD_UP_S


def paused(source: Source) -> None:
    source.play(ABSENT_S + 2 * LOOK_S, lambda _: [])


@pytest.mark.parametrize("unknown", [dropped, held_up, paused])
@ABSENCES
def test_what_may_have_come_unseen_is_not_called_absent_any_more_nor_missed_anew(
    source: Source, what: str, pid: int, unknown: Callable[[Source], None]
) -> None:
    source.play(2.0, but_for(source, ""))
    source.play(1.0, but_for(source, what))
    assert absent(source) == [[[what, pid, pytest.approx(ABSENT_S, abs=LOOK_S)]]]
    unknown(source)
    source.play(3.0, but_for(source, what))
    assert absent(source)[1:] == [[]]


@ABSENCES
def test_a_short_pause_hides_nothing_but_is_no_part_of_what_makes_absent(
    source: Source, what: str, pid: int
) -> None:
    source.play(2.0, but_for(source, ""))
    source.play(ABSENT_S / 2, but_for(source, what))
    source.play(PAUSE_S + LOOK_S, lambda _: [])
    source.play(2 * LOOK_S, but_for(source, what))
    assert absent(source) == []
    source.play(1.0, but_for(source, what))
    source.play(PAUSE_S + LOOK_S, lambda _: [])
    source.play(1.0, but_for(source, what))
    assert absent(source) == [[[what, pid, pytest.approx(ABSENT_S, abs=LOOK_S)]]]


def test_a_fault_that_waited_to_be_told_is_told_without_what_is_not_known_any_more(source: Source) -> None:
    source.play(2.0, but_for(source, "null"))
    source.look(source.packet(SOUND, skip=1))
    source.look(source.packet(SOUND, skip=1))
    source.now += HELD_UP_S
    facts = source.look()
    assert facts is not None
    assert (facts["lost"], facts["absent"]) == ({str(SOUND): 1}, [])


def test_what_is_absent_does_not_wait_for_its_turn_among_other_faults(source: Source) -> None:
    source.play(ABSENT_S - LOOK_S, but_for(source, "null"))
    source.told.clear()
    for _ in range(3):
        source.look(source.packet(SOUND, skip=1), source.picture(round((source.now - 99.9) * 90_000)))
        if source.told and source.told[-1]["absent"]:
            break
    assert source.told[-1]["absent"] == [["null", NULL, pytest.approx(ABSENT_S, abs=1.1 * LOOK_S)]]
    assert len(source.told) == 2, "the first of the others was told one look before"


@pytest.mark.parametrize("datagram", [b"", b"\x80", bytes(300), b"\x80" * 200, b"\x80\x21" + bytes(100)])
def test_what_are_no_packets_in_rtp_is_passed_over(source: Source, datagram: bytes) -> None:
    assert source.watch.look([datagram], source.now + LOOK_S) is None
