"""Input from a capture of a network."""

import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import BinaryIO, ClassVar

from ibe100.minitsp.chain.options import (
    Arguments,
    Option,
    OptionError,
    OptionKind,
    OptionTable,
    parse_integer,
)
from ibe100.minitsp.chain.plugin import Context, PluginError
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.ip.capture_file import CapturedDatagram, CaptureError, captured_datagrams
from ibe100.minitsp.ip.datagrams import RawDatagrams, is_rtp, transport_packets


class PcapInput(ThreadedInput):
    """Reads the packets of one UDP or RTP stream in a pcap or pcapng file (tsp -I pcap).

    It is the first stream that the options allow. Without a name, or with `-`, standard input is read.
    """

    name: ClassVar[str] = "pcap"
    live: ClassVar[bool] = False
    in_bursts: ClassVar[bool] = True
    options: ClassVar[OptionTable] = OptionTable(
        Option("destination", OptionKind.TEXT, "d"),
        Option("first-packet", OptionKind.INTEGER),
        Option("last-packet", OptionKind.INTEGER),
        Option("multicast-only", short="m"),
        Option("source", OptionKind.TEXT, "s"),
        Option("vlan-id", OptionKind.INTEGER, repeatable=True),
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._path = arguments.parameters[0] if arguments.parameters else "-"
        self._source = _socket_address(arguments.text("source"), "source")
        self._destination = _socket_address(arguments.text("destination"), "destination")
        self._vlans = tuple(arguments.integers("vlan-id"))
        self._first = arguments.integer("first-packet")
        self._last = arguments.optional_integer("last-packet")
        self._file: BinaryIO | None = None

    def start(self) -> None:
        try:
            self._file = sys.stdin.buffer if self._path == "-" else Path(self._path).open("rb")  # noqa: SIM115
        except OSError as error:
            raise PluginError(f"cannot open file {self._path}: {error.strerror}") from error
        super().start()

    def fetch(self) -> None:
        raw = RawDatagrams()
        assert self._file is not None
        with self._file as file:
            try:
                for datagram in self._wanted(file):
                    rtp = is_rtp(datagram.payload) and not raw.continues(datagram.payload)
                    packets = transport_packets(datagram.payload) if rtp else raw.feed(datagram.payload)
                    if packets and self._is_of_the_stream(datagram) and not self.queue.put(packets):
                        return
                    if self.closing.is_set():
                        return
            except CaptureError as error:
                raise PluginError(str(error)) from error
            except OSError as error:
                raise PluginError(f"error reading input: {error.strerror}") from error

    def _wanted(self, file: BinaryIO) -> Iterator[CapturedDatagram]:
        """Datagrams that the options allow."""
        for datagram in captured_datagrams(file):
            if self._last is not None and datagram.number > self._last:
                return
            if (
                datagram.number >= self._first
                and datagram.vlans[: len(self._vlans)] == self._vlans
                and _matches(datagram.source, self._source)
                and _matches(datagram.destination, self._destination)
            ):
                yield datagram

    def _is_of_the_stream(self, datagram: CapturedDatagram) -> bool:
        """True if it goes where the first one with packets went."""
        address, port = self._destination
        if not (address and port):
            is_unicast = not ip_address(datagram.destination[0]).is_multicast
            if not address and is_unicast and self.arguments.present("multicast-only"):
                return False
            self._destination = datagram.destination
        return True


def _socket_address(text: str, option: str) -> tuple[str, int]:
    """[address]:[port]; "" and 0 for what is left out."""
    if not text:
        return "", 0
    address, colon, port = text.rpartition(":")
    if not colon:
        raise OptionError(f"invalid socket address {text} for option --{option}, use [address]:[port]")
    address = address.removeprefix("[").removesuffix("]")
    try:
        canonical = str(ip_address(address)) if address else ""
    except ValueError:
        raise OptionError(f"invalid address {address} for option --{option}") from None
    return canonical, parse_integer(port, f"option --{option}") if port else 0


def _matches(found: tuple[str, int], wanted: tuple[str, int]) -> bool:
    return wanted[0] in ("", found[0]) and wanted[1] in (0, found[1])
