"""Tells the ends of a processor that are its input's: nothing arrived, the sender hung up."""

from collections.abc import Sequence

from ibe100.runner.supervision.process import Exit

RECEIVE_TIMEOUT = "error receiving from UDP socket: Resource temporarily unavailable"
"""tsp, `-I ip --receive-timeout`: the errno of a receive that timed out."""
_INPUT_ERRORS = {
    "ip": RECEIVE_TIMEOUT,
    "hls": "download error",
    "http": "download error",
    "srt": "error during srt_connect",
}
_HANG_UP = frozenset({"hls", "http", "srt"})
"""Inputs whose end, without an error, is that of the other side."""


def is_of_input(argv: Sequence[str], ended: Exit, error: str | None) -> bool:
    """True if a live input made the processor end; `error` is its last error line, with the plugin."""
    source, target = _plugin(argv, "-I"), _plugin(argv, "-O")
    if error is None:
        return source in _HANG_UP and ended.exit_code == 0
    error_of_input = _INPUT_ERRORS.get(source)
    if error_of_input is None or source == target == "srt":  # the line does not say which of the two it was
        return False
    return error.startswith(f"{source}: {error_of_input}")


def _plugin(argv: Sequence[str], option: str) -> str:
    place = argv.index(option) + 1 if option in argv else len(argv)
    return argv[place] if place < len(argv) else ""
