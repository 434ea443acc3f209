"""Order for the recorder of a stream: a file in its folder that the runner reads."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ORDER = "recorder.json"
"""Holds `{"argv": […]}`; without it nothing is recorded."""
PORTS = {"output": "clip", "input": "clip_input"}
"""Names of the ports in the runner's spec, by the side that is recorded."""
_SIDES = {f"{side}=@{port}": (side, port) for side, port in PORTS.items()}


def recorder_command(folder: Path, seconds: float, keep_free_mb: int, sides: Iterable[str]) -> list[str]:
    """The argv of a recorder: a ring of so many seconds in `folder`/SIDE for each side.

    The runner puts in the ports of its own spec, which another start of the stream may change.
    """
    package = Path(__file__).resolve().parent
    options = ["-I", "-S", "-X", "utf8"]
    places = [f"{side}=@{PORTS[side]}" for side in sides]
    return [sys.executable, *options, str(package), str(folder), f"{seconds:g}", str(keep_free_mb), *places]


def with_ports(argv: Iterable[str], ports: Mapping[str, int | str]) -> tuple[str, ...]:
    """The argv with ports in their places; empty where the stream sends no copy to record."""
    words, has_copy = list[str](), False
    for word in argv:
        if word not in _SIDES:
            words.append(word)
            continue
        side, name = _SIDES[word]
        if port := ports.get(name):
            words.append(f"{side}={port}")
            has_copy = True
    return tuple(words) if has_copy else ()
