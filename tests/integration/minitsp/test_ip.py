"""UDP in and out: nothing is lost, RTP is understood, and what cannot work says why."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from loopback import free_port
from minitsp_rig import MEDIA, Finished, finish, is_bound, port_of, run, running, send, udp_receiver, wait_for

DATAGRAM = 7 * 188
PMT_PID = 110


@pytest.fixture
def source() -> bytes:
    return (MEDIA / "dvb_hd_service.ts").read_bytes()


def collect(receiver: socket.socket, count: int) -> bytes:
    """The payload of datagrams until `count` bytes have come."""
    received = bytearray()
    while len(received) < count:
        received += receiver.recv(65_536)
    return bytes(received)


def feed(data: bytes, port: int, pause_s: float = 0.0005, size: int = DATAGRAM) -> None:
    """Send in datagrams of seven packets, about 20 Mb/s, or of another size in bytes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for at in range(0, len(data), size):
            sender.sendto(data[at : at + size], ("127.0.0.1", port))
            threading.Event().wait(pause_s)


@pytest.mark.parametrize("size", [1472, 1000])
def test_packets_may_lie_across_datagrams(size: int, source: bytes, tmp_path: Path) -> None:
    """ffmpeg sends 1,472 bytes at a time; some then begin like RTP."""
    port = free_port()
    target = tmp_path / "out.ts"
    with running("-I", "ip", port, "-O", "file", target) as process:
        wait_for(lambda: is_bound(port), "the input port")
        feed(source, port, size=size)
        wait_for(lambda: target.stat().st_size >= len(source), "every packet")
        done = finish(process)
    assert target.read_bytes() == source
    assert done.log == ["* tsp: user interrupt, terminating..."]


@pytest.mark.parametrize("rtp", [[], ["--rtp", "--payload-type=33", "--ssrc-identifier=7"]])
def test_a_stream_passes_two_processes_without_a_change(source: bytes, rtp: list[str]) -> None:
    port = free_port()
    with (
        udp_receiver() as receiver,
        running("-I", "ip", port, "-O", "ip", f"127.0.0.1:{port_of(receiver)}") as relay,
    ):
        wait_for(lambda: is_bound(port), "the input port")
        target = f"127.0.0.1:{port}"
        sent = run("-I", "file", "dvb_hd_service.ts", "-P", "regulate", "-O", "ip", target, *rtp)
        assert sent == Finished(0, b"", [])
        assert collect(receiver, len(source)) == source
        done = finish(relay)
    assert done.exit_code == 0
    assert done.log == ["* tsp: user interrupt, terminating..."]


def test_a_fast_feed_into_the_whole_chain_loses_nothing(source: bytes, tmp_path: Path) -> None:
    port = free_port()
    target = tmp_path / "out.ts"
    options = ["-P", "pmt", "--add-pid=500/0x86", "-P", "splicemonitor"]
    with running("-I", "ip", port, *options, "-O", "file", target) as process:
        wait_for(lambda: is_bound(port), "the input port")
        feed(source, port)
        wait_for(lambda: target.stat().st_size >= len(source) - 188, "every packet from the PAT on")
        assert finish(process).exit_code == 0
    before, after = (
        np.frombuffer(data, np.uint8).reshape(-1, 188) for data in (source[188:], target.read_bytes())
    )
    assert np.unique(before[(before != after).any(axis=1), 2]).tolist() == [PMT_PID]


@pytest.mark.parametrize("option", [[], ["--enforce-burst"]])
def test_datagrams_hold_seven_packets_at_most(source: bytes, option: list[str]) -> None:
    with udp_receiver() as receiver:
        target = f"127.0.0.1:{port_of(receiver)}"
        done = run("-I", "file", "dvb_hd_service.ts", "-P", "regulate", "-O", "ip", target, *option)
        assert done.exit_code == 0
        sizes: list[int] = []
        while sum(sizes) < len(source):
            sizes.append(len(receiver.recv(65_536)))
    assert max(sizes) == DATAGRAM
    if option:
        assert set(sizes[:-1]) == {DATAGRAM}


def test_rtp_counts_its_datagrams(source: bytes) -> None:
    with udp_receiver() as receiver:
        target = f"127.0.0.1:{port_of(receiver)}"
        rtp = ["--rtp", "--start-sequence-number=65534", "--ssrc-identifier=0x01020304", "--enforce-burst"]
        run("-I", "file", "dvb_hd_service.ts", "-P", "regulate", "-O", "ip", target, *rtp)
        heads = [receiver.recv(65_536)[:12] for _ in range(4)]
    assert [int.from_bytes(head[2:4], "big") for head in heads] == [65534, 65535, 0, 1]
    assert {head[:2] + head[8:] for head in heads} == {b"\x80\x21\x01\x02\x03\x04"}


def test_multicast_is_joined_on_the_address_given(source: bytes, tmp_path: Path) -> None:
    port = free_port()
    group = f"239.255.77.{port % 250 + 1}:{port}"
    target = tmp_path / "out.ts"
    with running("-I", "ip", group, "--local-address=127.0.0.1", "-O", "file", target) as process:
        wait_for(lambda: is_bound(port), "the input port")
        regulate = ["-P", "regulate"]
        local = ["--local-address=127.0.0.1", "--ttl=1"]
        run("-I", "file", "dvb_hd_service.ts", *regulate, "-O", "ip", group, *local)
        wait_for(lambda: target.stat().st_size == len(source), "the stream by multicast")
        finish(process)
    assert target.read_bytes() == source


def test_a_port_in_use_is_named() -> None:
    with udp_receiver() as taken:
        port = port_of(taken)
        done = run("-I", "ip", port, "--local-address=127.0.0.1", "-O", "drop")
        cue = run(
            "-I",
            "file",
            "dvb_hd_service.ts",
            "-P",
            "spliceinject",
            "--service=257",
            "--pid=500",
            f"--udp=127.0.0.1:{port}",
            "-O",
            "drop",
        )
    reason = f"error binding socket to local address 127.0.0.1:{port}: Address already in use"
    assert done == Finished(1, b"", [f"* Error: ip: {reason}"])
    assert cue == Finished(1, b"", [f"* Error: spliceinject: {reason}"])


def test_what_is_no_transport_stream_does_not_count_as_input() -> None:
    port = free_port()
    with running("-I", "ip", port, "--receive-timeout=1000", "-O", "drop") as process:
        wait_for(lambda: is_bound(port), "the input port")
        for _ in _until_ended(process):
            send(b"no packet here", port)
        done = finish(process, None)
    assert done.exit_code == 1
    assert done.log == ["* Error: ip: error receiving from UDP socket: Resource temporarily unavailable"]


def _until_ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    while process.poll() is None:
        yield
        threading.Event().wait(0.05)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nohost.invalid:5000", "* Error: ip: cannot resolve nohost.invalid"),
        ("5000", "* Error: ip: invalid address 5000, use address:port"),
    ],
)
def test_a_destination_that_cannot_be_used_is_named(target: str, reason: str) -> None:
    done = run("-I", "file", "dvb_hd_service.ts", "-O", "ip", target)
    assert done.exit_code == 1
    assert done.log[0].startswith(reason)


def ipv6_address() -> str:
    """One of this machine that multicast can go by; loopback has none."""
    for line in Path("/proc/net/if_inet6").read_text().splitlines():
        digits, _, _, scope, _, name = line.split()
        if (name, scope) != ("lo", "10") and scope == "00":
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))
    pytest.skip("no IPv6 address on this machine")


@pytest.mark.parametrize(
    ("receives", "sends"),
    [
        (["--local-address=::1", "{port}"], ["[::1]:{port}"]),
        (["--local-address={own}", "[ff12::77:1]:{port}"], ["--local-address={own}", "[ff12::77:1]:{port}"]),
        (
            ["--local-address={own}", "--source={own}", "--ssm", "[ff32::77:1]:{port}"],
            ["--local-address={own}", "[ff32::77:1]:{port}"],
        ),
    ],
    ids=["unicast", "multicast", "source-specific multicast"],
)
def test_ipv6_is_received_and_sent(
    receives: list[str], sends: list[str], source: bytes, tmp_path: Path
) -> None:
    port = free_port()
    target = tmp_path / "out.ts"
    own = ipv6_address() if "{own}" in receives[0] else ""
    words = [[word.format(port=port, own=own) for word in side] for side in (receives, sends)]
    with running("-I", "ip", *words[0], "-O", "file", target) as process:
        wait_for(lambda: f":{port:04X} " in Path("/proc/net/udp6").read_text(), "the input port")
        run("-I", "file", "dvb_hd_service.ts", "-P", "regulate", "-O", "ip", "--ttl=1", *words[1])
        wait_for(lambda: target.stat().st_size == len(source), "the stream")
        finish(process)
    assert target.read_bytes() == source
