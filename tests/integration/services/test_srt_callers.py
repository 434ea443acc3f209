"""An SRT sender that calls once stays connected, from the first look at the input into the stream's life."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo_rig import finished, place_in
from ibe100.core.application import Application
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.models.messages import StreamView, TelemetryMeasured
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_config import (
    Engine,
    Scte35Options,
    SrtInput,
    SrtMode,
    StreamConfig,
    TestPatternInput,
)
from ibe100.models.stream_state import SrtStatistics, StreamState, Tally
from ibe100.services.streams import launch as stream_launch
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.tsduck.pattern_source import live_arguments
from loopback import free_port, free_ports
from minitsp_rig import is_bound, wait_for
from services_rig import (
    DEADLINE_S,
    console,
    fired,
    journal,
    kill,
    processes_with,
    processor_pid,
    until,
    until_ready,
    until_state,
    view_of,
)

pytestmark = pytest.mark.skipif(find_library() is None, reason="no libsrt on this machine")

PASSPHRASE = "a long enough secret"
PATTERN = TestPatternInput(width=320, height=180, bitrate_bps=1_000_000)


@contextlib.contextmanager
def caller(port: int, query: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """ffmpeg, which calls once and ends when its connection does."""
    target = f"srt://127.0.0.1:{port}?mode=caller&pkt_size=1316{query}"
    with subprocess.Popen([*live_arguments(PATTERN, 0)[:-1], target], stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def listening(port: int, **changes: object) -> StreamConfig:
    values = {"mode": SrtMode.LISTENER, "port": port, "latency_ms": 120, **changes}
    return StreamConfig(
        name="Called",
        input=SrtInput.model_validate(values),
        scte35=Scte35Options(heartbeat_interval_s=None),
    )


async def found_absent(application: Application, stream_id: str) -> StreamView:
    """Start a stream that nobody calls; only this first look at its input is a short one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_launch, "LIMITS", replace(stream_launch.LIMITS, first_bytes_s=1.0))
        view = await application.streams.start(stream_id)
    assert (view.state, view.tally) == (StreamState.WAITING, Tally.NO_INPUT)
    return view


async def until_listening(port: int) -> None:
    """SRT listens by UDP: the port is in the kernel's table."""
    await until(lambda: is_bound(port), f"a listener on {port}")


def calls(application: Application, stream_id: str) -> int:
    """How often a caller was let in."""
    lines = [one for one in journal(application, stream_id) if one["kind"] == "log"]
    return sum(one["text"].startswith("connected from ") for one in lines)


async def input_statistics(application: Application) -> SrtStatistics:
    async with asyncio.timeout(DEADLINE_S):
        async for message in application.messages():
            if isinstance(message, TelemetryMeasured):
                link = message.telemetry.srt_input
                if link is not None and link.statistics is not None and link.statistics.packets:
                    return link.statistics
    raise AssertionError("the bus was closed")


@pytest.mark.parametrize("engine", [Engine.BUILTIN, pytest.param(Engine.TSDUCK, marks=pytest.mark.tsduck)])
async def test_who_calls_once_is_heard_from_the_first_look_on_and_over_a_dead_processor(
    tmp_path: Path, engine: Engine
) -> None:
    port = free_port()
    async with console(tmp_path / "data") as application:
        config = listening(port, passphrase=PASSPHRASE).model_copy(update={"engine": engine})
        stream_id = (await application.streams.add(config)).stream_id
        start = asyncio.create_task(application.streams.start(stream_id))
        await until_listening(port)
        with caller(port, f"&passphrase={PASSPHRASE}") as sender:
            await start
            await until_ready(application, stream_id)
            cue = await fired(application, stream_id, CueAction.TO_BREAK)
            assert cue.state is CueState.SPLICED
            assert (await input_statistics(application)).latency_ms == 120
            kill(await processor_pid(application, stream_id))
            await until(lambda: view_of(application, stream_id).attempt >= 2, "another attempt")
            await until_ready(application, stream_id)
            assert sender.poll() is None
            assert calls(application, stream_id) == 1
            ours = set(processes_with(PASSPHRASE)) - {sender.pid}
            assert ours == set()
            view = view_of(application, stream_id)
            assert f"--listener={port}" in view.command
            assert PASSPHRASE not in view.command
        written = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert not any(PASSPHRASE.encode() in content for content in written)


async def test_a_stream_that_waits_listens_all_the_time_and_no_longer_when_it_is_stopped(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with console(tmp_path / "data") as application:
        stream_id = (await application.streams.add(listening(port))).stream_id
        view = await found_absent(application, stream_id)
        assert view.reason.endswith(f"waiting for the SRT sender to call on port {port}")
        with caller(port) as sender:
            await until_ready(application, stream_id)
            assert sender.poll() is None
            assert calls(application, stream_id) == 1
        await application.streams.stop(stream_id)
        await found_absent(application, stream_id)
        folder = str(application.streams.run_of(stream_id).link.stream_dir)
        assert processes_with(folder)
        await application.streams.stop(stream_id)
        assert not processes_with(folder)
        assert not processes_with(f"--listener={port}")


async def test_a_port_that_is_taken_is_the_reason_that_is_told(
    tmp_path: Path,
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))
        async with console(tmp_path / "data") as application:
            taken = listening(other.getsockname()[1])
            stream_id = (await application.streams.add(taken)).stream_id
            await found_absent(application, stream_id)
            await until(lambda: "srt_bind" in view_of(application, stream_id).reason, "the reason")


async def test_an_input_that_is_changed_while_it_is_waited_for_is_let_go(
    tmp_path: Path,
) -> None:
    before, after = free_ports(2)
    async with console(tmp_path / "data") as application:
        stream_id = (await application.streams.add(listening(before))).stream_id
        await found_absent(application, stream_id)
        await application.streams.change(stream_id, listening(after))
        await until(lambda: processes_with(f"--listener={after}"), "a listener on the other port")
        assert not processes_with(f"--listener={before}")
        await until_listening(after)
        with caller(after):
            await until_ready(application, stream_id)


async def test_what_a_console_that_is_gone_was_waiting_for_is_waited_for_by_the_next(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with console(tmp_path / "data", stop_streams=False) as first:
        stream_id = (await first.streams.add(listening(port))).stream_id
        await found_absent(first, stream_id)
        folder = first.streams.run_of(stream_id).link.stream_dir
        held = json.loads((folder / "spec.json").read_text())
    assert not processes_with(str(folder))
    # As a console that was killed would have left it.
    left = RunnerLink(folder)
    left.write_spec(held)
    await left.spawn({})
    async with console(tmp_path / "data") as second:
        await until_state(second, stream_id, StreamState.WAITING)
        with caller(port) as sender:
            await until_ready(second, stream_id)
            assert sender.poll() is None


def test_the_demo_proves_its_cues_to_a_sender_that_calls_once(tmp_path: Path) -> None:
    port = free_port()
    with place_in(tmp_path) as place:
        demo = place.start("demo", "--input", f"srt://:{port}?latency=200", "--engine", "builtin", "--json")
        wait_for(lambda: demo.poll() is not None or is_bound(port), f"a listener on {port}")
        with caller(port):
            ended = finished(demo)
    assert ended.code == 0, ended.err
    assert ended.json["ok"]
    assert f"waiting for the SRT sender to call on port {port}" in ended.err
