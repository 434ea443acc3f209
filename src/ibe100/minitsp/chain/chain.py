"""The chain: one input, the processors in order, one output."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from ibe100.minitsp.chain.bitrate import BitrateEstimator
from ibe100.minitsp.chain.deliveries import Deliveries
from ibe100.minitsp.chain.output_thread import OutputThread
from ibe100.minitsp.chain.packet_batch import PacketBatch
from ibe100.minitsp.chain.plugin import (
    MAX_BLOCK_PACKETS,
    Block,
    Context,
    GlobalOptions,
    LogLevel,
    PacketInput,
    PacketOutput,
    PacketProcessor,
    Packets,
    Plugin,
    PluginError,
)
from ibe100.minitsp.chain.stages import Stages
from ibe100.minitsp.chain.stuffing import InputStuffing, null_packets
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.runner.telemetry.processor_status import STATUS_PREFIX

_TICK_S: Final = 0.05
_STATUS_INTERVAL_S: Final = 0.5
_LEARN_EVERY_S: Final = 0.5
_LIVE_BITRATE_WINDOW_S: Final = 20.0

Build: TypeAlias = Callable[[], Sequence[PacketProcessor]]
"""Makes processors; where a command line is wrong it stops the chain."""


class _StatusReport:
    """Status lines of an attended chain to its runner, twice a second: it is alive, and has come so far.

    They come from the thread that passes packets: none comes if that one hangs.
    `received`: packets that the input has given since the start.
    """

    def __init__(self, context: Context, output: PacketOutput) -> None:
        self._context = context
        self._output = output
        self._due_s = 0.0
        self.received = 0

    def tick(self, now_s: float) -> None:
        """Write the next line if it is due; to be called at least that often. Times are monotonic."""
        if not self._context.attended or now_s < self._due_s:
            return
        self._due_s = now_s + _STATUS_INTERVAL_S
        status = {
            "received": self.received,
            "receiver": self._output.has_receiver,
            "blocked_s": round(self._output.blocked_s(now_s), 3),
        }
        text = json.dumps(status, separators=(",", ":"))
        self._context.log(LogLevel.INFO, "tsp", f"{STATUS_PREFIX}{text}")


class Chain:
    """Runs plugins until the input ends, someone calls `context.stop`, or one of them fails.

    The processors run in the thread that calls `run`; live inputs and files have threads of their own behind
    a bounded ring, and so have outputs that may block.
    """

    def __init__(
        self,
        context: Context,
        source: PacketInput,
        processors: Sequence[PacketProcessor],
        output: PacketOutput,
    ) -> None:
        self.context = context
        self.input = source
        self.output = output
        self._sink = OutputThread(output) if output.may_block else output
        self._stages = Stages(processors, context)
        self._others: tuple[Stages, GlobalOptions] | None = None
        self._estimator = BitrateEstimator(_LIVE_BITRATE_WINDOW_S if source.live else None)
        self._to_learn = PacketBatch(lambda batch: self._learn_bitrate(batch.headers))
        self._learn_s = 0.0
        self._stuffing = InputStuffing(context.tsp.stuffing_nulls, context.tsp.stuffing_inputs)
        self._status = _StatusReport(context, output)
        self._deliveries = Deliveries(output)
        self._next_tick_s = 0.0
        self._input_ended = False
        self._known = 0
        context.wait_until = self.wait_until
        context.when_delivered = self._deliveries.add

    @property
    def processors(self) -> tuple[PacketProcessor, ...]:
        """The processors at work."""
        return self._stages.processors

    def exchange(self, build: Build, options: GlobalOptions) -> None:
        """Go on with other processors once they are made; input and output stay. From any thread.

        They are made here, so that packets pass meanwhile.
        """
        self._others = Stages(build(), self.context), options

    def run(self) -> int:
        """Start every plugin, pass packets, stop every plugin; returns the exit code."""
        started: list[Plugin] = []
        for plugin in (self._sink, *reversed(self.processors), self.input):
            try:
                plugin.start()
            except PluginError as error:
                plugin.fail(error)
            else:
                started.append(plugin)
            if self.context.stopping:
                break
        else:
            self._stages.start_observers()
            self._pass_packets()
            busy = self._stages.end_observers()
            whole = (self._sink, *reversed(self.processors), self.input)
            started = [plugin for plugin in whole if plugin not in busy]
            self._sink.finish()
        self._deliveries.close()
        for plugin in reversed(started):
            try:
                plugin.stop()
            except PluginError as error:
                plugin.fail(error)
        return self.context.exit_code

    def wait_until(self, monotonic_s: float) -> bool:
        """Sleep until then, ticking the processors; False at once when the chain is ending."""
        while not self.context.stopping:
            now_s = time.monotonic()
            if now_s >= self._next_tick_s:
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
            now_s = time.monotonic()
            if now_s >= self._next_tick_s:
                self._tick(now_s)
            if self._others is not None:
                self._exchange(*self._others)
            packets = self._receive()
            if packets is None:
                continue
            self._input_ended = not len(packets)
            self._status.received += len(packets)
            self._learn_and_pass(packets)
        if options.stop_stuffing and not self.context.exit_code:
            self._pass(null_packets(options.stop_stuffing))

    def _exchange(self, others: Stages, options: GlobalOptions) -> None:
        """Put other processors in the place of those at work: packets wait for some milliseconds."""
        self._others = None
        self._stages.retire(self._deliveries.mark())
        context = self.context
        context.tsp, context.max_block_packets = options, MAX_BLOCK_PACKETS
        context.misfits, context.is_exchanged = False, True
        self._stuffing = InputStuffing(options.stuffing_nulls, options.stuffing_inputs)
        self._stages = others
        for processor in reversed(self.processors):
            try:
                processor.start()
            except PluginError as error:
                processor.fail(error)
        self._stages.start_observers()

    def _first_bitrate(self) -> None:
        """The bitrate before the first packet, from --bitrate or the beginning of a file."""
        preview = self.input.preview()
        if not self.context.tsp.bitrate_bps:
            self._learn_bitrate(PacketHeaders(preview))
        self._known = len(preview)
        bitrate_bps = self.context.bitrate_bps
        known = f"initial input bitrate is {bitrate_bps:,} b/s"
        self.input.verbose(known if bitrate_bps else "unknown initial input bitrate")

    def _receive(self) -> Packets | None:
        wanted = max(1, int(self.context.max_block_packets / self._stuffing.factor))
        try:
            return self.input.receive(min(wanted, MAX_BLOCK_PACKETS), _TICK_S)
        except PluginError as error:
            self.input.fail(error)
            return None

    def _learn_and_pass(self, packets: Packets) -> None:
        block = Block(packets, 0)
        if len(packets) and not (self.context.tsp.bitrate_bps or self.input.repeating):
            self._to_learn.add(block, 0.0)
        stuffed = self._stuffing.add(packets)
        if stuffed is packets and len(packets) <= self.context.max_block_packets:
            self._pass_block(block)
        else:
            self._pass(stuffed)

    def _learn_bitrate(self, headers: PacketHeaders) -> None:
        """Keep the chain's bitrate up with the input; each packet counts once."""
        known = min(self._known, len(headers))
        self._known -= known
        if known:
            headers = PacketHeaders(headers.packets[known:])
        if len(headers):
            self._estimator.feed(headers)
            self.context.bitrate_bps = round(self._estimator.bitrate_bps * self._stuffing.factor)

    def _pass(self, packets: Packets) -> None:
        """Send packets through the chain in blocks no larger than asked for."""
        for part in self._blocks(packets):
            self._pass_block(Block(part, 0))
            if self.context.stopping:
                return

    def _pass_block(self, block: Block) -> None:
        """Send a block through the processors to the output."""
        now_s = time.monotonic()
        block = self._stages.process(block, now_s)
        if len(block):
            try:
                self._deliveries.give(len(block))
                self._sink.deliver(block.packets)
            except PluginError as error:
                self.output.fail(error)

    def _blocks(self, packets: Packets) -> Iterator[Packets]:
        start = 0
        while start < len(packets):
            end = start + min(self.context.max_block_packets, MAX_BLOCK_PACKETS)
            yield packets[start:end]
            start = end

    def _tick(self, now_s: float) -> None:
        self._next_tick_s = now_s + _TICK_S
        self._status.tick(now_s)
        if now_s >= self._learn_s or not self.context.bitrate_bps:
            self._learn_s = now_s + _LEARN_EVERY_S
            self._to_learn.flush()
        self._next_tick_s = min(self._next_tick_s, self._stages.tick(now_s))
