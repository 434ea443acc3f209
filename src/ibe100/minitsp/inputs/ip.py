"""Input from UDP or RTP datagrams, unicast or multicast."""

import ipaddress
import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np

from ibe100.minitsp.inputs.datagrams import transport_packets
from ibe100.minitsp.inputs.udp_socket import open_receiver
from ibe100.minitsp.options import Arguments, Option, OptionError, OptionKind, OptionTable, parse_address
from ibe100.minitsp.plugin import (
    PACKET_SIZE,
    Context,
    LogLevel,
    PacketInput,
    Packets,
    PluginError,
)

_LARGEST_DATAGRAM: Final = 65_536
_DEFAULT_SOCKET_BUFFER: Final = 8 << 20
_QUEUE_BYTES: Final = 32 << 20
_POLL_S: Final = 0.1
_GATHER_S: Final = 0.004
_DATAGRAMS_AT_ONCE: Final = 1024


class IpInput(PacketInput):
    """Receives packets by UDP (tsp -I ip); RTP is recognised by itself.

    A thread drains the socket into a bounded queue, so a slow moment of the chain loses nothing; what a full
    queue can't take is dropped with a warning. What arrives within 4 ms is passed on together.
    """

    name: ClassVar[str] = "ip"
    options: ClassVar[OptionTable] = OptionTable(
        Option("buffer-size", OptionKind.INTEGER, "b"),
        Option("first-source", short="f"),
        Option("local-address", OptionKind.TEXT, "l"),
        Option("no-reuse-port"),  # the default here
        Option("receive-timeout", OptionKind.INTEGER),
        Option("reuse-port", short="r"),
        Option("source", OptionKind.TEXT, "s"),
        Option("ssm"),  # implied by --source
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        if not arguments.parameters:
            raise OptionError("missing parameter [address:]port")
        text = arguments.parameters[0]
        self._group, self._port = parse_address(text, "parameter")
        if self._group and not _is_multicast(self._group):
            raise OptionError(f"address {text} is not multicast")
        self._source = arguments.text("source").partition(":")[0]
        self._first_source = arguments.present("first-source")
        self._receive_timeout_s = arguments.integer("receive-timeout") / 1000
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._arrived = threading.Condition()
        self._failure: str | None = None
        self._closing = False
        self._dropping = False
        self._rest: Packets = np.empty((0, PACKET_SIZE), np.uint8)
        self._socket: socket.socket | None = None
        self._receiver: threading.Thread | None = None

    def start(self) -> None:
        arguments = self.arguments
        self._socket = open_receiver(
            self._group,
            self._port,
            local_address=arguments.text("local-address"),
            source=self._source,
            share_port=arguments.present("reuse-port"),
            buffer_bytes=arguments.integer("buffer-size", _DEFAULT_SOCKET_BUFFER),
        )
        self._socket.setblocking(False)
        self._receiver = threading.Thread(
            target=self._drain, args=(self._socket,), name="ip-input", daemon=True
        )
        self._receiver.start()

    def stop(self) -> None:
        self._closing = True
        if self._receiver is not None:
            self._receiver.join()
        if self._socket is not None:
            self._socket.close()

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        if not len(self._rest):
            self._rest = self._gather(timeout_s)
        if not len(self._rest):
            return None
        packets, self._rest = self._rest[:max_packets], self._rest[max_packets:]
        return packets

    def _gather(self, timeout_s: float) -> Packets:
        """All that the thread has queued, waiting for it if there is nothing."""
        with self._arrived:
            if not self._queue and self._failure is None:
                self._arrived.wait(timeout_s)
            if not self._queue and self._failure is not None:
                raise PluginError(self._failure)
            queue, self._queue = self._queue, []
            self._queued_bytes = 0
        return np.frombuffer(bytearray().join(queue), np.uint8).reshape(-1, PACKET_SIZE)

    def _drain(self, receiver: socket.socket) -> None:
        """The receiving thread: datagrams into the queue until told to stop."""
        last_packets_s = time.monotonic()
        while not self._closing:
            if select.select([receiver], [], [], _POLL_S)[0]:
                time.sleep(_GATHER_S)
            try:
                packets = b"".join(self._waiting_datagrams(receiver))
            except OSError as error:
                self._fail(f"error receiving from UDP socket: {error.strerror}")
                return
            now_s = time.monotonic()
            if packets:
                last_packets_s = now_s
                self._enqueue(packets)
            elif self._receive_timeout_s and now_s - last_packets_s >= self._receive_timeout_s:
                self._fail("error receiving from UDP socket: Resource temporarily unavailable")
                return

    def _waiting_datagrams(self, receiver: socket.socket) -> Iterator[bytes]:
        """The packets of each datagram that waits in the socket, from the wanted source."""
        for _ in range(_DATAGRAMS_AT_ONCE):
            try:
                datagram, sender = receiver.recvfrom(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            if self._first_source and not self._source:
                self._source = sender[0]
            if not self._source or sender[0] == self._source:
                yield transport_packets(datagram)

    def _enqueue(self, packets: bytes) -> None:
        with self._arrived:
            full = self._queued_bytes + len(packets) > _QUEUE_BYTES
            if not full:
                self._queue.append(packets)
                self._queued_bytes += len(packets)
                self._arrived.notify()
        if full and not self._dropping:
            self.log(LogLevel.WARNING, "the chain is too slow for the input, packets are dropped")
        self._dropping = full

    def _fail(self, reason: str) -> None:
        with self._arrived:
            self._failure = reason
            self._arrived.notify()


def _is_multicast(address: str) -> bool:
    try:
        return ipaddress.IPv4Address(address).is_multicast
    except ValueError:
        return False
