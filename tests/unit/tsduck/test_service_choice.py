"""The service that cues go into, by the packets that the probe read, and the reason where there is none."""

from dataclasses import replace

import pytest

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import ExistingCues
from ibe100.mpegts import packet
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.stream_report import StreamReport
from ibe100.tsduck.packet_collector import PacketCollector
from ibe100.tsduck.plan import PidTaken, StreamPlan, plan_stream
from ibe100.tsduck.service_choice import choose_service, is_scrambled
from packet_fields import pes_header
from tsduck_cases import cues, pid_report, report, service, stream

CA = Descriptor(9, b"\x06\x04\xe3\x33")
CUEI = Descriptor(5, b"CUEI")


def section(section: bytes, pid: int) -> bytes:
    return packet.packetize_section(section, pid, 0)[0]


def picture(pid: int, counter: int, scrambling: int = 0) -> bytes:
    head = bytes((0x47, 0x40 | pid >> 8, pid & 0xFF, scrambling << 6 | 0x10 | counter))
    return (head + pes_header(counter * 3600)).ljust(188, b"\x7f")


def read(*packets: bytes) -> StreamReport:
    collector = PacketCollector("input")
    collector.feed(b"".join(packets).ljust(4 * 188, b"\x47"))
    return collector.report()


def services(
    *numbers: int, scrambled: frozenset[int] = frozenset(), silent: frozenset[int] = frozenset()
) -> StreamReport:
    """A stream of services n, each with a picture on 0x200 + n."""
    packets = [section(Pat(1, tuple((n, 0x100 + n) for n in numbers)).encode(), 0)]
    for n in numbers:
        info = (CA,) if n in scrambled else ()
        pmt = Pmt(n, 0x200 + n, (PmtStream(0x1B, 0x200 + n),), info)
        packets.append(section(pmt.encode(), 0x100 + n))
        if n not in silent:
            packets += [picture(0x200 + n, counter, 2 if n in scrambled else 0) for counter in range(4)]
    return read(*packets)


def chosen(found: StreamReport) -> int:
    one = choose_service(None, found)
    assert one is not None
    return one.service_id


@pytest.mark.parametrize("order", [(9, 1), (1, 9)])
def test_a_clear_service_is_taken_before_a_scrambled_one(order: tuple[int, int]) -> None:
    assert chosen(services(*order, scrambled=frozenset({9}))) == 1


def test_a_service_whose_picture_comes_is_taken_before_one_that_only_announces_it() -> None:
    assert chosen(services(1, 2, silent=frozenset({1}))) == 2


def test_a_scrambled_service_is_better_than_none() -> None:
    found = services(9, scrambled=frozenset({9}))
    assert chosen(found) == 9
    assert is_scrambled(found.services[0], found)


def test_a_service_that_is_asked_for_is_taken_scrambled_or_not() -> None:
    found = services(9, 1, scrambled=frozenset({9}))
    one = choose_service(9, found)
    assert one is not None
    assert one.service_id == 9


def test_a_service_of_descramblers_whose_picture_is_clear_is_clear() -> None:
    packets = [section(Pat(1, ((1, 0x101),)).encode(), 0)]
    packets.append(section(Pmt(1, 0x201, (PmtStream(0x1B, 0x201),), (CA,)).encode(), 0x101))
    found = read(*packets, *(picture(0x201, n) for n in range(4)))
    assert not is_scrambled(found.services[0], found)


def damaged(one: bytes) -> bytes:
    return one[:-1] + bytes((one[-1] ^ 1,))


@pytest.mark.parametrize(
    ("copies", "words"), [(1, "came once, with a wrong CRC"), (7, "came 7 times, each with")]
)
def test_tables_whose_every_copy_is_damaged_are_not_called_unseen(copies: int, words: str) -> None:
    pat, pmt = Pat(1, ((1, 0x101),)).encode(), Pmt(1, 0x201, (PmtStream(0x1B, 0x201),)).encode()
    bad_pmts = [packet.packetize_section(damaged(pmt), 0x101, n)[0] for n in range(copies)]
    with pytest.raises(StreamError, match=rf"its PMT 0x0101 \(257\) {words}"):
        plan_stream(stream(), read(section(pat, 0), *bad_pmts))
    bad_pats = [packet.packetize_section(damaged(pat), 0, n)[0] for n in range(copies)]
    with pytest.raises(StreamError, match=rf"the PAT {words}"):
        plan_stream(stream(), read(*bad_pats, *(picture(0x201, n) for n in range(4))))


def test_an_empty_pat_is_not_called_unseen() -> None:
    with pytest.raises(StreamError, match="its PAT names no service"):
        plan_stream(stream(), read(section(Pat(1, ()).encode(), 0), *(picture(0x201, n) for n in range(4))))
    with pytest.raises(StreamError, match="no PAT was seen"):
        plan_stream(stream(), read(*(picture(0x201, n) for n in range(4))))


def shared_cue_pid() -> StreamReport:
    pmts = [Pmt(n, 0x200 + n, (PmtStream(0x1B, 0x200 + n), PmtStream(0x86, 500)), (CUEI,)) for n in (1, 2)]
    tables = [section(one.encode(), 0x100 + one.program_number) for one in pmts]
    pictures = [picture(0x200 + n, counter) for n in (1, 2) for counter in range(4)]
    return read(section(Pat(1, ((1, 0x101), (2, 0x102))).encode(), 0), *tables, *pictures)


def test_the_cues_of_another_service_on_the_same_pid_are_not_replaced() -> None:
    with pytest.raises(PidTaken, match=r"0x01F4 \(500\) is that of another service too") as refused:
        plan_stream(stream(scte35=cues(ExistingCues.REPLACE, 500)), shared_cue_pid())
    moved = plan_stream(stream(scte35=cues(ExistingCues.REPLACE, refused.value.free_pid)), shared_cue_pid())
    assert (moved.remove_pids, moved.filter_pids) == ((500,), ())


def plan_with_sound(*extra: PmtStream) -> StreamPlan:
    """The plan of a Blu-ray style service with DTS-HD sound on 0x1100, replacing its cues."""
    pmt = Pmt(1, 0x201, (PmtStream(0x1B, 0x201), PmtStream(0x86, 0x1100), *extra))
    pictures = [picture(pid, counter) for pid in (0x201, 0x1100) for counter in range(4)]
    found = read(section(Pat(1, ((1, 0x101),)).encode(), 0), section(pmt.encode(), 0x101), *pictures)
    return plan_stream(stream(scte35=cues(ExistingCues.REPLACE)), found)


def test_sound_of_stream_type_0x86_is_not_replaced_and_does_not_become_cues_by_our_registration() -> None:
    plan = plan_with_sound()
    assert (plan.remove_pids, plan.filter_pids, plan.register_pid) == ((), (), True)
    with_cues = plan_with_sound(PmtStream(0x86, 700))
    assert (with_cues.remove_pids, with_cues.filter_pids, with_cues.register_pid) == ((700,), (700,), True)


def test_a_service_without_such_sound_is_registered_as_a_whole() -> None:
    assert not plan_stream(stream(), replace(report(service()), pids=(pid_report(256, pts=9),))).register_pid
