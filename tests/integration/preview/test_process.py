"""A real preview process on streams whose picture and sound are known."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from child_processes import children_with
from ibe100.models.alarms.confidence import Picture, PictureSize, SoundLevels
from ibe100.preview.reports import MediaReport
from ibe100.services.pictures.preview_process import Hearing, PreviewListener, PreviewTask, run_preview
from ibe100.tsduck.stream_ports import free_ports
from ibe100.utils.low_priority import AUTOGROUP, SESSION_NICE
from preview_rig import BARS, TONE, make_stream, sender

PATIENCE_S = 60.0


class Notes:
    """What a preview told, and a way to wait for it."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.levels: list[SoundLevels] = []
        self.media: list[MediaReport] = []
        self.sound: list[bytes] = []
        self._told = asyncio.Event()

    @property
    def listener(self) -> PreviewListener:
        kept: tuple[list[Any], ...] = (self.pictures, self.levels, self.media, self.sound)
        return PreviewListener(*(self._take(one) for one in kept))

    def _take(self, kept: list[Any]) -> Callable[[Any], None]:
        def take(report: Any) -> None:
            kept.append(report)
            self._told.set()

        return take

    def heard(self) -> bool:
        """The window of 400 ms is full."""
        return any(levels.momentary_lufs > -60 for levels in self.levels)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._told.clear()
                await self._told.wait()


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stream(tmp_path_factory.mktemp("preview") / "bars.ts", BARS, TONE)


def preview_task(port: int) -> PreviewTask:
    return PreviewTask("a", port, 1, PictureSize.SMALL)


async def end(work: asyncio.Task[str]) -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_colour_bars_and_a_tone_are_seen_and_measured(bars: Path) -> None:
    port, notes, hearing = free_ports((), 1)[0], Notes(), Hearing()
    async with sender(bars, port):
        work = asyncio.create_task(run_preview(preview_task(port), notes.listener, hearing))
        await notes.until(
            lambda: notes.pictures and any(level.momentary_lufs > -60 for level in notes.levels)
        )
        assert not notes.sound, "nobody listens yet"
        hearing.set(True)
        await notes.until(lambda: len(notes.sound) >= 50)
        await end(work)
    picture = notes.pictures[-1]
    frame = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3).astype(int)
    assert (picture.width, picture.height) == (320, 180)
    # SMPTE RP 219: yellow, cyan, green, magenta, red and blue between 40 % greys, in the upper part.
    row = [tuple(frame[40, at] > 128) for at in (90, 125, 160, 195, 230)]
    assert row == [(1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0)]
    loudest = max(level.momentary_lufs for level in notes.levels)
    peaks = notes.levels[-1].true_peaks_dbtp
    # A stereo sine of 1 kHz reads its peak level in LUFS (EBU Tech 3341, signal 1): lavfi's has -18.06 dBFS.
    assert loudest == pytest.approx(max(peaks), abs=0.6)
    assert len(peaks) == 2 and peaks[0] == pytest.approx(peaks[1], abs=0.2)
    assert notes.media[-1].video == "360p25 H.264" and notes.media[-1].audio == "AAC stereo"
    assert notes.media[-1].receiving
    heard = np.frombuffer(b"".join(notes.sound[-25:]), "<i2").reshape(-1, 2)[:, 0].astype(float)
    strongest = np.argmax(np.abs(np.fft.rfft(heard))) * 48_000 / heard.size
    assert strongest == pytest.approx(1000, abs=5), "the tone of the stream, in 16 bits at 48 kHz"
    # At the lowest priority a busy machine may leave it behind, which it then says.
    assert notes.media[-1].behind or not notes.media[-1].problem


async def test_a_preview_that_receives_nothing_says_so() -> None:
    port, notes = free_ports((), 1)[0], Notes()
    work = asyncio.create_task(run_preview(preview_task(port), notes.listener))
    await notes.until(lambda: notes.media)
    await end(work)
    assert notes.media[0].problem == "nothing is received from the stream"
    assert not notes.media[0].receiving


async def test_a_port_that_is_taken_ends_it_in_words() -> None:
    port, notes = free_ports((), 1)[0], Notes()
    first = asyncio.create_task(run_preview(preview_task(port), notes.listener))
    await notes.until(lambda: notes.media)
    words = await run_preview(preview_task(port), Notes().listener)
    await end(first)
    assert words == f"port {port} cannot be listened on: Address already in use"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_nothing_is_left_of_a_preview_that_is_killed(bars: Path, number: signal.Signals) -> None:
    port, notes = free_ports((), 1)[0], Notes()
    async with sender(bars, port):
        work = asyncio.create_task(run_preview(preview_task(port), notes.listener))
        await notes.until(lambda: notes.pictures and notes.levels)
        (process,) = children_with(f"--port {port}")
        family = [process, *process.children(recursive=True)]
        assert len(family) == 3
        assert {member.nice() for member in family} == {19}
        if AUTOGROUP.exists():
            groups = {Path(f"/proc/{member.pid}/autogroup").read_text().strip() for member in family}
            assert len(groups) == 1
            assert groups.pop().endswith(f"nice {SESSION_NICE}")
            assert {os.getsid(member.pid) for member in family} == {process.pid}
        os.kill(process.pid, number)
        words = await work
    gone, alive = await asyncio.to_thread(psutil.wait_procs, family, 10)
    assert not alive and len(gone) == 3
    assert words.startswith("the preview ended with status")
