"""Input from UDP or RTP datagrams, unicast or multicast."""

import ipaddress
import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import (
    Arguments,
    Option,
    OptionError,
    OptionKind,
    OptionTable,
    parse_address,
)
from ibe100.minitsp.chain.plugin import Context, LogLevel, Packets, PluginError
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.ip.datagrams import RawDatagrams, is_rtp, transport_packets
from ibe100.minitsp.ip.rtp_order import RtpOrder
from ibe100.minitsp.ip.udp_socket import open_local_receiver, open_receiver
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.runner.local_socket import LocalReceiver, socket_path

_LARGEST_DATAGRAM: Final = 65_536
_DEFAULT_SOCKET_BUFFER: Final = 8 << 20
# The socket is read no more often than that, so that packets are passed on together; more often where much
# comes: Linux's usual buffer holds 100 datagrams, 10 ms of 100 Mb/s. On a machine that has little time left
# for us, as our late awakenings tell, reads get rarer: so twenty streams find room where four would.
_GATHER_S: Final = 0.0028
_MOST_GATHER_S: Final = 0.010
_LATE_SHARE: Final = 2.0
_LATE_MEAN_OF: Final = 64
_GATHER_MUCH_S: Final = 0.002
_MUCH_BYTES: Final = 32 << 10
# After four gathers the chain is busy with something else, and the thread reads the socket in its place.
_BUSY_GATHERS: Final = 4
_DATAGRAMS_AT_ONCE: Final = 1024
_SAY_SKIPPED_S: Final = 1.0


class IpInput(ThreadedInput):
    """Receives packets by UDP (tsp -I ip); RTP is recognised by itself, and put in order.

    `unix:path` in place of the port is a Unix datagram socket, which tsp has not.

    The chain reads the socket by itself: a thread between them would cost each packet a millisecond. While
    the chain is busy a thread drains the socket into a bounded ring, so that a slow moment loses nothing; of
    what a full ring can't hold the oldest goes, with a warning.
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
        text = arguments.parameter("[address:]port")
        self._path = socket_path(text)
        self._group, self._port = ("", 0) if self._path else parse_address(text, "parameter")
        if self._group and not _is_multicast(self._group):
            raise OptionError(f"address {text} is not multicast")
        self._source = _without_port(arguments.text("source"))
        self._first_source = arguments.present("first-source")
        self._receive_timeout_s = arguments.integer("receive-timeout") / 1000
        self._rtp = RtpOrder()
        self._raw = RawDatagrams()
        self._skipped_bytes = 0
        self._said_skipped_s = float("-inf")
        self._socket: socket.socket | None = None
        self._local: LocalReceiver | None = None
        self._arrived = select.poll()
        self._reading = threading.Lock()
        self._gather_s = _GATHER_S
        self._late_s = 0.0
        self._read_s = self._last_packets_s = time.monotonic()

    def start(self) -> None:
        self._socket = self._open()
        self._socket.setblocking(False)
        self._arrived.register(self._socket, select.POLLIN)
        super().start()

    def _open(self) -> socket.socket:
        arguments = self.arguments
        buffer_bytes = arguments.integer("buffer-size", _DEFAULT_SOCKET_BUFFER)
        if self._path:
            self._local = open_local_receiver(self._path, buffer_bytes)
            return self._local.socket
        return open_receiver(
            self._group,
            self._port,
            local_address=arguments.text("local-address"),
            source=self._source,
            share_port=arguments.present("reuse-port"),
            buffer_bytes=buffer_bytes,
        )

    def stop(self) -> None:
        super().stop()
        if self._local is not None:
            self._local.close()
        elif self._socket is not None:
            self._socket.close()

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        if not self.queue:
            self._gather()
            self._arrived.poll(timeout_s * 1000)
            self._read()
            overdue = (
                self._receive_timeout_s and time.monotonic() - self._last_packets_s >= self._receive_timeout_s
            )
            if overdue and not self.queue:
                raise PluginError("error receiving from UDP socket: Resource temporarily unavailable")
        return super().receive(max_packets, 0.0)

    def _gather(self) -> None:
        """Sleep until packets of the time to gather have come."""
        due_s = self._read_s + self._gather_s
        wait_s = due_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
            self._late_s += (time.monotonic() - due_s - self._late_s) / _LATE_MEAN_OF

    def fetch(self) -> None:
        while not self.closing.wait(_BUSY_GATHERS * self._gather_s):
            if time.monotonic() - self._read_s > _BUSY_GATHERS * self._gather_s:
                self._read()

    def _read(self) -> None:
        """Put what waits in the socket into the queue."""
        with self._reading:
            self._read_s = now_s = time.monotonic()
            receiver = self._receiver(now_s)
            packets = b"".join(self._waiting_packets(receiver, now_s))
            if self._skipped_bytes and now_s - self._said_skipped_s >= _SAY_SKIPPED_S:
                self.log(LogLevel.WARNING, f"{self._skipped_bytes:,} bytes skipped that are no packets")
                self._skipped_bytes, self._said_skipped_s = 0, now_s
            rarer_s = min(_MOST_GATHER_S, _GATHER_S + _LATE_SHARE * self._late_s)
            self._gather_s = rarer_s if len(packets) < _MUCH_BYTES else _GATHER_MUCH_S
            if packets:
                self._last_packets_s = now_s
                self.offer(packets)

    def _receiver(self, now_s: float) -> socket.socket:
        assert self._socket is not None
        if self._local is not None and self._local.renewed(now_s):
            self._arrived = select.poll()
            self._socket = self._local.socket
            self._arrived.register(self._socket, select.POLLIN)
        return self._socket

    def _waiting_packets(self, receiver: socket.socket, now_s: float) -> Iterator[bytes]:
        """The packets of each datagram that waits in the socket, RTP in its order."""
        for datagram in self._waiting_datagrams(receiver):
            if is_rtp(datagram) and not self._raw.continues(datagram):
                yield from map(self._rtp_packets, self._rtp.feed(datagram, now_s))
            else:
                yield self._raw.feed(datagram)
        yield from map(self._rtp_packets, self._rtp.overdue(now_s))
        # What tsp passes over in silence is counted: nobody else can tell that sync is lost.
        self._skipped_bytes += self._raw.skipped_bytes
        self._raw.skipped_bytes = 0

    def _rtp_packets(self, datagram: bytes) -> bytes:
        packets = transport_packets(datagram)
        skipped = len(datagram) - len(packets)
        if skipped >= PACKET_SIZE:
            self._skipped_bytes += skipped
        return packets

    def _waiting_datagrams(self, receiver: socket.socket) -> Iterator[bytes]:
        """Each datagram that waits in the socket, from the wanted source."""
        any_source = not (self._source or self._first_source)
        for _ in range(_DATAGRAMS_AT_ONCE):
            try:
                if any_source:
                    yield receiver.recv(_LARGEST_DATAGRAM)
                    continue
                datagram, sender = receiver.recvfrom(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                raise PluginError(f"error receiving from UDP socket: {error.strerror}") from error
            if self._first_source and not self._source:
                self._source = sender[0]
            if sender[0] == self._source:
                yield datagram


def _is_multicast(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_multicast
    except ValueError:
        return False


def _without_port(address: str) -> str:
    """The address of `address`, `address:port`, an IPv6 address or `[IPv6 address]:port`."""
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    return str(ipaddress.IPv6Address(address)) if ":" in address else address
