"""Reasons of a processor that gave up, in an operator's words."""

from ibe100.runner.supervision.end_causes import RECEIVE_TIMEOUT

_INPUT_SILENT = "nothing arrived on the input"


def in_words(text: str) -> str:
    """The text with what it quotes of a processor said plainly; all else as it is."""
    return text.replace(f"ip: {RECEIVE_TIMEOUT}", _INPUT_SILENT).replace(RECEIVE_TIMEOUT, _INPUT_SILENT)
