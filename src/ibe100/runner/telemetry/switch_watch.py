"""Status of the input switch, as the source's log tells of it twice a second; telemetry, no fact.

A line is `* switch: switch-status:{ …JSON… }`. A change of the input on air is a fact of the journal as well.
"""

import json
import re
from collections.abc import Callable, Mapping

SWITCH_PREFIX = "switch-status:"
_STATUS = re.compile(rb"\* (?:[^:]*- )?switch: switch-status:(\{.*)")

Tell = Callable[[str, Mapping[str, object]], None]


class SwitchWatch:
    """Passes each status on as a sample, and a switch from one input to another as a fact."""

    def __init__(self, sample: Tell, note: Tell) -> None:
        self._sample = sample
        self._note = note
        self._on_air: int | None = None
        self.latest: Mapping[str, object] | None = None

    def end(self) -> None:
        """Forget the switch, which has ended: another begins with its first input."""
        self._on_air = self.latest = None

    def takes(self, raw: bytes) -> bool:
        """Read a line of the log; True if it was a status."""
        found = _STATUS.match(raw)
        if found is None:
            return False
        try:
            status = json.loads(found[1])
        except (ValueError, RecursionError):
            return False
        match status:
            case {"on_air": int(on_air), "mode": str(mode), "reason": str(reason), "inputs": list()}:
                self.latest = status
                self._sample("switch", status)
                if self._on_air is not None and on_air != self._on_air:
                    change = {"before": self._on_air, "on_air": on_air, "mode": mode, "reason": reason}
                    self._note("input_switched", change)
                self._on_air = on_air
                return True
        return False
