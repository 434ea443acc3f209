"""Cues that the runner sends in the place of its console, where that is gone or does not get to it.

The console hands over the bytes of a cue that is armed, with the times at which they are to be sent, and
takes times back as it sends them itself. So the cue airs on its frame whatever becomes of the console, and
the next one reads in the journal that it did.
"""

import math
import socket
import time
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ibe100.runner.launch import short_socket_path
from ibe100.runner.loop import Loop, Timer
from ibe100.runner.spec import Port

LOOPBACK = "127.0.0.1"
MOST_HELD = 256
MOST_TIMES = 16
LONGEST_SECTION = 4096
RETRY_S = 0.2
"""A processor that is just restarting takes no cue: it is tried again so soon."""


@dataclass(slots=True)
class _Held:
    section: bytes
    times_s: list[tuple[float, float, float]]
    """Of each repeat when it is sent, and the latest at which it may: before it was seen, and after."""
    is_seen: bool = False
    timer: Timer | None = None


class HeldCues:
    """Cues by their numbers; times are those of time.monotonic(), which all processes of a machine share."""

    def __init__(
        self, loop: Loop, folder: Path, cue_port: Callable[[], Port], log: Callable[[str, str], None]
    ) -> None:
        self._loop = loop
        self._folder = folder
        self._cue_port = cue_port
        self._log = log
        self._held: dict[int, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, request: dict[str, object]) -> str:
        """Hold a cue, or hold it otherwise than before; returns why not, empty when it is done."""
        match request:
            case {"cue": int(cue), "base64": str(text), "times": list(times)}:
                pass
            case _:
                return "hold takes cue (a number), base64 (a text) and times (a list)"
        if not all(_is_triple(one) for one in times):
            return "each time of a held cue is three finite numbers: when, the latest unseen, the latest seen"
        if not 0 < len(times) <= MOST_TIMES or (len(self._held) >= MOST_HELD and cue not in self._held):
            return f"a runner holds {MOST_HELD} cues of 1 to {MOST_TIMES} times at most"
        try:
            section = b64decode(text, validate=True)
        except (Error, ValueError) as error:
            return f"the section is no base64: {error}"
        if not 0 < len(section) <= LONGEST_SECTION:
            return f"a section has 1 to {LONGEST_SECTION} bytes"
        before = self._held.get(cue)
        self.drop(cue)
        held = _Held(section, sorted((float(at), float(first), float(last)) for at, first, last in times))
        held.is_seen = before is not None and before.is_seen and before.section == section
        self._held[cue] = held
        self._wait(cue, held)
        return ""

    def drop(self, cue: int) -> None:
        """Hold a cue no longer."""
        held = self._held.pop(cue, None)
        if held is not None and held.timer is not None:
            held.timer.cancel()

    def saw(self, section_base64: str) -> None:
        """Note that a section was on the output: its repeats are no longer the first that anybody gets."""
        for held in self._held.values():
            if b64encode(held.section).decode("ascii") == section_base64:
                held.is_seen = True

    def _wait(self, cue: int, held: _Held, least_s: float = 0.0) -> None:
        delay_s = max(least_s, held.times_s[0][0] - time.monotonic())
        held.timer = self._loop.call_later(delay_s, lambda: self._send(cue, held))

    def _send(self, cue: int, held: _Held) -> None:
        if time.monotonic() > held.times_s[0][2 if held.is_seen else 1]:
            self._log("warning", f"cue {cue} was held for the console and could not be sent in time")
            self.drop(cue)  # what comes after it would be the first that anybody gets
            return
        try:
            self._put_out(held.section)
        except OSError:
            self._wait(cue, held, RETRY_S)
            return
        self._log("info", f"cue {cue} was sent in the place of the console, which had not sent it")
        held.times_s.pop(0)
        if held.times_s:
            self._wait(cue, held)
        else:
            self.drop(cue)

    def _put_out(self, section: bytes) -> None:
        port = self._cue_port()
        family = socket.AF_INET if isinstance(port, int) else socket.AF_UNIX
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            if isinstance(port, int):
                sender.sendto(section, (LOOPBACK, port))
                return
            with short_socket_path(self._folder / port) as name:
                sender.sendto(section, name)


def _is_triple(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(isinstance(one, int | float) and math.isfinite(one) for one in value)
    )
