"""Intake of the copy: datagrams that were left out are counted, and nothing but packets is recorded."""

import os
import socket
from pathlib import Path

import pytest

from ibe100.runner.local_socket import LocalSender
from ibe100.runner.recorder.ring import ANOTHER, BEGUN
from ibe100.runner.recorder.tap import Tap, packets_of
from ibe100.runner.recorder.writer import Batch

PACKET = b"\x47" + bytes(187)


def rtp(number: int, packets: int = 2, source: int = 7) -> bytes:
    head = b"\x80\x21" + (number & 0xFFFF).to_bytes(2) + bytes(4) + source.to_bytes(4)
    return head + PACKET * packets


@pytest.fixture
def room() -> memoryview:
    return memoryview(bytearray(65536))


def test_what_was_left_out_is_counted_in_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: memoryview
) -> None:
    monkeypatch.chdir(tmp_path)
    batches: list[Batch] = []
    tap = Tap("clip.sock", batches.append)
    sender = LocalSender("clip.sock")
    for number in (65534, 65535, 0, 3, 4):
        assert sender.send(rtp(number))

    assert tap.take(room) == 5
    tap.close()
    sender.close()

    assert [(one.packets, one.lost, one.flags) for one in batches] == [(6, 0, BEGUN), (4, 4, 0)]
    assert not Path("clip.sock").exists()


def test_another_processor_is_no_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: memoryview
) -> None:
    monkeypatch.chdir(tmp_path)
    batches: list[Batch] = []
    tap = Tap("clip.sock", batches.append)
    sender = LocalSender("clip.sock")
    sender.send(rtp(10))
    sender.send(rtp(500, source=8))
    tap.take(room)
    tap.close()
    sender.close()

    assert [(one.lost, one.flags) for one in batches] == [(0, BEGUN), (0, ANOTHER)]


def test_a_socket_that_was_deleted_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: memoryview
) -> None:
    monkeypatch.chdir(tmp_path)
    batches: list[Batch] = []
    tap = Tap("clip.sock", batches.append)
    Path("clip.sock").unlink()
    monkeypatch.setattr("ibe100.runner.local_socket.LOOK_S", 0.0)

    assert tap.renewed()
    sender = LocalSender("clip.sock")
    sender.send(rtp(1))
    tap.take(room)
    tap.close()
    sender.close()

    assert len(batches) == 1


def test_a_port_on_loopback_is_listened_on_too(room: memoryview) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    batches: list[Batch] = []
    tap = Tap(port, batches.append)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(rtp(1), ("127.0.0.1", port))
        tap.take(room)
    tap.close()

    assert [one.packets for one in batches] == [2]


@pytest.mark.parametrize(
    "datagram", [b"", b"\x80", rtp(1)[:-1], rtp(1, packets=0), b"\x00" + rtp(1)[1:], os.urandom(400)]
)
def test_what_is_no_packets_is_not_recorded(datagram: bytes) -> None:
    assert packets_of(datagram) == b"" or datagram[12] == 0x47
