"""A live source that changes again and again: `.venv/bin/python tests/nemesis/changing_source.py`.

Each change is another service, PIDs, coding, size or rate, or a stop. Measured from its first packet: when
the output is on air, the longest time without a packet on it, and when a cue could go out again.
Exit code 1 where any is later than allowed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from observer import UdpObserver
from product import Product, free_port
from source import LiveSource, Programme, other_than

from ibe100_client import streams

ON_AIR_S = 1.0
GAP_S = 0.5
"""Where the input never stopped."""
READY_S = 3.0
SETTLED_S = 3.0
"""Cues can go out for so long before the next change."""
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Change:
    """What came of one change; seconds from its first packet."""

    what: str
    on_air_s: float
    gap_s: float
    sent_gap_s: float
    """Of the sender itself, which a busy machine keeps at times."""
    ready_s: float


def is_ready(product: Product, programme: Programme) -> bool:
    """True when a cue can go out by a plan that fits what the source sends."""
    stream = product.http("GET", "/streams/1")
    wanted = (f"--service={programme.service} ", f"--pts-pid={programme.video_pid} ")
    if not all(option in stream["command"] for option in wanted):
        return False
    return bool(product.http("GET", "/streams/1/cues/readiness")["ready"])


def until_ready(product: Product, programme: Programme, since: float) -> float:
    """Seconds from `since` until cues can go out for some time on end."""
    ready_at: float | None = None
    while time.time() < since + LONGEST_S:
        if not is_ready(product, programme):
            ready_at = None
        elif ready_at is None:
            ready_at = time.time()
        elif time.time() - ready_at > SETTLED_S:
            return ready_at - since
        time.sleep(0.05)
    return LONGEST_S


def one_change(
    product: Product, source: LiveSource, observer: UdpObserver, chance: random.Random, stop_s: float
) -> Change:
    """Make a change, or a stop of so many seconds, and see cues come back."""
    if stop_s:
        first = source.silence(stop_s)
        what, allowed_from = f"silent for {stop_s:g} s", first
    else:
        before, programme = source.programme, other_than(source.programme, chance)
        first = source.change(programme)
        names = [name for name in programme.__slots__ if getattr(programme, name) != getattr(before, name)]
        what, allowed_from = ", ".join(names), first - 0.2
    ready_s = until_ready(product, source.programme, first)
    on_air_s = (observer.on_air_since(first) or time.time()) - first
    span = allowed_from, first + ready_s
    return Change(what, on_air_s, observer.longest_gap_s(*span), source.longest_gap_s(*span), ready_s)


def measure(options: argparse.Namespace, folder: Path) -> list[Change]:
    """Make so many changes on a stream of the product."""
    chance, found = random.Random(options.seed), list[Change]()
    stops = [float(seconds) for seconds in options.stops.split(",") if seconds]
    product, observer = Product(folder, options.engine, chance), UdpObserver()
    observer.start()
    source = LiveSource(port := free_port(socket.SOCK_DGRAM))
    try:
        product.start()
        output = {"kind": "udp", "host": "127.0.0.1", "port": observer.port}
        config = {"name": "Live", "input": {"kind": "udp", "port": port}, "output": output}
        product.add(config)
        product.ask(streams.start("1"), 60.0)
        until_ready(product, source.programme, time.time())
        for number in range(options.changes):
            stop_s = chance.choice(stops) if stops and chance.random() < options.stop_share else 0.0
            found.append(one_change(product, source, observer, chance, stop_s))
            one = found[-1]
            print(
                f"{number + 1}: on air {one.on_air_s:.2f} s, gap {one.gap_s:.2f} s"
                f" (sent {one.sent_gap_s:.2f}), cues {one.ready_s:.2f} s: {one.what}",
                flush=True,
            )
    finally:
        product.end_all()
        source.stop()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("builtin", "tsduck"), default="builtin")
    parser.add_argument("--stops", default="1,3,10,30", help="seconds of silence to choose from; empty: none")
    parser.add_argument("--stop-share", type=float, default=0.2, help="part of the changes that are stops")
    parser.add_argument("--keep", type=Path, help="keep the data here, to look at what took so long")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # with all that it has started
    with tempfile.TemporaryDirectory(prefix="nemesis-") as name:
        found = measure(options, Path(name))
        if options.keep:
            shutil.copytree(name, options.keep, ignore=shutil.ignore_patterns("*.sock"))
    changed = [one for one in found if not one.what.startswith("silent")]
    late = 0
    for what, values, allowed in (
        ("on air after", [one.on_air_s for one in found], ON_AIR_S),
        ("gap of an input that never stopped", [one.gap_s - one.sent_gap_s for one in changed], GAP_S),
        ("cues again after", [one.ready_s for one in found], READY_S),
    ):
        late += sum(value > allowed for value in values)
        if values:
            print(
                f"{what}: median {statistics.median(values):.2f} s, most {max(values):.2f} s; "
                f"above {allowed} s: {sum(value > allowed for value in values)} of {len(values)}"
            )
    sys.exit(bool(late))


if __name__ == "__main__":
    main()
