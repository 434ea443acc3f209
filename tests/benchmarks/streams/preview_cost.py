"""What a preview costs: CPU time and memory of its processes, and what the tap costs the processor.

Run it by hand: `.venv/bin/python tests/benchmarks/streams/preview_cost.py [seconds]`. CPU is counted as CPU
time: a busy machine tells nearly the same as a quiet one, but pictures come late there.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
import psutil

from ibe100.models.alarms.confidence import Picture, PictureSize, SoundLevels
from ibe100.services.pictures.preview_process import PreviewListener, PreviewTask, run_preview
from ibe100.tsduck.command import TAP_BURST_PACKETS
from ibe100.tsduck.stream_ports import free_ports
from minitsp_rig import MINITSP
from preview_rig import TONE, make_stream

ENGINES = {"minitsp": MINITSP} | ({"tsp": [found]} if (found := shutil.which("tsp")) else {})
NOISY_720P = "testsrc2=size=1280x720:rate=25,noise=alls=12:allf=t"
WARM_UP_S = 5.0
STREAM_S = 30


class Costs:
    """CPU time of processes between two moments."""

    def __init__(self, processes: list[psutil.Process]) -> None:
        self._began = {process: process.cpu_times() for process in processes}
        self._began_s = time.monotonic()

    def shares(self) -> dict[psutil.Process, float]:
        """Of one core, in percent."""
        lasted_s = time.monotonic() - self._began_s
        shares = {}
        for process, began in self._began.items():
            ended = process.cpu_times()
            shares[process] = 100 * (ended.user + ended.system - began.user - began.system) / lasted_s
        return shares


async def preview(stream: Path, name: str, seconds: float, size: PictureSize) -> None:
    """Decode a live stream, and print what its processes took."""
    port = free_ports((), 1)[0]
    pictures: list[Picture] = []
    levels: list[SoundLevels] = []
    listener = PreviewListener(pictures.append, levels.append, lambda _: None, lambda _: None)
    source = subprocess.Popen(
        [*MINITSP, "-I", "file", "--infinite", str(stream), "-P", "regulate", *tap(port), "-O", "drop"],
        stderr=subprocess.DEVNULL,
    )
    work = asyncio.create_task(run_preview(PreviewTask("a", port, 1, size), listener))
    await asyncio.sleep(WARM_UP_S)
    [main] = [child for child in psutil.Process().children() if "ibe100.preview" in " ".join(child.cmdline())]
    processes = [main, *main.children(recursive=True)]
    pictures.clear()
    levels.clear()
    costs = Costs(processes)
    await asyncio.sleep(seconds)
    shares = costs.shares()
    memory = [process.memory_full_info() for process in processes]
    print(f"{name}, pictures of {size.value[0]}x{size.value[1]}: {sum(shares.values()):.2f} % of a core")
    print("    " + ", ".join(f"{_role(process)} {share:.2f} %" for process, share in shares.items()))
    own_mb = sum(used.uss for used in memory) / 1e6
    shared_mb = sum(used.pss for used in memory) / 1e6
    print(f"    {own_mb:.0f} MB of its own, {shared_mb:.0f} MB with its part of what is shared")
    print(f"    {len(pictures)} pictures and {len(levels)} levels in {seconds:g} s")
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    source.terminate()
    source.wait()


def tap(port: int) -> list[str]:
    """As the console's commands have it."""
    return ["-P", "ip", f"--packet-burst={TAP_BURST_PACKETS}", f"127.0.0.1:{port}"]


def _role(process: psutil.Process) -> str:
    words = process.cmdline()
    if "ibe100.preview" in words:
        return "receiver"
    return "sound" if "-af" in words else "video"


def tap_cost(engine: str, stream: Path, seconds: float) -> None:
    """The processor with the tap, which nobody listens to, and without it."""
    shares = []
    for plugins in ([], tap(free_ports((), 1)[0])):
        command = [*ENGINES[engine], "--realtime", "-I", "file", "--infinite", str(stream), "-P", "regulate"]
        processor = subprocess.Popen([*command, *plugins, "-O", "drop"], stderr=subprocess.DEVNULL)
        time.sleep(2.0)
        costs = Costs([psutil.Process(processor.pid)])
        time.sleep(seconds)
        [share] = costs.shares().values()
        shares.append(share)
        assert processor.poll() is None, f"{engine} ended"
        processor.terminate()
        processor.wait()
    print(
        f"{engine}: {shares[0]:.2f} % of a core without the tap, {shares[1]:.2f} % with it and nobody there"
    )


def main() -> None:
    """Two ways to encode 720p, then the tap in each engine."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with tempfile.TemporaryDirectory() as folder:
        for name, size, gop in (
            ("720p25, 5 Mb/s, GOP 12", PictureSize.SMALL, 12),
            ("720p25, 5 Mb/s, GOP 12", PictureSize.LARGE, 12),
            ("720p25, 5 Mb/s, GOP 50", PictureSize.SMALL, 50),
        ):
            rate = ("-b:v", "4600k", "-maxrate", "4600k", "-bufsize", "4600k", "-g", str(gop))
            stream = make_stream(
                Path(folder) / f"{gop}.ts", NOISY_720P, TONE, STREAM_S, *rate, bitrate_bps=5_500_000
            )
            asyncio.run(preview(stream, name, seconds, size))
        for engine in ENGINES:
            tap_cost(engine, stream, seconds)


if __name__ == "__main__":
    main()
