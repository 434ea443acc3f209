"""An SRT output on air: statistics in the sample, a missing receiver an alarm, the log not flooded."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ibe100.core.application import Application
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.messages import TelemetryMeasured
from ibe100.models.stream_config import Engine, SrtOutput
from ibe100.models.stream_state import SrtStatistics
from loopback import free_port
from minitsp_rig import running
from services_rig import DEADLINE_S, console, journal, looped, until, until_alarm

pytestmark = pytest.mark.skipif(find_library() is None, reason="no libsrt on this machine")


async def statistics(application: Application) -> SrtStatistics:
    """The next of the output that are measured."""
    async with asyncio.timeout(DEADLINE_S):
        async for message in application.messages():
            if isinstance(message, TelemetryMeasured):
                link = message.telemetry.srt_output
                if link is not None and link.statistics is not None and link.statistics.packets:
                    return link.statistics
    raise AssertionError("the bus was closed")


@pytest.mark.parametrize("engine", [Engine.BUILTIN, pytest.param(Engine.TSDUCK, marks=pytest.mark.tsduck)])
async def test_statistics_reach_the_sample_and_a_missing_receiver_is_an_alarm(
    tmp_path: Path, media: Path, engine: Engine
) -> None:
    port = free_port()
    target = SrtOutput(host="127.0.0.1", port=port, latency_ms=80)
    async with console(tmp_path / "data") as application:
        config = looped(media).model_copy(update={"output": target, "engine": engine})
        stream_id = (await application.streams.add(config)).stream_id
        await application.streams.start(stream_id)
        gone = await until_alarm(application, "srt_receiver_gone", AlarmState.UNACKNOWLEDGED)
        assert gone.value == f"nobody is connected to srt listener 127.0.0.1:{port}"
        wanted = "no receiver is connected" if engine is Engine.BUILTIN else "the stream is starting"
        await until(
            lambda: any(wanted in one for one in application.cues.readiness(stream_id).reasons), wanted
        )
        with running("-I", "srt", f"--caller=127.0.0.1:{port}", "-O", "drop"):
            measured = await statistics(application)
            await until(lambda: application.cues.readiness(stream_id).ready, "readiness for a cue")
            assert measured.latency_ms == 120
            assert measured.rtt_ms < 200
            await until_alarm(application, "srt_receiver_gone", AlarmState.CLEARED_UNACKNOWLEDGED)
        await until_alarm(application, "srt_receiver_gone", AlarmState.UNACKNOWLEDGED)
        texts = [line["text"] for line in journal(application, stream_id) if line["kind"] == "log"]
        assert any(text.startswith("connected to 127.0.0.1:") for text in texts)
        assert not any("srt-statistics" in text for text in texts)
