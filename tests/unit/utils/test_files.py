from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.set_aside import set_aside


def test_a_file_is_replaced_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    atomic_write(path, b"old", 0o600)
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    atomic_write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "none" / "file", b"x")


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    program = (
        "import sys; from pathlib import Path; from ibe100.utils.atomic_write import atomic_write\n"
        "try: atomic_write(Path(sys.argv[1]), bytes(1_000_000))\n"
        "except OSError as error: sys.exit(f'refused: {error.strerror}')"
    )

    def small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    done = subprocess.run(
        [sys.executable, "-B", "-c", program, str(path)],
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr.strip() == "refused: File too large"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_set_aside_keeps_its_bytes_and_overwrites_nothing(tmp_path: Path) -> None:
    path, companion = tmp_path / "x.db", tmp_path / "x.db-wal"
    names = []
    for content in (b"first", b"second"):
        path.write_bytes(content)
        companion.write_bytes(content)
        names.append(set_aside(path, 1_795_331_402.96, ("-wal", "-shm")))
    assert [aside.name for aside in names] == [
        "x.db.damaged-20261122T071002Z",
        "x.db.damaged-20261122T071002Z-2",
    ]
    assert [aside.read_bytes() for aside in names] == [b"first", b"second"]
    assert [aside.with_name(aside.name + "-wal").read_bytes() for aside in names] == [b"first", b"second"]
    assert not path.exists()
    assert not companion.exists()
