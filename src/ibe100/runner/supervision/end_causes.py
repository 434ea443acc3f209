"""Causes of a processor's end: its input, or a command that no longer fits what is in the input."""

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
_PLAN_ERRORS = (
    "not found in PAT",
    "PID conflict: PID",
    "could not find an SCTE 35 splice information stream in service",
)
"""Parts of the errors by which tsp's and minitsp's pmt, spliceinject and remap end."""


def is_input_fault(argv: Sequence[str], ended: Exit, error: str | None) -> bool:
    """True if nothing arrived or the sender hung up; `error` is the last error line, with the plugin."""
    source, target = _plugin(argv, "-I"), _plugin(argv, "-O")
    if error is None:
        return source in _HANG_UP and ended.exit_code == 0
    error_of_input = _INPUT_ERRORS.get(source)
    if error_of_input is None or source == target == "srt":  # the line does not say which of the two it was
        return False
    return error.startswith(f"{source}: {error_of_input}")


def is_plan_fault(error: str | None) -> bool:
    """True if the same command would end in the same way for as long as the input is as it is."""
    return error is not None and any(part in error for part in _PLAN_ERRORS)


def _plugin(argv: Sequence[str], option: str) -> str:
    place = argv.index(option) + 1 if option in argv else len(argv)
    return argv[place] if place < len(argv) else ""
