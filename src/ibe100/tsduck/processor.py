"""The processor that runs streams: TSDuck's tsp where it is found, else the built-in minitsp."""

from __future__ import annotations

import asyncio
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ibe100 import __version__
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import (
    Engine,
    HlsInput,
    HlsOutput,
    HttpInput,
    RistInput,
    RistOutput,
    SrtInput,
    SrtOutput,
    StreamConfig,
    StreamInput,
    StreamOutput,
    received_inputs,
)
from ibe100.runner.supervision.end_causes import RECEIVE_TIMEOUT
from ibe100.tsduck.child_process import ChildProcess, run_child

VERSION_TIMEOUT_S = 10.0
VERSION_BYTES = 10_000
LEAST_TSDUCK = (3, 45)
"""The first with `splicemonitor --meta-base64-sections`, which every receipt is made of."""
TSDUCK_ENVIRONMENT = {"TSDUCK_NO_USER_CONFIG": "1"}
NEEDS_TSDUCK = "needs TSDuck: install it so that tsp is on PATH"
_SOURCE_ROOT = str(Path(__file__).resolve().parents[2])
_INPUT_SILENT = "nothing arrived on the input"


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor that can run a command line of `ibe100.tsduck.command`."""

    engine: Engine
    version: str
    command: tuple[str, ...]

    @property
    def label(self) -> str:
        """Name and version for the screen."""
        if self.engine is Engine.TSDUCK:
            return f"tsduck {self.version}"
        return f"built-in minitsp {self.version}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables the processor needs beside the environment of the console."""
        if self.engine is Engine.TSDUCK:
            return dict(TSDUCK_ENVIRONMENT)
        return {"PYTHONPATH": _SOURCE_ROOT, "PYTHONUNBUFFERED": "1"}


BUILTIN = Processor(Engine.BUILTIN, __version__, (sys.executable, "-m", "ibe100.minitsp"))


async def find_tsp(
    configured: Path | None = None, *, timeout_s: float = VERSION_TIMEOUT_S
) -> Processor | None:
    """The real tsp, configured or on PATH; None where there is none on PATH.

    Raises ProcessorError when what is there cannot be run, is another program (task-spooler has a tsp too)
    or too old.
    """
    path = str(configured) if configured is not None else shutil.which("tsp")
    if path is None:
        return None
    try:
        async with run_child([path, "--version"], TSDUCK_ENVIRONMENT) as child, asyncio.timeout(timeout_s):
            text = await _what_it_says(child)
    except TimeoutError:
        raise ProcessorError(f"tsp at {path} did not tell its version in {timeout_s:g} s") from None
    version = parse_version(text)
    if version is None:
        raise ProcessorError(f"{path} is not TSDuck's tsp: its --version does not say so")
    if tuple(int(part) for part in version.partition("-")[0].split(".")) < LEAST_TSDUCK:
        least = ".".join(str(part) for part in LEAST_TSDUCK)
        raise ProcessorError(f"{path} is TSDuck {version}: update it, the receipts of cues need {least}")
    return Processor(Engine.TSDUCK, version, (path,))


async def _what_it_says(child: ChildProcess) -> str:
    output = b""
    while data := await child.read():
        output = (output + data)[:VERSION_BYTES]
    return output.decode(errors="replace") + "\n".join(await child.last_words())


def parse_version(text: str) -> str | None:
    """`3.45-4721` from what `tsp --version` prints; None when it is not TSDuck."""
    match = re.search(r"TSDuck.*version (\d+\.\d+(?:-\d+)?)", text)
    return match.group(1) if match else None


async def choose_processor(wanted: Engine, config: StreamConfig, tsp_path: Path | None = None) -> Processor:
    """The processor for `config`: `auto` takes tsp when found, else minitsp; for HLS minitsp.

    Raises ProcessorError when tsp is wanted and absent, when a configured one is not good, or when only tsp
    could do what is asked.
    """
    if wanted is Engine.AUTO and _is_better_builtin(config):
        return BUILTIN
    absent = "there is no tsp on PATH"
    if wanted is not Engine.BUILTIN:
        try:
            tsp = await find_tsp(tsp_path)
        except ProcessorError as error:
            if wanted is Engine.TSDUCK or tsp_path is not None:
                raise
            tsp, absent = None, str(error)
        if tsp is not None:
            return tsp
        if wanted is Engine.TSDUCK:
            raise ProcessorError(f"engine tsduck: {absent}; install TSDuck, set engine.tsp_path, or use auto")
    try:
        check_builtin(config.input, config.output)
    except ProcessorError as error:
        raise ProcessorError(str(error) if wanted is Engine.BUILTIN else f"{error} ({absent})") from error
    return BUILTIN


def _is_better_builtin(config: StreamConfig) -> bool:
    """True if tsp would lose something (the cue tags of a playlist, the sound of a source), or be led astray.

    It follows a redirection wherever that leads, and takes whatever a body is decompressed to.
    """
    if not isinstance(config.input, HlsInput | HttpInput) and not isinstance(config.output, HlsOutput):
        return False
    try:
        check_builtin(config.input, config.output)
    except ProcessorError:
        return False
    return True


def check_builtin(source: StreamInput, target: StreamOutput | None = None) -> None:
    """Check the built-in processor. Raises ProcessorError naming what it cannot do on this machine.

    Its SRT is libsrt's or ffmpeg's, its RIST ffmpeg's; the ffmpeg that comes with us has both on Linux only.
    """
    if platform.system() == "Linux":
        return
    sources = [("input", one) for one in received_inputs(source)]
    for side, edge in (*sources, ("output", target)):
        if isinstance(edge, SrtInput | SrtOutput) and find_library() is None:
            raise ProcessorError(f"the {side} is SRT, which needs libsrt, or TSDuck: install one of them")
        if isinstance(edge, RistInput | RistOutput):
            raise ProcessorError(f"the {side} is RIST, which {NEEDS_TSDUCK}")


def plain_reason(text: str) -> str:
    """A reason with what it quotes of a processor said plainly; all else as it is."""
    return text.replace(f"ip: {RECEIVE_TIMEOUT}", _INPUT_SILENT).replace(RECEIVE_TIMEOUT, _INPUT_SILENT)
