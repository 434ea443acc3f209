"""Identity of a process: a pid may have been reused, a pid with its start time and boot has not.

Linux answers from /proc. macOS has no /proc: `ps` gives the start in whole seconds and there is no boot id.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD_BYTES = 4096  # one page: a reader never meets half of a record


def process_start_time(pid: int) -> int | None:
    """Start of a process: clock ticks since boot (proc(5), stat field 22), on macOS seconds since 1970.

    None if there is no such process, or only its zombie.
    """
    if sys.platform != "linux":
        return _start_time_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()  # the name in brackets may hold blanks and brackets
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _start_time_by_ps(pid: int) -> int | None:
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, env={**os.environ, "LC_ALL": "C"}
    )
    text = answer.stdout.decode("ascii", "replace").strip()
    if not text:
        return None
    return int(time.mktime(time.strptime(text, "%a %b %d %H:%M:%S %Y")))


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process that can be recognised again."""

    pid: int
    start_time: int

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """The identity of a living process."""
        start_time = process_start_time(pid)
        return None if start_time is None else cls(pid, start_time)

    def is_alive(self) -> bool:
        """True if exactly this process still runs (on the same boot)."""
        return process_start_time(self.pid) == self.start_time


@dataclass(frozen=True, slots=True)
class RunnerRecord:
    """Facts about a runner for whoever looks from outside: process table, console, operator."""

    pid: int
    start_time: int
    boot_id: str
    control_socket: str
    version: int
    stream_id: str
    generation: int
    processor: ProcessIdentity | None
    source: ProcessIdentity | None


class RecordFile:
    """runner.json: its room is taken at the start and written in place; a disk that fills up cannot break it.

    Nothing depends on it: ownership is the lock and the mark (see ownership).

    OSError from the constructor and `write`: the folder or disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(self._fd, b" " * RECORD_BYTES, 0)
        os.ftruncate(self._fd, RECORD_BYTES)

    def write(self, record: RunnerRecord) -> None:
        """Replace the whole record."""
        text = json.dumps(asdict(record), indent=1).encode() + b"\n"
        os.pwrite(self._fd, text.ljust(RECORD_BYTES), 0)

    def remove(self) -> None:
        """Close and delete the file; one that cannot be deleted says nothing wrong for long."""
        os.close(self._fd)
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
