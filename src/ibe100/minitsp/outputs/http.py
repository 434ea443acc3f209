"""Output to a client that pulls the stream over HTTP."""

import select
import socket
import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import PACKET_SIZE, Context, LogLevel, PacketOutput, Packets, PluginError
from ibe100.minitsp.outputs.http_guest import HttpGuest

_POLL_S: Final = 0.05
_REQUEST_LIMIT_BYTES: Final = 16_384
_REQUEST_TIMEOUT_S: Final = 5.0
_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n"
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


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
        self._client: socket.socket | None = None
        self._guest: HttpGuest | None = None
        self._drops = arguments.present("multiple-clients") and context.tsp.realtime
        self._is_served = False

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
        for one in (self._client, self._guest, self._server):
            if one is not None:
                one.close()

    def send(self, packets: Packets) -> None:
        data = packets.data.cast("B")
        if self._drops:
            self._send_live(data)
            return
        while data:
            client = self._client or self._next_client()
            if client is None:
                return
            try:
                data = data[client.send(data) :]
            except BlockingIOError:
                select.select([], [client], [], _POLL_S)
                if not self.context.wait_until(time.monotonic()):
                    return
            except OSError:
                self._client_gone()
                data = data[len(data) % PACKET_SIZE :]  # the next one begins with a whole packet

    def _send_live(self, data: memoryview) -> None:
        """Serve whoever is there, as far as it goes without waiting."""
        assert self._server is not None
        if self._guest is None:
            try:
                connected, peer = self._server.accept()
            except OSError:  # nobody
                return
            self._set_buffer(connected)
            self._guest, self._is_served = HttpGuest(connected), False
            self.verbose(f"client connected from {peer[0]}:{peer[1]}")
        guest = self._guest
        try:
            if not self._is_served:
                if not guest.has_asked():
                    return
                good = self._is_good(guest.request)
                guest.give(_OK if good else _BAD_REQUEST)
                if not good:
                    raise ConnectionAbortedError
                self._is_served = True
            guest.give(data)
        except TimeoutError:
            self.log(LogLevel.WARNING, "the client is too slow, it is disconnected")
            self._guest_gone()
        except OSError:
            self.log(LogLevel.INFO, "client disconnected")
            self._guest_gone()

    def _guest_gone(self) -> None:
        assert self._guest is not None
        self._guest.close()
        self._guest = None

    def _client_gone(self) -> None:
        assert self._client is not None
        self._client.close()
        self._client = None
        self.log(LogLevel.INFO, "client disconnected")
        if not self.arguments.present("multiple-clients"):
            self.context.stop()

    def _next_client(self) -> socket.socket | None:
        """Wait for a client whose request is good; None if the chain is ending."""
        assert self._server is not None
        while self.context.wait_until(time.monotonic()):
            if not select.select([self._server], [], [], _POLL_S)[0]:
                continue
            client, peer = self._server.accept()
            client.settimeout(_POLL_S)
            if self._answer(client):
                client.setblocking(False)
                self._set_buffer(client)
                self.verbose(f"client connected from {peer[0]}:{peer[1]}")
                self._client = client
                return client
            client.close()
        return None

    def _answer(self, client: socket.socket) -> bool:
        """Read the request and answer it; False if the stream is not to be sent."""
        good = self._is_good(self._request(client))
        try:
            client.sendall(_OK if good else _BAD_REQUEST)
        except OSError:
            return False
        return good

    def _is_good(self, request: bytes) -> bool:
        good = request.startswith((b"GET / ", b"GET /?")) or self.arguments.present("ignore-bad-request")
        if not good:
            self.log(LogLevel.WARNING, "a client's request was refused: only GET / gives the stream")
        return good

    def _set_buffer(self, client: socket.socket) -> None:
        if self.arguments.present("buffer-size"):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.arguments.integer("buffer-size"))

    def _request(self, client: socket.socket) -> bytes:
        request = b""
        deadline_s = time.monotonic() + _REQUEST_TIMEOUT_S
        while b"\r\n\r\n" not in request and len(request) < _REQUEST_LIMIT_BYTES:
            if time.monotonic() > deadline_s or not self.context.wait_until(time.monotonic()):
                break
            try:
                received = client.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
            if not received:
                break
            request += received
        return request
