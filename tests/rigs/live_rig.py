"""A live sender over UDP on loopback whose packets a test may spoil, drop or hold back."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from ibe100.models.stream_config import TestPatternInput
from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE
from ibe100.tsduck.pattern_source import sample_arguments
from places import ROOT

BITRATE_BPS = 1_000_000
DATAGRAM_PACKETS = 7
AUDIO_PID = 0x101
Packets = npt.NDArray[np.uint8]
Spoil = Callable[[Packets], Packets]
"""Makes of the packets of a datagram those that are sent instead."""


def make_pattern(path: Path, seconds: float, *lavfi: str) -> Path:
    """A test pattern of constant bitrate with null packets, in a file; or another picture and sound.

    Encoded once: copies are made of what is kept in `.cache/patterns`.
    """
    pattern = TestPatternInput(width=320, height=180, frame_rate=25, bitrate_bps=BITRATE_BPS)
    arguments = sample_arguments(pattern, seconds)
    inputs = [at + 1 for at, word in enumerate(arguments) if word == "-i"]
    for at, description in zip(inputs, lavfi, strict=False):
        arguments[at] = description
    recipe = "\n".join(arguments) + imageio_ffmpeg.get_ffmpeg_version()
    kept = ROOT / ".cache" / "patterns" / f"{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.ts"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as out:
            subprocess.run(arguments, stdout=out, stderr=subprocess.DEVNULL, check=True)
        Path(out.name).rename(kept)
    shutil.copyfile(kept, path)
    return path


def as_it_is(packets: Packets) -> Packets:
    return packets


def nothing(packets: Packets) -> Packets:
    return packets[:0]


def lossy_full_and_scrambled(packets: Packets) -> Packets:
    """No null packets, every sixteenth other one lost, the sound scrambled."""
    pids = packet.pids(packets)
    sound = pids == AUDIO_PID
    packets[sound, 3] |= 0x80
    lost = (pids != NULL_PID) & (packets[:, 3] & 0x0F == 0)
    return packets[(pids != NULL_PID) & ~lost]


class LiveSender:
    """Sends a file at its own rate, over and over; `spoil` may be changed at any time."""

    def __init__(self, source: Path, port: int) -> None:
        self._packets = _read(source)
        self._target = ("127.0.0.1", port)
        self._shown = self._packets
        self._over = threading.Event()
        self._spoil: Spoil = as_it_is
        self._pause_s = 0.0
        self.spoiled_at: float | None = None
        """When the first packet was sent otherwise, or left out; monotonic."""

    @property
    def spoil(self) -> Spoil:
        """What is made of each datagram."""
        return self._spoil

    @spoil.setter
    def spoil(self, spoil: Spoil) -> None:
        self._spoil, self.spoiled_at = spoil, None

    def show(self, source: Path | None) -> None:
        """Send what stands at the same place of another file of that rate; None goes back to the first."""
        self._shown = self._packets if source is None else _read(source)
        self.spoiled_at = time.monotonic()

    def pause(self, seconds: float) -> None:
        """Send nothing for so long, then go on with what comes next."""
        self._pause_s = seconds

    def run(self) -> None:
        """Until `stop`."""
        due = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for first in itertools.cycle(range(0, len(self._packets), DATAGRAM_PACKETS)):
                datagram = self._shown[first : first + DATAGRAM_PACKETS].copy()
                pause_s, self._pause_s = self._pause_s, 0.0
                due += datagram.size * 8 / BITRATE_BPS + pause_s
                if self._over.wait(max(0.0, due - time.monotonic())):
                    return
                spoil = self._spoil
                sent = spoil(datagram.copy())
                if spoil is not as_it_is and self.spoiled_at is None and not np.array_equal(sent, datagram):
                    self.spoiled_at = time.monotonic()
                if len(sent):
                    with contextlib.suppress(ConnectionRefusedError):
                        out.sendto(sent.tobytes(), self._target)

    def stop(self) -> None:
        """Send no more."""
        self._over.set()


def _read(source: Path) -> Packets:
    data = np.fromfile(source, np.uint8)
    return data[: len(data) // PACKET_SIZE * PACKET_SIZE].reshape(-1, PACKET_SIZE)


@contextlib.contextmanager
def live_sender(source: Path, port: int) -> Iterator[LiveSender]:
    """A sender in a thread of its own."""
    sender = LiveSender(source, port)
    thread = threading.Thread(target=sender.run)
    thread.start()
    try:
        yield sender
    finally:
        sender.stop()
        thread.join()
