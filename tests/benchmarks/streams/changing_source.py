"""Gaps and waits when a live source changes: `.venv/bin/python tests/benchmarks/streams/changing_source.py`.

The services in this process, a UDP sender whose service_id or PIDs change at random, and a UDP receiver.
Printed: the longest time without a datagram after each change, and how long until a cue could go out again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "rigs")]
from changing_rig import changed  # noqa: E402 (the tests are no package)
from demo_rig import free_udp_port  # noqa: E402
from ibe100.models.stream_config import StreamConfig, UdpInput, UdpOutput  # noqa: E402
from live_rig import live_sender, make_pattern  # noqa: E402
from services_rig import console, on_air, until  # noqa: E402


def drained(out: socket.socket) -> bool:
    came = False
    with contextlib.suppress(BlockingIOError):
        while out.recv(2000):
            came = True
    return came


async def measure(options: argparse.Namespace, folder: Path) -> list[tuple[float, float]]:
    """Of each change: seconds of the longest gap, and until a cue could go out by the new plan."""
    port, chance, found = free_udp_port(), random.Random(options.seed), []
    with (
        live_sender(make_pattern(folder / "pattern.ts", 20.0), port) as sender,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out,
    ):
        out.bind(("127.0.0.1", 0))
        out.setblocking(False)
        target = UdpOutput(host="127.0.0.1", port=out.getsockname()[1])
        async with console(folder / "data") as application:
            config = StreamConfig(name="Live", input=UdpInput(port=port), output=target)
            stream_id = await on_air(application, config)
            run = application.streams.run_of(stream_id)
            for number in range(options.changes):
                before, longest_s = run.record, 0.0
                video = 0x100 + chance.randrange(1, 200) * 2
                sender.spoil = changed(service=chance.choice((1, number + 2)), video=video, sound=video + 1)
                begun_s = last_s = time.monotonic()
                ready = False
                while not ready and time.monotonic() - begun_s < 60:
                    await asyncio.sleep(0.01)
                    if drained(out):
                        longest_s, last_s = max(longest_s, time.monotonic() - last_s), time.monotonic()
                    is_new = run.record is not before and not run.passes
                    ready = is_new and application.cues.readiness(stream_id).ready
                found.append((longest_s, time.monotonic() - begun_s))
                await until(lambda: run.is_fresh(), "a sample")
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = asyncio.run(measure(options, Path(name)))
    for what, values in (
        ("longest gap", [gap for gap, _ in found]),
        ("cues again", [wait for _, wait in found]),
    ):
        values.sort()
        middle, last = statistics.median(values), values[-1]
        print(f"{what}: median {middle:.2f} s, most {last:.2f} s, of {len(values)} changes")


if __name__ == "__main__":
    main()
