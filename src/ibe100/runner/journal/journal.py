"""The journal: every fact about a stream is one line of JSON with a sequence number, in bounded files.

A disk that refuses never stops the stream: lines wait in bounded memory, and in room that was taken before,
and are written when there is some.
Lines are handed to the kernel at once and survive the death of any process; once a second, and with each cue,
they are synced beside the loop. What a power cut took may have been told already: the next boot counts on
from a number that was not used.
"""

import contextlib
import itertools
import json
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ibe100.runner.journal.reserve import Reserve, reserved_lines
from ibe100.runner.launch import boot_id

CURRENT = "journal.jsonl"
BOOT = "boot"
_LOST_AT_MOST = 1000  # lines of a second; a number that was told never stands for another line
_SEQ_PREFIX = b'{"seq":'
_HEAD_BYTES = 32  # room for the prefix and any number
_LAST_CHUNK = 1 << 19  # several of the longest lines: a datagram of 64 kB in JSON


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """Bounds in bytes and files."""

    file_bytes: int = 4 << 20
    files: int = 8
    tail_bytes: int = 256 << 10
    waiting_bytes: int = 1 << 20


def seq_of(line: bytes) -> int | None:
    """The sequence number of a whole journal line, None if it is no such line."""
    return _seq_at_head(line) if line.endswith(b"}") else None


def journal_files(folder: Path) -> list[Path]:
    """The files of a journal, oldest first."""
    numbered: list[tuple[int, Path]] = []
    for path in folder.glob("journal.*.jsonl"):
        number = path.name.split(".")[1]
        if number.isdigit() and path.is_file():
            numbered.append((int(number), path))
    current = folder / CURRENT
    rotated = [path for _, path in sorted(numbered, reverse=True)]
    return [*rotated, current] if current.exists() else rotated


class Journal:
    """Appends lines, rotates the files, keeps the last lines in memory for whoever follows live."""

    def __init__(self, folder: Path, limits: JournalLimits | None = None) -> None:
        self._folder = folder
        self._limits = JournalLimits() if limits is None else limits
        self._fd: int | None = None
        self._size = 0
        self._tail: deque[tuple[int, bytes]] = deque()
        self._tail_size = 0
        self.error: str | None = None
        self.lines_lost = 0
        self._reserve = Reserve(folder)
        self.seq = self._written_seq = self._recover()
        self._take_reserved()
        if self.seq and self._is_first_since_boot():
            self.seq += _LOST_AT_MOST
            self._written_seq = self.seq
            self._tail.clear()
        self._syncing: threading.Thread | None = None

    def append(self, kind: str, facts: Mapping[str, object]) -> int:
        """Write one line and return its sequence number. Never raises for a full or missing disk."""
        seq = self.seq + 1
        head = f'{{"seq":{seq},"t":{time.time():.6f},"mono":{time.monotonic():.6f},"kind":{json.dumps(kind)}'
        body = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))[1:]
        line = (head + ("," if len(body) > 1 else "") + body).encode("utf-8", "replace")
        self.seq = seq
        self._tail.append((seq, line))
        self._tail_size += len(line)
        self.flush()
        self._trim()
        return seq

    def flush(self) -> bool:
        """Write what waits; returns whether nothing waits any more. Call it again while `error` is set."""
        try:
            for seq, line in self.tail_after(self._written_seq):
                self._write(line + b"\n")
                self._written_seq = seq
        except OSError as error:
            self.error = f"the journal cannot be written: {error.strerror}"
            self._reserve.keep(self.tail_after(self._written_seq))
            return False
        self.error = None
        self._reserve.clear()
        return True

    def sync(self) -> None:
        """Have what is written put on the disk, in a thread: a slow disk must not hold the loop up."""
        self._reserve.open()
        if self._fd is None or (self._syncing is not None and self._syncing.is_alive()):
            return
        self._syncing = threading.Thread(target=_sync, args=(os.dup(self._fd),), daemon=True)
        self._syncing.start()

    def _is_first_since_boot(self) -> bool:
        """True if the machine was booted since the journal was last opened; notes this boot for next time."""
        try:
            before = (self._folder / BOOT).read_text()
        except OSError:
            before = ""
        now = boot_id()
        if before != now:
            with contextlib.suppress(OSError):
                (self._folder / BOOT).write_text(now)
        return before not in ("", now)

    def tail_after(self, seq: int) -> Iterator[tuple[int, bytes]]:
        """The lines in memory that follow seq, oldest first."""
        if not self._tail:
            return iter(())
        return itertools.islice(self._tail, max(0, seq + 1 - self._tail[0][0]), None)

    @property
    def tail_first_seq(self) -> int:
        """Sequence number of the oldest line in memory (the next one to come if there is none)."""
        return self._tail[0][0] if self._tail else self.seq + 1

    @property
    def folder(self) -> Path:
        return self._folder

    def first_seq(self) -> int:
        """Sequence number of the oldest line kept."""
        for path in journal_files(self._folder):
            first = first_seq_of_file(path)
            if first is not None:
                return first
        return self.tail_first_seq

    def close(self) -> None:
        """Write what waits, if the disk lets it, and close the file."""
        self.flush()
        self._close_file()
        self._reserve.close()

    def _take_reserved(self) -> None:
        """Write the lines that a runner which is gone could not, or have them wait again."""
        for line in reserved_lines(self._folder):
            if seq_of(line) == self.seq + 1 and _is_json(line):
                self.seq += 1
                self._tail.append((self.seq, line))
                self._tail_size += len(line)
        self._reserve.open()
        self._reserve.last_seq = self.seq
        self.flush()

    def _trim(self) -> None:
        while self._tail and self._tail_size > self._limits.tail_bytes:
            seq, line = self._tail[0]
            if seq > self._written_seq:
                if self._tail_size <= self._limits.waiting_bytes:
                    return
                self._written_seq = seq
                self.lines_lost += 1
            self._tail.popleft()
            self._tail_size -= len(line)

    def _write(self, data: bytes) -> None:
        if self._fd is not None and self._size + len(data) > self._limits.file_bytes and self._size > 0:
            self._rotate()
        if self._fd is None:
            self._fd = os.open(self._folder / CURRENT, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            self._size = os.fstat(self._fd).st_size
        written = os.write(self._fd, data)
        if written < len(data):  # a nearly full disk takes a part: take it back, or the line would be torn
            os.ftruncate(self._fd, self._size)
            raise OSError(28, "No space left on device")
        self._size += written

    def _rotate(self) -> None:
        self._close_file()
        for number in range(self._limits.files - 1, 0, -1):
            newer = self._folder / (CURRENT if number == 1 else f"journal.{number - 1}.jsonl")
            older = self._folder / f"journal.{number}.jsonl"
            if older.is_dir():  # somebody put it there: it must not stop the journal
                older.rename(self._folder / f"{older.name}.{time.time():.0f}")
            if newer.exists():
                newer.replace(older)

    def _close_file(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _recover(self) -> int:
        """The last sequence number on disk; a torn end of the newest file is cut off."""
        for path in reversed(journal_files(self._folder)):
            try:
                last = _cut_torn_end(path)
            except OSError as error:
                self.error = f"the journal cannot be read: {error.strerror}"
                continue
            if last is not None:
                return last
        return 0


def _sync(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # the next write tells
        os.fsync(descriptor)
    os.close(descriptor)


def first_seq_of_file(path: Path) -> int | None:
    """Sequence number of a file's first line; None if it has none (or was rotated away meanwhile)."""
    try:
        with path.open("rb") as file:
            return _seq_at_head(file.read(_HEAD_BYTES))
    except OSError:
        return None


def _seq_at_head(data: bytes) -> int | None:
    if not data.startswith(_SEQ_PREFIX):
        return None
    digits, comma, _ = data[len(_SEQ_PREFIX) : _HEAD_BYTES].partition(b",")
    return int(digits) if comma and digits.isdigit() else None


def _cut_torn_end(path: Path) -> int | None:
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - _LAST_CHUNK)
        file.seek(start)
        chunk = file.read()
        end = len(chunk)
        while end > 0:
            before = chunk.rfind(b"\n", 0, end - 1) + 1
            line = chunk[before:end]
            seq = seq_of(line.rstrip(b"\n"))
            if seq is not None and line.endswith(b"\n") and _is_json(line):
                if end < len(chunk):
                    file.truncate(start + end)
                return seq
            end = before
        if start == 0:
            file.truncate(0)
        return None


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
