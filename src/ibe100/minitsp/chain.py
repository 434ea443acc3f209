"""The chain: one input, the processors in order, one output, in one thread."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ibe100.minitsp.bitrate import BitrateEstimator
from ibe100.minitsp.plugin import (
    MAX_BLOCK_PACKETS,
    Block,
    Context,
    PacketInput,
    PacketOutput,
    PacketProcessor,
    Packets,
    Plugin,
    PluginError,
)
from ibe100.minitsp.stuffing import InputStuffing, null_packets
from ibe100.mpegts.packet import SYNC_BYTE

_TICK_S: Final = 0.05
_PREVIEW_PACKETS: Final = 16_384
_LIVE_BITRATE_WINDOW_S: Final = 20.0
FAILURE: Final = 1


@dataclass(slots=True)
class _Stage:
    """One processor and the number of packets that have reached it."""

    processor: PacketProcessor
    packets: int = 0


@dataclass(slots=True)
class Chain:
    """Runs plugins until the input ends, someone calls `context.stop`, or one of them fails."""

    context: Context
    input: PacketInput
    processors: list[PacketProcessor]
    output: PacketOutput
    _stages: list[_Stage] = field(init=False)
    _estimator: BitrateEstimator = field(init=False)
    _stuffing: InputStuffing = field(init=False)
    _next_tick_s: float = 0.0
    _received: int = 0
    _input_ended: bool = False
    _known: int = 0

    def __post_init__(self) -> None:
        options = self.context.tsp
        self._stages = [_Stage(processor) for processor in self.processors]
        self._estimator = BitrateEstimator(_LIVE_BITRATE_WINDOW_S if self.input.live else None)
        self._stuffing = InputStuffing(options.stuffing_nulls, options.stuffing_inputs)
        self.context.wait_until = self.wait_until

    def run(self) -> int:
        """Start every plugin, pass packets, stop every plugin; returns the exit code."""
        started: list[Plugin] = []
        for plugin in (self.output, *reversed(self.processors), self.input):
            with self._failures_of(plugin):
                plugin.start()
                started.append(plugin)
            if self.context.stopping:
                break
        else:
            self._pass_packets()
        for plugin in reversed(started):
            with self._failures_of(plugin):
                plugin.stop()
        return self.context.exit_code

    def wait_until(self, monotonic_s: float) -> bool:
        """Sleep until then, ticking the processors; False at once when the chain is ending."""
        while not self.context.stopping:
            now_s = time.monotonic()
            self._tick(now_s)
            if now_s >= monotonic_s:
                return True
            time.sleep(max(0.0, min(monotonic_s, self._next_tick_s) - now_s))
        return False

    def _pass_packets(self) -> None:
        self._first_bitrate()
        options = self.context.tsp
        if options.start_stuffing:
            self._pass(null_packets(options.start_stuffing))
        while not self.context.stopping and not self._input_ended:
            self._tick(time.monotonic())
            packets = self._receive()
            if packets is None:
                continue
            self._input_ended |= not len(packets)
            self._received += len(packets)
            self._learn_bitrate(packets)
            self._pass(self._stuffing.add(packets))
        if options.stop_stuffing and not self.context.exit_code:
            self._pass(null_packets(options.stop_stuffing))

    def _first_bitrate(self) -> None:
        """The bitrate before the first packet, from --bitrate or the beginning of a file."""
        preview = self.input.preview(_PREVIEW_PACKETS)
        self._learn_bitrate(preview)
        self._known = len(preview)
        bitrate_bps = self.context.bitrate_bps
        known = f"initial input bitrate is {bitrate_bps:,} b/s"
        self.input.verbose(known if bitrate_bps else "unknown initial input bitrate")

    def _learn_bitrate(self, packets: Packets) -> None:
        """Keep the chain's bitrate up with the input, unless --bitrate gives it; each packet counts once."""
        if self.context.tsp.bitrate_bps or self.input.repeating:
            return
        known = min(self._known, len(packets))
        self._known -= known
        if known < len(packets):
            self._estimator.feed(packets[known:])
            self.context.bitrate_bps = round(self._estimator.bitrate_bps * self._stuffing.factor)

    def _receive(self) -> Packets | None:
        """The next packets up to a loss of synchronisation, which ends the chain as in tsp."""
        wanted = max(1, int(self.context.max_block_packets / self._stuffing.factor))
        packets: Packets | None = None
        with self._failures_of(self.input):
            packets = self.input.receive(wanted, _TICK_S)
        if packets is None:
            return None
        wrong = np.flatnonzero(packets[:, 0] != SYNC_BYTE)
        if not len(wrong):
            return packets
        first = int(wrong[0])
        self.input.error(
            f"synchronization lost after {self._received + first:,} packets, "
            f"got 0x{packets[first, 0]:02X} instead of 0x{SYNC_BYTE:02X}"
        )
        self._input_ended = True
        return packets[:first]

    def _pass(self, packets: Packets) -> None:
        """Send packets through the processors to the output, in blocks no larger than asked for."""
        for part in self._blocks(packets):
            block = Block(part, 0)
            for stage in self._stages:
                if not len(block):
                    break
                block.first_index = stage.packets
                stage.packets += len(block)
                with self._failures_of(stage.processor):
                    block = stage.processor.process(block)
            if len(block):
                with self._failures_of(self.output):
                    self.output.send(block.packets)
            if self.context.stopping:
                return

    def _blocks(self, packets: Packets) -> Iterator[Packets]:
        start = 0
        while start < len(packets):
            end = start + min(self.context.max_block_packets, MAX_BLOCK_PACKETS)
            yield packets[start:end]
            start = end

    def _tick(self, now_s: float) -> None:
        if now_s < self._next_tick_s:
            return
        self._next_tick_s = now_s + _TICK_S
        for processor in self.processors:
            with self._failures_of(processor):
                processor.tick(now_s)

    @contextmanager
    def _failures_of(self, plugin: Plugin) -> Iterator[None]:
        """Turn a plugin's failure into its log line and the end of the chain."""
        try:
            yield
        except PluginError as error:
            plugin.error(str(error))
            self.context.stop(FAILURE)
