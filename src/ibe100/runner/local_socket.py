"""Unix datagram sockets between the processes of one stream: nobody else on the machine can send to them.

A process finds another by an inherited descriptor, which no file stands for, or by a path in the stream's
folder (0700). The runner and its children work in that folder: a name alone is enough, however deep it lies.
"""

import contextlib
import errno
import json
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from ibe100.runner.launch import short_socket_path

SCHEME = "unix:"
"""Begins the address of such a socket in a command line: `unix:NAME` or `unix:/PATH`."""
INHERITED = "IBE100_SOCKETS"
"""Environment variable with the descriptors a process inherits, by name: a JSON object of numbers."""
LARGEST = 200_000
"""Bytes of a datagram that fit into the buffer Linux gives by default."""
LOOK_S = 0.2
"""Between two looks at whether the socket's file is still there."""
_SEND_BUFFER_BYTES = 1 << 20
"""Asked of the system, which may grant less; macOS sends no datagram that is longer."""
_PATIENCE_S = 0.5
_NOBODY = (errno.ENOENT, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN, errno.ENOTDIR)


def socket_path(address: str) -> str | None:
    """The name or path of `unix:…`; None for any other address."""
    return address.removeprefix(SCHEME) if address.startswith(SCHEME) else None


def inherited_socket(name: str) -> socket.socket | None:
    """A socket of its own on the descriptor that was inherited under this name; None where there is none."""
    number = json.loads(os.environ.get(INHERITED, "{}")).get(name)
    return None if number is None else socket.socket(fileno=os.dup(number))


def datagram_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends, the first to receive and the second to send."""
    receiver, sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return receiver, sender


def inheritance(sockets: Mapping[str, int]) -> dict[str, str]:
    """The variable that tells a child of its descriptors."""
    return {INHERITED: json.dumps(dict(sockets))}


class LocalReceiver:
    """A socket that receives at a path. OSError: it cannot be made.

    Its file is made again where it was deleted or replaced. Where its folder is missing it hears nothing
    until that is back: a picture does not end for it.
    """

    def __init__(self, path: str, buffer_bytes: int) -> None:
        self._path = Path(path)
        self._buffer_bytes = buffer_bytes
        self._looked_s = 0.0
        self._bound_inode: tuple[int, int] | None = None
        try:
            self.socket = self._bound()
        except FileNotFoundError:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)

    @property
    def is_bound(self) -> bool:
        """False while it has not had a folder yet."""
        return self._bound_inode is not None

    def renewed(self, now_s: float) -> bool:
        """True where the socket had to be made again, and is another one now; looks a few times a second."""
        if now_s - self._looked_s < LOOK_S:
            return False
        self._looked_s = now_s
        if self.is_bound and self._inode() == self._bound_inode:
            return False
        before = self.socket
        try:
            self.socket = self._bound()
        except OSError:  # its folder is gone, or the disk refuses: looked at again
            return False
        self.socket.setblocking(False)
        before.close()
        return True

    def close(self) -> None:
        """Close it, and remove its file."""
        self.socket.close()
        if self.is_bound and self._inode() == self._bound_inode:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _bound(self) -> socket.socket:
        self._path.unlink(missing_ok=True)  # of a process that was killed
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        before = os.umask(0o177)
        try:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer_bytes)
            with short_socket_path(self._path) as name:
                receiver.bind(name)
            self._bound_inode = self._inode()
        except OSError:
            receiver.close()
            raise
        finally:
            os.umask(before)
        return receiver

    def _inode(self) -> tuple[int, int] | None:
        try:
            facts = self._path.lstat()
        except OSError:
            return None
        return facts.st_dev, facts.st_ino


@contextlib.contextmanager
def receiving(port: int | str, buffer_bytes: int) -> Iterator[socket.socket]:
    """A socket at a port on 127.0.0.1, or at the path of a Unix socket. OSError: it cannot be made."""
    if isinstance(port, str):
        local = LocalReceiver(port, buffer_bytes)
        try:
            if not local.is_bound:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), port)
            yield local.socket
        finally:
            local.close()
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        receiver.bind(("127.0.0.1", port))
        yield receiver


class LocalSender:
    """Sends datagrams to whoever receives under a name: by its inherited descriptor, else at its path.

    Receivers come and go, so that nobody is there is no error. `patient`: a receiver that has no room is
    waited for, half a second at most, and not again until it takes something.
    """

    def __init__(self, path: str, *, patient: bool = False) -> None:
        self._path = path
        self._patient = self._waits = patient
        self._socket = inherited_socket(path)

    def send(self, data: bytes) -> bool:
        """True once it lies in the receiver's queue, False where there is none or no room. Raises OSError."""
        for sender in self._ways():
            try:
                sender.send(data, 0 if self._waits else socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._waits = False
                return False
            except OSError as error:
                if error.errno not in _NOBODY:
                    raise
                self.close()
            else:
                self._waits = self._patient
                return True
        return False

    def close(self) -> None:
        """Close the socket; the next datagram opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ways(self) -> Iterator[socket.socket]:
        """The connected socket, then one connected anew: the receiver of the first may have gone."""
        if self._socket is not None:
            yield self._socket
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
            # Not Python's timeout, which waits for room in our own buffer: it is the receiver's that is full.
            limit = struct.pack("@ll", 0, round(_PATIENCE_S * 1e6))
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            with short_socket_path(Path(self._path)) as name:
                sender.connect(name)
        except OSError as error:
            sender.close()
            if error.errno not in _NOBODY:
                raise
            return
        self._socket = sender
        yield sender
