"""Cues that the input carries before ours are put in."""

from __future__ import annotations

from ibe100.models.base import Value


class InputCue(Value):
    """One section that was seen on the input."""

    stream_id: str
    at: float
    """Wall clock."""
    splice_pid: int
    command: str
    """`splice_insert`, `time_signal`, …; `damaged` where it cannot be read."""
    summary: str
    """Its content in one line."""
    section_base64: str
