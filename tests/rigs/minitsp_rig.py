"""Runs minitsp as a process on the recorded command lines of tsp."""

import json
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from places import GOLDEN, MEDIA

MINITSP = [sys.executable, "-m", "ibe100.minitsp"]
DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a minitsp process ended."""

    exit_code: int
    stdout: bytes
    log: list[str]


def run(*arguments: str | Path, stdin: bytes | None = None, folder: Path = MEDIA) -> Finished:
    """Run to the end in a folder of streams."""
    done = subprocess.run(
        [*MINITSP, *map(str, arguments)], cwd=folder, input=stdin, capture_output=True, timeout=DEADLINE_S
    )
    return Finished(done.returncode, done.stdout, done.stderr.decode().splitlines())


@contextmanager
def running(*arguments: str | Path, folder: Path = MEDIA, **popen: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is stopped by SIGINT at the end, if it has not ended; its output is closed."""
    popen.setdefault("stderr", subprocess.PIPE)
    with subprocess.Popen([*MINITSP, *map(str, arguments)], cwd=folder, **popen) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(DEADLINE_S)
                except subprocess.TimeoutExpired:
                    process.kill()


def finish(process: subprocess.Popen[bytes], number: int | None = signal.SIGINT) -> Finished:
    """Send a signal (None: just wait) and collect what the process said."""
    if number is not None and process.poll() is None:
        process.send_signal(number)
    stdout, stderr = process.communicate(timeout=DEADLINE_S)
    return Finished(process.returncode, stdout or b"", stderr.decode().splitlines())


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Poll until the condition holds; AssertionError after the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def udp_receiver() -> socket.socket:
    """A socket bound to a free loopback port."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(DEADLINE_S)
    return receiver


def port_of(receiver: socket.socket) -> int:
    return int(receiver.getsockname()[1])


def is_bound(port: int) -> bool:
    """Whether some process has bound this UDP port (Linux)."""
    own = f":{port:04X}"  # in the second column; the third is that of the other end
    return any(line.split()[1].endswith(own) for line in Path("/proc/net/udp").read_text().splitlines())


def send(data: bytes, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(data, ("127.0.0.1", port))


def recording(name: str) -> dict[str, Any]:
    """One recording of a real tsp."""
    result: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return result


def without_times(text: str) -> str:
    """A log line or JSON text with what differs from run to run blanked: times, peers, bitrates."""
    text = re.sub(r"^\* \d{4}/\d\d/\d\d \d\d:\d\d:\d\d - ", "* TIME - ", text)
    text = re.sub(r'"(time|event-time)": "[^"]*"', r'"\1": "TIME"', text)
    text = re.sub(r"from 127\.0\.0\.1:\d+", "from PEER", text)
    text = re.sub(r"current PTS: 0x[0-9A-F]+", "current PTS: PTS", text)
    text = re.sub(r"[\d,]+ b/s", "RATE b/s", text)
    return re.sub(r'"(packet-index|time-to-event-ms|pre-roll-ms)": \d+', r'"\1": N', text)


def receive_texts(receiver: socket.socket, count: int) -> list[str]:
    """The next `count` datagrams as text."""
    return [receiver.recv(65_536).decode() for _ in range(count)]


def nothing_more(receiver: socket.socket) -> bool:
    """Whether no datagram is waiting."""
    return not select.select([receiver], [], [], 0)[0]
