"""Time until the output is back after a silent input: `python tests/benchmarks/streams/input_silence.py`.

A server runs streams side by side, each from a UDP sender of ours to a UDP port of ours. Each sender is
silent for random times, and goes on as a live source does, with what is due then. Printed: from the first
packet after each silence to the first on the output, and how many processors were started.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "rigs"))
from live_rig import LiveSender, as_it_is, make_pattern, nothing  # noqa: E402 (the tests are no package)
from loopback import free_ports  # noqa: E402

SETTLED_S = 4.0
"""Between two silences: a stream that has just come back may go again."""
DEADLINE_S = 60.0


@dataclass
class Line:
    """One stream: its sender, the port it sends to, what arrived there last, and what was measured."""

    sender: LiveSender
    output: socket.socket
    arrived_at: float = 0.0
    back_s: list[tuple[float, float]] = field(default_factory=list)
    """Of each silence: how long it was, and how long the output took to be back."""

    def receive(self) -> None:
        while True:
            try:
                self.output.recv(2048)
            except OSError:
                return
            self.arrived_at = time.monotonic()

    def silence(self, seconds: float) -> None:
        self.sender.spoil = nothing
        time.sleep(seconds)
        began = time.monotonic()
        self.sender.spoil = as_it_is
        while self.arrived_at < began and time.monotonic() - began < DEADLINE_S:
            time.sleep(0.002)
        self.back_s.append((seconds, self.arrived_at - began if self.arrived_at > began else DEADLINE_S))
        time.sleep(SETTLED_S)


def command(data_dir: str, *words: str) -> list[str]:
    return [sys.executable, str(ROOT / "main.py"), *words, "--data-dir", data_dir]


def call(data_dir: str, *words: str) -> str:
    return subprocess.run(command(data_dir, *words), capture_output=True, text=True, check=False).stdout


def views(data_dir: str) -> list[dict[str, object]]:
    text = call(data_dir, "stream", "list", "--json")
    return json.loads(text) if text else []


def measure(data_dir: str, streams: int, each: int, longest_s: float, seed: int) -> None:
    pattern = make_pattern(Path(data_dir) / "pattern.ts", 30.0)
    inputs = free_ports(streams)
    lines = []
    for port in inputs:
        output = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        output.bind(("127.0.0.1", 0))
        lines.append(Line(LiveSender(pattern, port), output))
        threading.Thread(target=lines[-1].sender.run, daemon=True).start()
        threading.Thread(target=lines[-1].receive, daemon=True).start()
    while not views(data_dir):
        for number, (port, line) in enumerate(zip(inputs, lines, strict=True), 1):
            target = f"udp://127.0.0.1:{line.output.getsockname()[1]}"
            words = ("--input", f"udp://127.0.0.1:{port}", "--output", target)
            call(data_dir, "stream", "add", f"Silent {number}", *words)
    for number in range(1, streams + 1):
        call(data_dir, "stream", "start", str(number))
    while not all(view["state"] == "RUNNING" for view in views(data_dir)):
        time.sleep(0.2)
    time.sleep(SETTLED_S)
    chance = random.Random(seed)
    lengths = [[chance.uniform(1.0, longest_s) for _ in range(each)] for _ in lines]
    threads = [
        threading.Thread(target=lambda line=line, mine=mine: [line.silence(s) for s in mine])
        for line, mine in zip(lines, lengths, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    back = sorted(took_s for line in lines for _, took_s in line.back_s)
    print(f"silences of {min(map(min, lengths)):.1f} to {max(map(max, lengths)):.1f} s:  {len(back)}")
    print(f"back on the output after, median:  {back[len(back) // 2] * 1000:7.0f} ms")
    print(f"                         longest:  {back[-1] * 1000:7.0f} ms")
    print(f"processors started:                {sum(int(str(v['attempt'])) for v in views(data_dir)):4d}")
    for line in lines:
        line.sender.stop()
        line.output.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--each", type=int, default=5, help="silences of each stream")
    parser.add_argument("--longest-s", type=float, default=90.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data_dir:
        server = subprocess.Popen(
            command(data_dir, "serve"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            measure(data_dir, options.streams, options.each, options.longest_s, options.seed)
        finally:
            for number in range(1, options.streams + 1):
                call(data_dir, "stream", "stop", str(number))
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
