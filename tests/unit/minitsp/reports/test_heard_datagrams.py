"""Datagrams that nobody hears are sent again once somebody listens, and heard ones are not."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ibe100.minitsp.reports.heard_datagrams import HeardDatagrams, KeptDatagrams
from ibe100.runner.local_socket import LocalSender, receiving
from loopback import free_port

LATER_S = 1.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(60.0)
        yield made


def until_refused(sender: HeardDatagrams, times: int) -> None:
    """Let it look at what it has sent, again and again, while nobody listens."""
    for _ in range(times):
        sender.tick(time.monotonic() + LATER_S)
        time.sleep(0.05)


def test_what_nobody_heard_comes_when_somebody_listens(listener: socket.socket) -> None:
    port = free_port()
    sender = HeardDatagrams(("127.0.0.1", port))
    sender.send(b"first")
    sender.send(b"second")
    sender.tick(time.monotonic())
    listener.bind(("127.0.0.1", port))
    until_refused(sender, 1)
    assert {listener.recv(100), listener.recv(100)} == {b"first", b"second"}
    until_refused(sender, 3)
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.recv(100)


def test_a_sender_that_closes_says_it_for_the_last_time(listener: socket.socket) -> None:
    port = free_port()
    sender = HeardDatagrams(("127.0.0.1", port))
    sender.send(b"a receipt")
    time.sleep(0.05)
    listener.bind(("127.0.0.1", port))
    sender.close()
    assert listener.recv(100) == b"a receipt"


def test_on_a_unix_socket_what_is_not_taken_is_kept_in_order(tmp_path: Path) -> None:
    path = str(tmp_path / "splice.sock")
    local = LocalSender(path)
    sender = KeptDatagrams(local)
    sender.send(b"first")
    sender.send(b"second")
    with closing(local), receiving(path, 1 << 20) as listener:
        sender.tick(time.monotonic())
        sender.send(b"third")
        assert [listener.recv(100) for _ in range(3)] == [b"first", b"second", b"third"]
        sender.close()
        with pytest.raises(BlockingIOError):
            listener.recv(100)
