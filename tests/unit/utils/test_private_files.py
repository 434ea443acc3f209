"""What other users of the machine may not read."""

import os
from pathlib import Path

from ibe100.utils.private_files import make_private, open_to_others


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.lstat().st_mode & 0o777 for path in sorted(folder.rglob("*"))}


def opened(folder: Path) -> Path:
    (folder / "deep").mkdir(parents=True)
    for path in (folder / "a.db", folder / "deep" / "b.json"):
        path.write_text("x")
        path.chmod(0o644)
    for path in (folder, folder / "deep"):
        path.chmod(0o755)
    return folder


def test_a_folder_and_its_files_are_taken_from_others_and_what_lies_deeper_is_not(tmp_path: Path) -> None:
    folder = opened(tmp_path / "data")
    assert set(open_to_others(folder, deep=False)) == {folder, folder / "a.db"}
    assert make_private(folder, deep=False) == 2
    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes(folder) == {"a.db": 0o600, "b.json": 0o644, "deep": 0o755}
    assert open_to_others(folder, deep=False) == []


def test_all_below_is_taken_where_all_of_it_is_ours(tmp_path: Path) -> None:
    folder = opened(tmp_path / "state")
    assert make_private(folder, deep=True) == 4
    assert modes(folder) == {"a.db": 0o600, "b.json": 0o600, "deep": 0o700}


def test_what_is_shared_on_purpose_or_lies_elsewhere_stays_as_it_is(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("x")
    elsewhere.chmod(0o644)
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    (folder / "link").symlink_to(elsewhere)
    assert make_private(folder, deep=True) == 0
    assert elsewhere.stat().st_mode & 0o777 == 0o644
    assert folder.stat().st_mode & 0o7777 == 0o1777


def test_an_executable_stays_one(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("x")
    script.chmod(0o755)
    make_private(tmp_path, deep=False)
    assert os.access(script, os.X_OK)
    assert script.stat().st_mode & 0o777 == 0o700
