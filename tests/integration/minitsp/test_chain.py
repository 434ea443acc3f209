"""A cue through the whole chain, checked in the output by a parser that shares nothing with the product."""

import json
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from loopback import free_port
from minitsp_rig import MEDIA, finish, is_bound, port_of, running, send, udp_receiver, wait_for

IMMEDIATE_OUT = bytes.fromhex("fc302000000000000000fff00f05000186b77ffffe000dbba00001000000006d3026e8")
CUE_PID = 500


def crc32(data: bytes) -> int:
    """CRC-32/MPEG-2, bit by bit; 0 over a section with its CRC."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = register << 1 & 0xFFFFFFFF ^ (0x04C11DB7 if register & 0x80000000 else 0)
    return register


def packets_of(path: Path) -> list[bytes]:
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data) - 187, 188)]
    assert all(packet[0] == 0x47 for packet in packets)
    return packets


def pid_of(packet: bytes) -> int:
    return (packet[1] & 0x1F) << 8 | packet[2]


def sections(packets: list[bytes], pid: int) -> Iterator[bytes]:
    """Sections that begin in the first byte after the pointer field; each must pass its CRC."""
    held = b""
    for packet in packets:
        if pid_of(packet) != pid:
            continue
        body = packet[4:] if packet[3] >> 4 == 1 else packet[5 + packet[4] :]
        held = body[1 + body[0] :] if packet[1] & 0x40 else held + body
        size = 3 + ((held[1] & 0x0F) << 8 | held[2])
        if held[0] != 0xFF and len(held) >= size:
            assert crc32(held[:size]) == 0
            yield held[:size]
            held = b"\xff"


def descriptors(loop: bytes) -> list[tuple[int, bytes]]:
    found = []
    while loop:
        found.append((loop[0], loop[2 : 2 + loop[1]]))
        loop = loop[2 + loop[1] :]
    return found


def program(pmt: bytes) -> tuple[list[tuple[int, bytes]], dict[int, int]]:
    """Descriptors of program_info, and stream_type by PID."""
    info_end = 12 + ((pmt[10] & 0x0F) << 8 | pmt[11])
    streams, at = {}, info_end
    while at < len(pmt) - 4:
        streams[(pmt[at + 1] & 0x1F) << 8 | pmt[at + 2]] = pmt[at]
        at += 5 + ((pmt[at + 3] & 0x0F) << 8 | pmt[at + 4])
    return descriptors(pmt[12:info_end]), streams


def continuous(packets: list[bytes], pid: int) -> bool:
    counters = [packet[3] & 0x0F for packet in packets if pid_of(packet) == pid and packet[3] & 0x10]
    return all(after == (before + 1) & 0x0F for before, after in pairwise(counters))


@pytest.mark.parametrize(
    ("media", "service", "pmt_pid", "video"),
    [
        ("ott_with_scte35.ts", 1, 0x1000, 256),
        ("dvb_hd_service.ts", 257, 110, 120),
        ("sat_no_sdt.ts", 1, 99, 101),
    ],
)
def test_the_output_holds_exactly_the_cue_of_the_receipt(
    media: str, service: int, pmt_pid: int, video: int, tmp_path: Path
) -> None:
    target, cue_port = tmp_path / "out.ts", free_port()
    with udp_receiver() as receiver:
        source = ["--add-input-stuffing=1/20", "-I", "file", "--infinite", media, "-P", "regulate"]
        pmt = ["-P", "pmt", f"--service={service}", "--add-registration=0x43554549", "--add-pid=500/0x86"]
        inject = ["-P", "spliceinject", f"--service={service}", "--pid=500", f"--udp=127.0.0.1:{cue_port}"]
        monitor = ["-P", "splicemonitor", "--splice-pid=500", f"--time-pid={video}", "--all-commands"]
        report = ["--meta-base64-sections", f"--json-udp=127.0.0.1:{port_of(receiver)}"]
        with running(*source, *pmt, *inject, *monitor, *report, "-O", "file", target) as process:
            wait_for(lambda: is_bound(cue_port), "the cue port")
            send(IMMEDIATE_OUT, cue_port)
            event, table = (json.loads(receiver.recv(65_536)) for _ in range(2))
            wait_for(lambda: target.stat().st_size > 60_000, "the stream to go on")
            assert finish(process).exit_code == 0
    assert event["progress"] == "immediate"
    seen = b64decode(table["#nodes"][0]["#nodes"][0]["base64"])
    packets = packets_of(target)
    assert list(sections(packets, CUE_PID)) == [seen] == [IMMEDIATE_OUT]
    tables = list(sections(packets, pmt_pid))
    assert tables
    for found in tables:
        info, streams = program(found)
        assert (5, b"CUEI") in info
        assert streams[CUE_PID] == 0x86
    assert continuous(packets, pmt_pid)
    rest = [packet for packet in packets if pid_of(packet) not in (CUE_PID, pmt_pid, 0x1FFF)]
    original = [packet for packet in packets_of(MEDIA / media) if pid_of(packet) != pmt_pid]
    rounds = len(rest) // len(original) + 2
    first_pat = next(index for index, packet in enumerate(original) if pid_of(packet) == 0)
    assert rest == (original * rounds)[first_pat : first_pat + len(rest)]


def test_a_live_udp_stream_gets_its_cue_too(tmp_path: Path) -> None:
    target, cue_port, port = tmp_path / "out.ts", free_port(), free_port()
    with udp_receiver() as receiver:
        inject = ["-P", "spliceinject", "--service=1", "--pid=500", f"--udp=127.0.0.1:{cue_port}"]
        monitor = ["-P", "splicemonitor", "--splice-pid=500", "--all-commands", "--meta-base64-sections"]
        report = f"--json-udp=127.0.0.1:{port_of(receiver)}"
        arguments = ["-a", "1/20", "-I", "ip", port, *inject, *monitor, report, "-O", "file", target]
        feed = ["-I", "file", "--infinite", "ott_with_scte35.ts", "-P", "regulate", "-O", "ip"]
        with running(*arguments) as process:
            wait_for(lambda: is_bound(port), "the input port")
            with running(*feed, f"127.0.0.1:{port}", stderr=subprocess.DEVNULL):
                send(IMMEDIATE_OUT, cue_port)
                receiver.recv(65_536)
            assert finish(process).exit_code == 0
    assert list(sections(packets_of(target), CUE_PID)) == [IMMEDIATE_OUT]
