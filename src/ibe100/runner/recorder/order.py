"""Order for the recorder of a stream: a file in its folder that the runner reads."""

import sys
from collections.abc import Mapping
from pathlib import Path

ORDER = "recorder.json"
"""Holds `{"argv": […]}`; without it nothing is recorded."""


def recorder_command(
    folder: Path, seconds: float, keep_free_mb: int, ports: Mapping[str, int | str]
) -> list[str]:
    """The argv of a recorder: rings of so many seconds in `folder`/SIDE, fed by the port of each side.

    A port is a number on loopback, or the name of a socket in the stream's folder, where it is started.
    """
    sides = [f"{side}={port}" for side, port in ports.items()]
    package = Path(__file__).resolve().parent
    options = ["-I", "-S", "-X", "utf8"]
    return [sys.executable, *options, str(package), str(folder), f"{seconds:g}", str(keep_free_mb), *sides]
