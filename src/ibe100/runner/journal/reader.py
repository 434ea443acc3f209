"""Reading a journal from any sequence number on: from the files first, then from the live tail."""

from pathlib import Path
from typing import BinaryIO

from ibe100.runner.journal.journal import Journal, first_seq_of_file, journal_files, seq_of


class JournalCursor:
    """Position of one follower in a journal that is being written in this process.

    The follower pulls lines, so that a slow one costs an open file and no memory. A gap in the
    sequence numbers means that lines were rotated away (or lost to a full disk) before they were pulled.
    """

    def __init__(self, journal: Journal, after_seq: int) -> None:
        self._journal = journal
        self._file: BinaryIO | None = None
        self.seq = after_seq

    def at_end(self) -> bool:
        """True if every line written so far has been handed out."""
        return self.seq >= self._journal.seq

    def next_lines(self, max_bytes: int) -> list[bytes]:
        """The lines that follow, without newline: at least one if there is one, then up to max_bytes."""
        lines: list[bytes] = []
        size = 0
        while size < max_bytes and not self.at_end():
            if self.seq + 1 >= self._journal.tail_first_seq:
                self.close()
                for seq, line in self._journal.tail_after(self.seq):
                    self.seq = seq
                    lines.append(line)
                    size += len(line)
                    if size >= max_bytes:
                        break
                break
            stored = self._next_from_files()
            if stored is not None:
                lines.append(stored)
                size += len(stored)
        return lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _next_from_files(self) -> bytes | None:
        """The next line of the present file; None when there was none, and the place has moved on."""
        if self._file is None:
            self._file = self._open(self._holding(self.seq + 1))
        raw = self._file.readline() if self._file is not None else b""
        if not raw.endswith(b"\n"):
            self.close()
            self._file = self._open(self._starting_after(self.seq))
            if self._file is None:  # rotated away or lost to a full disk: go on with what there is
                self.seq = self._journal.tail_first_seq - 1
            return None
        line = raw[:-1]
        seq = seq_of(line)
        if seq is None or seq <= self.seq:
            return None
        self.seq = seq
        return line

    def _holding(self, seq: int) -> Path | None:
        """The newest file that begins at or before a line."""
        for path in reversed(journal_files(self._journal.folder)):
            first = first_seq_of_file(path)
            if first is not None and first <= seq:
                return path
        return None

    def _starting_after(self, seq: int) -> Path | None:
        """The oldest file that begins after a line."""
        for path in journal_files(self._journal.folder):
            first = first_seq_of_file(path)
            if first is not None and first > seq:
                return path
        return None

    def _open(self, path: Path | None) -> BinaryIO | None:
        try:
            return None if path is None else path.open("rb")
        except OSError:  # rotated between the look and the opening
            return None
