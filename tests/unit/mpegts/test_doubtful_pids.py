"""stream_type 0x86 is SCTE 35 or DTS-HD sound: by the registrations, and at the latest by the packets."""

import numpy as np
import pytest

from ibe100.mpegts import packet
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.mpegts.service_map import ServiceMap
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.scte35.cues import splice_null
from ibe100.scte35.section import encode
from packet_fields import pes_header

PMT_PID, DOUBTFUL = 0x100, 0x1100
CUEI, HDMV, DTS2 = (Descriptor(5, name) for name in (b"CUEI", b"HDMV", b"DTS2"))
LANGUAGE, CUE_IDENTIFIER = Descriptor(0x0A, b"eng\0"), Descriptor(0x8A, b"\x01")
SECTION = encode(splice_null())


def tables(*pmts: Pmt) -> bytes:
    """PAT and PMTs, the PMT of program n on PID 0x100 + n."""
    pat = Pat(1, tuple((one.program_number, PMT_PID + one.program_number) for one in pmts))
    packets = packet.packetize_section(pat.encode(), 0, 0)
    for one in pmts:
        packets += packet.packetize_section(one.encode(), PMT_PID + one.program_number, 0)
    return b"".join(packets)


def pes(pid: int = DOUBTFUL, counter: int = 0, scrambling: int = 0) -> bytes:
    """A packet that starts a PES packet of sound."""
    head = bytes((0x47, 0x40 | pid >> 8, pid & 0xFF, scrambling << 6 | 0x10 | counter))
    return (head + pes_header(90_000, stream_id=0xFD)).ljust(188, b"\x7f")


def cue(pid: int = DOUBTFUL, counter: int = 0) -> bytes:
    return packet.packetize_section(SECTION, pid, counter)[0]


def pmt(*es: Descriptor, info: tuple[Descriptor, ...] = (), number: int = 1) -> Pmt:
    return Pmt(number, 0x1FFF, (PmtStream(0x86, DOUBTFUL, es),), info)


def fed(*packets: bytes) -> ServiceMap:
    services = ServiceMap()
    for one in packets:
        block = packet.as_block(one)
        services.feed(block, packet.pids(block))
    return services


def kind(services: ServiceMap, number: int = 1) -> StreamKind:
    return services.codecs(services.pmts[number])[DOUBTFUL].kind


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (pmt(info=(CUEI,)), StreamKind.SPLICE),
        (pmt(CUEI), StreamKind.SPLICE),
        (pmt(CUE_IDENTIFIER, info=(HDMV,)), StreamKind.SPLICE),
        (pmt(), StreamKind.SPLICE),
        (pmt(info=(HDMV,)), StreamKind.AUDIO),
        (pmt(HDMV, LANGUAGE), StreamKind.AUDIO),
        (pmt(DTS2, info=(CUEI,)), StreamKind.AUDIO),
        (pmt(Descriptor(0x7B, b"\0")), StreamKind.AUDIO),
        (pmt(LANGUAGE), StreamKind.AUDIO),
        (pmt(LANGUAGE, info=(CUEI, HDMV)), StreamKind.AUDIO),
        (pmt(info=(CUEI, HDMV)), StreamKind.SPLICE),
    ],
)
def test_a_silent_pid_is_what_the_descriptors_say(declared: Pmt, expected: StreamKind) -> None:
    assert kind(fed(tables(declared))) is expected


@pytest.mark.parametrize("es", [(), (CUEI,), (LANGUAGE,)])
@pytest.mark.parametrize("info", [(), (CUEI,), (HDMV,)])
def test_packets_settle_what_it_is_whatever_the_descriptors_say(
    es: tuple[Descriptor, ...], info: tuple[Descriptor, ...]
) -> None:
    declared = tables(pmt(*es, info=info))
    assert kind(fed(declared, pes())) is StreamKind.AUDIO
    assert kind(fed(declared, cue())) is StreamKind.SPLICE


def test_a_pid_of_pes_is_followed_no_more_and_counts_no_damage() -> None:
    services = fed(tables(pmt()), *(pes(counter=counter) for counter in range(16)))
    assert DOUBTFUL not in services.followed_pids
    assert not services.crc_errors


def test_a_scrambled_start_settles_nothing_and_is_no_damage() -> None:
    services = fed(tables(pmt(info=(CUEI,))), *(pes(counter=n, scrambling=2) for n in range(8)))
    assert kind(services) is StreamKind.SPLICE
    assert not services.crc_errors


def test_a_damaged_start_settles_nothing() -> None:
    damaged = bytearray(pes())
    damaged[1] |= 0x80
    assert kind(fed(tables(pmt(info=(CUEI,))), bytes(damaged))) is StreamKind.SPLICE


def test_each_service_is_judged_by_its_own_registrations() -> None:
    sound, cues = pmt(info=(HDMV,)), Pmt(2, 0x1FFF, (PmtStream(0x86, 500),), (CUEI,))
    services = fed(tables(sound, cues))
    assert services.splice_pids(services.pmts[1]) == set()
    assert services.splice_pids(services.pmts[2]) == {500}


def test_packets_settle_it_for_every_service_that_shares_the_pid() -> None:
    services = fed(tables(pmt(info=(HDMV,)), pmt(info=(CUEI,), number=2)), cue())
    assert (kind(services, 1), kind(services, 2)) == (StreamKind.SPLICE, StreamKind.SPLICE)


def test_what_a_pmt_describes_anew_may_hold_something_new() -> None:
    services = fed(tables(pmt()), pes())
    anew = Pmt(1, 0x1FFF, (PmtStream(0x86, DOUBTFUL, (CUEI,)),), (), 1)
    block = packet.as_block(packet.packetize_section(anew.encode(), PMT_PID + 1, 1)[0])
    services.feed(block, packet.pids(block))
    assert kind(services) is StreamKind.SPLICE


def test_the_report_names_sound_as_sound() -> None:
    analyzer = StreamAnalyzer()
    analyzer.feed(packet.as_block(tables(pmt()) + pes() + pes(counter=1)))
    report = analyzer.report()
    assert report.scte35_pids == ()
    assert report.services[0].streams[0].codec.name == "DTS-HD"


def test_a_pes_packet_is_no_section_on_any_pid() -> None:
    assembler = SectionAssembler()
    plain = pes(0x11)[:4] + pes(0x11)[4:].ljust(184, b"\0")
    long_enough = [plain, *(bytes((0x47, 0, 0x11, 0x10 | n)) + bytes(184) for n in range(1, 4))]
    assert [section for one in long_enough for section in assembler.feed(one)] == []
    assert (assembler.crc_errors, assembler.lost) == (0, 0)
    assert assembler.feed(cue(0x11, 4)) == [SECTION]


def test_the_codings_of_blu_ray_are_named_where_its_registration_says_so() -> None:
    streams = tuple(PmtStream(0x80 + n, 0x1100 + n) for n in range(7))
    for info, kinds in (
        ((HDMV,), {StreamKind.AUDIO}),
        ((), {StreamKind.AUDIO, StreamKind.DATA, StreamKind.SPLICE}),
    ):
        services = fed(tables(Pmt(1, 0x1FFF, streams, info)))
        assert {codec.kind for codec in services.all_codecs().values()} == kinds


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_it_does_not_matter_how_packets_are_cut_into_blocks(size: int) -> None:
    whole = packet.as_block(tables(pmt()) + b"".join(pes(counter=n % 16) for n in range(200)))
    services = ServiceMap()
    analyzer = StreamAnalyzer()
    for start in range(0, len(whole), size):
        part = np.ascontiguousarray(whole[start : start + size])
        services.feed(part, packet.pids(part))
        analyzer.feed(part)
    assert kind(services) is StreamKind.AUDIO
    assert analyzer.report().scte35_pids == ()


@pytest.mark.parametrize("stream_type", [0x06, 0x86])
def test_cues_in_pes_as_ffmpeg_writes_them_are_noted(stream_type: int) -> None:
    declared = Pmt(1, 0x1FFF, (PmtStream(stream_type, 0x101),))
    head = bytes((0x47, 0x41, 0x01, 0x30, 183 - 14 - len(SECTION), 0x40))
    unit = pes_header(90_000, stream_id=0xBD) + SECTION
    packed = head + bytes(188 - len(head) - len(unit)) + unit
    analyzer = StreamAnalyzer()
    analyzer.feed(packet.as_block(tables(declared) + packed))
    report = analyzer.report()
    assert report.scte35_pids == ()
    assert f"PID 0x0101 holds SCTE-35 in PES packets of stream_type 0x{stream_type:02X}" in report.notes[0]


def test_other_private_data_is_not_called_cues() -> None:
    analyzer = StreamAnalyzer()
    analyzer.feed(packet.as_block(tables(Pmt(1, 0x1FFF, (PmtStream(0x06, 0x101),))) + pes(0x101)))
    assert analyzer.report().notes == ()
