"""Output to a client that pulls the stream over HTTP."""

import contextlib
import select
import socket
import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketOutput, Packets, PluginError
from ibe100.mpegts.constants import PACKET_SIZE

_POLL_S: Final = 0.05
_REQUEST_LIMIT_BYTES: Final = 16_384
_REQUEST_TIMEOUT_S: Final = 5.0
_MOST_BACKLOG_BYTES: Final = 4 << 20
_END_OF_REQUEST: Final = b"\r\n\r\n"
_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n"
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Client:
    """One connection: its request, then what waits to be sent. No call blocks."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self.socket = connected
        self.is_served = False
        self._request = b""
        self._deadline_s = time.monotonic() + _REQUEST_TIMEOUT_S
        self._backlog = bytearray()

    def request(self) -> bytes | None:
        """The request, None until all of it has come. OSError when it will not come."""
        with contextlib.suppress(BlockingIOError):
            received = self.socket.recv(4096)
            if not received:
                raise ConnectionResetError
            self._request += received
        if len(self._request) > _REQUEST_LIMIT_BYTES or time.monotonic() > self._deadline_s:
            raise TimeoutError
        return self._request if _END_OF_REQUEST in self._request else None

    def queue(self, data: bytes | memoryview) -> None:
        """Send, or keep what cannot be sent yet. OSError when the client is gone or far too slow."""
        self._backlog += data
        with contextlib.suppress(BlockingIOError):
            del self._backlog[: self.socket.send(self._backlog)]
        if len(self._backlog) > _MOST_BACKLOG_BYTES:
            raise TimeoutError

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()


class HttpOutput(PacketOutput):
    """Serves the stream to one client at a time (tsp -O http); without a client nothing flows.

    When the client goes the chain ends, unless --multiple-clients asks to wait for the next one. With
    --multiple-clients and --realtime nothing waits: packets that nobody reads are dropped, and so is a
    client that does not keep up.
    """

    name: ClassVar[str] = "http"
    options: ClassVar[OptionTable] = OptionTable(
        Option("buffer-size", OptionKind.INTEGER),
        Option("ignore-bad-request"),
        Option("multiple-clients", short="m"),
        Option("no-reuse-port"),
        Option("server", OptionKind.ADDRESS, "s"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        if not arguments.present("server"):
            raise OptionError("missing option --server")
        self._address = arguments.address("server")
        self._server: socket.socket | None = None
        self._client: _Client | None = None
        self._drops = arguments.present("multiple-clients") and context.tsp.realtime

    def start(self) -> None:
        host, port = self._address
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._server = server
        try:
            if not self.arguments.present("no-reuse-port"):
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((host, port))
            server.listen(1)
        except OSError as error:
            raise PluginError(f"cannot listen on {host or '*'}:{port}: {error.strerror or error}") from error
        server.setblocking(False)

    def stop(self) -> None:
        for one in (self._client, self._server):
            if one is not None:
                one.close()

    def send(self, packets: Packets) -> None:
        data = packets.data.cast("B")
        if self._drops:
            self._send_or_drop(data)
        else:
            self._send_all(data)

    def _send_all(self, data: memoryview) -> None:
        """Wait for a client, and until it has taken everything, or the chain is ending."""
        while data:
            self._accept()
            try:
                if self._is_served():
                    data = self._send_some(data)
            except OSError as error:
                was_served = self._client is not None and self._client.is_served
                self._disconnect(error)
                if was_served and not self.arguments.present("multiple-clients"):
                    self.context.stop()
                data = data[len(data) % PACKET_SIZE :]  # the next one begins with a whole packet
            if not self.context.wait_until(time.monotonic()):
                return

    def _send_some(self, data: memoryview) -> memoryview:
        """Send what the client's socket takes; returns the rest."""
        assert self._client is not None
        try:
            return data[self._client.socket.send(data) :]
        except BlockingIOError:
            select.select([], [self._client.socket], [], _POLL_S)
            return data

    def _send_or_drop(self, data: memoryview) -> None:
        """Send to the client, if there is one, without waiting."""
        self._accept(wait_s=0.0)
        try:
            if self._is_served(wait_s=0.0):
                assert self._client is not None
                self._client.queue(data)
                return
        except OSError as error:
            self._disconnect(error)
        self.lost += len(data) // PACKET_SIZE

    def _accept(self, wait_s: float = _POLL_S) -> None:
        """Take the next client, unless there is one."""
        assert self._server is not None
        if self._client is not None or not select.select([self._server], [], [], wait_s)[0]:
            return
        try:
            connected, peer = self._server.accept()
        except OSError:  # it has gone again, or no descriptor is left
            self.context.wait_until(time.monotonic() + wait_s)
            return
        if self.arguments.present("buffer-size"):
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.arguments.integer("buffer-size"))
        self._client = _Client(connected)
        self.verbose(f"client connected from {peer[0]}:{peer[1]}")

    def _is_served(self, wait_s: float = _POLL_S) -> bool:
        """Answer the request once it has come; True while there is a client whose request was good."""
        client = self._client
        if client is None or client.is_served:
            return client is not None
        select.select([client.socket], [], [], wait_s)
        request = client.request()
        if request is None:
            return False
        good = request.startswith((b"GET / ", b"GET /?")) or self.arguments.present("ignore-bad-request")
        client.queue(_OK if good else _BAD_REQUEST)
        if not good:
            self.log(LogLevel.WARNING, "a client's request was refused: only GET / gives the stream")
            raise ConnectionAbortedError
        client.is_served = True
        return True

    def _disconnect(self, error: OSError) -> None:
        assert self._client is not None
        self._client.close()
        self._client = None
        if isinstance(error, TimeoutError):
            self.log(LogLevel.WARNING, "the client is too slow, it is disconnected")
        else:
            self.log(LogLevel.INFO, "client disconnected")
