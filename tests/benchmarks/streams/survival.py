"""What the output shows when things die: `.venv/bin/python tests/benchmarks/streams/survival.py`.

A server runs the test pattern to a UDP port of ours. Printed: the longest gap on the output in quiet running,
when the server is killed, when the processor is killed; how long a new server takes to adopt; the runner's
memory.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
QUIET_S = 5.0


class Receiver(threading.Thread):
    """Notes when datagrams arrive."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.port = self.socket.getsockname()[1]
        self.times: list[float] = []

    def run(self) -> None:
        while True:
            self.socket.recv(2048)
            self.times.append(time.monotonic())

    def longest_gap_ms(self, since: float) -> float:
        """Longest time without a datagram from `since` on, the last second before now included."""
        times = [moment for moment in self.times if moment >= since - 0.5]
        return max(later - earlier for earlier, later in itertools.pairwise(times)) * 1000


def command(data_dir: str, *words: str) -> list[str]:
    return [sys.executable, str(ROOT / "main.py"), *words, "--data-dir", data_dir]


def serve(data_dir: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(data_dir, "serve"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def streams(data_dir: str) -> list[dict[str, object]]:
    listed = subprocess.run(command(data_dir, "stream", "list", "--json"), capture_output=True, check=False)
    return json.loads(listed.stdout) if listed.returncode == 0 else []


def until_running(data_dir: str, *, timeout_s: float = 60.0) -> float:
    """Seconds until the stream is RUNNING for whoever serves the folder now."""
    began = time.monotonic()
    while time.monotonic() - began < timeout_s:
        if any(stream["state"] == "RUNNING" for stream in streams(data_dir)):
            return time.monotonic() - began
    raise SystemExit("the stream did not come on air")


def adoption_s(data_dir: str, began_wall: float) -> float:
    """From the start of the new server's process to its log line that all streams are taken up."""
    log = Path(data_dir, "logs", "app.log")
    while True:
        for line in reversed(log.read_text().splitlines()):
            if "is open on" in line:
                at = log_time(line)
                if at > began_wall:
                    return at - began_wall
                break
        time.sleep(0.01)


def log_time(line: str) -> float:
    return datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp()


def child_of(pid: int, word: str) -> int:
    listed = subprocess.run(["pgrep", "-P", str(pid), "-f", word], capture_output=True, text=True, check=True)
    return int(listed.stdout.split()[0])


def main() -> None:
    receiver = Receiver()
    receiver.start()
    with tempfile.TemporaryDirectory() as data_dir:
        server = serve(data_dir)
        while not streams(data_dir) and server.poll() is None:
            target = f"udp://127.0.0.1:{receiver.port}"
            subprocess.run(
                command(data_dir, "stream", "add", "Survivor", "--output", target),
                capture_output=True,
                check=False,
            )
        subprocess.run(command(data_dir, "stream", "start", "1"), check=True, stdout=subprocess.DEVNULL)
        until_running(data_dir)
        runner = json.loads(next(Path(data_dir, "state", "streams").glob("*/runner.json")).read_text())["pid"]
        try:
            since = time.monotonic()
            time.sleep(QUIET_S)
            print(f"longest gap in quiet running:          {receiver.longest_gap_ms(since):7.1f} ms")

            since = time.monotonic()
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            time.sleep(QUIET_S)
            print(f"longest gap, server killed -9:         {receiver.longest_gap_ms(since):7.1f} ms")

            began = time.time()
            server = serve(data_dir)
            print(f"adopted after (process start included):{adoption_s(data_dir, began) * 1000:7.0f} ms")
            until_running(data_dir)

            since = time.monotonic()
            os.kill(child_of(runner, "ibe100.minitsp|tsp"), signal.SIGKILL)
            time.sleep(QUIET_S)
            print(f"longest gap, processor killed -9:      {receiver.longest_gap_ms(since):7.1f} ms")
            status = Path(f"/proc/{runner}/status").read_text()
            memory_kb = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
            print(f"runner's memory (VmRSS):               {memory_kb / 1000:7.1f} MB")
        finally:
            subprocess.run(command(data_dir, "stream", "stop", "1"), stdout=subprocess.DEVNULL, check=False)
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
