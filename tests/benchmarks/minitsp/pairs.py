"""Every input of minitsp with every output, over loopback, cut on both sides and mended.

Run it by hand: `.venv/bin/python tests/benchmarks/minitsp/pairs.py [--seconds 60] [--only srt:hls,ip:srt]`.

One minitsp in the middle takes a test pattern by one transport and passes it on by another, from and to two
more, or from and to `--ends=/path/of/tsp`. Its sender is killed and started again after a third of the time,
its receiver ended and started again after two thirds; the one in the middle has to live through both. What
arrived is compared packet by packet with what was sent: apart from the gaps of the two cuts nothing may be
missing, and nothing may be altered. Where the transports lose nothing, the digest of each stretch between the
gaps, null packets and all, is that of the same stretch of the source. With `MINITSP_LIBSRT=none` in the
environment SRT goes through ffmpeg.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import IO

from pair_links import BURSTS, INPUTS, LOCAL, LOSS_FREE, OUTPUTS, Link, Ports, web_server

from ibe100.models.stream_config import TestPatternInput
from ibe100.tsduck.pattern_source import sample_arguments

MINITSP = (sys.executable, "-m", "ibe100.minitsp")
PACKET_BYTES = 188
NULL = b"\x47\x1f\xff"
DEADLINE_S = 20.0
AWAY_S = 0.5
SETTLE_S = 2.0
PORTS = Ports()


@dataclass(frozen=True)
class Stretch:
    """A run of packets that came as they were sent: where it begins and ends (behind its last packet)."""

    came_start: int
    came_end: int
    sent_start: int
    sent_end: int


@dataclass(frozen=True)
class Outcome:
    """What became of the packets."""

    received: int
    stretches: tuple[Stretch, ...] = ()
    altered: int = 0
    digests_differ: int = 0
    survived: bool = True
    """The processor in the middle was never ended."""
    resumed: bool = True
    """Each receiver got something, the one that came later too."""

    @property
    def longest_gap(self) -> int:
        """Packets that are missing between two stretches, at most; none where the source began anew."""
        gaps = [after.sent_start - before.sent_end for before, after in pairwise(self.stretches)]
        return max((0, *gaps))

    def verdict(self, cuts: int, loss_free: bool) -> str:
        if not self.survived:
            return "ENDED"
        if self.altered:
            return "ALTERED"
        if not self.received:
            return "NOTHING"
        if not self.resumed or 0 < len(self.stretches) < cuts + 1:
            return "CUT OFF"
        if len(self.stretches) > cuts + 1:
            return "LOSS"
        return "DIGEST" if loss_free and self.digests_differ else "ok"


class Pair:
    """One pair: its three processes and what arrives."""

    def __init__(self, folder: Path, comes_by: Link, goes_by: Link, ends: tuple[str, ...]) -> None:
        self._folder = folder
        self._first, self._second = comes_by, goes_by
        self._ends = ends
        self._feeder: subprocess.Popen[bytes] | None = None
        self._sink: subprocess.Popen[bytes] | None = None
        self._can_cut = comes_by.transport not in LOCAL
        self._has_feeder = comes_by.transport not in ("file", "null")
        self._has_sink = goes_by.transport not in ("file", "drop", "hls")
        # The segments of HLS are what a web server hands out.
        self._arrivals = folder / ("out" if goes_by.transport == "hls" else "sink")

    def play(self, seconds: float, source: Path) -> Outcome:
        """Run it for so many seconds."""
        for link in (self._first, self._second):
            link.prepare()
        if self._has_feeder:
            self._feed()
        if self._first.transport == "hls":
            wait_for(self._first.playlist)
        middle = self._relay()
        if self._has_sink:
            self._drain()
        self._wait_for_more()
        time.sleep(seconds / 3)
        if self._feeder is not None and self._can_cut:
            stop(self._feeder, signal.SIGKILL)
            time.sleep(AWAY_S)
            self._feed()
            self._wait_for_more()
        time.sleep(seconds / 3)
        if self._sink is not None:
            stop(self._sink)
            time.sleep(AWAY_S)
            self._drain()
            self._wait_for_more()
        time.sleep(seconds / 3)
        if self._feeder is not None and self._can_cut:
            stop(self._feeder)
            time.sleep(SETTLE_S)
        survived = middle.poll() is None
        for process in (middle, self._feeder, self._sink):
            if process is not None:
                stop(process)
        parts = [path.read_bytes() for path in sorted(self._arrivals.glob("*.ts"))]
        sent = b"" if self._first.transport == "null" else source.read_bytes()
        outcome = replace(
            compare(sent, b"".join(parts)),
            survived=survived,
            resumed=len(parts) > int(self._has_sink) and all(parts),
        )
        if not outcome.resumed or not survived:
            self._show_logs()
        return outcome

    @property
    def cuts(self) -> int:
        """How often the line is cut."""
        return int(self._can_cut) + int(self._has_sink)

    @property
    def is_loss_free(self) -> bool:
        """Whether nothing may be missing between two cuts."""
        return {self._first.transport, self._second.transport} <= set(LOSS_FREE)

    def _feed(self) -> None:
        words = ["-I", "file", str(self._first.source), "-P", "regulate"]
        stdout = subprocess.PIPE if self._first.transport == "stdin" else subprocess.DEVNULL
        words += self._first.sender(self._folder / "unused")
        self._feeder = self._start(self._ends, words, "feed", stdout=stdout)

    def _relay(self) -> subprocess.Popen[bytes]:
        pace = ["-P", "regulate"] if self._first.transport in BURSTS else []
        tap = self._folder / "sink" / "0.ts"
        words = [*self._first.receiver(), *pace, *self._second.sender(tap)]
        if self._feeder is None or self._feeder.stdout is None:
            return self._start(MINITSP, words, "relay")
        with self._feeder.stdout:
            return self._start(MINITSP, words, "relay", stdin=self._feeder.stdout)

    def _drain(self) -> None:
        words = [*self._second.receiver(), "-O", "file", str(self._next_sink())]
        self._sink = self._start(self._ends, words, "sink")

    def _revive(self) -> None:
        """Start an end anew that was there too early and does not try again by itself, as tsp."""
        if self._feeder is not None and self._feeder.poll() is not None and self._can_cut:
            self._feed()
        if self._sink is not None and self._sink.poll() is not None:
            self._drain()

    def _next_sink(self) -> Path:
        """The next file that is not there yet: an end that never wrote leaves none."""
        names = (self._folder / "sink" / f"{number}.ts" for number in range(1, 100))
        return next(path for path in names if not path.exists())

    def _start(
        self,
        program: tuple[str, ...],
        words: list[str],
        log: str,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        with (self._folder / f"{log}.log").open("ab") as errors:
            command = [*program, "--realtime", *words]
            return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=errors)

    def _wait_for_more(self) -> None:
        """Until packets come: processes start slowly on a busy machine, transports resume in their time."""

        def size() -> int:
            return sum(path.stat().st_size for path in self._arrivals.glob("*.ts"))

        before = size()
        deadline = time.monotonic() + DEADLINE_S
        while size() < before + 100 * PACKET_BYTES and time.monotonic() < deadline:
            self._revive()
            time.sleep(0.2)

    def _show_logs(self) -> None:
        for log in sorted(self._folder.glob("*.log")):
            print(log.name, log.read_text()[-1000:], sep="\n", file=sys.stderr)


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> None:
    """Send a signal, and make sure of the end."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(path: Path) -> None:
    """Until there is such a file."""
    deadline = time.monotonic() + DEADLINE_S
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def packets_of(stream: bytes) -> list[bytes]:
    """The whole packets of a stream."""
    starts = range(0, len(stream) - PACKET_BYTES + 1, PACKET_BYTES)
    return [stream[at : at + PACKET_BYTES] for at in starts]


def compare(sent: bytes, received: bytes) -> Outcome:
    """Follow what came through what was sent; of an empty source null packets are wanted."""
    source, came = packets_of(sent), packets_of(received)
    if not source:
        altered = sum(packet[:3] != NULL for packet in came)
        return Outcome(len(came), (), altered)
    order = [at for at, packet in enumerate(source) if packet[:3] != NULL]
    places: dict[bytes, list[int]] = {}
    for turn, at in enumerate(order):
        places.setdefault(source[at], []).append(turn)
    stretches: list[Stretch] = []
    altered = 0
    expected = -1
    for number, packet in enumerate(came):
        if packet[:3] == NULL:
            continue
        if 0 <= expected < len(order) and source[order[expected]] == packet:
            last = stretches[-1]
            stretches[-1] = replace(last, came_end=number + 1, sent_end=order[expected] + 1)
            expected += 1
            continue
        found = places.get(packet)
        if found is None:
            altered += 1
        elif len(found) == 1 or expected < 0:
            at = order[found[0]]
            stretches.append(Stretch(number, number + 1, at, at + 1))
            expected = found[0] + 1
    differ = sum(
        digest(source[one.sent_start : one.sent_end]) != digest(came[one.came_start : one.came_end])
        for one in stretches
    )
    return Outcome(len(came), tuple(stretches), altered, differ)


def digest(packets: list[bytes]) -> str:
    """SHA-256 of packets."""
    return sha256(b"".join(packets)).hexdigest()


def run_pair(
    source: Path, comes_by: str, goes_by: str, seconds: float, ends: tuple[str, ...]
) -> tuple[str, bool]:
    """One pair for so many seconds: its line of the table, and whether all is well."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("in", "out", "sink"):
            (folder / part).mkdir()
        with web_server(folder / "in") as web:
            first = Link(comes_by, PORTS.next(), folder / "in", source, web)
            second = Link(goes_by, PORTS.next(), folder / "out", source)
            pair = Pair(folder, first, second, ends)
            outcome = pair.play(seconds, source)
        verdict = outcome.verdict(pair.cuts, pair.is_loss_free)
        gaps = max(0, len(outcome.stretches) - 1)
        digests = f"{len(outcome.stretches) - outcome.digests_differ}/{len(outcome.stretches)}"
        columns = f"{comes_by:>9} {goes_by:>9} {seconds:>6.0f} {outcome.received:>9,} {gaps:>5}"
        return (
            f"{columns} {outcome.longest_gap:>8} {outcome.altered:>8} {digests:>8}  {verdict}",
            verdict == "ok",
        )


def main() -> int:
    """Prints a table; 1 if a pair failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each pair runs")
    parser.add_argument("--bitrate", type=int, default=2_000_000, help="of the test pattern, b/s")
    parser.add_argument("--only", default="", help="pairs as in:out, separated by commas; `*` for any")
    parser.add_argument("--jobs", type=int, default=4, help="pairs at the same time")
    parser.add_argument("--ends", default="", help="the tsp to send and to receive with")
    arguments = parser.parse_args()
    wanted = [tuple(pair.split(":")) for pair in arguments.only.split(",") if pair]
    pairs = [
        (one, other)
        for one in INPUTS
        for other in OUTPUTS
        if not wanted or any(into in ("*", one) and out in ("*", other) for into, out in wanted)
    ]
    pattern = TestPatternInput(width=320, height=180, frame_rate=25, bitrate_bps=arguments.bitrate)
    ends = (arguments.ends,) if arguments.ends else MINITSP
    failed = 0
    with tempfile.NamedTemporaryFile(suffix=".ts") as file, ThreadPoolExecutor(arguments.jobs) as pool:
        command = sample_arguments(pattern, 1.5 * arguments.seconds + 30)
        subprocess.run(command, stdout=file, stderr=subprocess.DEVNULL, check=True)
        print(f"{'input':>9} {'output':>9} {'s':>6} {'packets':>9}", end="")
        print(f" {'gaps':>5} {'longest':>8} {'altered':>8} {'digests':>8}")
        runs = [
            pool.submit(run_pair, Path(file.name), comes_by, goes_by, arguments.seconds, ends)
            for comes_by, goes_by in pairs
        ]
        for run in runs:
            line, good = run.result()
            print(line, flush=True)
            failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
