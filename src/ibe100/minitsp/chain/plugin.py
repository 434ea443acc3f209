"""Foundation of every plugin of minitsp: blocks of packets, the chain's context, the base classes."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final, Protocol

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.models.errors import OperatorError
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet_headers import PacketHeaders

Packets = npt.NDArray[np.uint8]

MAX_BLOCK_PACKETS: Final = 16_384
"""Large, as most of a block's cost does not depend on its size; only a file fills these 3 MB."""
PREVIEW_PACKETS: Final = 16_384
FAILURE: Final = 1
"""Exit code of a chain that failed."""


class LogLevel(IntEnum):
    """Severity of a log line; lines above INFO need --verbose or --debug."""

    ERROR = 0
    WARNING = 1
    INFO = 2
    VERBOSE = 3
    DEBUG = 4


class PluginError(OperatorError):
    """A plugin cannot start or go on; printed as "* Error: plugin: text", and the chain ends with exit 1."""


class Block:
    """Consecutive packets at one point of the chain.

    `packets` is uint8 (n, 188), C-contiguous and writable; `first_index` is the index of packets[0] since the
    start, counted at this point of the chain. `headers` are read once for all plugins: edit packets with
    `replace`, or call `changed` after editing headers in place.
    """

    __slots__ = ("first_index", "headers", "packets")

    def __init__(self, packets: Packets, first_index: int) -> None:
        self.packets = packets
        self.first_index = first_index
        self.headers = PacketHeaders(packets)

    def __len__(self) -> int:
        return len(self.packets)

    @property
    def pids(self) -> npt.NDArray[np.uint16]:
        """PID of each packet, uint16 (n,)."""
        return self.headers.pids

    def replace(self, rows: Mapping[int, bytes]) -> None:
        """Put other packets in the place of some."""
        for row, packet in rows.items():
            self.packets[row] = np.frombuffer(packet, np.uint8)
        self.headers.replaced(list(rows))

    def replace_rows(self, rows: list[int], packets: Packets) -> None:
        """Put other packets (n, 188) in the place of those in some rows."""
        self.packets[rows] = packets
        self.headers.replaced(rows)

    def changed(self) -> None:
        """Forget what was read of the headers, after they were edited in place."""
        self.headers = PacketHeaders(self.packets)


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """tsp's own options, before the first plugin."""

    realtime: bool = False
    timed_log: bool = False
    synchronous_log: bool = False
    verbose: bool = False
    debug: bool = False
    bitrate_bps: int = 0
    stuffing_nulls: int = 0
    stuffing_inputs: int = 0
    start_stuffing: int = 0
    stop_stuffing: int = 0


class LogSink(Protocol):
    """Destination of log lines."""

    def write(self, level: LogLevel, plugin: str, text: str) -> None: ...


class Context:
    """One chain's shared state.

    `bitrate_bps`: current estimate with input stuffing, 0 while unknown. `max_block_packets`: the largest
    block that passes the chain at once; a regulator lowers it to keep its bursts short. `wait_until`: sleeps
    until that monotonic time while the chain's plugins keep ticking; False if the chain is ending.
    `when_delivered`: makes a report once the output has delivered the block that is being processed, or never
    if nobody received it. `attended`: a runner reads the log and restarts what hangs, so that an input is
    waited for without end. `guided`: it can have the processors exchanged too, so that what does not fit the
    input any more is no end (`misfits`). `is_exchanged`: others were at work before, and packets are on air.
    """

    def __init__(
        self, tsp: GlobalOptions, log_sink: LogSink, *, attended: bool = False, guided: bool = False
    ) -> None:
        self.tsp = tsp
        self.attended = attended
        self.guided = guided
        self.misfits = self.is_exchanged = False
        self.bitrate_bps = tsp.bitrate_bps
        self.max_block_packets = MAX_BLOCK_PACKETS
        self.wait_until: Callable[[float], bool] = _no_chain
        self.when_delivered: Callable[[Callable[[], None]], None] = _at_once
        self._log_sink = log_sink
        self._exit_code: int | None = None

    def log(self, level: LogLevel, plugin: str, text: str) -> None:
        """Print "* [time - ]plugin: text" in tsp's shape, if the level is wanted."""
        self._log_sink.write(level, plugin, text)

    def stop(self, exit_code: int = 0) -> None:
        """End the chain after this block; the first caller's exit code holds."""
        if self._exit_code is None:
            self._exit_code = exit_code

    @property
    def stopping(self) -> bool:
        """True if the chain was asked to end."""
        return self._exit_code is not None

    @property
    def exit_code(self) -> int:
        """Exit code asked for; 0 while nobody did."""
        return self._exit_code or 0


def _at_once(report: Callable[[], None]) -> None:
    report()


def _no_chain(_monotonic_s: float) -> bool:
    raise RuntimeError("wait_until is set by the chain that runs the plugins")


class Plugin(ABC):
    """Base of inputs, processors and outputs."""

    name: ClassVar[str]
    options: ClassVar[OptionTable]

    def __init__(self, arguments: Arguments, context: Context) -> None:
        self.arguments = arguments
        self.context = context

    def start(self) -> None:  # noqa: B027 - optional to override
        """Open what is needed; PluginError ends the program with exit 1."""

    def stop(self) -> None:  # noqa: B027 - optional to override
        """Flush and close; called once, also after a failure elsewhere in the chain."""

    def log(self, level: LogLevel, text: str) -> None:
        """Log under this plugin's name."""
        self.context.log(level, self.name, text)

    def error(self, text: str) -> None:
        self.log(LogLevel.ERROR, text)

    def fail(self, error: PluginError) -> None:
        """Turn a failure into its log line and the end of the chain."""
        self.error(str(error))
        self.context.stop(FAILURE)

    def misfit(self, text: str) -> None:
        """Say that the options do not fit the input: the chain ends, or passes packets until it is guided."""
        if self.context.guided:
            self.error(text)
            self.context.misfits = True
        else:
            self.fail(PluginError(text))

    def verbose(self, text: str) -> None:
        self.log(LogLevel.VERBOSE, text)


class PacketInput(Plugin):
    """Source of packets.

    `live` inputs cannot be read ahead; their bitrate is learnt as they run. `repeating`: what comes now was
    already read once, so there is nothing to learn from it.
    """

    live: ClassVar[bool] = True
    repeating = False

    @abstractmethod
    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        """The next packets (n, 188), an empty array at the end of input, None if nothing came in time."""

    def preview(self) -> Packets:
        """The first PREVIEW_PACKETS without consuming them, for the first bitrate; live inputs give none."""
        return np.empty((0, PACKET_SIZE), np.uint8)


class PacketProcessor(Plugin):
    """A packet processor; gets every block in order.

    `is_last`: nothing after it changes packets (`changes_packets`), so that what it sees is what the output
    gets; set by the chain.
    """

    changes_packets = True
    is_last = False

    @abstractmethod
    def process(self, block: Block) -> Block:
        """The block to pass on: the same one edited in place, or a smaller or larger one.

        `first_index` of a new block may be left as it was: the chain counts anew after each processor.
        """

    def tick(self, monotonic_s: float) -> None:
        """Called at least every 50 ms of `time.monotonic()`, also while no packets flow."""


class PacketOutput(Plugin):
    """Sink of packets.

    `may_block`: `send` may wait without end (a full pipe, a disk of the network), so it gets a thread of its
    own and must not use `context.wait_until`. `delivered`: packets that it has taken so far; `lost`: those of
    them that nobody received. `has_receiver`: None where that cannot be known. `on_delivered` is called after
    each `send`, with whether nothing was lost.
    """

    may_block: ClassVar[bool] = False
    delivered = 0
    lost = 0
    on_delivered: Callable[[bool], None] | None = None
    _sending_since_s: float | None = None

    @property
    def has_receiver(self) -> bool | None:
        """True while somebody is there to receive; None for an output that cannot know."""
        return None

    def deliver(self, packets: Packets) -> None:
        """Send packets, and know of it."""
        lost_before = self.lost
        self._sending_since_s = time.monotonic()
        self.send(packets)
        self._sending_since_s = None
        self.delivered += len(packets)
        if self.on_delivered is not None:
            self.on_delivered(self.lost == lost_before)

    def finish(self) -> None:
        """Wait until all that was sent is delivered, unless the chain is told to stop."""

    def blocked_s(self, monotonic_s: float) -> float:
        """Seconds for which the packets of the current `send` have not been taken; 0 between two."""
        since_s = self._sending_since_s
        return 0.0 if since_s is None else monotonic_s - since_s

    @abstractmethod
    def send(self, packets: Packets) -> None:
        """Deliver packets (n, 188). PluginError ends the chain with exit 1."""
