"""Who a process is: a pid alone may be somebody else's by now, a pid with its start time and boot is not.

Linux answers from /proc. macOS has no /proc: `ps` gives the start in whole seconds and there is no boot id.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


def boot_id() -> str:
    """This boot of the machine; empty where the system does not name it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


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
        """Whether exactly this process still runs (on the same boot)."""
        return process_start_time(self.pid) == self.start_time


@dataclass(frozen=True, slots=True)
class RunnerRecord:
    """runner.json: what the next console or runner needs to find this one and what it left behind."""

    pid: int
    start_time: int
    boot_id: str
    control_socket: str
    version: int
    stream_id: str
    generation: int
    processor: ProcessIdentity | None
    source: ProcessIdentity | None

    def write(self, path: Path) -> None:
        """Replace the file whole. OSError if the folder or disk refuses."""
        beside = path.with_name(path.name + ".new")
        beside.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        beside.replace(path)


def left_behind(path: Path) -> list[ProcessIdentity]:
    """Living processors and sources of a runner that did not end them; [] if the record is absent or torn."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(record, dict) or record.get("boot_id") != boot_id():
        return []
    found: list[ProcessIdentity] = []
    for role in ("processor", "source"):
        match record.get(role):
            case {"pid": int(pid), "start_time": int(start_time)} if pid > 1:
                identity = ProcessIdentity(pid, start_time)
                if identity.is_alive():
                    found.append(identity)
    return found
