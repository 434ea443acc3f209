"""Commands to the switch: JSON lines on standard input from a runner, tsswitch's words by UDP."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Collection

from ibe100.minitsp.chain.plugin import Context, LogLevel
from ibe100.minitsp.switch.input_switch import InputSwitch

LONGEST_WORD = 64


def take_lines(switch: InputSwitch) -> None:
    """Obey the lines of standard input, JSON objects, until it ends.

    `input` goes there by hand, with `hold` true for good, with `seconds` for a drill; `rules` true has the
    rules choose again.
    """
    for line in sys.stdin.buffer:
        try:
            wanted = json.loads(line)
        except ValueError:
            wanted = None
        if not _obey_line(switch, wanted):
            switch.log(LogLevel.WARNING, "a command to the switch is not understood")


def _obey_line(switch: InputSwitch, wanted: object) -> bool:
    match wanted:
        case {"rules": True}:
            switch.follow_rules()
        case {"input": int(index), "seconds": int() | float() as seconds} if 0 <= index < switch.count:
            switch.drill(index, float(seconds))
        case {"input": int(index), "hold": bool(hold)} if 0 <= index < switch.count:
            switch.go_to(index, hold=hold)
        case {"input": int(index)} if 0 <= index < switch.count:
            switch.go_to(index)
        case _:
            return False
    return True


def take_datagrams(
    switch: InputSwitch, context: Context, receiver: socket.socket, allowed: Collection[str]
) -> None:
    """Obey tsswitch's remote commands for ever: an index, `next`, `prev`, `halt`/`exit`/`quit`."""
    while not context.stopping:
        data, sender = receiver.recvfrom(LONGEST_WORD)
        if allowed and sender[0] not in allowed:
            switch.log(LogLevel.WARNING, f"rejected remote command from unauthorized host {sender[0]}")
            continue
        word = data.decode("ascii", "replace").strip().lower()
        if word in ("halt", "exit", "quit"):
            context.stop()
        elif word in ("next", "prev", "previous"):
            step = 1 if word == "next" else -1
            switch.go_to((switch.choice.current + step) % switch.count)
        elif word.isdigit() and int(word) < switch.count:
            switch.go_to(int(word))
        else:
            switch.log(LogLevel.WARNING, f"received invalid command {word!r}")
