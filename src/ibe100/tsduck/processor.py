"""Which processor runs the streams: TSDuck's tsp where it is found, else the built-in minitsp."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ibe100 import __version__
from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import (
    Engine,
    FileInput,
    FileOutput,
    NoOutput,
    StreamConfig,
    StreamInput,
    StreamOutput,
    TestPatternInput,
    UdpInput,
    UdpOutput,
)

VERSION_TIMEOUT_S = 10.0
_SOURCE_ROOT = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor that can run a command line of `ibe100.tsduck.command`."""

    engine: Engine
    version: str
    command: tuple[str, ...]

    @property
    def label(self) -> str:
        """For the screen: name and version."""
        if self.engine is Engine.TSDUCK:
            return f"tsduck {self.version}"
        return f"built-in minitsp {self.version}"

    @property
    def environment(self) -> dict[str, str]:
        """What the processor needs beside the environment of the console."""
        if self.engine is Engine.TSDUCK:
            return {"TSDUCK_NO_USER_CONFIG": "1"}
        return {"PYTHONPATH": _SOURCE_ROOT, "PYTHONUNBUFFERED": "1"}


BUILTIN = Processor(Engine.BUILTIN, __version__, (sys.executable, "-m", "ibe100.minitsp"))


async def find_tsp(configured: Path | None = None) -> Processor | None:
    """The real tsp, configured or on PATH; None where there is none on PATH.

    Raises ProcessorError when the configured one cannot be run.
    """
    path = str(configured) if configured is not None else shutil.which("tsp")
    if path is None:
        return None
    try:
        child = await asyncio.create_subprocess_exec(
            path,
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as error:
        raise ProcessorError(f"tsp at {path} cannot be run: {error.strerror}") from error
    try:
        output, _ = await asyncio.wait_for(child.communicate(), VERSION_TIMEOUT_S)
    except TimeoutError:
        child.kill()
        await child.wait()
        raise ProcessorError(f"tsp at {path} did not tell its version in {VERSION_TIMEOUT_S:.0f} s") from None
    version = parse_version(output.decode(errors="replace"))
    if version is None:
        raise ProcessorError(f"{path} is not TSDuck's tsp: its --version does not say so")
    return Processor(Engine.TSDUCK, version, (path,))


def parse_version(text: str) -> str | None:
    """`3.45-4721` from what `tsp --version` prints; None when it is not TSDuck."""
    match = re.search(r"TSDuck.*version (\d+\.\d+(?:-\d+)?)", text)
    return match.group(1) if match else None


async def choose_processor(wanted: Engine, config: StreamConfig, tsp_path: Path | None = None) -> Processor:
    """The processor for `config`: `auto` takes tsp when found, else minitsp.

    Raises ProcessorError when tsp is wanted and absent, or when only tsp could do what is asked.
    """
    if wanted is Engine.BUILTIN:
        tsp = None
    else:
        tsp = await find_tsp(tsp_path)
    if tsp is not None:
        return tsp
    if wanted is Engine.TSDUCK:
        raise ProcessorError(
            "engine tsduck: no tsp on PATH; install TSDuck, set engine.tsp_path, or use auto"
        )
    check_builtin(config.input, config.output)
    return BUILTIN


def check_builtin(source: StreamInput, target: StreamOutput | None = None) -> None:
    """Raises ProcessorError naming what the built-in processor cannot do."""
    if not isinstance(source, TestPatternInput | FileInput | UdpInput):
        raise ProcessorError(f"{source.kind} input needs TSDuck: install it so that tsp is on PATH")
    if target is not None and not isinstance(target, FileOutput | UdpOutput | NoOutput):
        raise ProcessorError(f"{target.kind} output needs TSDuck: install it so that tsp is on PATH")
