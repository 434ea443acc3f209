"""Status lines that the built-in processor writes to its log twice a second; tsp writes none.

A line is `* tsp: status:{ …JSON… }`. It is telemetry, and no fact of the journal.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

STATUS_PREFIX = "status:"
LIFE_S = 3.0
"""A processor that wrote status lines hangs if none has come for so long."""
BUSY_S = 1.0
"""An output that has not taken its packets for so long is what holds them up."""
BLOCKED, NO_RECEIVER = "blocked", "no receiver"
TROUBLE_WORDS = {BLOCKED: "the output takes nothing any more", NO_RECEIVER: "nobody receives the output"}

_STATUS = re.compile(rb"\* (?:[^:]*- )?tsp: status:(\{.*)")


@dataclass(frozen=True, slots=True)
class ProcessorStatus:
    """Progress of a processor: packets that its input has given since its start, and its output.

    `blocked_s`: for how long the output has not taken the next packets; `receiver`: whether somebody is there
    to receive them, None for an output that cannot know.
    """

    received: int
    blocked_s: float
    receiver: bool | None


class StatusWatch:
    """The statuses of one attempt; times are time.monotonic() seconds.

    `tell` is told BLOCKED or NO_RECEIVER when the output gets into trouble, and an empty text after that.
    """

    def __init__(
        self, tell: Callable[[str], None] = lambda _trouble: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self.trouble = ""
        self.begin()

    def begin(self) -> None:
        """Forget what the processor of the attempt before wrote."""
        self.latest: ProcessorStatus | None = None
        self._heard_at = self._received_at = float("-inf")
        self._note_trouble("")

    def takes(self, raw: bytes) -> bool:
        """Read a line of the log; True if it was a status."""
        found = _STATUS.match(raw)
        status = None if found is None else _read(found[1])
        if status is None:
            return False
        self._heard_at = self._clock()
        if self.latest is None or status.received != self.latest.received:
            self._received_at = self._heard_at
        self.latest = status
        if status.receiver is False:
            self._note_trouble(NO_RECEIVER)
        else:
            self._note_trouble(BLOCKED if status.blocked_s >= BUSY_S else "")
        return True

    @property
    def waits(self) -> bool:
        """True if the processor is alive and waits for its input or its output: so would another one."""
        return not self.hangs and (self.has_silent_input or bool(self.trouble))

    @property
    def has_silent_input(self) -> bool:
        """True if the processor is alive and gets nothing, while its output would take it."""
        if self.latest is None or self.hangs or self.latest.blocked_s >= BUSY_S:
            return False
        return self._received_at < self._heard_at

    @property
    def has_received(self) -> bool:
        """True if the processor's input has given it a packet."""
        return self.latest is not None and self.latest.received > 0

    @property
    def hangs(self) -> bool:
        """True if the processor wrote status lines, and no longer does."""
        return self.latest is not None and self._clock() - self._heard_at >= LIFE_S

    def _note_trouble(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._tell(trouble)


def _read(text: bytes) -> ProcessorStatus | None:
    """Read the JSON of a status line; None for anything else."""
    try:
        match json.loads(text):
            case {"received": int(received), "blocked_s": float(blocked_s), "receiver": receiver} if (
                receiver is None or isinstance(receiver, bool)
            ):
                return ProcessorStatus(received, blocked_s, receiver)
    except (ValueError, RecursionError):
        pass
    return None
