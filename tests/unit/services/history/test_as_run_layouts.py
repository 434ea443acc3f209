"""Logs that earlier versions exported are verified for ever: tests/data/as_run holds one of each layout."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ibe100.services.history.as_run_columns import COLUMNS
from ibe100.services.history.as_run_export import verify

CAPTURED = sorted((Path(__file__).parents[3] / "data" / "as_run").iterdir())
CSV_FILES = [path for path in CAPTURED if path.suffix == ".csv"]


def names(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return next(csv.reader(file))


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.name)
def test_a_log_that_was_exported_is_still_intact(path: Path) -> None:
    check = verify(path.read_bytes())
    assert (check.is_changed, check.signature, check.rows) == (False, "unsigned", 4)


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.name)
def test_a_change_in_it_is_noticed(path: Path) -> None:
    changed = re.sub(rb"byte for byte, 3 of 3", b"byte for byte, 2 of 3", path.read_bytes())
    assert verify(changed).is_changed


@pytest.mark.parametrize("path", CSV_FILES, ids=lambda path: path.name)
def test_a_layout_that_was_released_is_not_changed(path: Path) -> None:
    layout = int(path.stem.removeprefix("layout_"))
    assert names(path) == [column.name for column in COLUMNS if column.since <= layout]


def test_every_layout_before_the_newest_has_its_captured_file() -> None:
    newest = max(column.since for column in COLUMNS)
    held = {int(path.stem.removeprefix("layout_")) for path in CSV_FILES}
    assert held >= set(range(1, newest))
