"""Copies of the stream on its way: the stream neither waits for them nor ends with them."""

import socket
from pathlib import Path

import pytest

from minitsp_rig import MEDIA, Finished, port_of, run, udp_receiver

DATAGRAM = 7 * 188
FILE = ("-I", "file", "dvb_hd_service.ts")


def received(receiver: socket.socket, count: int) -> list[bytes]:
    """Datagrams until `count` bytes of packets have come."""
    datagrams: list[bytes] = []
    while sum(map(len, datagrams)) < count:
        datagrams.append(receiver.recv(65_536))
    return datagrams


def test_the_copy_and_the_stream_hold_every_packet_in_whole_datagrams() -> None:
    source = (MEDIA / "dvb_hd_service.ts").read_bytes()
    with udp_receiver() as receiver:
        tap = ["-P", "ip", f"127.0.0.1:{port_of(receiver)}"]
        done = run(*FILE, "-P", "regulate", *tap, "-O", "file")
        datagrams = received(receiver, len(source))
    assert done == Finished(0, source, [])
    assert b"".join(datagrams) == source
    assert {len(datagram) for datagram in datagrams[:-1]} == {DATAGRAM}


def test_a_copy_by_rtp_counts_its_datagrams() -> None:
    with udp_receiver() as receiver:
        rtp = ["--rtp", "--start-sequence-number=65535", "--ssrc-identifier=7", "--packet-burst=4"]
        run(*FILE, "-P", "ip", *rtp, f"127.0.0.1:{port_of(receiver)}", "-O", "drop")
        heads = [receiver.recv(65_536) for _ in range(3)]
    assert [int.from_bytes(head[2:4], "big") for head in heads] == [65535, 0, 1]
    assert {len(head) for head in heads} == {12 + 4 * 188}


def test_a_copy_that_nobody_hears_changes_nothing() -> None:
    with udp_receiver() as gone:
        port = port_of(gone)
    done = run(*FILE, "-P", "ip", f"127.0.0.1:{port}", "-O", "file")
    assert done == Finished(0, (MEDIA / "dvb_hd_service.ts").read_bytes(), [])


def test_a_copy_that_cannot_be_sent_is_told_once_and_the_stream_goes_on() -> None:
    """A socket that may not broadcast is refused each datagram, as an unreachable network would."""
    done = run(*FILE, "-P", "ip", "255.255.255.255:5000", "-O", "file")
    reason = "error sending UDP message to 255.255.255.255:5000: Permission denied, packets left out"
    assert done == Finished(0, (MEDIA / "dvb_hd_service.ts").read_bytes(), [f"* Warning: ip: {reason}"])


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ([], "missing parameter address:port"),
        (["5000"], "invalid address 5000, use address:port"),
        (["--packet-burst=129", "127.0.0.1:5000"], "value for option --packet-burst must be <= 128"),
    ],
)
def test_a_copy_to_nowhere_is_refused_before_the_stream_begins(target: list[str], reason: str) -> None:
    done = run(*FILE, "-P", "ip", *target, "-O", "file")
    assert done == Finished(1, b"", [f"* Error: ip: {reason}"])


def test_a_file_tap_holds_what_passed_it_and_not_what_came_later(tmp_path: Path) -> None:
    source = (MEDIA / "dvb_hd_service.ts").read_bytes()
    target = tmp_path / "tap.ts"
    done = run(*FILE, "-P", "file", target, "-P", "filter", "--pid=120", "-O", "file")
    assert target.read_bytes() == source
    assert done.exit_code == 0
    assert 0 < len(done.stdout) < len(source)


def test_a_file_tap_that_cannot_be_written_ends_the_stream(tmp_path: Path) -> None:
    done = run(*FILE, "-P", "file", tmp_path / "no" / "tap.ts", "-O", "drop")
    reason = f"cannot create file {tmp_path}/no/tap.ts: No such file or directory"
    assert done == Finished(1, b"", [f"* Error: file: {reason}"])


def test_standard_input_may_have_packets_of_192_bytes() -> None:
    source = (MEDIA / "dvb_hd_service.ts").read_bytes()
    m2ts = b"".join(bytes(4) + source[at : at + 188] for at in range(0, len(source), 188))
    assert run("-O", "file", stdin=m2ts) == Finished(0, source, [])
