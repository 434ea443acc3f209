"""What clips cost: the recorder at several bitrates, and the copies that a processor sends for it.

Run it by hand: `.venv/bin/python tests/benchmarks/streams/clip_cost.py [seconds]`. CPU is counted as CPU
time of one core: a busy machine tells nearly the same as a quiet one, but more packets are left out there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
import psutil

from ibe100.runner.recorder.order import recorder_command, with_ports
from ibe100.runner.recorder.ring import read_records
from ibe100.tsduck.stream_ports import address, free_ports
from minitsp_rig import MINITSP

BURST = "--packet-burst=128"
WARM_UP_S = 3.0
BITRATES = (10_000_000, 50_000_000)
PACKETS = 40_000


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    engines = {"minitsp": MINITSP} | ({"tsp": [found]} if (found := shutil.which("tsp")) else {})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stream = folder / "stream.ts"
        stream.write_bytes(b"".join(_packet(number) for number in range(PACKETS)))
        for bitrate in BITRATES:
            for engine, command in engines.items():
                _measure(folder, stream, engine, command, bitrate, seconds)


def _measure(
    folder: Path, stream: Path, engine: str, command: list[str], bitrate: int, seconds: float
) -> None:
    port: int | str = "clip.sock" if engine == "minitsp" else free_ports((), 1)[0]
    source = ["-I", "file", "--infinite", str(stream), "-P", "regulate", f"--bitrate={bitrate}"]
    copy = ["-P", "ip", "--rtp", BURST, address(port)]
    bare = _processor_share([*command, *source, "-O", "drop"], folder, seconds)
    unheard = _processor_share([*command, *source, *copy, "-O", "drop"], folder, seconds)
    ring = folder / "ring" / engine
    (folder / "ring").mkdir(exist_ok=True)
    recorder = subprocess.Popen(
        with_ports(recorder_command(ring, 60, 0, ["output"]), {"clip": port}),
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    time.sleep(1.0)
    process = psutil.Process(recorder.pid)
    began: psutil._common.pcputimes | None = None

    def begin() -> None:
        nonlocal began
        began = process.cpu_times()

    heard = _processor_share([*command, *source, *copy, "-O", "drop"], folder, seconds, begin)
    ended, memory = process.cpu_times(), process.memory_full_info()
    assert began is not None
    share = 100 * (ended.user + ended.system - began.user - began.system) / seconds
    recorder.terminate()
    recorder.wait()
    records = list(read_records(ring / "output"))
    got, lost = sum(one.length for one in records) // 188, sum(one.lost for one in records)
    print(
        f"{engine} at {bitrate / 1e6:g} Mb/s: recorder {share:.2f} % of a core, {memory.uss / 1e6:.0f} MB; "
        f"{lost} of {got + lost} packets lost in {len(records)} records\n"
        f"    processor {bare:.2f} % without a copy, {unheard:.2f} % with one that nobody hears, "
        f"{heard:.2f} % where it is recorded"
    )
    shutil.rmtree(ring)


def _processor_share(argv: list[str], folder: Path, seconds: float, begin: object = None) -> float:
    child = subprocess.Popen(argv, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        time.sleep(WARM_UP_S)
        if callable(begin):
            begin()
        process = psutil.Process(child.pid)
        before = process.cpu_times()
        time.sleep(seconds)
        after = process.cpu_times()
    finally:
        child.terminate()
        child.wait()
    return 100 * (after.user + after.system - before.user - before.system) / seconds


def _packet(number: int) -> bytes:
    pid = 256
    return bytes((0x47, pid >> 8, pid & 0xFF, 0x10 | number & 0x0F)) + os.urandom(184)


if __name__ == "__main__":
    main()
