"""The ring on disk: what is read back, how much is kept, and what a fault of the disk leaves."""

import os
from pathlib import Path

import pytest

from ibe100.runner.recorder import ring as ring_module
from ibe100.runner.recorder.ring import ANOTHER, BEGUN, Record, Ring, read_records, ring_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ring").mkdir()
    return tmp_path / "ring" / "stream" / "output"


def payload(record: Record) -> bytes:
    with record.path.open("rb") as file:
        return os.pread(file.fileno(), record.length, record.offset)


def test_what_is_written_is_read_back_in_order_with_its_times(folder: Path) -> None:
    ring = Ring(folder, 60, 0)
    ring.write([b"a" * 188, b"b" * 376], 1000.5, 0, BEGUN)
    ring.write([b"c" * 188], 1000.6, 7, ANOTHER)
    ring.close()

    first, second = read_records(folder)

    assert (first.at, first.lost, first.begun, first.another) == (1000.5, 0, True, False)
    assert (second.at, second.lost, second.begun, second.another) == (1000.6, 7, False, True)
    assert payload(first) == b"a" * 188 + b"b" * 376
    assert payload(second) == b"c" * 188


def test_files_are_for_this_user_alone(folder: Path) -> None:
    Ring(folder, 60, 0).write([b"a" * 188], 1.0, 0, 0)

    (file,) = ring_files(folder)

    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_record_that_was_cut_off_hides_nothing_of_the_other_files(folder: Path) -> None:
    ring = Ring(folder, 60, 0)
    ring.write([b"a" * 188], 1.0, 0, 0)
    ring.write([b"b" * 188], 2.0, 0, 0)
    ring.close()
    (file,) = ring_files(folder)
    os.truncate(file, file.stat().st_size - 1)
    ring.write([b"c" * 188], 3.0, 0, 0)

    assert [record.at for record in read_records(folder)] == [1.0, 3.0]


@pytest.mark.parametrize("rubbish", [b"", b"IBR1", b"x" * 24, b"IBR1" + b"\xff" * 60, os.urandom(4096)])
def test_rubbish_in_a_file_is_no_record(folder: Path, rubbish: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "000000000001.ring").write_bytes(rubbish)
    (folder / "notes.txt").write_text("not ours")

    assert list(read_records(folder)) == []


def test_the_oldest_files_go_and_the_seconds_asked_for_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    monkeypatch.setattr(ring_module.time, "monotonic", lambda: now_s)
    ring = Ring(folder, 60, 0)
    for _ in range(3000):
        now_s += 0.1
        ring.write([b"a" * 188], 5000 + now_s, 0, 0)

    times = [record.at for record in read_records(folder)]

    assert times[-1] == pytest.approx(5300)
    assert 60 <= times[-1] - times[0] <= 80


def test_a_disk_with_little_room_is_left_alone(folder: Path) -> None:
    ring = Ring(folder, 60, 1 << 62)

    with pytest.raises(OSError, match="MB left"):
        ring.write([b"a" * 188], 1.0, 0, 0)

    assert list(read_records(folder)) == []


def test_a_folder_that_was_moved_away_is_not_made_anew(folder: Path) -> None:
    folder.parents[1].rmdir()

    with pytest.raises(OSError, match="is gone"):
        Ring(folder, 60, 0).write([b"a" * 188], 1.0, 0, 0)

    assert not folder.parents[1].exists()


def test_another_ring_goes_on_after_the_files_that_are_there(folder: Path) -> None:
    for at in (1.0, 2.0):
        ring = Ring(folder, 60, 0)
        ring.write([b"a" * 188], at, 0, BEGUN)
        ring.close()

    assert [record.at for record in read_records(folder)] == [1.0, 2.0]
