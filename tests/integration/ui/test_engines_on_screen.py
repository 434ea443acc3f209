"""The media through tsp and through minitsp: what the console shows of the one, it shows of the other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ibe100.core.application import Application
from ibe100.models.messages import TelemetryMeasured
from ibe100.models.stream_config import Engine, ExistingCues, NoOutput, Scte35Options, StreamConfig, UdpInput
from ibe100.models.stream_state import PidSample, StreamState, Telemetry
from ibe100.tsduck.telemetry import AnalyzeSample, parse_analysis
from ibe100.ui.monitoring.pid_tree import words_of
from ibe100.utils.units import kilobits
from loopback import free_port
from minitsp_rig import MEDIA, MINITSP, recording
from services_rig import console, until

FILES = ("ott_with_scte35.ts", "dvb_hd_service.ts", "sat_no_sdt.ts")
MARK = "analysis:"
LIVE_S = 12.0
PER_SEAM = 9
"""Continuity errors where dvb_hd_service.ts begins anew: one per PID but the SDT, which happens to fit."""


def analysis_by(engine: Sequence[str], name: str, folder: Path = MEDIA) -> AnalyzeSample:
    """The whole file as `engine` analyses it."""
    argv = [*engine, "-I", "file", name, "-P", "analyze", f"--json-line={MARK}", "-O", "drop"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    return analysis_in((done.stdout + done.stderr).splitlines())


def analysis_in(log: Sequence[str]) -> AnalyzeSample:
    line = next(line for line in reversed(log) if MARK in line or '{ "pids"' in line)
    document: Mapping[str, Any] = json.loads(line[line.index("{") :])
    return parse_analysis(document)


def on_screen(pid: PidSample) -> tuple[object, ...]:
    """A row of the PID tree, but for the words of sound and subtitles.

    There tsp also gives the kind of a sound service and of a subtitle, and takes layer II for "layer 0".
    """
    said = words_of(pid)
    is_video = "video" in said.name.lower()
    return (
        pid.pid,
        said if is_video else said.name.replace("MPEG-2 Audio", "MPEG Audio"),
        pid.languages,
        kilobits(pid.bitrate_bps),
        pid.packets,
        pid.discontinuities,
        pid.scrambled,
        pid.services,
        pid.pcr_interval_ms and round(pid.pcr_interval_ms, 1),
        pid.pts_interval_ms and round(pid.pts_interval_ms, 1),
    )


def assert_same_on_screen(ours: AnalyzeSample, theirs: AnalyzeSample) -> None:
    assert [on_screen(pid) for pid in ours.pids] == [on_screen(pid) for pid in theirs.pids]
    assert ours.services == theirs.services
    assert set(ours.tables) == set(theirs.tables)
    assert kilobits(ours.bitrate_bps) == kilobits(theirs.bitrate_bps)


def test_a_dvb_service_reads_as_it_was_recorded_from_tsp(captures: Path) -> None:
    recorded = analysis_in(recording("live-analyze-json-line-dvb")["log"])
    assert_same_on_screen(analysis_by(MINITSP, "dvb_hd_service.ts", captures), recorded)


@pytest.mark.tsduck
@pytest.mark.parametrize("name", FILES)
def test_services_pids_and_tables_read_the_same_by_both_engines(name: str) -> None:
    assert_same_on_screen(analysis_by(MINITSP, name), analysis_by(["tsp"], name))


@contextlib.asynccontextmanager
async def both_on_air(application: Application, name: str) -> AsyncIterator[tuple[str, str]]:
    """The same packets at the same time to a tsp and to a minitsp; the ids of the two streams."""
    ports = {Engine.TSDUCK: free_port(), Engine.BUILTIN: free_port()}
    sender = await asyncio.create_subprocess_exec(
        *MINITSP,
        *("--realtime", "-I", "file", "--infinite", str(MEDIA / name), "-P", "regulate"),
        *("-P", "ip", f"127.0.0.1:{ports[Engine.TSDUCK]}"),
        *("-O", "ip", f"127.0.0.1:{ports[Engine.BUILTIN]}"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        ids = []
        for engine, port in ports.items():
            config = StreamConfig(
                name=str(engine),
                input=UdpInput(port=port),
                output=NoOutput(),
                engine=engine,
                scte35=Scte35Options(existing=ExistingCues.REPLACE),
            )
            ids.append((await application.streams.add(config)).stream_id)
        await asyncio.gather(*map(application.streams.start, ids))
        for stream_id in ids:
            run = application.streams.run_of(stream_id)
            await until(lambda run=run: run.view.state is StreamState.RUNNING, f"{run.name} on air")  # type: ignore[misc]
        yield ids[0], ids[1]
    finally:
        sender.kill()
        await sender.wait()


@pytest.mark.tsduck
async def test_live_counters_read_the_same_by_both_engines(tmp_path: Path) -> None:
    """Those of single packets: gaps on arrival depend on how a processor hands packets on in portions."""
    latest: dict[str, Telemetry] = {}

    async def follow(application: Application) -> None:
        async for message in application.messages():
            if isinstance(message, TelemetryMeasured):
                latest[message.telemetry.stream_id] = message.telemetry

    async with console(tmp_path / "data") as application:
        following = asyncio.create_task(follow(application))
        async with both_on_air(application, "dvb_hd_service.ts") as (theirs_id, ours_id):
            for stream_id in (theirs_id, ours_id):
                await application.monitoring.reset_counters(stream_id)
            await asyncio.sleep(LIVE_S)  # a loop of the file takes 1.1 s: some ten seams
            theirs, ours = latest[theirs_id], latest[ours_id]
        following.cancel()
    for name in (
        "ts_sync_loss",
        "sync_byte_error",
        "transport_error",
        "crc_error",
        "crc_error_2",
        "cat_error",
    ):
        assert ours.counters_total[name] == theirs.counters_total[name] == 0, name
    errors = [one.counters_total["continuity_count_error"] for one in (ours, theirs)]
    assert min(errors) > 5 * PER_SEAM
    assert abs(errors[0] - errors[1]) <= 2 * PER_SEAM, "but for the seams at both ends"
    jumps = [one.counters_total["pcr_discontinuity_indicator_error"] for one in (ours, theirs)]
    assert abs(jumps[0] - jumps[1]) <= 2
    assert ours.counters_total["pid_error"] == theirs.counters_total["pid_error"] == 0
    assert [service.name for service in ours.services] == [service.name for service in theirs.services]
    assert ours.table_versions == theirs.table_versions
