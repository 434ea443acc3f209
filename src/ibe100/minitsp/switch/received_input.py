"""One input of the switch: received by a thread of its own, and opened again whenever it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from ibe100.minitsp.chain.plugin import (
    Block,
    Context,
    GlobalOptions,
    LogSink,
    PacketInput,
    PacketProcessor,
    Packets,
    PluginError,
)
from ibe100.minitsp.switch.choice import NEVER, InputHealth, SwitchRules
from ibe100.minitsp.switch.packet_quality import PacketQuality
from ibe100.minitsp.switch.service_mapper import ServiceMapper

_POLL_S: Final = 0.05
_REOPEN_S: Final = 0.5
_LEAVE_S: Final = 0.3


class InputContext(Context):
    """Context of one input: its end is not the switch's, and what it holds back is held in its own thread."""

    def __init__(self, options: GlobalOptions, log_sink: LogSink, *, attended: bool) -> None:
        super().__init__(options, log_sink, attended=attended)
        self.closing = threading.Event()
        self.wait_until = self._wait_until

    def begin(self) -> None:
        """Open anew: the end before is over."""
        self._exit_code = None
        self.bitrate_bps = self.tsp.bitrate_bps

    @property
    def stopping(self) -> bool:
        return self._exit_code is not None or self.closing.is_set()

    def _wait_until(self, monotonic_s: float) -> bool:
        while not self.stopping:
            left_s = monotonic_s - time.monotonic()
            if left_s <= 0:
                return True
            self.closing.wait(min(left_s, _POLL_S))
        return False


class ReceivedInput:
    """An input that is kept open for as long as it is wanted; `health` is read by the switch."""

    def __init__(
        self,
        context: InputContext,
        build: Callable[[], tuple[PacketInput, PacketProcessor | None]],
        mapper: ServiceMapper,
        rules: SwitchRules,
        give: Callable[[Packets], None],
    ) -> None:
        """`build` makes the plugin, and the regulator of one that comes in bursts; `give` takes packets."""
        self.mapper = mapper
        self.context = context
        self._build = build
        self._give = give
        self._quality = PacketQuality(rules)
        self._wanted = threading.Event()
        self.received = 0
        self.health = InputHealth(opened_s=time.monotonic())
        self._thread: threading.Thread | None = None

    @property
    def bitrate_bps(self) -> int:
        """Bitrate of the last second; 0 while nothing comes."""
        return self._quality.bitrate_bps if time.monotonic() - self.health.last_s < 2.0 else 0

    def open(self) -> None:
        """Receive from now on; without effect where it does."""
        if self._wanted.is_set():
            return
        self._wanted.set()
        self.context.closing.clear()
        self.health.opened_s, self.health.last_s = time.monotonic(), NEVER
        self._thread = threading.Thread(target=self._run, name="switched-input", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Receive no more. One that hangs in the system is left to the end of the process."""
        self._wanted.clear()
        self.context.closing.set()
        if self._thread is not None:
            self._thread.join(_LEAVE_S)

    def _run(self) -> None:
        while self._wanted.is_set():
            self._receive_once()
            self.context.closing.wait(_REOPEN_S)

    def _receive_once(self) -> None:
        """Receive until the input ends, by itself or because it is closed."""
        self.context.begin()
        self._quality.begin()
        plugin, regulator = self._build()
        started = [one for one in (regulator, plugin) if one is not None]
        try:
            for one in started:
                one.start()
            self._pass(plugin, regulator)
        except PluginError as error:
            plugin.error(str(error))
        finally:
            for one in reversed(started):
                one.stop()

    def _pass(self, plugin: PacketInput, regulator: PacketProcessor | None) -> None:
        while not self.context.stopping:
            packets = plugin.receive(self.context.max_block_packets, _POLL_S)
            if packets is None:
                continue
            if not len(packets):
                return
            if regulator is not None:
                packets = regulator.process(Block(packets, 0)).packets
            now_s = time.monotonic()
            self._quality.feed(packets, now_s)
            self.received += len(packets)
            self.health.last_s, self.health.fault = now_s, self._quality.fault
            self._give(self.mapper.process(Block(packets, 0)).packets)
