"""Cues through random faults: `.venv/bin/python tests/nemesis/faults.py --minutes 5 --seed 1`.

The product as its user has it, an observer of its own on each output, and a record that must agree with it.
Exit code 1 where it does not.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cues import Asker
from fault_list import Faults, Stream
from observer import Observer, PipeObserver, UdpObserver
from product import NoAnswer, Product, Refused, free_port
from source import LiveSource
from verdict import judge

from ibe100_client import streams as calls

DISK_BYTES = 900 << 20
"""A backup leaves 500 MB free."""
BACK_S = 5.0
"""After the last fault every wanted stream is on air within this."""
STEADY_S = 1.0
"""A shorter pause is the machine's."""
SETTLE_S = 75.0
MOST_AT_ONCE = 3


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own for the data folder, where this user may mount one; else None."""
    place = folder / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)], capture_output=True
    )
    try:
        yield place if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(place)], check=False)


def add_streams(product: Product, folder: Path, streams: list[Stream]) -> None:
    """Put three streams on air: two fed from outside, one of them changing; one into a pipe."""
    for number, name in enumerate(("Plain", "Changing", "Pipe")):
        source, observer = None, UdpObserver() if name != "Pipe" else PipeObserver(folder / "pipe.ts")
        config: dict[str, Any] = {"name": name, "scte35": {"inject_count": 2, "start_delay_ms": 5000}}
        if isinstance(observer, UdpObserver):
            port = free_port(socket.SOCK_DGRAM)
            source = LiveSource(port)
            config["input"] = {"kind": "udp", "port": port}
            config["output"] = {"kind": "udp", "host": "127.0.0.1", "port": observer.port}
        else:
            config["input"] = {"kind": "test_pattern", "width": 160, "height": 90, "bitrate_bps": 800_000}
            config["output"] = {"kind": "file", "path": str(folder / "pipe.ts")}
        config["scte35"]["event_id_first"] = (number + 1) << 24
        config["scte35"]["event_id_last"] = (number + 2 << 24) - 1
        observer.start()
        stream_id = product.add(config)["stream_id"]
        streams.append(Stream(stream_id, name, observer, source))
        product.ask(calls.start(stream_id), 60.0)


def until_on_air(observer: Observer, since: float, deadline_s: float) -> float | None:
    """Seconds from `since` until packets flow for two seconds on end; None where they do not."""
    end = max(since, time.time()) + deadline_s
    while time.time() < end:
        gap_s = observer.longest_gap_s(time.time() - 2.0, time.time())
        first = observer.on_air_since(since)
        if first is not None and gap_s < STEADY_S and time.time() - first >= 2.0:
            late = [b for a, b in observer.gaps if b > since and b - a >= STEADY_S]
            return max(late, default=first) - since
        time.sleep(0.05)
    return None


def until_settled(product: Product) -> None:
    """Wait until no cue is on its way and no break is planned any more."""
    end = time.monotonic() + SETTLE_S
    query = "SELECT (SELECT count(*) FROM cues WHERE state IN ('REQUESTED', 'ARMED', 'SENT', 'SEEN')) + "
    query += "(SELECT count(*) FROM schedule WHERE state IN ('PLANNED', 'ARMED')) AS open"
    while time.monotonic() < end and product.rows(query)[0]["open"]:
        time.sleep(0.5)


def run(options: argparse.Namespace, folder: Path, disk: Path | None) -> list[str]:
    """Run it; returns what is wrong."""
    streams: list[Stream] = []
    product = Product(disk or folder, options.engine, random.Random(options.seed + 1))
    try:
        product.start()
        add_streams(product, folder, streams)
        return cues_through_faults(options, product, streams, disk)
    finally:
        product.end_all()
        for stream in streams:
            stream.observer.stop()
            if stream.source is not None:
                stream.source.stop()


def cues_through_faults(
    options: argparse.Namespace, product: Product, streams: list[Stream], disk: Path | None
) -> list[str]:
    """Make cues and faults for so long, then judge; returns what is wrong."""
    chance = random.Random(options.seed)
    for stream in streams:
        if until_on_air(stream.observer, time.time(), 30.0) is None:
            return [f"{stream.name} did not come on air: {stream.observer.bytes} bytes"]
    asker = Asker(product, streams, random.Random(options.seed + 2))
    faults = Faults(product, streams, random.Random(options.seed + 3), disk)
    began, threads = time.time(), list[threading.Thread]()
    end = began + options.minutes * 60
    next_cue = next_fault = began
    while (now := time.time()) < end:
        if now >= next_cue:
            threads.append(threading.Thread(target=asker.ask, daemon=True))
            threads[-1].start()
            next_cue = now + chance.expovariate(options.cues_per_hour / 3600)
        busy = sum(thread.name == "fault" and thread.is_alive() for thread in threads)
        if now >= next_fault and busy < MOST_AT_ONCE:
            threads.append(
                threading.Thread(target=faults.make, args=(options.only,), name="fault", daemon=True)
            )
            threads[-1].start()
            next_fault = now + chance.uniform(0.3, 2.0) * options.fault_every_s
        time.sleep(0.05)
    for thread in threads:
        thread.join(120)
    last = max((fault.ended for fault in faults.done), default=began)
    wrong = []
    for stream in streams:
        back_s = until_on_air(stream.observer, last, 60.0)
        print(f"{stream.name}: on air {back_s} s after the last fault")
        if back_s is None or back_s > BACK_S:
            wrong.append(f"{stream.name}: {back_s} s after the last fault")
    wrong += finish(product, streams)
    found, states = judge(product, streams, asker.accepted)
    tell(product, streams, asker, faults, states)
    return wrong + asker.faults + found


def finish(product: Product, streams: list[Stream]) -> list[str]:
    """Let all cues end, stop everything; returns what is left or should not be there."""
    wrong = []
    product.until_answering()
    until_settled(product)
    for stream in streams:
        kinds = Counter(one.kind for one in product.processes(stream.stream_id))
        if kinds["runner"] != 1 or kinds["processor"] != 1:
            wrong.append(f"{stream.name}: its processes are {dict(kinds)}")
    for view in product.ask(calls.listed()):
        if view["state"] != "RUNNING":
            wrong.append(f"{view['config']['name']}: is {view['state']}: {view['reason']}")
        product.ask(calls.stop(view["stream_id"]), 60.0)
    product.stop()
    wrong += [f"without an owner: {one}" for one in product.processes()]
    return wrong


def tell(product: Product, streams: list[Stream], asker: Asker, faults: Faults, states: Counter[str]) -> None:
    """Print what was done and measured."""
    counted = Counter(fault.name for fault in faults.done)
    print(f"{len(faults.done)} faults: {dict(counted.most_common())}; not made: {faults.errors}")
    since = min((fault.began for fault in faults.done), default=0.0)
    print(f"the first at {since:.1f}; servers ended: {product.ends}")
    for fault in sorted(faults.done, key=lambda one: one.began):
        began, took = fault.began - since, fault.ended - fault.began
        print(f"  +{began:.1f} s, for {took:.1f} s: {fault.name} {fault.stream}")
    print(f"{len(asker.accepted)} accepted, {dict(asker.counts)}")
    print(f"on record: {dict(states)}; {product.starts} starts of the server")
    for stream in streams:
        gaps = sorted((b - a for a, b in stream.observer.gaps if b - a > 0.5), reverse=True)
        long = ", ".join(f"{b - a:.1f} at +{a - since:.1f}" for a, b in stream.observer.gaps if b - a > 1)
        print(f"{stream.name}: {len(gaps)} gaps above 0.5 s, {sum(gaps):.0f} s in all; above 1 s: {long}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("builtin", "tsduck"), default="builtin")
    parser.add_argument("--cues-per-hour", type=float, default=500.0)
    parser.add_argument("--fault-every-s", type=float, default=5.0)
    parser.add_argument("--only", default="", help="make no other fault than this one")
    parser.add_argument("--keep", type=Path, help="keep the data here, to look at what was wrong")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # with all that it has started
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nemesis-")))
        disk = stack.enter_context(small_disk(folder))
        try:
            wrong = run(options, folder, disk)
        except (NoAnswer, Refused) as error:
            wrong = [f"it does not answer: {error}"]
        if options.keep:
            shutil.copytree(
                disk or folder, options.keep, ignore=shutil.ignore_patterns("*.sock", "disk", "*.ts")
            )
    print(f"{len(wrong)} disagreements")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
