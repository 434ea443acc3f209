"""Cues take the place of null packets only, at their time, byte for byte."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel
from ibe100.minitsp.plugins.spliceinject import SpliceInject
from ibe100.mpegts.packet import null_packet, packetize_section, pids
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.mpegts.timestamps import PTS_MODULO, pts_add
from ibe100.scte35.cues import splice_insert, time_signal
from ibe100.scte35.section import encode
from ibe100.scte35.values import RawDescriptor
from ibe100.scte35.xml.tsduck import to_xml
from loopback import free_port
from packet_fields import pes_header

CUE_PID, VIDEO_PID, PMT_PID = 500, 0x100, 0x1000
PAT = Pat(1, ((1, PMT_PID),)).encode()
PMT = Pmt(1, VIDEO_PID, (PmtStream(0x1B, VIDEO_PID), PmtStream(0x86, CUE_PID))).encode()


class Lines:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        if level is not LogLevel.VERBOSE:
            self.lines.append(f"{level.name} {text}")


def video(pts: int) -> bytes:
    head = bytes((0x47, 0x40 | VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x10))
    return (head + pes_header(pts)).ljust(188, b"\x00")


def stream(start_pts: int, frames: int, nulls: int = 2) -> Block:
    """Tables, then 25 frames a second, each followed by null packets."""
    packets = packetize_section(PAT, 0, 0) + packetize_section(PMT, PMT_PID, 0)
    for frame in range(frames):
        packets += [video(pts_add(start_pts, frame * 3600)), *[null_packet()] * nulls]
    return Block(np.frombuffer(bytearray(b"".join(packets)), np.uint8).reshape(-1, 188), 0)


class Rig:
    """A started plugin and a way to send it datagrams."""

    def __init__(self, options: list[str], *, attended: bool) -> None:
        self.address = ("127.0.0.1", free_port())
        self.log = Lines()
        self.context = Context(GlobalOptions(), self.log, attended=attended)
        tokens = [f"--udp=127.0.0.1:{self.address[1]}", *options]
        self.plugin = SpliceInject(SpliceInject.options.parse(tokens), self.context)
        self.plugin.start()

    def send(self, *datagrams: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for datagram in datagrams:
                sender.sendto(datagram, self.address)

    def run(self, block: Block, size: int = 7) -> np.ndarray:
        """Pass a stream in blocks of `size` packets."""
        parts = []
        for at in range(0, len(block), size):
            if self.context.stopping:
                break
            part = Block(block.packets[at : at + size].copy(), at)
            parts.append(self.plugin.process(part).packets)
        return np.concatenate(parts)


@contextmanager
def inject(*options: str, attended: bool = False) -> Iterator[Rig]:
    rig = Rig(list(options), attended=attended)
    try:
        yield rig
    finally:
        rig.plugin.stop()


def cues(packets: np.ndarray) -> list[tuple[int, bytes]]:
    """(row of the last packet, section) of every cue."""
    assembler, found = SectionAssembler(), []
    for row in np.flatnonzero(pids(packets) == CUE_PID).tolist():
        found += [(row, section) for section in assembler.feed(packets[row].tobytes())]
    assert assembler.lost == assembler.crc_errors == 0
    return found


def test_an_immediate_cue_takes_the_first_null_packet_and_nothing_else_changes() -> None:
    section = encode(splice_insert(7, True))
    before = stream(0, 20)
    with inject("--service=1") as rig:
        rig.send(section)
        after = rig.run(before)
    assert cues(after) == [(3, section)]
    changed = np.flatnonzero((after != before.packets).any(axis=1))
    assert changed.tolist() == [3]


@pytest.mark.parametrize("start_pts", [0, PTS_MODULO - 90_000, PTS_MODULO - 8 * 90_000])
def test_a_timed_cue_is_sent_ahead_of_its_time_across_the_wrap(start_pts: int) -> None:
    section = encode(splice_insert(7, True, pts_time=pts_add(start_pts, 9 * 90_000)))
    with inject("--service=1", "--start-delay=6000", "--inject-count=3", "--inject-interval=1500") as rig:
        rig.send(section)
        sent = cues(rig.run(stream(start_pts, 300)))
    frames = [(row - 2) // 3 for row, _ in sent]
    assert frames == [76, 113, 151]
    assert {data for _, data in sent} == {section}


def test_a_cue_larger_than_a_packet_goes_on_in_the_next_null_packets() -> None:
    section = encode(time_signal(*[RawDescriptor(0xF0, b"TEST" + bytes(200))] * 2))
    with inject("--service=1", "--pid=500") as rig:
        rig.send(section)
        assert [data for _, data in cues(rig.run(stream(0, 20)))] == [section]


def test_one_datagram_may_be_xml() -> None:
    value = splice_insert(7, True, duration_pts=900_000)
    with inject("--service=1") as rig:
        rig.send(to_xml(value).encode())
        assert [data for _, data in cues(rig.run(stream(0, 20)))] == [encode(value)]


@pytest.mark.parametrize(
    ("datagram", "message"),
    [
        (b"<bad>", "ERROR no section in the XML message"),
        (b"hello", "ERROR cannot find received data type, 5 bytes, 68 65 6C 6C 6F ..."),
        (b'{"a": 1}', "ERROR JSON messages need TSDuck"),
        (b"\xfc\x30\x20\x00", "ERROR truncated section, 4 bytes of 35"),
        (encode(splice_insert(7, True))[:-1] + b"\x00", "ERROR received invalid splice information section"),
    ],
)
def test_what_is_no_cue_is_named_and_sends_nothing(datagram: bytes, message: str) -> None:
    with inject("--service=1") as rig:
        rig.send(datagram)
        assert cues(rig.run(stream(0, 20))) == []
        assert len(rig.log.lines) == 1
        assert rig.log.lines[0].startswith(message)


def test_a_full_queue_says_so() -> None:
    timed = encode(splice_insert(7, True, pts_time=90_000 * 100))
    with inject("--service=1", "--queue-size=2") as rig:
        rig.send(timed, timed, timed)
        rig.run(stream(0, 5))
        assert rig.log.lines == ["WARNING queue overflow, dropped one section"]


def test_splice_null_keeps_the_pid_alive() -> None:
    with inject("--service=1", "--min-inter-packet=60") as rig:
        rows = [row for row, _ in cues(rig.run(stream(0, 100)))]
    gaps = np.diff([0, *rows])
    assert len(rows) == 5
    assert gaps.min() >= 60
    assert gaps.max() <= 62


def test_a_pid_that_the_input_uses_ends_the_chain_unless_allowed() -> None:
    for options, stops in ([], True), (["--ignore-pid-conflict"], False):
        with inject("--service=1", "--pid=0x100", *options) as rig:
            rig.run(stream(0, 5))
            assert rig.context.stopping is stops
            assert rig.context.exit_code == int(stops)
            conflict = "PID conflict: PID 0x0100 (256) for SCTE-35 injection detected in input stream"
            assert rig.log.lines == ([f"ERROR {conflict}"] if stops else [])


def test_without_null_packets_a_cue_waits() -> None:
    section = encode(splice_insert(7, True))
    with inject("--service=1") as rig:
        rig.send(section)
        assert cues(rig.run(stream(0, 50, nulls=0))) == []
        assert [data for _, data in cues(rig.run(stream(180_000, 5)))] == [section]


def test_an_immediate_cue_that_waited_too_long_is_dropped_where_a_runner_attends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ibe100.minitsp.plugins.spliceinject._IMMEDIATE_S", 0.0)
    with inject("--service=1", attended=True) as rig:
        rig.send(encode(splice_insert(7, True)))
        rig.run(stream(0, 5, nulls=0))
        assert cues(rig.run(stream(18_000, 5))) == []
        assert rig.log.lines == [
            "WARNING dropping SpliceInsert out, immediate, no null packet came for it within 0 s"
        ]
