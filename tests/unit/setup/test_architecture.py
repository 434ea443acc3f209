"""The page about the architecture says what the code is, and folders stay as small as a reader can hold."""

import re
from pathlib import Path

import pytest

from places import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "ibe100"
FOLDERS = sorted(path.parent for path in SOURCE.rglob("__init__.py") if path.parent != SOURCE)
MOST_FILES = 20
LONGEST_ROW = 3 * 110


def modules(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.py") if path.name != "__init__.py"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(SOURCE)))
def test_every_package_and_room_stands_on_the_page(folder: Path) -> None:
    assert f"`{folder.name}/`" in PAGE


def test_what_the_page_names_is_there() -> None:
    names = set(re.findall(r"`([a-z0-9_/]+\.py|[a-z_]+/)`", PAGE)) - {"adr/"}
    files = {f"/{path.relative_to(ROOT)}" for top in ("src", "tests") for path in (ROOT / top).rglob("*.py")}
    folders = {f"{folder.name}/" for folder in FOLDERS}
    assert [name for name in names - folders if not any(file.endswith(f"/{name}") for file in files)] == []


def test_no_row_of_the_page_is_longer_than_three_lines() -> None:
    assert [row for row in PAGE.splitlines() if row.startswith("|") and len(row) > LONGEST_ROW] == []


def test_no_folder_holds_more_files_than_a_reader_can_hold() -> None:
    full = {str(folder.relative_to(SOURCE)): len(modules(folder)) for folder in FOLDERS}
    del full["minitsp/plugins"]  # one file per plugin of tsp, under its name
    assert {name: count for name, count in full.items() if count > MOST_FILES} == {}
