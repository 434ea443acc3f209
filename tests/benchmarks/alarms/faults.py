"""Every fault that the console has to notice on a live stream, made for real; for `fault_to_alarm.py`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ibe100.core.application import Application
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.alarms.confidence import ConfidenceOptions
from ibe100.services.machine import watch as machine_watch
from live_faults import (
    PMT_PID,
    collapsed,
    full,
    later_by,
    lossy,
    pmt_without_sound,
    scrambled,
    without_pcr,
    without_pid,
    without_pts,
    without_sync,
)
from live_rig import LiveSender, Spoil, nothing
from services_rig import kill, processor_pid, until

FILLER = "filler"
"""In the data folder: what fills its disk."""
CONTENT = {
    "black": ("color=c=black:size=320x180:rate=25", "sine=frequency=1000:sample_rate=48000"),
    "still": ("smptebars=size=320x180:rate=25", "sine=frequency=1000:sample_rate=48000"),
    "silent": ("testsrc2=size=320x180:rate=25", "anullsrc=channel_layout=mono:sample_rate=48000"),
}
"""Picture and sound (lavfi) of the files that are sent instead, by the name of the file."""
WATCHED = ConfidenceOptions(is_watched=True, black_s=3, freeze_s=3, silence_s=3, loss_s=20)


@dataclass
class Bench:
    """One stream on air, its sender, and what was told when (monotonic)."""

    application: Application
    sender: LiveSender
    folder: Path
    stream_id: str
    bus: dict[tuple[str, AlarmState], float]
    hidden: set[str]
    """What was explained by another alarm."""
    model: dict[str, float]
    attempts: dict[int, float] = field(default_factory=dict)

    def learning_s(self) -> float:
        """For how long the newest processor has been known."""
        attempt = self.application.streams.run_of(self.stream_id).view.attempt
        return time.monotonic() - self.attempts.setdefault(attempt, time.monotonic())

    def standing(self) -> dict[str, Alarm]:
        """Alarms whose condition is true."""
        return {one.condition: one for one in self.application.alarms.standing() if one.cleared_at is None}


Fault = Callable[[Bench], Awaitable[float]]
"""Makes a fault; returns when it began, monotonic."""


def packets(spoil: Callable[[], Spoil]) -> Fault:
    """A fault of the packets themselves."""

    async def make(bench: Bench) -> float:
        bench.sender.spoil = spoil()
        return await until(lambda: bench.sender.spoiled_at, "a bad packet")

    return make


async def killed(bench: Bench) -> float:
    pid = await processor_pid(bench.application, bench.stream_id)
    kill(pid)
    return time.monotonic()


async def frozen(bench: Bench) -> float:
    pid = await processor_pid(bench.application, bench.stream_id)
    os.kill(pid, signal.SIGSTOP)
    return time.monotonic()


def shown(name: str) -> Fault:
    """Another picture or sound, on the same clock."""

    async def make(bench: Bench) -> float:
        bench.sender.show(bench.folder / f"{name}.ts")
        return time.monotonic()

    return make


SMALL_DISK_BYTES = 900_000_000
"""Of the data folder where a file system can be mounted: 500 MB free are asked for."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own; the same folder where none can be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "tmpfs", str(folder)]
    is_mounted = (
        shutil.which("mount") is not None and not subprocess.run(mount, capture_output=True).returncode
    )
    try:
        yield folder
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled(left_bytes: int) -> Fault:
    """A file that leaves so much on the disk of the data folder."""

    async def make(bench: Bench) -> float:
        data_dir = bench.application.folders.data_dir
        free_bytes = shutil.disk_usage(data_dir).free
        assert free_bytes <= SMALL_DISK_BYTES, "a full disk needs a small one, and mounting it needs root"
        with (data_dir / FILLER).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free_bytes - left_bytes)
        return time.monotonic()

    return make


@contextmanager
def clock_as_it_is() -> Iterator[None]:
    """Puts back at the end what `stepped` replaced."""
    clock = time.time
    try:
        yield
    finally:
        time.time = clock


async def stepped(bench: Bench) -> float:
    """The clock that the console reads, not the machine's: others work here."""
    real = time.time
    machine_watch.time.time = lambda: real() + 5.0  # type: ignore[assignment]
    return time.monotonic()


FAULTS: dict[str, tuple[tuple[str, ...], Fault]] = {
    "input cut": (("nothing_flows",), packets(lambda: nothing)),
    "processor killed": (("processor_restarting",), killed),
    "processor frozen": (("nothing_flows",), frozen),
    # tsp passes over what is no packet without a word.
    "sync lost": (("sync_loss", "nothing_flows"), packets(lambda: without_sync)),
    "packets lost": (("continuity_error",), packets(lambda: lossy)),
    "PAT missing": (("pat_error",), packets(lambda: without_pid(0))),
    "PMT missing": (("pmt_error",), packets(lambda: without_pid(PMT_PID))),
    "PMT changed": (("pmt_changed",), packets(lambda: pmt_without_sound)),
    "PCR gap": (("pcr_repetition_error",), packets(lambda: without_pcr)),
    "PTS gap": (("pts_error",), packets(lambda: without_pts)),
    "PTS jump": (("pts_jump",), packets(lambda: later_by(10.0))),
    "PID scrambled": (("scrambled_pid",), packets(lambda: scrambled)),
    "bitrate collapsed": (("bitrate_collapse",), packets(collapsed)),
    "null packets gone": (("no_null_packets",), packets(lambda: full)),
    "black": (("picture_black",), shown("black")),
    "frozen picture": (("picture_frozen",), shown("still")),
    "silent": (("sound_silent",), shown("silent")),
    "disk nearly full": (("disk_low",), filled(100_000_000)),
    "disk full": (("disk_low",), filled(0)),
    "clock stepped": (("clock_step",), stepped),
}
CONTENT_FAULTS = ("black", "frozen picture", "silent")
"""They are looked for where a stream's settings ask for it, by decoding it."""
