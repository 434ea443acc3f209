"""The switch as an input of a chain: packets of one of several inputs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.packet_ring import PacketRing
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketInput, Packets
from ibe100.minitsp.switch.announced import Announcer
from ibe100.minitsp.switch.choice import NEVER, InputChoice, Mode
from ibe100.minitsp.switch.received_input import ReceivedInput
from ibe100.runner.telemetry.switch_watch import SWITCH_PREFIX

_RING_BYTES: Final = 16 << 20
_LOOK_S: Final = 0.01
_STATUS_S: Final = 0.5


class InputSwitch(PacketInput):
    """Receives several inputs and passes on one of them, as `choice` says.

    `is_fast`: all inputs are open all the time (hot); else only the one on air and the primary.
    """

    name: ClassVar[str] = "switch"
    options: ClassVar[OptionTable] = OptionTable()

    def __init__(
        self,
        context: Context,
        choice: InputChoice,
        inputs: Sequence[Callable[[Callable[[Packets], None]], ReceivedInput]],
        *,
        is_fast: bool,
    ) -> None:
        """`inputs` make one input each, given what takes its packets."""
        super().__init__(Arguments({}, {}, ()), context)
        self.choice = choice
        self._is_fast = is_fast
        self._ring = PacketRing(_RING_BYTES)
        self._announcer = Announcer()
        self._lock = threading.Lock()
        self._inputs = [make(self._taker(at)) for at, make in enumerate(inputs)]
        self._looked_s = self._told_s = 0.0
        self._reason = ""

    @property
    def count(self) -> int:
        """Number of inputs."""
        return len(self._inputs)

    def start(self) -> None:
        self._open_wanted()

    def stop(self) -> None:
        for one in self._inputs:
            one.context.closing.set()
        for one in self._inputs:
            one.close()

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        now_s = time.monotonic()
        if now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            with self._lock:
                self._switch(self.choice.decide([one.health for one in self._inputs], now_s))
            self._tell(now_s)
        return self._ring.take(max_packets, min(timeout_s, _LOOK_S))

    def go_to(self, index: int, *, hold: bool = False) -> None:
        """Go to an input by hand; from any thread."""
        with self._lock:
            self._switch(self.choice.take(index, hold=hold))

    def drill(self, index: int, seconds: float) -> None:
        """Go to an input for a while; from any thread."""
        with self._lock:
            self._switch(self.choice.drill(index, seconds, time.monotonic()))

    def follow_rules(self) -> None:
        """Have the rules choose again; from any thread."""
        with self._lock:
            self.choice.follow_rules()

    def _taker(self, index: int) -> Callable[[Packets], None]:
        def take(packets: Packets) -> None:
            if index != self.choice.current:
                return
            self._inputs[index].mapper.begin_on_air()
            mapper = self._inputs[index].mapper
            with self._lock:
                if index == self.choice.current:
                    if mapper.has_changed:
                        mapper.has_changed = False
                        self._announcer.begin()
                    self._ring.offer(self._announcer.announce(packets).tobytes())

        return take

    def _switch(self, change: tuple[int, str] | None) -> None:
        """Make a switch that was decided; the lock is held."""
        if change is None:
            return
        index, self._reason = change
        self._announcer.begin()
        self._open_wanted()
        self._told_s = 0.0
        level = LogLevel.WARNING if self.choice.mode is Mode.RULES else LogLevel.INFO
        self.log(level, f"input {index + 1} of {self.count} is on air: {self._reason}")

    def _open_wanted(self) -> None:
        """Open what is to be received, and close the rest in threads that may wait."""
        for at, one in enumerate(self._inputs):
            if self._is_fast or at in (self.choice.current, self.choice.rules.primary):
                one.open()
            else:
                threading.Thread(target=one.close, name="closing", daemon=True).start()

    def _tell(self, now_s: float) -> None:
        """Tell a runner the input on air and the state of each, twice a second and at once after a switch."""
        if not self.context.attended or now_s - self._told_s < _STATUS_S:
            return
        self._told_s = now_s
        status = {
            "on_air": self.choice.current,
            "mode": self.choice.mode.value,
            "reason": self._reason,
            "inputs": [
                {
                    "good": one.health.good_since_s > NEVER,
                    "silent_s": None if one.health.last_s == NEVER else round(now_s - one.health.last_s, 2),
                    "bitrate": one.bitrate_bps,
                    "fault": one.health.fault,
                }
                for one in self._inputs
            ],
        }
        text = json.dumps(status, separators=(",", ":"))
        self.context.log(LogLevel.INFO, self.name, f"{SWITCH_PREFIX}{text}")
