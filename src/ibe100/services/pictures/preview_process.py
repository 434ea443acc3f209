"""Runs one preview process: starts, reads and ends it. What it says goes to its owner's callbacks."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import imageio_ffmpeg

from ibe100.models.alarms.confidence import Picture, PictureSize, SoundLevels
from ibe100.models.errors import ProcessorError
from ibe100.models.runner_policy import MEMORY_LIMIT_MB
from ibe100.preview.reports import (
    HEARD,
    LONGEST_LINE,
    NOT_HEARD,
    LevelsReport,
    MediaReport,
    PictureReport,
    ReportError,
    SoundReport,
    decode_report,
)
from ibe100.tsduck.stream_ports import Port
from ibe100.utils.child_environment import child_environment
from ibe100.utils.memory_limit import limit_memory

END_TIMEOUT_S = 2.0
LAST_WORDS_BYTES = 2000


@dataclass(frozen=True, slots=True)
class PreviewTask:
    """Task of a preview process."""

    stream_id: str
    port: Port
    service_id: int
    size: PictureSize


@dataclass(frozen=True, slots=True)
class PreviewListener:
    """Callbacks of a preview process; called on the loop."""

    picture: Callable[[Picture], None]
    levels: Callable[[SoundLevels], None]
    media: Callable[[MediaReport], None]
    sound: Callable[[bytes], None]


class Hearing:
    """Order to let hear the sound of a stream; it holds for each process of its preview."""

    def __init__(self) -> None:
        self._is_wanted = False
        self._stdin: asyncio.StreamWriter | None = None

    def set(self, wanted: bool) -> None:
        """Let hear it from now on, or no longer."""
        if wanted is not self._is_wanted:
            self._is_wanted = wanted
            self._tell()

    def bind(self, stdin: asyncio.StreamWriter | None) -> None:
        """Give the order to a process that begins; None for one that ends."""
        self._stdin = stdin
        if self._is_wanted:
            self._tell()

    def _tell(self) -> None:
        if self._stdin is not None and not self._stdin.is_closing():
            self._stdin.write(HEARD if self._is_wanted else NOT_HEARD)


async def run_preview(task: PreviewTask, listener: PreviewListener, hearing: Hearing | None = None) -> str:
    """Returns why it ended, in words; cancelled, it ends the process first. Raises ProcessorError."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_arguments(task),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            cwd="/",
            env=child_environment(),
        )
    except OSError as error:
        raise ProcessorError(f"the preview cannot be started: {error.strerror}") from error
    limit_memory(process.pid, MEMORY_LIMIT_MB)
    assert process.stdout is not None and process.stderr is not None
    listening = asyncio.create_task(_last_lines(process.stderr))
    hearing = hearing or Hearing()
    hearing.bind(process.stdin)
    try:
        await _read(process.stdout, task.stream_id, listener)
        words = await listening
        return words or f"the preview ended with status {await process.wait()}"
    except ReportError as error:
        return str(error)
    finally:
        hearing.bind(None)
        await _end(process)
        await asyncio.gather(listening, return_exceptions=True)


async def _read(stdout: asyncio.StreamReader, stream_id: str, listener: PreviewListener) -> None:
    """Until it ends. Raises ReportError."""
    while True:
        try:
            line = await stdout.readline()
        except ValueError as error:
            raise ReportError("the preview sent a line without an end") from error
        if not line:
            return
        match decode_report(line):
            case PictureReport() as report:
                try:
                    pixels = await stdout.readexactly(report.size)
                except asyncio.IncompleteReadError:
                    return
                listener.picture(
                    Picture(
                        stream_id=stream_id,
                        taken_at=time.time(),
                        monotonic_s=time.monotonic(),
                        width=report.width,
                        height=report.height,
                        pixels=pixels,
                    )
                )
            case SoundReport(size):
                try:
                    listener.sound(await stdout.readexactly(size))
                except asyncio.IncompleteReadError:
                    return
            case LevelsReport() as report:
                listener.levels(
                    SoundLevels(
                        stream_id=stream_id,
                        monotonic_s=time.monotonic(),
                        momentary_lufs=report.momentary_lufs,
                        true_peaks_dbtp=report.true_peaks_dbtp,
                    )
                )
            case MediaReport() as report:
                listener.media(report)


async def _last_lines(stderr: asyncio.StreamReader) -> str:
    kept = b""
    while data := await stderr.read(LAST_WORDS_BYTES):
        kept = (kept + data)[-LAST_WORDS_BYTES:]
    lines = kept.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask by closing its input, then kill, then wait; its decoders end with it."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    draining = asyncio.create_task(_drain(process.stdout))
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    finally:
        await draining


async def _drain(stdout: asyncio.StreamReader) -> None:
    # A process that cannot write does not end by itself.
    while await stdout.read(1 << 16):
        continue


def _arguments(task: PreviewTask) -> list[str]:
    try:
        ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise ProcessorError(f"previews need ffmpeg: {error}") from error
    width, height = task.size.value
    return [
        *(sys.executable, "-X", "utf8", "-m", "ibe100.preview"),
        *("--port", str(task.port), "--service-id", str(task.service_id)),
        *("--width", str(width), "--height", str(height), "--ffmpeg", ffmpeg),
    ]
