"""Figures of the runner on this machine: run it by hand.

    .venv/bin/python tests/benchmarks/streams/runner_recovery.py [--rounds N]

Runs the built-in processor on an HD service of a second, sent to a loopback port where the arrival of every
datagram is noted. Prints the time from kill -9 of the processor to the next exec and to the next packet on
the output, the longest gap there before and around kill -9 of the process that started the runner, the
time a new follower needs for the whole journal, and the runner's resident memory.
"""

import argparse
import contextlib
import itertools
import os
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
from places import MEDIA
from runner_rig import Stream, stream_in, wait_until

CONSOLE = """
import subprocess, sys, time
runner = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
runner.stdin.write(b'{"secrets": {}}\\n')
runner.stdin.close()
time.sleep(1000)
"""


class Output:
    """Notes when each datagram of the stream arrives, in time.monotonic() seconds."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]
        self.arrivals: list[float] = []
        self._over = False
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    def _receive(self) -> None:
        while not self._over:
            with contextlib.suppress(TimeoutError):
                self._socket.recv(2048)
                self.arrivals.append(time.monotonic())

    def first_after(self, moment: float) -> float:
        found = wait_until(
            lambda: next((t for t in self.arrivals if t > moment), None), "a packet on the output"
        )
        return float(found)

    def longest_gap_ms(self, start: float, end: float) -> float:
        window = [t for t in self.arrivals if start <= t <= end]
        return max(b - a for a, b in itertools.pairwise(window)) * 1000

    def close(self) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def write_spec(stream: Stream, output: Output) -> None:
    # fmt: off
    stream.write_spec([
        sys.executable, "-m", "ibe100.minitsp", "--realtime",
        "-I", "file", "--infinite", str(MEDIA / "dvb_hd_service.ts"),
        "-P", "regulate",
        "-P", "influx", "--interval=1", "--bitrate", "--pts", "--pid=120", "--tr-101-290",
        f"--host-url=http://127.0.0.1:{stream.influx}", "--bucket=x", "--org=x", "--token=x",
        "-O", "ip", f"127.0.0.1:{output.port}",
    ], healthy_reset_s=0.5)
    # fmt: on


def measure(folder: Path, rounds: int) -> None:
    output = Output()
    try:
        with stream_in(folder / "bench") as stream:
            write_spec(stream, output)
            stream.start_from([sys.executable, "-c", CONSOLE])
            console = stream.runner
            assert console is not None
            stream.wait_state("RUNNING")
            runner_pid = stream.status()["runner_pid"]
            print(f"runner VmRSS: {resident_mb(runner_pid):.1f} MB")
            time.sleep(2)
            killed = time.monotonic()
            os.kill(console.pid, signal.SIGKILL)
            console.wait()
            adopting = time.monotonic()
            with stream.client() as client:
                client.ask(cmd="subscribe", from_seq=0)
                client.journal_until(lambda line: line.get("state") == "RUNNING")
            print(f"adoption (connect, whole journal): {(time.monotonic() - adopting) * 1000:.1f} ms")
            time.sleep(2)
            quiet = output.longest_gap_ms(killed - 1.9, killed - 0.1)
            around = output.longest_gap_ms(killed - 0.1, killed + 1.7)
            print(
                f"longest gap on the output: {around:.1f} ms around kill -9 of the console, "
                f"{quiet:.1f} ms before it"
            )
            execs: list[float] = []
            packets: list[float] = []
            for number in range(2, rounds + 2):
                stream.wait_state("RUNNING", times=number - 1)
                time.sleep(1)  # past healthy_reset_s: each kill is a first failure
                pid = stream.status()["pid"]
                killed = time.monotonic()
                os.kill(pid, signal.SIGKILL)
                started = wait_until(
                    lambda n=number: next(
                        (s for s in stream.of_kind("attempt_started") if s["attempt"] == n), None
                    ),  # type: ignore[misc]
                    "the next attempt",
                )
                execs.append((started["mono"] - killed) * 1000)
                packets.append((output.first_after(started["mono"]) - killed) * 1000)
            for name, figures in (("exec", execs), ("packet on the output", packets)):
                spread = f"median {statistics.median(figures):.1f} ms, worst {max(figures):.1f} ms"
                print(f"kill -9 of the processor to the next {name}: {spread} ({rounds} rounds)")
            print(f"runner VmRSS at the end: {resident_mb(runner_pid):.1f} MB")
            os.kill(runner_pid, signal.SIGTERM)
            wait_until(lambda: stream.states()[-1] == "STOPPED", "STOPPED")
    finally:
        output.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Recovery figures of the runner")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), rounds)


if __name__ == "__main__":
    main()
