"""Sends packets as UDP or RTP datagrams to one address, for tsp's -O ip and -P ip; or to a Unix socket."""

import ipaddress
import os
import socket
import time
from collections.abc import Iterator
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, parse_address
from ibe100.minitsp.chain.plugin import Packets, PluginError
from ibe100.minitsp.ip.datagram_bursts import DatagramBursts, SocketAddress
from ibe100.minitsp.ip.network_interface import interface_index
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.runner.local_socket import LocalSender, socket_path

_MAX_BURST: Final = 128
_DEFAULT_BURST: Final = 7
_RTP_VERSION_2: Final = 0x80
_RTP_HEADER_BYTES: Final = 12
_MPEG2_TS: Final = 33

DATAGRAM_OPTIONS: Final = (
    Option("buffer-size", OptionKind.INTEGER, "b"),
    Option("disable-multicast-loop", short="d"),
    Option("force-local-multicast-outgoing", short="f"),  # implied by --local-address
    Option("local-address", OptionKind.TEXT, "l"),
    Option("local-port", OptionKind.INTEGER, maximum=0xFFFF),
    Option("packet-burst", OptionKind.INTEGER, "p", minimum=1, maximum=_MAX_BURST),
    Option("payload-type", OptionKind.INTEGER, maximum=127),
    Option("rtp", short="r"),
    Option("ssrc-identifier", OptionKind.INTEGER, maximum=0xFFFF_FFFF),
    Option("start-sequence-number", OptionKind.INTEGER, maximum=0xFFFF),
    Option("tos", OptionKind.INTEGER, "s", minimum=1, maximum=255),
    Option("ttl", OptionKind.INTEGER, "t", minimum=1, maximum=255),
)


class DatagramSender:
    """Sends packets in datagrams of up to --packet-burst.

    `whole_bursts`: packets wait until a datagram is full; otherwise the last one of a block may be shorter,
    so that nothing waits. `may_wait`: whether a full socket buffer holds the caller up; if not, `send` raises
    BlockingIOError. What finds nobody or no room at a Unix socket is left out in silence. With --rtp the
    timestamp is the time of sending (RFC 2250 clause 2).
    """

    def __init__(self, arguments: Arguments, *, whole_bursts: bool, may_wait: bool) -> None:
        text = arguments.parameter("address:port")
        self._local = _local_sender(text, patient=may_wait)
        self._destination: SocketAddress = ("", 0)
        if self._local is None:
            self._destination = parse_address(text, "parameter")
            if not all(self._destination):
                raise OptionError(f"invalid address {text}, use address:port")
        self.place = text
        """Destination of the datagrams."""
        self._arguments = arguments
        self._datagram_bytes = arguments.integer("packet-burst", _DEFAULT_BURST) * PACKET_SIZE
        self._whole_bursts = whole_bursts
        self._may_wait = may_wait
        self._rtp = arguments.present("rtp")
        self._payload_type = arguments.integer("payload-type", _MPEG2_TS)
        self._ssrc = arguments.integer("ssrc-identifier", int.from_bytes(os.urandom(4)))
        self._sequence = arguments.integer("start-sequence-number", int.from_bytes(os.urandom(2)))
        self._rtp_epoch_s = time.monotonic()
        self._held = b""
        self._socket: socket.socket | None = None
        self._bursts: DatagramBursts | None = None

    def open(self) -> None:
        """Open the socket. PluginError where the address cannot be used."""
        if self._local is not None:
            return
        host, port = self._destination[:2]
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise PluginError(f"cannot resolve {host}: {error.strerror or error}") from error
        # A name with addresses of both kinds is taken by that of IPv4.
        family, *_, address = min(found, key=lambda one: one[0] is not socket.AF_INET)
        self._destination = address  # type: ignore[assignment]  # of these two families
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._configure(self._socket)
        except OSError as error:
            raise PluginError(f"error opening UDP socket: {error.strerror or error}") from error
        header_bytes = _RTP_HEADER_BYTES if self._rtp else 0
        self._bursts = DatagramBursts(self._socket, header_bytes + self._datagram_bytes)

    def send(self, packets: Packets) -> None:
        """Send packets (n, 188). OSError where one datagram cannot be sent; those after it are left out."""
        data = self._held + packets.tobytes()
        end = len(data)
        if self._whole_bursts:
            end -= end % self._datagram_bytes
        self._held = data[end:]
        self._send_datagrams(data[:end])

    def close(self) -> None:
        """Send what waits for a full datagram and close the socket. OSError where it cannot be sent."""
        if self._socket is None and self._local is None:
            return
        try:
            if self._held:
                held, self._held = self._held, b""
                self._send_datagrams(held)
        finally:
            if self._local is not None:
                self._local.close()
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _configure(self, sender: socket.socket) -> None:
        arguments = self._arguments
        local_address = arguments.text("local-address")
        sender.setblocking(self._may_wait)
        if arguments.present("buffer-size"):
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, arguments.integer("buffer-size"))
        if sender.family == socket.AF_INET6:
            self._configure_ipv6(sender, local_address)
        else:
            self._configure_ipv4(sender, local_address)
        if local_address or arguments.present("local-port"):
            sender.bind((local_address, arguments.integer("local-port")))

    def _configure_ipv4(self, sender: socket.socket, local_address: str) -> None:
        arguments = self._arguments
        if arguments.present("tos"):
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, arguments.integer("tos"))
        multicast = ipaddress.IPv4Address(self._destination[0]).is_multicast
        if arguments.present("ttl"):
            option = socket.IP_MULTICAST_TTL if multicast else socket.IP_TTL
            sender.setsockopt(socket.IPPROTO_IP, option, arguments.integer("ttl"))
        if multicast:
            loop = 0 if arguments.present("disable-multicast-loop") else 1
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, loop)
            if local_address:
                interface = socket.inet_aton(local_address)
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)

    def _configure_ipv6(self, sender: socket.socket, local_address: str) -> None:
        arguments = self._arguments
        if arguments.present("tos"):
            sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, arguments.integer("tos"))
        multicast = ipaddress.IPv6Address(self._destination[0]).is_multicast
        if arguments.present("ttl"):
            option = socket.IPV6_MULTICAST_HOPS if multicast else socket.IPV6_UNICAST_HOPS
            sender.setsockopt(socket.IPPROTO_IPV6, option, arguments.integer("ttl"))
        if multicast:
            loop = 0 if arguments.present("disable-multicast-loop") else 1
            sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, loop)
            if local_address:
                index = interface_index(local_address)
                sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)

    def _send_datagrams(self, data: bytes) -> None:
        if self._local is not None:
            for part in self._parts(data):
                self._local.send(self._rtp_header() + part if self._rtp else part)
            return
        assert self._bursts is not None
        if self._rtp:
            data = b"".join(self._rtp_header() + part for part in self._parts(data))
        self._bursts.send(data, self._destination)

    def _parts(self, data: bytes) -> Iterator[bytes]:
        size = self._datagram_bytes
        return (data[start : start + size] for start in range(0, len(data), size))

    def _rtp_header(self) -> bytes:
        ticks = round((time.monotonic() - self._rtp_epoch_s) * PTS_HZ) & 0xFFFF_FFFF
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF
        return (
            bytes((_RTP_VERSION_2, self._payload_type))
            + sequence.to_bytes(2, "big")
            + ticks.to_bytes(4, "big")
            + self._ssrc.to_bytes(4, "big")
        )


def _local_sender(text: str, *, patient: bool) -> LocalSender | None:
    path = socket_path(text)
    return LocalSender(path, patient=patient) if path else None
