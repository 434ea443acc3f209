"""Streams that a test leaves to the next console end with the test, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.runner.supervision.ownership import end_processes_of


@pytest.fixture(autouse=True)
def nothing_runs_on(tmp_path: Path) -> Iterator[None]:
    yield
    streams = tmp_path / "state" / "streams"
    for folder in streams.iterdir() if streams.is_dir() else ():
        end_processes_of(folder)
