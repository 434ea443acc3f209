"""Look at an input before it is used: the processor only carries the bytes, our own analyzer reads them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from io import FileIO
from pathlib import Path

from ibe100.minitsp.packets.packet_format import BYTES_TO_SEARCH, CHUNK_BYTES, find_first_packet
from ibe100.minitsp.packets.packet_reader import PacketReader, SyncListener
from ibe100.models.errors import InputAbsent, ProbeError
from ibe100.models.stream_config import (
    Engine,
    FileInput,
    HlsInput,
    HttpInput,
    StreamInput,
    TestPatternInput,
    describe_input,
)
from ibe100.mpegts.stream_report import StreamReport
from ibe100.tsduck.child_process import ChildProcess, run_child
from ibe100.tsduck.command import global_arguments
from ibe100.tsduck.edges import input_arguments
from ibe100.tsduck.packet_collector import PacketCollector, no_transport_stream
from ibe100.tsduck.pattern_source import sample_arguments
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.stream_ports import Port

FILE_BYTES = 12_000_000
"""10 s at 9.6 Mb/s; a shorter file is read whole, so that the length of its loop is known."""
TEST_PATTERN_S = 2.0
SILENCE = "Resource temporarily unavailable"
"""How tsp and minitsp report that no datagram came in time."""
NOTHING = "nothing was received; check the sender, the address and the port"


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """Limits of looking at a live input."""

    first_bytes_s: float = 12.0
    live_s: float = 3.0
    """Once its tables are known: enough for bitrate, frame rate and null packets."""
    most_live_s: float = 15.0
    """Tables are repeated within 0.5 s by the rules and every 12 s in the wild."""


LIMITS = ProbeLimits()


async def probe_input(
    source: StreamInput,
    processor: Processor,
    secrets: Mapping[str, str] | None = None,
    limits: ProbeLimits = LIMITS,
    source_port: Port = 0,
) -> StreamReport:
    """Read `source` for a few seconds and say what is in it; at `source_port` where it is received already.

    Raises InputAbsent when a live input gives nothing, ProbeError when nothing can be read or it is no
    transport stream, each with the reason; ProcessorError when the processor cannot be run.
    """
    name = describe_input(source)
    match source:
        case FileInput():
            return await asyncio.to_thread(_probe_file, source.path)
        case TestPatternInput():
            argv = await asyncio.to_thread(sample_arguments, source, TEST_PATTERN_S)
            # It ends by itself.
            limits = replace(limits, live_s=limits.most_live_s)
            try:
                return await _probe_process(name, argv, {}, {}, limits)
            except InputAbsent as error:
                raise ProbeError(str(error)) from error
        case _:
            begins_anew = isinstance(source, HlsInput | HttpInput)
            # Only tsp, and the built-in like it, ends by itself when nothing comes by UDP.
            engine = processor.engine if begins_anew else Engine.TSDUCK
            argv = [
                *processor.command,
                *global_arguments(source),
                *input_arguments(source, source_port, engine=engine),
                "-O",
                "file",
            ]
            try:
                return await _probe_process(
                    name, argv, processor.environment, secrets or {}, limits, begins_anew=begins_anew
                )
            except (InputAbsent, ProbeError) as error:
                if isinstance(source, HttpInput):
                    await _refuse_playlist(name, source, error)
                raise


async def _refuse_playlist(name: str, source: HttpInput, error: Exception) -> None:
    """Raise ProbeError with a better reason where an address gives a playlist in place of packets."""
    # Imported here: what asks an HTTP server would slow every command down.
    from ibe100.tsduck.playlist import is_playlist

    if await is_playlist(source):
        reason = "is an HLS playlist, no transport stream: choose HLS, or write hls+http://… for its address"
        raise ProbeError(f"{name} {reason}") from error


def _probe_file(path: Path) -> StreamReport:
    if path.exists() and not path.is_file():
        raise ProbeError(f"{path} is not a file; name a transport stream file")
    try:
        with path.open("rb", buffering=0) as file:
            report = _read_file(str(path), file)
    except OSError as error:
        raise ProbeError(f"cannot read {path}: {error.strerror}") from error
    return report


def _read_file(name: str, file: FileIO) -> StreamReport:
    """Read a file as the processors do: in any packet format, past what is no packet."""
    first = find_first_packet(lambda: file.read(CHUNK_BYTES))
    collector = PacketCollector(name, begins_anew=True)
    if first is None:
        size = os.fstat(file.fileno()).st_size
        raise ProbeError(
            no_transport_stream(name, min(size, BYTES_TO_SEARCH)) if size else f"{name} is empty"
        )
    file.seek(first.leading_bytes)
    reader = PacketReader(file.fileno(), first.format, SyncListener(_pass_over, _pass_over))
    taken_bytes = 0
    while taken_bytes < FILE_BYTES and (packets := reader.read()) is not None:
        collector.take(packets)
        taken_bytes += packets.nbytes
    return replace(collector.report(), leading_bytes=first.leading_bytes)


def _pass_over(*_: int) -> None:
    """A loss of synchronisation within a file is the processor's to tell."""


async def _probe_process(
    name: str,
    argv: Sequence[str],
    environment: Mapping[str, str],
    secrets: Mapping[str, str],
    limits: ProbeLimits,
    *,
    begins_anew: bool = False,
) -> StreamReport:
    collector = PacketCollector(name, begins_anew=begins_anew)
    with _with_secrets(argv, secrets) as (tokens, descriptors):
        async with run_child(tokens, environment, descriptors) as child:
            end = await _collect(child, collector, limits)
            if end is End.PROCESSOR and not collector.is_aligned:
                raise InputAbsent(f"{name}: {await _reason(child)}")
            if end is End.SILENCE:
                raise InputAbsent(f"{name}: {NOTHING}")
    return collector.report()


class End(Enum):
    """Reason why no more was read."""

    ENOUGH = auto()
    PROCESSOR = auto()
    SILENCE = auto()


async def _collect(child: ChildProcess, collector: PacketCollector, limits: ProbeLimits) -> End:
    """Feed what comes until enough is known, the processor ends or nothing comes."""
    now = asyncio.get_running_loop().time
    deadline = now() + limits.first_bytes_s
    received = known = False
    while now() < deadline:
        try:
            async with asyncio.timeout_at(deadline):
                data = await child.read()
        except TimeoutError:
            break
        if not data:
            return End.PROCESSOR
        await asyncio.to_thread(collector.feed, data)
        if not received:
            received, deadline = True, now() + limits.most_live_s
        if not known and collector.tables_known():
            known, deadline = True, min(deadline, now() + limits.live_s)
    return End.ENOUGH if received else End.SILENCE


async def _reason(child: ChildProcess) -> str:
    """Reason of an end without packets: in the processor's own words, where it has any."""
    exit_code = await child.exit_code()
    lines = [line.strip() for line in await child.last_words() if line.strip()]
    faults = [line.partition("Error:")[2].strip() for line in lines if "Error:" in line]
    if any(fault.endswith(SILENCE) for fault in faults):
        return NOTHING
    return "; ".join(faults[-2:] or lines[-2:]) or f"the processor ended at once (exit {exit_code})"


@contextlib.contextmanager
def _with_secrets(argv: Sequence[str], secrets: Mapping[str, str]) -> Iterator[tuple[list[str], list[int]]]:
    """`argv` with its secrets in pipes, and the ends of these that the child reads.

    tsp takes options from `@file`: that file is the pipe.
    """
    descriptors: list[int] = []
    tokens = []
    try:
        for token in argv:
            if token.startswith("@{secret:"):
                text = secrets[token.removeprefix("@{secret:").removesuffix("}")]
                descriptors.append(_readable(text))
                token = f"@/dev/fd/{descriptors[-1]}"
            tokens.append(token)
        yield tokens, descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _readable(text: str) -> int:
    reader, writer = os.pipe()
    try:
        os.write(writer, text.encode())
    finally:
        os.close(writer)
    return reader
