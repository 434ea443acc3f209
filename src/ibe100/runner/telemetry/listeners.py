"""Receivers of a processor's reports: receipts, analysis, measurements; by Unix sockets or on 127.0.0.1."""

import base64
import json
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from ibe100.runner.loop import FIRST, NORMAL, Loop
from ibe100.runner.spec import Port, Ports
from ibe100.runner.telemetry.influx_http import InfluxServer
from ibe100.runner.telemetry.inlet import Inlet, Listener, LocalListener
from ibe100.runner.telemetry.pulse import PULSE_BUFFER, PulseHandlers, PulseListener
from ibe100.runner.telemetry.senders import UdpSenders, is_our_connection

_DATAGRAMS_PER_WAKE = 64
_HEARD = ("splice_json", "influx", "analyze_json", "tables", "input_splice", "pulse")
"""The ports of a stream that its runner listens at."""
_DEPTH_LIMIT = 64  # tsp nests less than ten levels
_SHORTEST_TABLE, _LONGEST_TABLE = 12, 4096
_MOST_SECTIONS = 256  # of one stream; a stream whose tables never repeat must not fill the memory
RECEIVE_BUFFER = 1 << 20  # a burst of receipts must not be lost


class PortTaken(Exception):
    """A loopback port of the stream belongs to somebody else; the text names it."""


@dataclass(frozen=True, slots=True)
class TelemetryHandlers:
    """Callbacks by kind of report."""

    cue_seen: Callable[[dict[str, object]], None]
    input_cue_seen: Callable[[dict[str, object]], None]
    cue_tag: Callable[[str, dict[str, object]], None]
    """Gets the kind of the fact as well: of the output or the input."""
    playlist: Callable[[dict[str, object]], None]
    splice_event: Callable[[dict[str, object]], None]
    influx: Callable[[list[str]], None]
    analyze: Callable[[object], None]
    tables: Callable[[list[str]], None]
    pulse: PulseHandlers
    damaged: Callable[[str], None]
    foreign: Callable[[str], None]


class _DatagramListener:
    """Hands over the datagrams of a port, as they come."""

    def __init__(self, loop: Loop, inlet: Inlet, priority: int, on_datagram: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._inlet = inlet
        self._on_datagram = on_datagram
        loop.watch(inlet.socket, selectors.EVENT_READ, self._read, priority)

    def _read(self, _events: int) -> None:
        for data in self._inlet.waiting(_DATAGRAMS_PER_WAKE):
            self._on_datagram(data)

    def drain(self) -> None:
        self._read(selectors.EVENT_READ)

    def close(self) -> None:
        self._loop.unwatch(self._inlet.socket)
        self._inlet.close()


class Telemetry:
    """The receiving ends of one stream; they stay open over the processor's restarts."""

    def __init__(self, loop: Loop, handlers: TelemetryHandlers) -> None:
        self._loop = loop
        self._handlers = handlers
        self._listeners: dict[tuple[str, Port], Listener] = {}
        self._pairs: dict[str, Inlet] = {}
        self._sections: dict[bytes, bytes] = {}
        self._senders = UdpSenders()
        self._token = ""

    def bind(self, ports: Ports) -> None:
        """Listen on these ports and no others. PortTaken leaves everything as it was."""
        wanted = {(name, port) for name in _HEARD if (port := getattr(ports, name))}
        added: dict[tuple[str, Port], Listener] = {}
        for key in sorted(wanted - self._listeners.keys(), key=lambda one: one[0]):
            try:
                added[key] = self._listen(*key)
            except OSError as error:
                for listener in added.values():
                    listener.close()
                raise PortTaken(f"port {key[1]} ({key[0]}) on 127.0.0.1: {error.strerror}") from error
        for key in self._listeners.keys() - wanted:
            self._listeners.pop(key).close()
        self._listeners.update(added)
        self._pairs = {name: inlet for name, inlet in self._pairs.items() if inlet.is_open}

    def inherited(self) -> dict[str, int]:
        """The descriptors by which a processor reaches the sockets, by their names."""
        return {name: inlet.sending_end for name, inlet in self._pairs.items()}

    def expect(self, token: str) -> None:
        """Take posts with this token alone; an empty one is that of a processor which was given none."""
        self._token = token

    def drain(self, *, of_the_dead: bool = False) -> None:
        """Take whatever has arrived, before the end of a processor is judged.

        `of_the_dead`: also from senders that have ended meanwhile, and were never seen alive.
        """
        self._senders.believes_the_dead = of_the_dead
        for _, listener in sorted(self._listeners.items(), reverse=True, key=lambda item: item[0][0]):
            listener.drain()
        self._senders.believes_the_dead = False

    def close(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()

    def _listen(self, name: str, port: Port) -> Listener:
        handle = {
            "splice_json": self._splice,
            "analyze_json": self._analyze,
            "input_splice": self._input_splice,
            "tables": self._table,
            "influx": self._influx,
        }.get(name)
        if name == "influx" and isinstance(port, int):
            return InfluxServer(self._loop, port, self._handlers.influx, self._admits, self._knows)
        inlet = Inlet(port, RECEIVE_BUFFER if handle else PULSE_BUFFER, self._senders, self._foreign)
        if isinstance(port, str):
            self._pairs[port] = inlet
        if handle is None:
            return PulseListener(self._loop, inlet, self._handlers.pulse)
        priority = FIRST if name in ("splice_json", "tables") else NORMAL
        listener = _DatagramListener(self._loop, inlet, priority, handle)
        if name == "splice_json" and isinstance(port, str):
            return LocalListener(self._loop, listener, port, RECEIVE_BUFFER, handle)
        return listener

    def _admits(self, peer: tuple[str, int]) -> bool:
        if is_our_connection(peer):
            return True
        self._foreign(peer)
        return False

    def _knows(self, authorization: str) -> bool:
        if not self._token:
            return True
        import hmac  # costs a runner whose processor is built in 3 MB

        return hmac.compare_digest(authorization.encode(), f"Token {self._token}".encode())

    def _foreign(self, sender: tuple[str, int]) -> None:
        self._handlers.foreign(
            f"what came from port {sender[1]} was not sent by this user; it is passed over"
        )

    def _influx(self, data: bytes) -> None:
        self._handlers.influx([line for line in data.decode("utf-8", "replace").splitlines() if line])

    def _splice(self, data: bytes) -> None:
        value = self._decode("splicemonitor", data)
        if value is None:
            return
        match value.get("#name"):
            case "event":
                self._handlers.splice_event({"json": value})
            case "cue_tag":
                self._handlers.cue_tag("cue_tag", {"json": value})
            case "playlist":
                self._handlers.playlist(value)
            case _:
                self._handlers.cue_seen(cue_seen_facts(value))

    def _input_splice(self, data: bytes) -> None:
        """Pass on a cue of the input, in its packets or in the tags of its playlist; events are left out."""
        value = self._decode("splicemonitor of the input", data)
        if value is None or value.get("#name") in ("event", "playlist"):
            return
        if value.get("#name") == "cue_tag":
            self._handlers.cue_tag("input_cue_tag", {"json": value})
        else:
            self._handlers.input_cue_seen(cue_seen_facts(value))

    def _table(self, section: bytes) -> None:
        """Pass on a section that is new; several programmes on one PID take turns."""
        if not _SHORTEST_TABLE <= len(section) <= _LONGEST_TABLE:
            self._handlers.damaged(f"tables: a datagram of {len(section)} bytes is no section of a table")
            return
        # table_id, table_id_extension and section_number tell one section of a table from another.
        name = section[:1] + section[3:5] + section[6:7]
        if self._sections.get(name) == section:
            return
        if len(self._sections) >= _MOST_SECTIONS:
            self._sections.clear()
        self._sections[name] = section
        self._tell_tables()

    def new_processor(self) -> None:
        """Forget the tables and the rhythm of the last processor."""
        for listener in self._listeners.values():
            if isinstance(listener, PulseListener):
                listener.begin()
        if self._sections:
            self._sections.clear()
            self._tell_tables()

    def _tell_tables(self) -> None:
        self._handlers.tables([base64.b64encode(one).decode("ascii") for one in self._sections.values()])

    def _analyze(self, data: bytes) -> None:
        value = self._decode("analyze", data)
        if value is not None:
            self._handlers.analyze(value)

    def _decode(self, plugin: str, data: bytes) -> dict[str, object] | None:
        try:
            value = json.loads(data, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and _is_flat_enough(value, _DEPTH_LIMIT):
            return value
        self._handlers.damaged(f"{plugin}: a datagram of {len(data)} bytes is no JSON object of its kind")
        return None


def cue_seen_facts(table: dict[str, object]) -> dict[str, object]:
    """The journal's facts about one splicemonitor table: section in base64, PID, time, and all of it."""
    facts: dict[str, object] = {"base64": None, "splice_pid": None, "time": None, "json": table}
    for node in _nodes(table):
        if node.get("#name") == "metadata":
            facts["splice_pid"] = node.get("pid")
            facts["time"] = node.get("time")
            sections = [inner.get("base64") for inner in _nodes(node) if inner.get("#name") == "section"]
            if sections:
                facts["base64"] = sections[0]
    return facts


def _is_flat_enough(value: object, levels: int) -> bool:
    """True if every reader of the journal can take it: JSON readers give up somewhere below 1000 levels."""
    if isinstance(value, dict):
        return levels > 0 and all(_is_flat_enough(inner, levels - 1) for inner in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_flat_enough(inner, levels - 1) for inner in value)
    return True


def _nodes(parent: dict[str, object]) -> list[dict[str, object]]:
    nodes = parent.get("#nodes")
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def check_free(name: str, port: int) -> None:
    """PortTaken if a UDP port on 127.0.0.1 has an owner."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(f"port {port} ({name}) on 127.0.0.1: {error.strerror}") from error
