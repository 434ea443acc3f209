"""Faults of a live input and of its processor, made for real, and the alarms they become."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ibe100.core.application import Application
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.messages import StreamView
from ibe100.models.stream_config import Engine, StreamConfig, UdpInput
from ibe100.models.stream_state import StreamState, Tally
from ibe100.services.watches.signal import SETTLE_S
from live_faults import without_sync
from live_rig import LiveSender, as_it_is, live_sender, lossy_full_and_scrambled, make_pattern, nothing
from loopback import free_port
from services_rig import (
    console,
    kill,
    looped,
    on_air,
    processor_pid,
    until,
    until_alarm,
    until_ready,
    until_state,
)

RAISED, CLEARED = AlarmState.UNACKNOWLEDGED, AlarmState.CLEARED_UNACKNOWLEDGED


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = make_pattern(tmp_path_factory.mktemp("live") / "pattern.ts", 45.0)
    yield path
    path.unlink()


def standing(application: Application) -> dict[str, Alarm]:
    return {one.condition: one for one in application.alarms.standing() if one.cleared_at is None}


def only_view(application: Application) -> StreamView:
    (view,) = application.streams.streams()
    return view


def shown(application: Application) -> set[str]:
    return {name for name, alarm in standing(application).items() if alarm.is_shown and alarm.stream_id}


@contextlib.asynccontextmanager
async def live(
    tmp_path: Path, pattern: Path, receive_timeout_ms: int = 60_000, engine: Engine = Engine.AUTO
) -> AsyncIterator[tuple[Application, LiveSender]]:
    """A stream on air without an alarm, past the first seconds, of which nothing is said."""
    port = free_port()
    source = UdpInput(port=port, local_address="127.0.0.1", receive_timeout_ms=receive_timeout_ms)
    config = StreamConfig(name="Live", input=source, stuffing_ratio=0, engine=engine)
    runner = {"stall_timeout_s": 3.5, "backoff_base_s": 0.2, "term_timeout_s": 2.0}
    with live_sender(pattern, port) as sender:
        async with console(tmp_path / "data", runner=runner) as application:
            stream_id = await on_air(application, config)
            run = application.streams.run_of(stream_id)
            settled_ms = run.influx.time_ms + (SETTLE_S + 1.0) * 1000
            await until(lambda: run.influx.time_ms > settled_ms, "samples that count")
            assert shown(application) == set()
            yield application, sender


async def test_lost_full_and_scrambled_packets_are_told_apart_and_clear(
    tmp_path: Path, pattern: Path
) -> None:
    conditions = ("continuity_error", "no_null_packets", "scrambled_pid")
    async with live(tmp_path, pattern) as (application, sender):
        sender.spoil = lossy_full_and_scrambled
        for condition in conditions:
            await until_alarm(application, condition, RAISED)
        assert standing(application)["scrambled_pid"].value.startswith("0x0101")
        sender.spoil = as_it_is
        for condition in conditions:
            await until_alarm(application, condition, CLEARED)


async def test_an_input_that_is_cut_is_one_alarm_and_clears_when_it_comes_again(
    tmp_path: Path, pattern: Path
) -> None:
    async with live(tmp_path, pattern) as (application, sender):
        (before,) = application.streams.streams()
        sender.spoil = nothing
        lost_at = time.time()
        await until(lambda: only_view(application).tally is Tally.NO_INPUT, "NO INPUT")
        await until_alarm(application, "nothing_flows", RAISED)
        await until_alarm(application, "input_lost", RAISED)
        await until(lambda: shown(application) == {"input_lost"}, "one alarm for one fault")
        assert standing(application)["nothing_flows"].suppressed_by == "input_lost"
        view = only_view(application)
        assert (view.state, view.tally) == (StreamState.STALLED, Tally.NO_INPUT)
        assert view.input_lost_at is not None
        assert abs(view.input_lost_at - lost_at) < 3.0
        sender.spoil = as_it_is
        await until_alarm(application, "input_lost", CLEARED)
        after = only_view(application)
        assert (after.tally, after.input_lost_at, after.attempt) == (Tally.ON_AIR, None, before.attempt)
        await until(lambda: not shown(application), "a stream without alarms")


@pytest.mark.tsduck
async def test_a_tsp_that_gives_up_on_its_silent_input_is_an_input_that_is_lost(
    tmp_path: Path, pattern: Path
) -> None:
    async with live(tmp_path, pattern, receive_timeout_ms=1000, engine=Engine.TSDUCK) as (
        application,
        sender,
    ):
        sender.spoil = nothing
        await until_alarm(application, "processor_restarting", RAISED)
        assert only_view(application).tally is Tally.NO_INPUT
        await until(lambda: shown(application) == {"input_lost"}, "one alarm for one fault")
        sender.spoil = as_it_is
        await until_alarm(application, "input_lost", CLEARED)


async def test_a_sender_of_what_is_no_transport_stream_lost_its_sync_and_nothing_else(
    tmp_path: Path, pattern: Path
) -> None:
    async with live(tmp_path, pattern) as (application, sender):
        sender.spoil = without_sync
        lost = await until_alarm(application, "sync_loss", RAISED)
        assert lost.value.endswith("bytes skipped that are no packets")
        await until_alarm(application, "input_lost", RAISED)
        assert shown(application) == {"sync_loss"}
        sender.spoil = as_it_is
        await until_alarm(application, "sync_loss", CLEARED)
        await until(lambda: not shown(application), "a stream without alarms")


async def test_a_processor_that_hangs_and_one_that_ends_again_and_again_are_alarms(
    tmp_path: Path, media: Path
) -> None:
    runner = {"stall_timeout_s": 6.0, "backoff_base_s": 0.1, "backoff_max_s": 0.2, "term_timeout_s": 1.0}
    async with console(tmp_path / "data", runner=runner) as application:
        stream_id = await on_air(application, looped(media))
        frozen = await processor_pid(application, stream_id)
        os.kill(frozen, signal.SIGSTOP)
        await until_alarm(application, "nothing_flows", RAISED)
        os.kill(frozen, signal.SIGCONT)
        await until(lambda: "nothing_flows" not in standing(application), "packets again")
        run = application.streams.run_of(stream_id)
        for ended in range(1, 4):
            kill(await processor_pid(application, stream_id))
            await until_alarm(application, "processor_restarting", RAISED)
            await until(lambda ended=ended: run.view.attempt == ended + 1, f"attempt {ended + 1}")  # type: ignore[misc]
            await until_state(application, stream_id, StreamState.RUNNING)
            await until_ready(application, stream_id)
        alarm = await until_alarm(application, "crash_loop", RAISED)
        assert alarm.value == "it ended 3 times within 2 minutes"
        assert alarm.is_shown
        await application.streams.stop(stream_id)
        assert shown(application) == set()
