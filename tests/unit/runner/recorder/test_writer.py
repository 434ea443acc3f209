"""A writer never makes anybody wait: a disk that is slow, full or back again."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from ibe100.runner.recorder.ring import BEGUN, Ring, read_records
from ibe100.runner.recorder.writer import BackgroundWriter, Batch


class FaultyRing(Ring):
    """A ring whose disk does what the test says before it writes."""

    def __init__(self, folder: Path, before: Callable[[], None]) -> None:
        super().__init__(folder, 60, 0)
        self._before = before

    def write(self, pieces: Sequence[bytes], at: float, lost: int, flags: int) -> None:
        self._before()
        super().write(pieces, at, lost, flags)


def batch(at: float, packets: int = 1, lost: int = 0, flags: int = 0) -> Batch:
    return Batch([b"G" * 188 * packets], packets, at, lost, flags)


def until(condition: Callable[[], Any]) -> None:
    deadline = monotonic() + 30
    while not condition():
        assert monotonic() < deadline
        sleep(0.01)


def ring_folder(tmp_path: Path) -> Path:
    (tmp_path / "ring").mkdir()
    return tmp_path / "ring" / "stream" / "output"


def test_what_a_disk_that_hangs_cannot_take_is_counted_and_told_in_the_next_record(tmp_path: Path) -> None:
    hangs = threading.Event()
    folder = ring_folder(tmp_path)
    writer = BackgroundWriter(FaultyRing(folder, lambda: bool(hangs.wait(30))), most_bytes=188 * 10)
    writer.put(batch(1.0, flags=BEGUN))
    until(lambda: writer._waiting_bytes == 0)
    for number in range(20):
        writer.put(batch(2.0 + number))

    assert writer.state().lost == 10
    hangs.set()
    until(lambda: writer.state().at == 11.0)
    writer.put(batch(30.0))
    writer.close(30)

    records = list(read_records(folder))
    assert [record.at for record in records] == [1.0, *(2.0 + number for number in range(10)), 30.0]
    assert [record.lost for record in records if record.lost] == [10]


def test_a_full_disk_is_told_and_written_to_again_once_there_is_room(tmp_path: Path) -> None:
    is_full = True

    def before() -> None:
        if is_full:
            raise OSError(28, "No space left on device")

    folder = ring_folder(tmp_path)
    writer = BackgroundWriter(FaultyRing(folder, before))
    writer.put(batch(1.0, packets=3, flags=BEGUN))
    until(lambda: writer.state().error)
    assert writer.state().error == "No space left on device"
    assert writer.state().lost == 3
    is_full = False
    number = 0

    def written() -> bool:
        nonlocal number
        number += 1
        writer.put(batch(100.0 + number))
        return writer.state().written > 0

    until(written)
    writer.close(30)

    first = next(read_records(folder))
    assert writer.state().error == ""
    assert first.begun
    assert first.lost >= 3


def test_a_disk_that_hangs_does_not_hold_the_end(tmp_path: Path) -> None:
    hangs = threading.Event()
    writer = BackgroundWriter(FaultyRing(ring_folder(tmp_path), lambda: bool(hangs.wait(60))))
    writer.put(batch(1.0))

    writer.close(0.1)

    assert writer.state().at == 0.0
    hangs.set()
