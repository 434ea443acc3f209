"""Sockets of a stream: found by name or inherited, lost and made again, full, or without a listener."""

import socket
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest

from ibe100.runner.local_socket import (
    LARGEST,
    LocalReceiver,
    LocalSender,
    datagram_pair,
    inheritance,
    receiving,
    socket_path,
)

BUFFER = 1 << 20


def heard(receiver: LocalReceiver) -> list[bytes]:
    found = []
    try:
        while True:
            found.append(receiver.socket.recv(1 << 18))
    except BlockingIOError:
        return found


def test_an_address_is_told_from_a_port() -> None:
    assert socket_path("unix:cue.sock") == "cue.sock"
    assert socket_path("127.0.0.1:20000") is None


def test_a_datagram_comes_whole_and_only_the_user_may_send(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sock")
    with closing(LocalReceiver(path, BUFFER)) as receiver, closing(LocalSender(path)) as sender:
        assert sender.send(bytes(LARGEST))
        assert heard(receiver) == [bytes(LARGEST)]
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert not Path(path).exists()


def test_a_deep_folder_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    folder.mkdir()
    path = str(folder / "a.sock")
    with closing(LocalReceiver(path, BUFFER)) as receiver, closing(LocalSender(path)) as sender:
        assert sender.send(b"one")
        assert heard(receiver) == [b"one"]


def test_receivers_come_and_go(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sock")
    with closing(LocalSender(path)) as sender:
        assert not sender.send(b"nobody is there")
        LocalReceiver(path, BUFFER).socket.close()  # of a process that was killed: its file stays
        assert not sender.send(b"nobody is there any more")
        with closing(LocalReceiver(path, BUFFER)) as receiver:
            assert sender.send(b"first")
            assert heard(receiver) == [b"first"]
        with closing(LocalReceiver(path, BUFFER)) as receiver:
            assert sender.send(b"second")
            assert heard(receiver) == [b"second"]


@pytest.mark.parametrize("patient", [False, True])
def test_a_receiver_that_does_not_read_holds_nobody_up_for_long(tmp_path: Path, patient: bool) -> None:
    path = str(tmp_path / "a.sock")
    with (
        closing(LocalReceiver(path, BUFFER)) as receiver,
        closing(LocalSender(path, patient=patient)) as sender,
    ):
        taken = 0
        while sender.send(b"x" * 1000):
            taken += 1
        began = time.monotonic()
        assert not any(sender.send(b"y") for _ in range(100)), "nor is it waited for again each time"
        assert time.monotonic() - began < 20
        assert heard(receiver) == [b"x" * 1000] * taken
        assert sender.send(b"z")


def test_a_file_that_is_deleted_or_replaced_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with closing(LocalReceiver(str(path), BUFFER)) as receiver, closing(LocalSender(str(path))) as sender:
        assert not receiver.renewed(100.0)
        path.unlink()
        assert not receiver.renewed(100.1), "it looks now and then"
        assert receiver.renewed(101.0)
        assert sender.send(b"one")
        path.unlink()
        path.touch()
        assert receiver.renewed(102.0)
        assert sender.send(b"two")
        assert heard(receiver) == [b"two"]


def test_without_its_folder_it_goes_on_with_whom_it_knows(tmp_path: Path) -> None:
    folder = tmp_path / "stream"
    folder.mkdir()
    path = folder / "a.sock"
    with closing(LocalReceiver(str(path), BUFFER)) as receiver, closing(LocalSender(str(path))) as sender:
        assert sender.send(b"one")
        path.unlink()
        folder.rmdir()
        assert not receiver.renewed(100.0)
        assert sender.send(b"two")
        assert heard(receiver) == [b"one", b"two"]


def test_a_folder_that_is_missing_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "stream"
    path = str(folder / "a.sock")
    with closing(LocalReceiver(path, BUFFER)) as receiver, closing(LocalSender(path)) as sender:
        assert not receiver.renewed(100.0)
        assert heard(receiver) == []
        folder.mkdir()
        assert receiver.renewed(101.0)
        assert sender.send(b"one")
        assert heard(receiver) == [b"one"]


def test_a_name_that_is_taken_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.sock").mkdir()
    with pytest.raises(OSError):
        LocalReceiver(str(tmp_path / "a.sock"), BUFFER)


def test_an_inherited_end_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ours, theirs = datagram_pair()
    with ours, theirs:
        ours.setblocking(False)
        for name, value in inheritance({"a.sock": theirs.fileno()}).items():
            monkeypatch.setenv(name, value)
        with closing(LocalSender("a.sock")) as sender:
            assert sender.send(b"one")
            assert ours.recv(100) == b"one"
            # The runner was killed, and the next one listens by the name.
            ours.close()
            with closing(LocalReceiver(str(tmp_path / "a.sock"), BUFFER)) as receiver:
                assert sender.send(b"two")
                assert heard(receiver) == [b"two"]
    assert not list(tmp_path.iterdir())


def test_a_port_and_a_path_receive_alike(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sock")
    with receiving(path, BUFFER) as receiver, closing(LocalSender(path)) as sender:
        assert sender.send(b"one")
        assert receiver.recv(100) == b"one"
    with receiving(0, BUFFER) as receiver, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"two", receiver.getsockname())
        assert receiver.recv(100) == b"two"
    with pytest.raises(OSError), receiving(str(tmp_path / "missing" / "a.sock"), BUFFER):
        pass
