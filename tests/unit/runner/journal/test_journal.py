import errno
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.runner.journal import journal as journal_module
from ibe100.runner.journal.journal import Journal, JournalLimits, journal_files, seq_of
from ibe100.runner.journal.reader import JournalCursor
from ibe100.runner.journal.reserve import FILE, reserved_lines
from ibe100.services.streams.runner_link import read_journal

SMALL = JournalLimits(file_bytes=400, files=3, tail_bytes=200, waiting_bytes=2000)


def filled(folder: Path, count: int, limits: JournalLimits = SMALL) -> Journal:
    journal = Journal(folder, limits)
    for number in range(count):
        journal.append("log", {"text": f"line {number}"})
    return journal


def seqs(lines: list[bytes]) -> list[int]:
    return [json.loads(line)["seq"] for line in lines]


def read_all(journal: Journal, after_seq: int, max_bytes: int = 150) -> list[int]:
    cursor = JournalCursor(journal, after_seq)
    found: list[int] = []
    while not cursor.at_end():
        found += seqs(cursor.next_lines(max_bytes))
    cursor.close()
    return found


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A switch: while it holds True, the disk takes half a line and then nothing."""
    full = [False]
    real_write = os.write

    def write(fd: int, data: bytes) -> int:
        if full[0]:
            if len(data) > 1:
                return real_write(fd, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(fd, data)

    monkeypatch.setattr(journal_module.os, "write", write)
    return full


def test_a_line_has_number_times_kind_and_facts(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("state", {"state": "RUNNING", "reason": "äöü \ud800"})
    journal.close()
    line = json.loads((tmp_path / "journal.jsonl").read_bytes())
    assert list(line) == ["seq", "t", "mono", "kind", "state", "reason"]
    assert (line["seq"], line["kind"], line["reason"]) == (1, "state", "äöü ?")


def test_numbers_go_on_after_a_restart_of_the_runner(tmp_path: Path) -> None:
    filled(tmp_path, 5).close()
    assert filled(tmp_path, 1).seq == 6


def test_a_torn_last_line_is_dropped_and_its_number_used_again(tmp_path: Path) -> None:
    filled(tmp_path, 3).close()
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"seq":4,"t":17953314')
    journal = filled(tmp_path, 1)
    journal.close()
    whole = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_bytes().splitlines()]
    assert [line["seq"] for line in whole] == [1, 2, 3, 4]
    assert whole[3]["text"] == "line 0"


def test_zeros_left_by_a_power_cut_are_cut_off(tmp_path: Path) -> None:
    filled(tmp_path, 3).close()
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b"\0" * 500 + b"\n" + b"\0" * 20)
    assert Journal(tmp_path).seq == 3


@given(st.integers(min_value=0, max_value=400))
def test_wherever_a_crash_cuts_the_file_the_whole_lines_before_it_stay(cut: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled(folder, 4, JournalLimits()).close()
        path = folder / "journal.jsonl"
        kept = path.read_bytes()[:cut]
        path.write_bytes(kept)
        journal = Journal(folder)
        assert journal.seq == kept.count(b"\n")
        assert path.read_bytes() == kept[: kept.rfind(b"\n") + 1]


def test_files_are_bounded_in_size_and_number(tmp_path: Path) -> None:
    journal = filled(tmp_path, 200)
    files = journal_files(tmp_path)
    assert [path.name for path in files] == ["journal.2.jsonl", "journal.1.jsonl", "journal.jsonl"]
    assert all(path.stat().st_size <= SMALL.file_bytes for path in files)
    assert journal.first_seq() == seq_of(files[0].read_bytes().split(b"\n")[0])
    journal.close()


@given(st.integers(min_value=0, max_value=60), st.integers(min_value=1, max_value=2000))
def test_a_follower_gets_every_kept_line_once_and_in_order(after_seq: int, max_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        journal = filled(Path(name), 40)
        first = max(after_seq + 1, journal.first_seq())
        assert read_all(journal, after_seq, max_bytes) == list(range(first, 41))
        journal.close()


def test_a_follower_in_the_middle_survives_rotation(tmp_path: Path) -> None:
    journal = filled(tmp_path, 8)
    cursor = JournalCursor(journal, 0)
    found = seqs(cursor.next_lines(1))
    for number in range(6):
        journal.append("log", {"text": f"more {number}"})
        found += seqs(cursor.next_lines(1))
    while not cursor.at_end():
        found += seqs(cursor.next_lines(1))
    assert found == list(range(1, 15))
    cursor.close()
    journal.close()


def test_a_full_disk_is_reported_and_the_lines_are_written_when_there_is_room(
    tmp_path: Path, full_disk: list[bool]
) -> None:
    journal = filled(tmp_path, 2)
    full_disk[0] = True
    journal.append("state", {"state": "STALLED"})
    journal.append("state", {"state": "RETRYING"})
    assert journal.error == "the journal cannot be written: No space left on device"
    assert read_all(journal, 0) == [1, 2, 3, 4]
    full_disk[0] = False
    assert journal.flush()
    assert journal.error is None
    journal.close()
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_bytes().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]


def test_a_disk_that_stays_full_costs_a_bounded_memory_and_the_loss_is_counted(
    tmp_path: Path, full_disk: list[bool]
) -> None:
    limits = JournalLimits(file_bytes=100_000, tail_bytes=200, waiting_bytes=2000)
    journal = filled(tmp_path, 1, limits)
    full_disk[0] = True
    for _ in range(100):
        journal.append("log", {"text": "x" * 100})
    kept = [line for _, line in journal.tail_after(0)]
    assert sum(map(len, kept)) <= limits.waiting_bytes
    assert journal.lines_lost == 100 - len(kept)
    full_disk[0] = False
    assert journal.flush()
    assert read_all(journal, 0) == [1, *range(102 - len(kept), 102)]
    journal.close()


def test_lines_that_a_full_disk_refused_outlive_a_runner_that_is_killed(
    tmp_path: Path, full_disk: list[bool]
) -> None:
    journal = Journal(tmp_path)
    journal.append("log", {"text": "before"})
    full_disk[0] = True
    for number in range(2):
        journal.append("cue_seen", {"base64": f"{number}"})
    # The runner is killed: nothing is closed. The next one, the disk being full yet, has them wait again.
    killed = Journal(tmp_path)
    killed.append("log", {"text": "the disk is full yet"})
    assert [fact.seq for fact in read_journal(tmp_path, 0)] == [1, 2, 3, 4]
    full_disk[0] = False
    journal = Journal(tmp_path)
    journal.append("log", {"text": "after"})
    journal.close()
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "journal.jsonl").read_bytes().splitlines()]
    assert kinds == ["log", "cue_seen", "cue_seen", "log", "log"]
    assert [fact.seq for fact in read_journal(tmp_path, 0)] == [1, 2, 3, 4, 5]
    assert reserved_lines(tmp_path) == []


def test_a_reserve_of_an_earlier_journal_is_left_out(tmp_path: Path, full_disk: list[bool]) -> None:
    Journal(tmp_path).close()
    (tmp_path / FILE).write_bytes(b'{"seq":9,"kind":"log"}\n' + bytes(100))
    journal = Journal(tmp_path)
    assert journal.append("log", {}) == 1
    assert reserved_lines(tmp_path) == []


def test_a_folder_that_cannot_be_written_does_not_raise(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "absent", SMALL)
    assert journal.append("log", {}) == 1
    assert journal.error is not None and "No such file" in journal.error
    (tmp_path / "absent").mkdir()
    assert journal.flush()
    journal.close()


def test_after_a_boot_no_number_stands_for_another_line(tmp_path: Path) -> None:
    """Lines that were told and not yet on the disk are gone after a power cut: their numbers stay theirs."""
    first = Journal(tmp_path)
    for _ in range(3):
        first.append("log", {})
    first.close()
    assert Journal(tmp_path).seq == 3, "the same boot goes on"
    (tmp_path / "boot").write_text("an earlier boot")
    later = Journal(tmp_path)
    assert later.append("log", {}) > 1000
    cursor = JournalCursor(later, 0)
    assert [seq_of(line) for line in cursor.next_lines(1 << 20)] == [1, 2, 3, later.seq]
    cursor.close()
    later.close()


def test_a_folder_in_the_place_of_a_file_stops_neither_reading_nor_rotation(tmp_path: Path) -> None:
    (tmp_path / "journal.2.jsonl").mkdir()
    journal = Journal(tmp_path, JournalLimits(file_bytes=300, files=4))
    for _ in range(30):
        journal.append("log", {"text": "x" * 50})
    journal.close()
    assert journal.error is None
    assert journal.lines_lost == 0
    assert journal_files(tmp_path)[-1] == tmp_path / "journal.jsonl"
