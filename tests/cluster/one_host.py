"""One machine: its server upgraded while streams are on air, and all of it killed as by a power cut.

    .venv/bin/python tests/cluster/one_host.py [--streams N] [upgrade reboot]

upgrade: the code is copied beside the old, and a server of the copy takes the place of the one that runs.
reboot: every process is killed at once and its files are left; a server is started as the unit would at boot.
Prints the longest gap of each; needs no root.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "client/src"))

from observe import Observer  # noqa: E402

PATIENCE_S = 180.0


class Machine:
    """A data folder with a server on it."""

    def __init__(self, folder: Path, count: int) -> None:
        self.data, self._log = folder / "data", folder / "serve.log"
        self.ports = {f"s{number}": ("127.0.0.1", free_port()) for number in range(1, count + 1)}
        self._server: subprocess.Popen[bytes] | None = None

    def serve(self, code: Path) -> None:
        """Start a server of the code in this folder; returns once it serves."""
        for_it = {**os.environ, "PYTHONPATH": f"{code / 'src'}:{code / 'client/src'}"}
        command = [sys.executable, "-m", "ibe100.cli.main", "serve", "--data-dir", str(self.data)]
        with self._log.open("ab") as log:
            seen = self._log.stat().st_size
            command += ["--engine", "builtin"]
            self._server = subprocess.Popen(command, env=for_it, stdout=log, stderr=log, cwd="/")
        end = time.monotonic() + PATIENCE_S
        while b"serving" not in self._log.read_bytes()[seen:]:
            if self._server.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"the server did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def leave(self) -> None:
        """End the server; the streams go on."""
        assert self._server is not None
        self._server.terminate()
        self._server.wait(60)

    def add_streams(self) -> None:
        """Put all on air."""
        from ibe100_client import Client, streams

        with Client(self.data, timeout_s=60) as asked:
            for name, (host, port) in self.ports.items():
                output = {"kind": "udp", "host": host, "port": port}
                source = {"kind": "test_pattern", "width": 160, "height": 90, "bitrate_bps": 500_000}
                asked.do(streams.add({"name": name, "input": source, "output": output}))
                asked.do(streams.start(name))

    def power_cut(self) -> None:
        """Kill all that runs for this folder at once, as a power cut does."""
        for _ in range(3):
            for pid in self.processes():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        assert self._server is not None
        self._server.wait(10)

    def processes(self) -> list[int]:
        """Processes that name the folder in their command line or environment."""
        mark, found = os.fsencode(self.data), []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if mark in told and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        return found


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_all_flow(observer: Observer) -> float:
    """Wait until each stream sends; returns the seconds that took."""
    observer.reset()
    began = time.monotonic()
    while not all(one.spans for one in observer.result().values()):
        if time.monotonic() - began > PATIENCE_S:
            raise SystemExit("not all streams are on air")
        time.sleep(0.02)
    return time.monotonic() - began


def upgrade(machine: Machine, observer: Observer, folder: Path) -> float:
    """Longest gap of an upgrade on air."""
    beside = folder / "new"
    for part in ("src", "client/src"):
        shutil.copytree(ROOT / part, beside / part, ignore=shutil.ignore_patterns("__pycache__"))
    observer.reset()
    machine.leave()
    machine.serve(beside)
    time.sleep(3.0)
    return max(one.longest_s for one in observer.result().values())


def reboot(machine: Machine, observer: Observer) -> float:
    """Seconds from the start of the server until all streams are on air again, after a power cut."""
    machine.power_cut()
    began = time.monotonic()
    machine.serve(ROOT)
    until_all_flow(observer)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=3)
    parser.add_argument("kinds", nargs="*", default=["upgrade", "reboot"])
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ibe100-one-"))
    machine = Machine(folder, given.streams)
    observer = Observer(machine.ports, 500)
    observer.start()
    try:
        machine.serve(ROOT)
        machine.add_streams()
        until_all_flow(observer)
        for kind in given.kinds:
            if kind == "upgrade":
                gap = upgrade(machine, observer, folder)
                print(f"upgrade: longest gap {gap:.2f} s of {given.streams} streams", flush=True)
            else:
                took = reboot(machine, observer)
                print(f"reboot: {given.streams} streams on air {took:.1f} s after the start", flush=True)
    finally:
        machine.power_cut()
        observer.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
