"""Record of a run, by which a later console adopts it: kept beside the runner's spec, without secrets."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ibe100.models.base import Value
from ibe100.models.errors import StorageError
from ibe100.models.stored import DamagedDocument, read_stored, write_stored
from ibe100.models.stream_config import StreamConfig
from ibe100.services.streams.stream_secrets import without_secrets
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.stream_ports import StreamPorts
from ibe100.utils.atomic_write import atomic_write

FILES = ("run.json", "run.copy.json")
"""The record and its copy: a stream on air is known by it where the database is lost too."""


class RunRecord(Value):
    """Configuration, plan, ports and session of one run."""

    config: StreamConfig
    number: int
    plan: StreamPlan
    ports: StreamPorts
    engine: str
    command: str
    session_id: int | None
    loop_first_pts: int | None = None
    loop_last_pts: int | None = None
    """PTS range of a file that is looped, when the probe has read it whole."""
    started_at: float = 0.0
    attempts_before: int = 0
    """A runner counts its attempts from 1: those of runners that died earlier in this session."""


def write_record(stream_dir: Path, record: RunRecord) -> None:
    """Replace the record of the last run, and its copy; blocks on the disk. Raises StorageError."""
    document = write_stored(record.model_copy(update={"config": without_secrets(record.config)}), indent=1)
    for name in FILES:
        path = stream_dir / name
        try:
            atomic_write(path, document)
        except OSError as error:
            raise StorageError(f"the record of the run {path} cannot be written: {error.strerror}") from error


def read_record(stream_dir: Path) -> RunRecord | None:
    """The record of the last run, or its copy; None where neither can be read."""
    for name in FILES:
        with contextlib.suppress(OSError, DamagedDocument):
            return read_stored(RunRecord, (stream_dir / name).read_bytes())
    return None
