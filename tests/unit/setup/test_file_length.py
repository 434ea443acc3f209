"""The house rule that no source file is longer than a reader can hold."""

from pathlib import Path

from places import ROOT

MOST_LINES = 400


def source_files() -> list[Path]:
    """Every file written by hand that is a program, a test or a style sheet."""
    scripts = [ROOT / "run", ROOT / "test", *(ROOT / ".ci").iterdir()]
    folders = (ROOT / "src", ROOT / "tests")
    found = [path for folder in folders for suffix in ("py", "qss") for path in folder.rglob(f"*.{suffix}")]
    return [*scripts, ROOT / "main.py", *found]


def test_no_source_file_is_over_400_lines() -> None:
    """A file over the limit is named with its length."""
    files = source_files()
    assert ROOT / "src/ibe100/__init__.py" in files
    lengths = {str(path.relative_to(ROOT)): len(path.read_bytes().splitlines()) for path in files}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
