"""Every network input of minitsp with every network output, over loopback, cut on both sides and mended.

Run it by hand: `.venv/bin/python tests/benchmarks/minitsp_pairs.py [--seconds 60] [--only srt:hls,ip:srt]`.

One minitsp in the middle takes a test pattern by one transport and passes it on by another, from and to two
more. Its sender is killed and started again after a third of the time, its receiver ended and started again
after two thirds; the one in the middle has to live through both. What arrived is compared packet by packet
with what was sent: apart from the gaps of the two cuts nothing may be missing, and nothing may be altered.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ibe100.models.stream_config import TestPatternInput
from ibe100.tsduck.test_pattern import sample_arguments

MINITSP = [sys.executable, "-m", "ibe100.minitsp", "--realtime"]
PACKET_BYTES = 188
NULL = b"\x47\x1f\xff"
TRANSPORTS = ("ip", "rtp", "srt", "rist", "http", "hls")
SECRET = "a secret of loopback"
LATENCY_MS = 200
AWAY_S = 0.5
SETTLE_S = 2.0
BURSTS = ("http", "hls")
"""Inputs that come faster than they are played."""


@dataclass
class Outcome:
    """What became of the packets, nulls left out: how many came, in how many runs without a gap."""

    received: int
    runs: int
    altered: int
    survived: bool
    """The processor in the middle was never ended."""
    resumed: bool
    """Each receiver got something, the one that came later too."""

    def verdict(self, cuts: int) -> str:
        if not self.survived:
            return "ENDED"
        if self.altered:
            return "ALTERED"
        if not self.received:
            return "NOTHING"
        if not self.resumed:
            return "CUT OFF"
        return "ok" if self.runs <= cuts + 1 else "LOSS"


@dataclass
class Link:
    """One hop by one transport."""

    transport: str
    port: int
    folder: Path
    web: str = ""
    options: list[str] = field(default_factory=list)

    def sender(self) -> list[str]:
        """The words of an output."""
        at = f"127.0.0.1:{self.port}"
        match self.transport:
            case "ip":
                return ["ip", at]
            case "rtp":
                return ["ip", "--rtp", at]
            case "srt":
                return ["srt", f"--listener={at}", "--multiple", *self._srt()]
            case "rist":
                return ["rist", f"--buffer-size={LATENCY_MS}", *self._rist(), f"rist://{at}"]
            case "http":
                return ["http", f"--server={at}", "--multiple-clients"]
        playlist, segments = self.folder / "live.m3u8", self.folder / "live-.ts"
        words = ["--live=1000", "--duration=1", "--slice-only", f"--playlist={playlist}", str(segments)]
        return ["hls", *words]

    def receiver(self) -> list[str]:
        """The words of an input."""
        at = f"127.0.0.1:{self.port}"
        match self.transport:
            case "ip" | "rtp":
                return ["ip", "--local-address=127.0.0.1", str(self.port)]
            case "srt":
                return ["srt", f"--caller={at}", "--multiple", *self._srt()]
            case "rist":
                return ["rist", f"--buffer-size={LATENCY_MS}", *self._rist(), f"rist://@{at}"]
            case "http":
                return ["http", "--infinite", "--ignore-errors", "--reconnect-delay=200", f"http://{at}/"]
        return ["hls", f"{self.web}/live.m3u8"]

    def _srt(self) -> list[str]:
        return [f"--latency={LATENCY_MS}", self._secret("--passphrase")]

    def _rist(self) -> list[str]:
        return [self._secret("--secret"), "--encryption-type=AES-256"]

    def _secret(self, option: str) -> str:
        path = self.folder / f"secret{option}"
        path.write_text(f"{option}={SECRET}\n")
        return f"@{path}"


def free_port() -> int:
    """A port that nobody uses at the moment, for UDP and TCP alike."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port = int(udp.getsockname()[1])
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                return port


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, without a word."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def start(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as errors:
        return subprocess.Popen([*MINITSP, *words], stderr=errors, stdout=subprocess.DEVNULL)


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> None:
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_pair(source: Path, comes_by: str, goes_by: str, seconds: float) -> Outcome:
    """One pair for so many seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("in", "out", "sink"):
            (folder / part).mkdir()
        with web_server(folder / "in") as web:
            first = Link(comes_by, free_port(), folder / "in", web)
            second = Link(goes_by, free_port(), folder / "out")
            feed = ["-I", "file", str(source), "-P", "regulate", "-O", *first.sender()]
            pace = ["-P", "regulate"] if comes_by in BURSTS else []
            relay = ["-I", *first.receiver(), *pace, "-O", *second.sender()]
            return _play(folder, feed, relay, second, seconds, source)


def _play(
    folder: Path, feed: list[str], relay: list[str], second: Link, seconds: float, source: Path
) -> Outcome:
    sinks = iter(folder / "sink" / f"{number}.ts" for number in range(9))

    def sink() -> subprocess.Popen[bytes] | None:
        if second.transport == "hls":
            return None  # its segments are what a web server hands out
        return start(["-I", *second.receiver(), "-O", "file", str(next(sinks))], folder / "sink.log")

    feeder = start(feed, folder / "feed.log")
    if "hls" in relay[1]:
        _wait_for(folder / "in" / "live.m3u8")
    middle = start(relay, folder / "relay.log")
    receiver = sink()
    arrivals = folder / ("out" if receiver is None else "sink")
    _wait_for_more(arrivals)
    time.sleep(seconds / 3)
    stop(feeder, signal.SIGKILL)
    time.sleep(AWAY_S)
    feeder = start(feed, folder / "feed.log")
    _wait_for_more(arrivals)
    time.sleep(seconds / 3)
    if receiver is not None:
        stop(receiver)
        time.sleep(AWAY_S)
        receiver = sink()
        _wait_for_more(arrivals)
    time.sleep(seconds / 3)
    stop(feeder)
    time.sleep(SETTLE_S)
    survived = middle.poll() is None
    stop(middle)
    if receiver is not None:
        stop(receiver)
    parts = sorted((folder / "sink").iterdir()) or sorted((folder / "out").glob("*.ts"))
    runs = [part.read_bytes() for part in parts]
    outcome = compare(source.read_bytes(), b"".join(runs), survived, all(runs))
    if not (survived and all(runs)):
        for log in sorted(folder.glob("*.log")):
            print(log.name, log.read_text()[-1000:], sep="\n", file=sys.stderr)
    return outcome


def _wait_for_more(folder: Path) -> None:
    """Until packets come: processes start slowly on a busy machine, transports resume in their own time."""

    def size() -> int:
        return sum(path.stat().st_size for path in folder.glob("*.ts"))

    before = size()
    deadline = time.monotonic() + 20
    while size() < before + 100 * PACKET_BYTES and time.monotonic() < deadline:
        time.sleep(0.05)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def packets_of(stream: bytes) -> list[bytes]:
    """The packets that are no null packets."""
    starts = range(0, len(stream) - PACKET_BYTES + 1, PACKET_BYTES)
    packets = (stream[at : at + PACKET_BYTES] for at in starts)
    return [packet for packet in packets if packet[:3] != NULL]


def compare(sent: bytes, received: bytes, survived: bool, resumed: bool) -> Outcome:
    """Follow what came through what was sent."""
    source = packets_of(sent)
    places: dict[bytes, list[int]] = {}
    for at, packet in enumerate(source):
        places.setdefault(packet, []).append(at)
    came = packets_of(received)
    runs = altered = 0
    expected = -1
    for packet in came:
        if 0 <= expected < len(source) and source[expected] == packet:
            expected += 1
            continue
        found = places.get(packet)
        if found is None:
            altered += 1
            continue
        if len(found) == 1 or expected < 0:
            runs += 1
            expected = found[0] + 1
    return Outcome(len(came), runs, altered, survived, resumed)


def main() -> int:
    """Prints a table; 1 if a pair failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each pair runs")
    parser.add_argument("--bitrate", type=int, default=2_000_000, help="of the test pattern, b/s")
    parser.add_argument("--only", default="", help="pairs as in:out, separated by commas")
    arguments = parser.parse_args()
    wanted = [tuple(pair.split(":")) for pair in arguments.only.split(",") if pair]
    pairs = wanted or [(one, other) for one in TRANSPORTS for other in TRANSPORTS if other != "rtp"]
    pattern = TestPatternInput(width=320, height=180, frame_rate=25, bitrate_bps=arguments.bitrate)
    failed = 0
    with tempfile.NamedTemporaryFile(suffix=".ts") as file:
        command = sample_arguments(pattern, arguments.seconds + 10)
        subprocess.run(command, stdout=file, stderr=subprocess.DEVNULL, check=True)
        print(f"{'input':>6} {'output':>6} {'packets':>9} {'gaps':>5} {'altered':>8}  verdict")
        for comes_by, goes_by in pairs:
            outcome = run_pair(Path(file.name), comes_by, goes_by, arguments.seconds)
            cuts = 1 + (goes_by != "hls")
            verdict = outcome.verdict(cuts)
            failed += verdict != "ok"
            counts = f"{outcome.received:>9,} {max(0, outcome.runs - 1):>5} {outcome.altered:>8}"
            print(f"{comes_by:>6} {goes_by:>6} {counts}  {verdict}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
