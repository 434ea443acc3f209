"""JSON as tsp writes it (keys in order, spaces inside the braces), and its destinations."""

import errno
import json
import re
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind
from ibe100.minitsp.chain.plugin import LogLevel, Plugin, PluginError
from ibe100.minitsp.reports.heard_datagrams import HeardDatagrams, KeptDatagrams
from ibe100.runner.local_socket import LARGEST, LocalSender

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]

JSON_OPTIONS: Final = (
    Option("json-line", OptionKind.TEXT, value_optional=True),
    Option("json-udp", OptionKind.LOCAL_ADDRESS),
    Option("json-udp-local", OptionKind.TEXT),
    Option("json-udp-ttl", OptionKind.INTEGER, minimum=1, maximum=255),
)

_LARGEST_UDP: Final = 65_507
_NOT_PLAIN: Final = re.compile(r'[^\x20-\x7e]|["\\]')
_BY_LETTER: Final = {'"': '"', "\\": "\\", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


def to_json(value: JsonValue) -> str:
    """One line of JSON in ASCII with tsp's spacing, `{ "a": [ 1, 2 ] }`; keys are sorted, and plain words."""
    if isinstance(value, str):
        return f'"{_NOT_PLAIN.sub(_escaped, value)}"'
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, Mapping):
        members = ", ".join(f'"{key}": {to_json(value[key])}' for key in sorted(value))
        return f"{{ {members} }}" if members else "{ }"
    items = ", ".join(to_json(item) for item in value)
    return f"[ {items} ]" if items else "[ ]"


def to_json_lines(value: JsonValue, indent: str = "") -> str:
    """The same over lines, each level two blanks further in than `indent`: JSON in tsp's files."""
    inner = f"{indent}  "
    if isinstance(value, Mapping) and value:
        members = (f'{inner}"{key}": {to_json_lines(value[key], inner)}' for key in sorted(value))
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return "[\n" + ",\n".join(inner + to_json_lines(item, inner) for item in value) + f"\n{indent}]"
    return to_json(value)


def _escaped(character: re.Match[str]) -> str:
    """A character by its letter, or as its UTF-16 units in hexadecimal, with capitals as tsp has them."""
    if letter := _BY_LETTER.get(character[0]):
        return f"\\{letter}"
    units = character[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04X}" for at in range(0, len(units), 2))


class JsonReport:
    """Sends JSON values where --json-line and --json-udp say.

    The UDP socket is never connected: a connected one would lose the datagram after one that nobody heard.
    A value too large for a datagram is dropped; a plugin that can make one says so itself.
    """

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        arguments: Arguments = plugin.arguments
        self.wanted = arguments.present("json-line") or arguments.present("json-udp")
        self._line_prefix = arguments.optional_text("json-line")
        self._socket: socket.socket | None = None
        self._heard: HeardDatagrams | KeptDatagrams | None = None
        self._local: LocalSender | None = None
        self._destination = ("", 0)

    @property
    def largest(self) -> int:
        """Bytes of the longest value that fits into a datagram."""
        return LARGEST if self._plugin.arguments.socket("json-udp") else _LARGEST_UDP

    def open(self, *, keeps: bool = False) -> None:
        """Open the UDP socket, if one is asked for. PluginError if the address cannot be used.

        `keeps`: what nobody hears on this machine is kept, and sent again.
        """
        arguments = self._plugin.arguments
        if not arguments.present("json-udp"):
            return
        if path := arguments.socket("json-udp"):
            self._local = LocalSender(path)
            if keeps:
                self._heard = KeptDatagrams(self._local)
            return
        host, port = arguments.address("json-udp")
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            if arguments.present("json-udp-local"):
                local = arguments.text("json-udp-local")
                udp.bind((local, 0))
                udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(local))
            if arguments.present("json-udp-ttl"):
                ttl = arguments.integer("json-udp-ttl")
                udp.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
                udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
            self._destination = (socket.gethostbyname(host), port)
        except OSError as error:
            udp.close()
            raise PluginError(f"cannot send JSON to {host}:{port}: {error.strerror or error}") from error
        self._socket = udp
        if keeps and self._destination[0].startswith("127."):
            self._heard = HeardDatagrams(self._destination)

    def report(self, value: JsonValue) -> None:
        """Send one value to every place asked for."""
        text = to_json(value)
        if self._line_prefix is not None:
            self._plugin.log(LogLevel.INFO, self._line_prefix + text)
        if self._heard is not None:
            self._try(partial(self._heard.send, text.encode()))
        elif self._local is not None:
            self._try(partial(self._local.send, text.encode()))
        elif self._socket is not None:
            self._try(partial(self._socket.sendto, text.encode(), self._destination))

    def tick(self, monotonic_s: float) -> None:
        """Send again what was kept."""
        if self._heard is not None:
            self._try(partial(self._heard.tick, monotonic_s))

    def close(self) -> None:
        """Close the UDP socket."""
        if self._heard is not None:
            self._try(self._heard.close)
            self._heard = None
        if self._local is not None:
            self._local.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _try(self, send: Callable[[], object]) -> None:
        try:
            send()
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                self._plugin.error(f"error sending UDP message: {error.strerror}")


class JsonDocument:
    """One array of values; complete and valid once it is closed.

    `path` "" is standard output. Raises PluginError where it cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._empty = True

    def open(self) -> None:
        """Create the file and begin the array."""
        try:
            self._file = sys.stdout if not self._path else Path(self._path).open("w")  # noqa: SIM115 - see close
        except OSError as error:
            raise PluginError(f"cannot create file {self._path}: {error.strerror}") from error
        self._write("[")

    def add(self, value: JsonValue) -> None:
        """Append one value."""
        self._write(f"{'' if self._empty else ','}\n  {to_json_lines(value, '  ')}")
        self._empty = False

    def close(self) -> None:
        """End the array and close the file; does nothing if it was never opened."""
        if self._file is None:
            return
        self._write("\n]\n")
        if self._path:
            self._file.close()
        self._file = None

    def _write(self, text: str) -> None:
        assert self._file is not None
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            target = self._path or "standard output"
            raise PluginError(f"error writing {target}: {error.strerror}") from error
