"""Status lines of an attended chain to its runner: that it is alive, and how far it has come."""

import json
from typing import Final

from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketOutput
from ibe100.runner.telemetry.processor_status import STATUS_PREFIX

_INTERVAL_S: Final = 0.5


class StatusReport:
    """Writes a line to the log twice a second, from the thread that passes packets: none comes if it hangs.

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
        self._due_s = now_s + _INTERVAL_S
        status = {
            "received": self.received,
            "delivered": self._output.delivered,
            "blocked_s": round(self._output.blocked_s(now_s), 3),
        }
        text = json.dumps(status, separators=(",", ":"))
        self._context.log(LogLevel.INFO, "tsp", f"{STATUS_PREFIX}{text}")
