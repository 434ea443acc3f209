"""Look at an input before it is used: the processor only carries the bytes, our own analyzer reads them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ibe100.models.errors import ProbeError
from ibe100.models.stream_config import FileInput, StreamInput, TestPatternInput, describe_input
from ibe100.mpegts.packet import PACKET_SIZE
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import StreamReport
from ibe100.tsduck.command import input_arguments
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.test_pattern import sample_arguments

FILE_BYTES = 12_000_000
"""10 s at 9.6 Mb/s; a shorter file is read whole, so that the length of its loop is known."""
TEST_PATTERN_S = 2.0
LIVE_S = 3.0
"""Of a live input, once its tables are known: enough for bitrate, frame rate and null packets."""
MOST_LIVE_S = 15.0
"""Tables are repeated within 0.5 s by the rules and every 12 s in the wild."""
FIRST_BYTES_TIMEOUT_S = 12.0
CHUNK = 1 << 18
STDERR_BYTES = 20_000
SYNC_BYTE = 0x47


async def probe_input(
    source: StreamInput, processor: Processor, secrets: Mapping[str, str] | None = None
) -> StreamReport:
    """Read `source` for a few seconds and say what is in it.

    Raises ProbeError with the reason when nothing can be read or it is no transport stream.
    """
    name = describe_input(source)
    match source:
        case FileInput():
            return await asyncio.to_thread(_probe_file, source.path)
        case TestPatternInput():
            argv = sample_arguments(source, TEST_PATTERN_S)
            return await _probe_process(name, argv, {}, {})
        case _:
            argv = [*processor.command, *input_arguments(source, 0), "-O", "file"]
            return await _probe_process(name, argv, processor.environment, secrets or {})


def _probe_file(path: Path) -> StreamReport:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES)
    except OSError as error:
        raise ProbeError(f"cannot open {path}: {error.strerror}") from error
    collector = _Collector(str(path))
    collector.feed(data)
    return collector.report()


class _Collector:
    """Aligns bytes to packets and gives them to the analyzer."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._analyzer = StreamAnalyzer()
        self._rest = b""
        self._aligned = False

    def feed(self, data: bytes) -> None:
        data = self._rest + data
        if not self._aligned:
            start = _first_packet(data)
            if start is None:
                if len(data) >= 64 * PACKET_SIZE:
                    raise ProbeError(self._no_transport_stream())
                self._rest = data
                return
            self._aligned, data = True, data[start:]
        count = len(data) // PACKET_SIZE
        self._rest = data[count * PACKET_SIZE :]
        if count:
            block = np.frombuffer(data, np.uint8, count * PACKET_SIZE).reshape(count, PACKET_SIZE)
            self._analyzer.feed(block)

    def tables_known(self) -> bool:
        """Whether a PAT and all its PMTs have been seen."""
        services = self._analyzer.report().services
        return bool(services) and all(service.streams for service in services)

    def report(self) -> StreamReport:
        """Raises ProbeError when no packet was found."""
        if not self._aligned:
            raise ProbeError(self._no_transport_stream())
        return self._analyzer.report()

    def _no_transport_stream(self) -> str:
        return f"{self._name} is no transport stream: no 188-byte packets starting with 0x47 were found"


def _first_packet(data: bytes) -> int | None:
    """Offset of the first packet: three sync bytes a packet apart."""
    for start in range(min(PACKET_SIZE, len(data))):
        followers = data[start : start + 3 * PACKET_SIZE : PACKET_SIZE]
        if len(followers) == 3 and all(byte == SYNC_BYTE for byte in followers):
            return start
    return None


async def _probe_process(
    name: str, argv: Sequence[str], environment: Mapping[str, str], secrets: Mapping[str, str]
) -> StreamReport:
    collector = _Collector(name)
    async with _spawned(argv, environment, secrets) as child:
        assert child.stdout is not None and child.stderr is not None
        errors = asyncio.create_task(child.stderr.read(STDERR_BYTES))
        first_at: float | None = None
        started = time.monotonic()
        while True:
            waited_from, limit = (
                (started, FIRST_BYTES_TIMEOUT_S) if first_at is None else (first_at, MOST_LIVE_S)
            )
            left = waited_from + limit - time.monotonic()
            if first_at is not None and time.monotonic() - first_at >= LIVE_S and collector.tables_known():
                break
            try:
                data = await asyncio.wait_for(child.stdout.read(CHUNK), max(0.0, min(left, 0.5)))
            except TimeoutError:
                if left <= 0:
                    break
                continue
            if not data:
                break
            first_at = first_at or time.monotonic()
            await asyncio.to_thread(collector.feed, data)
        if first_at is None:
            raise ProbeError(f"{name}: {await _reason(child, errors)}")
        errors.cancel()
    return collector.report()


async def _reason(child: asyncio.subprocess.Process, errors: asyncio.Task[bytes]) -> str:
    """Why no bytes came, in the processor's own words where it has any."""
    if child.returncode is None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), 1.0)
    if child.returncode is None:
        errors.cancel()
        return f"nothing was received in {FIRST_BYTES_TIMEOUT_S:.0f} s; check the sender, address and port"
    lines = (await errors).decode(errors="replace").splitlines()
    faults = [line.partition("Error:")[2].strip() for line in lines if "Error:" in line]
    return "; ".join(faults[-2:]) or f"the processor ended at once (exit {child.returncode})"


@contextlib.asynccontextmanager
async def _spawned(
    argv: Sequence[str], environment: Mapping[str, str], secrets: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child whose standard output is read here, and who is gone afterwards."""
    descriptors: list[int] = []
    try:
        tokens = [_secret_token(token, secrets, descriptors) for token in argv]
        child = await asyncio.create_subprocess_exec(
            *tokens,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=CHUNK,
            env={**os.environ, **environment},
            pass_fds=descriptors,
            start_new_session=True,
        )
    except OSError as error:
        raise ProbeError(f"{argv[0]} cannot be run: {error.strerror}") from error
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def _secret_token(token: str, secrets: Mapping[str, str], descriptors: list[int]) -> str:
    """tsp reads options from `@file`: the file is a pipe that only the child can read."""
    if not token.startswith("@{secret:"):
        return token
    reader, writer = os.pipe()
    os.write(writer, secrets[token.removeprefix("@{secret:").removesuffix("}")].encode())
    os.close(writer)
    descriptors.append(reader)
    return f"@/dev/fd/{reader}"
