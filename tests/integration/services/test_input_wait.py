"""A stream whose live input is not there yet comes on air by itself when it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ibe100.core.application import open_application
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import InputAbsent, StreamError
from ibe100.models.stream_config import HttpInput, StreamConfig, UdpInput
from ibe100.models.stream_state import StreamState, Tally
from live_rig import live_sender, make_pattern
from loopback import free_port
from services_rig import (
    console,
    settings,
    until_alarm,
    until_ready,
    until_state,
    view_of,
)
from web_rig import web_server


async def test_a_stream_waits_for_its_input_and_comes_on_air_with_the_input_it_has_been_given_meanwhile(
    tmp_path: Path,
) -> None:
    pattern, port = make_pattern(tmp_path / "pattern.ts", 20.0), free_port()
    with web_server() as web, live_sender(pattern, port):
        absent = StreamConfig(name="Early", input=HttpInput(url=web.url("/later.ts")))
        async with console(tmp_path / "data") as application:
            stream_id = (await application.streams.add(absent)).stream_id
            view = await application.streams.start(stream_id)
            assert (view.state, view.tally) == (StreamState.WAITING, Tally.NO_INPUT)
            assert "404" in view.reason
            assert "no input yet" in application.cues.readiness(stream_id).reasons[0]
            await until_alarm(application, "input_lost", AlarmState.UNACKNOWLEDGED)
            there = absent.model_copy(update={"input": UdpInput(port=port, local_address="127.0.0.1")})
            await application.streams.change(stream_id, there)
            await until_ready(application, stream_id)
            assert view_of(application, stream_id).tally is Tally.ON_AIR
            await until_alarm(application, "input_lost", AlarmState.CLEARED_UNACKNOWLEDGED)


async def test_a_console_opened_again_goes_on_waiting_until_the_stream_is_stopped(
    tmp_path: Path,
) -> None:
    with web_server() as web:
        absent = StreamConfig(name="Early", input=HttpInput(url=web.url("/later.ts")))
        async with open_application(
            settings(tmp_path / "data"), "first", stop_streams=False, log_to_stderr=False
        ) as first:
            stream_id = (await first.streams.add(absent)).stream_id
            await first.streams.start(stream_id)
        async with console(tmp_path / "data") as second:
            await until_state(second, stream_id, StreamState.WAITING)
            view = await second.streams.stop(stream_id)
            assert (view.state, view.tally) == (StreamState.STOPPED, Tally.OFF)
            await until_alarm(second, "input_lost", AlarmState.CLEARED_UNACKNOWLEDGED)
        async with console(tmp_path / "data") as third:
            assert view_of(third, stream_id).state is StreamState.OFF


async def test_a_start_that_must_not_wait_is_refused(tmp_path: Path) -> None:
    with web_server() as web:
        absent = StreamConfig(name="Early", input=HttpInput(url=web.url("/later.ts")))
        async with console(tmp_path / "data") as application:
            stream_id = (await application.streams.add(absent)).stream_id
            with pytest.raises(InputAbsent, match="404"):
                await application.streams.start(stream_id, wait_for_input=False)
            assert view_of(application, stream_id).state is StreamState.FAILED


async def test_a_wait_for_the_next_look_is_cut_short_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibe100.services.streams.inputs.input_wait.PAUSES_S", (1000.0,))
    pattern = make_pattern(tmp_path / "pattern.ts", 20.0)
    with web_server() as web:
        absent = StreamConfig(name="Early", input=HttpInput(url=web.url("/later.ts")))
        async with console(tmp_path / "data") as application:
            stream_id = (await application.streams.add(absent)).stream_id
            with pytest.raises(StreamError, match="Early is OFF: there is no try to be made now"):
                await application.streams.retry(stream_id)
            await application.streams.start(stream_id)
            retry_at = view_of(application, stream_id).retry_at
            assert retry_at is not None
            assert retry_at > time.time() + 900
            web.routes["/later.ts"] = pattern.read_bytes()
            await application.streams.retry(stream_id)
            await until_state(application, stream_id, StreamState.RUNNING)
