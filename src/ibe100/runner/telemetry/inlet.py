"""Where datagrams for the runner come in: a port on loopback, or a socket that its children inherit."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from ibe100.runner.local_socket import LOOK_S, LocalReceiver, datagram_pair
from ibe100.runner.loop import FIRST, Loop
from ibe100.runner.spec import Port
from ibe100.runner.telemetry.senders import Address, UdpSenders

_LARGEST_DATAGRAM = 1 << 18


class Listener(Protocol):
    """Receives on one port."""

    def drain(self) -> object: ...
    def close(self) -> None: ...


class Inlet:
    """A socket whose datagrams are those of this user. OSError from the constructor: the port is taken.

    On a port the owner of each sender is asked for; `foreign` is told of others. Only who inherits the other
    end can send to a named socket.
    """

    def __init__(
        self, port: Port, buffer_bytes: int, senders: UdpSenders, foreign: Callable[[Address], None]
    ) -> None:
        self._senders = senders
        self._foreign = foreign
        self._other: socket.socket | None = None
        if isinstance(port, str):
            self.socket, self._other = datagram_pair()
        else:
            self.socket = _bound(port)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self.socket.setblocking(False)

    @property
    def sending_end(self) -> int:
        """The descriptor that a processor inherits."""
        assert self._other is not None
        return self._other.fileno()

    @property
    def is_open(self) -> bool:
        """True until it is closed."""
        return self.socket.fileno() != -1

    def waiting(self, most: int) -> Iterator[bytes]:
        """The datagrams of this user that have come, of `most` that are looked at."""
        for _ in range(most):
            try:
                data, sender = self.socket.recvfrom(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            if self._other is not None or self._senders.are_ours(sender):
                yield data
            else:
                self._foreign(sender)

    def close(self) -> None:
        """Close both ends."""
        self.socket.close()
        if self._other is not None:
            self._other.close()


class LocalListener:
    """A listener that can be found by a file too: by a processor whose own runner was killed.

    What nobody has heard it tells the next runner there, before that ends it.
    """

    def __init__(
        self, loop: Loop, inner: Listener, path: str, buffer_bytes: int, on_datagram: Callable[[bytes], None]
    ) -> None:
        self._loop = loop
        self._inner = inner
        self._receiver = LocalReceiver(path, buffer_bytes)
        self._on_datagram = on_datagram
        self._watched = self._receiver.socket
        loop.watch(self._watched, selectors.EVENT_READ, self._read, FIRST)
        self._timer = loop.call_later(LOOK_S, self._look)

    def drain(self) -> None:
        self._inner.drain()
        self._read(selectors.EVENT_READ)

    def close(self) -> None:
        self._timer.cancel()
        self._loop.unwatch(self._watched)
        self._receiver.close()
        self._inner.close()

    def _read(self, _events: int) -> None:
        try:
            while True:
                self._on_datagram(self._receiver.socket.recv(_LARGEST_DATAGRAM))
        except BlockingIOError:
            return

    def _look(self) -> None:
        """Go on with another socket where its file was deleted or replaced."""
        if self._receiver.renewed(time.monotonic()):
            self._loop.unwatch(self._watched)
            self._watched = self._receiver.socket
            self._loop.watch(self._watched, selectors.EVENT_READ, self._read, FIRST)
        self._timer = self._loop.call_later(LOOK_S, self._look)


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
