"""tables sends each section of the wanted tables once, until its bytes change."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel
from ibe100.minitsp.plugins.tables import Tables
from ibe100.mpegts.packet import packetize_section
from ibe100.mpegts.psi import Pat, Pmt, PmtStream

PAT = Pat(1, ((1, 0x1000),))
PMT = Pmt(1, 0x100, (PmtStream(0x1B, 0x100), PmtStream(0x86, 500)))


class Silence:
    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        return None


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        yield bound


def tables(receiver: socket.socket, *more: str) -> Tables:
    port = receiver.getsockname()[1]
    words = [
        "--psi-si",
        "--all-sections",
        "--no-duplicate",
        f"--ip-udp=127.0.0.1:{port}",
        "--no-encapsulation",
    ]
    return Tables(Tables.options.parse([*words, *more]), Context(GlobalOptions(), Silence()))


def received(receiver: socket.socket) -> list[bytes]:
    sections = []
    while True:
        try:
            sections.append(receiver.recv(65536))
        except BlockingIOError:
            return sections


def block(sections: list[tuple[int, bytes]]) -> Block:
    counters: dict[int, int] = {}
    data = bytearray()
    for pid, section in sections:
        packets = packetize_section(section, pid, counters.get(pid, 0))
        counters[pid] = counters.get(pid, 0) + len(packets) & 0x0F
        data += b"".join(packets)
    return Block(np.frombuffer(bytes(data), np.uint8).reshape(-1, 188).copy(), 0)


def test_a_section_is_told_once_and_again_when_it_changes_even_without_a_new_version(
    receiver: socket.socket,
) -> None:
    changed = replace(PMT, streams=(PMT.streams[0], PmtStream(0x06, 500)))
    plugin = tables(receiver)
    plugin.start()
    cycle = [(0, PAT.encode()), (0x1000, PMT.encode())]
    passed = plugin.process(block([*cycle, *cycle, (0x1000, changed.encode()), (0x1000, changed.encode())]))
    plugin.stop()
    assert received(receiver) == [PAT.encode(), PMT.encode(), changed.encode()]
    assert len(passed) == 6


def test_only_the_wanted_tables_are_told_and_the_pat_still_leads_to_the_pmt(receiver: socket.socket) -> None:
    plugin = tables(receiver, "--tid=2")
    plugin.start()
    plugin.process(block([(0x1000, PMT.encode())]))
    assert received(receiver) == [], "nobody knows yet that 0x1000 holds a PMT"
    plugin.process(block([(0x1000, PMT.encode()), (0, PAT.encode())]))
    plugin.stop()
    assert received(receiver) == [PMT.encode()]


@pytest.mark.parametrize("left_out", ["--all-sections", "--ip-udp=127.0.0.1:9", "--no-encapsulation"])
def test_what_is_not_built_in_is_refused(left_out: str) -> None:
    words = [w for w in ("--all-sections", "--ip-udp=127.0.0.1:9", "--no-encapsulation") if w != left_out]
    with pytest.raises(OptionError, match=f"add {left_out.partition('=')[0]}"):
        Tables(Tables.options.parse(words), Context(GlobalOptions(), Silence()))
