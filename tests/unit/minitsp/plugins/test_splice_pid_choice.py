"""splicemonitor and spliceinject find the PID of cues, also where sound has stream_type 0x86."""

import pytest

from ibe100.minitsp.plugins.spliceinject import SpliceInject
from ibe100.minitsp.plugins.splicemonitor import SpliceMonitor
from ibe100.mpegts import packet
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from packet_fields import pes_header
from plugin_rig import build, process

SOUND, CUES, VIDEO, PMT_PID = 0x1100, 500, 0x1011, 0x100
HDMV = (Descriptor(5, b"HDMV"),)
SECTION = encode(splice_insert(7, out_of_network=True, pts_time=900_000))


def tables(streams: tuple[PmtStream, ...], info: tuple[Descriptor, ...]) -> list[bytes]:
    pmt = Pmt(1, VIDEO, (PmtStream(0x1B, VIDEO), *streams), info)
    packets = packet.packetize_section(Pat(1, ((1, PMT_PID),)).encode(), 0, 0)
    return packets + packet.packetize_section(pmt.encode(), PMT_PID, 0)


def unit(pid: int, counter: int, *, starts: bool = True) -> bytes:
    head = bytes((0x47, (0x40 if starts else 0) | pid >> 8, pid & 0xFF, 0x10 | counter & 15))
    return (head + (pes_header(counter * 3600) if starts else b"")).ljust(188, b"\x55")


def monitored(*packets: bytes) -> list[str]:
    """Lines of a splicemonitor that was given some packets."""
    plugin, log = build(SpliceMonitor)
    process(plugin, packet.as_block(b"".join(packets)), 1)
    return log.lines


def watched(lines: list[str]) -> set[int]:
    return {int(line.rpartition("(")[2].rstrip(")")) for line in lines if "starting monitoring" in line}


@pytest.mark.parametrize("info", [HDMV, ()])
def test_sound_is_not_monitored_and_cues_beside_it_are(info: tuple[Descriptor, ...]) -> None:
    streams = (PmtStream(0x86, SOUND), PmtStream(0x86, CUES, (Descriptor(5, b"CUEI"),)))
    sound = [unit(SOUND, n, starts=n % 2 == 0) for n in range(20)]
    lines = monitored(*tables(streams, info), *sound, *packet.packetize_section(SECTION, CUES, 0))
    assert CUES in watched(lines)
    assert not any("ignored" in line for line in lines)
    assert sum("event 0x00000007" in line for line in lines) == 1


def test_cues_on_a_pid_that_was_taken_for_sound_are_monitored() -> None:
    cue = packet.packetize_section(SECTION, SOUND, 0)
    lines = monitored(
        *tables((PmtStream(0x86, SOUND),), HDMV), *cue, *packet.packetize_section(SECTION, SOUND, 1)
    )
    assert watched(lines) == {SOUND}


@pytest.mark.parametrize("before", [0, 1, 4])
def test_the_injector_gives_up_a_pid_that_turns_out_to_be_sound(before: int) -> None:
    """Sound without any registration comes before the PMT or after it."""
    streams = (PmtStream(0x86, SOUND), PmtStream(0x86, CUES))
    sound = [unit(SOUND, n, starts=n % 2 == 1) for n in range(8)]
    packets = sound[:before] + tables(streams, ()) + sound[before:]
    plugin, log = build(SpliceInject, "--service=1", "--udp=127.0.0.1:0")
    process(plugin, packet.as_block(b"".join(packets)), 1)
    assert not plugin.context.stopping, log.lines


def test_the_injector_ends_where_all_that_could_be_cues_is_sound() -> None:
    packets = tables((PmtStream(0x86, SOUND),), ()) + [unit(SOUND, n) for n in range(4)]
    plugin, log = build(SpliceInject, "--service=1", "--udp=127.0.0.1:0")
    process(plugin, packet.as_block(b"".join(packets)), 1)
    assert plugin.context.stopping
    assert "could not find an SCTE 35" in str(log.lines)
