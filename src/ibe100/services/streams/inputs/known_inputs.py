"""Inputs that were looked at: a command is shown by what was found, and no input is opened twice."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ibe100.models.errors import StorageError
from ibe100.models.stream_config import StreamConfig, StreamInput, UdpInput
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.streams.stream_secrets import without_secrets
from ibe100.utils.atomic_write import atomic_write

MOST = 200
FILE = "input.json"
"""In the folder of a stream: what its plan was made of, for a later console that adopts it."""

_REPORT = TypeAdapter(StreamReport)


class KnownInputs:
    """The newest report on each input, in memory."""

    def __init__(self) -> None:
        self._reports: dict[StreamInput, StreamReport] = {}

    def note(self, source: StreamInput, report: StreamReport) -> None:
        """Keep what was found just now; beyond so many inputs the oldest is forgotten."""
        key = plain(source)
        self._reports.pop(key, None)
        self._reports[key] = report
        if len(self._reports) > MOST:
            del self._reports[next(iter(self._reports))]

    def report_on(self, source: StreamInput) -> StreamReport | None:
        """What was found last; None for an input that nobody has looked at."""
        return self._reports.get(plain(source))


def is_same_input(one: StreamInput, other: StreamInput) -> bool:
    """True where both receive the same packets: datagrams of one port go to one receiver only."""
    if isinstance(one, UdpInput) and isinstance(other, UdpInput):
        return (one.host, one.port) == (other.host, other.port)
    return plain(one) == plain(other)


def plain(source: StreamInput) -> StreamInput:
    """The input without its secrets: a run on record has none."""
    return without_secrets(StreamConfig(name="input", input=source)).input


def write_report(stream_dir: Path, report: StreamReport) -> None:
    """Put what a plan was made of beside it; blocks on the disk. Raises StorageError."""
    path = stream_dir / FILE
    try:
        atomic_write(path, _REPORT.dump_json(report))
    except OSError as error:
        raise StorageError(f"what is in the input cannot be kept in {path}: {error.strerror}") from error


def read_report(stream_dir: Path) -> StreamReport | None:
    """What the plan of the last run was made of; None where it cannot be read."""
    with contextlib.suppress(OSError, ValidationError):
        return _REPORT.validate_json((stream_dir / FILE).read_bytes())
    return None
