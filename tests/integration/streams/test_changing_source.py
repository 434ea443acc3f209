"""A source that changes its service or PIDs: on air all the while, and cues go out again by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from changing_rig import VIDEO, changed
from ibe100.core.application import Application
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_config import HlsInput, StreamConfig, UdpInput, UdpOutput
from ibe100.models.stream_state import StreamState
from ibe100.mpegts.timestamps import PTS_HZ, pts_difference
from ibe100.services.streams.inputs.known_inputs import read_report
from live_faults import later_by
from live_rig import BITRATE_BPS, LiveSender, as_it_is, live_sender, make_pattern
from loopback import free_port
from services_rig import asked, console, fired, on_air, processor_pid, until, until_alarm, until_over, view_of
from web_rig import Answer, playlist, web_server


class Receiver:
    """The distributor's end: notes when packets come."""

    def __init__(self, out: socket.socket) -> None:
        self._socket = out
        self.port: int = out.getsockname()[1]
        self.longest_gap_s = 0.0
        self._last_s = 0.0

    async def watch(self) -> None:
        """Note the longest time without a datagram, until cancelled."""
        self._last_s = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now_s = time.monotonic()
            if self._came():
                self.longest_gap_s, self._last_s = max(self.longest_gap_s, now_s - self._last_s), now_s

    def _came(self) -> bool:
        count = 0
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(2000):
                count += 1
        return count > 0


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pattern(tmp_path_factory.mktemp("pattern") / "pattern.ts", 20.0)


@pytest.fixture
def sender(pattern: Path) -> Iterator[tuple[LiveSender, int]]:
    port = free_port()
    with live_sender(pattern, port) as made:
        yield made, port


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.bind(("127.0.0.1", 0))
        out.setblocking(False)
        yield Receiver(out)


def to(receiver: Receiver, port: int, **changes: object) -> StreamConfig:
    return StreamConfig(
        name="Live",
        input=UdpInput(port=port),
        output=UdpOutput(host="127.0.0.1", port=receiver.port),
        scte35={"start_delay_ms": 4500, "inject_count": 1, "heartbeat_interval_s": None},
        **changes,
    )


async def until_passed_on(application: Application, stream_id: str) -> None:
    run = application.streams.run_of(stream_id)
    await until(lambda: run.passes and run.view.state is StreamState.RUNNING, "the input passed on")
    assert not application.cues.readiness(stream_id).ready
    await until_alarm(application, "passed_without_cues", AlarmState.UNACKNOWLEDGED)


async def until_planned(application: Application, stream_id: str) -> None:
    run = application.streams.run_of(stream_id)
    await until(lambda: not run.passes and application.cues.readiness(stream_id).ready, "a plan that fits")
    assert (await fired(application, stream_id, CueAction.TO_BREAK)).state is CueState.SPLICED


@pytest.mark.parametrize(
    "change",
    [{"service": 2}, {"video": 0x301, "sound": 0x302}, {"service": 7, "video": 0x301, "sound": 0x100}],
    ids=["service", "PIDs", "both"],
)
async def test_cues_go_out_again_on_a_changed_source(
    tmp_path: Path, sender: tuple[LiveSender, int], receiver: Receiver, change: dict[str, int]
) -> None:
    source, port = sender
    async with console(tmp_path) as application:
        stream_id = await on_air(application, to(receiver, port))
        run = application.streams.run_of(stream_id)
        before, processor = run.record, await processor_pid(application, stream_id)
        watching = asyncio.create_task(receiver.watch())
        source.spoil = changed(**change)
        await until(lambda: run.record is not before, "another plan")
        await until_planned(application, stream_id)
        assert run.record is not None
        assert run.record.plan.service_id == change.get("service", 1)
        assert run.record.plan.video_pid == change.get("video", VIDEO)
        report = await application.streams.probe(UdpInput(port=port))
        assert [one.pid for one in report.services[0].streams][:1] == [run.record.plan.video_pid], (
            "a probe asks the stream, and opens nothing"
        )
        assert report == read_report(run.link.stream_dir)
        watching.cancel()
        assert await processor_pid(application, stream_id) == processor, "it has gone on by another command"
        assert receiver.longest_gap_s < 10.0, "on air all the while"


@pytest.mark.tsduck
async def test_tsp_is_started_once_for_a_changed_source(
    tmp_path: Path, sender: tuple[LiveSender, int], receiver: Receiver
) -> None:
    source, port = sender
    async with console(tmp_path, engine={"kind": "tsduck"}) as application:
        stream_id = await on_air(application, to(receiver, port))
        run = application.streams.run_of(stream_id)
        before, attempt = run.record, run.view.attempt
        source.spoil = changed(video=0x301, sound=0x302)
        await until(lambda: run.record is not before, "another plan")
        await until_planned(application, stream_id)
        assert run.record is not None
        assert run.record.plan.video_pid == 0x301
        assert run.view.attempt == attempt + 1, "planned by a copy of the input, while the old one went on"


@pytest.mark.parametrize("later_s", [0.0, 1000.0], ids=["the same clock", "another clock"])
async def test_a_cue_that_is_armed_when_the_plan_changes_is_spliced_at_the_time_that_was_told(
    tmp_path: Path, receiver: Receiver, later_s: float
) -> None:
    port = free_port()
    long_pattern = await asyncio.to_thread(make_pattern, tmp_path / "long.ts", 90.0)
    with live_sender(long_pattern, port) as source:
        async with console(tmp_path / "data") as application:
            stream_id = await on_air(application, to(receiver, port))
            before = application.streams.run_of(stream_id).record
            armed = await application.cues.fire(asked(stream_id, CueAction.TO_BREAK, pre_roll_s=14.0))
            move, leap = changed(video=0x301, sound=0x302), later_by(later_s)
            source.spoil = lambda packets: move(leap(packets) if later_s else packets)
            over = await until_over(application, armed)
            assert application.streams.run_of(stream_id).record is not before, "another plan"
            assert over.state is CueState.SPLICED, over
            assert over.splice_event_id == armed.splice_event_id
            assert armed.splice_at is not None and over.splice_at is not None
            assert abs(over.splice_at - armed.splice_at) < 2.0
            if later_s:
                assert armed.pts_time is not None and over.pts_time is not None
                later = pts_difference(over.pts_time, armed.pts_time) / PTS_HZ
                assert later == pytest.approx(later_s, abs=2.0), "by the timestamps that the stream has now"
            else:
                assert over.section_base64 == armed.section_base64, "its bytes are as they were committed"


async def test_a_named_service_that_is_gone_is_waited_for_with_its_picture_on_air(
    tmp_path: Path, sender: tuple[LiveSender, int], receiver: Receiver
) -> None:
    source, port = sender
    async with console(tmp_path) as application:
        stream_id = await on_air(application, to(receiver, port, service_id=1))
        armed = await application.cues.fire(asked(stream_id, CueAction.TO_BREAK, pre_roll_s=9.0))
        source.spoil = changed(service=2)
        await until_passed_on(application, stream_id)
        attempt = view_of(application, stream_id).attempt
        await asyncio.sleep(4.0)
        assert view_of(application, stream_id).attempt == attempt, "no crash loop"
        failed = await until_over(application, armed)
        assert failed.state is CueState.FAILED
        assert "passed on without cues" in failed.reason
        source.spoil = as_it_is
        await until_planned(application, stream_id)


@pytest.mark.parametrize("end", ["it goes", "the operator chooses another PID"])
async def test_what_appears_on_the_cue_pid_leaves_the_picture_on_air_until_there_is_room_for_cues(
    tmp_path: Path, sender: tuple[LiveSender, int], receiver: Receiver, end: str
) -> None:
    source, port = sender
    async with console(tmp_path) as application:
        config = to(receiver, port)
        stream_id = await on_air(application, config)
        source.spoil = changed(extra=500)
        await until_passed_on(application, stream_id)
        if end == "it goes":
            source.spoil = as_it_is
        else:
            options = config.scte35.model_copy(update={"pid": 501})
            await application.streams.change(stream_id, config.model_copy(update={"scte35": options}))
        await until_planned(application, stream_id)


async def test_a_live_playlist_whose_pids_change_is_planned_anew(tmp_path: Path, pattern: Path) -> None:
    """Two streams' worth of 1 s segments, three at a time; the second stream has other PIDs."""
    packets = np.frombuffer(pattern.read_bytes(), np.uint8).reshape(-1, 188)
    second = BITRATE_BPS // (188 * 8)
    segments = [packets[at : at + second] for at in range(0, len(packets) - second, second)]
    begun_s, changes_at = time.monotonic(), 10_000
    move = changed(video=0x301, sound=0x302)

    def number() -> int:
        return int(time.monotonic() - begun_s) + 3

    def listed() -> Answer:
        return 200, playlist(number() - 3, [f"{one}.ts" for one in range(number() - 3, number())])

    def segment(one: int) -> Answer:
        content = segments[one % len(segments)].copy()
        return 200, (move(content) if one >= changes_at else content).tobytes()

    with web_server() as server:
        server.routes["/live.m3u8"] = listed
        server.routes |= {f"/{one}.ts": lambda one=one: segment(one) for one in range(300)}
        config = StreamConfig(
            name="Playlist",
            input=HlsInput(url=server.url("/live.m3u8")),
            scte35={"start_delay_ms": 4500, "inject_count": 1, "heartbeat_interval_s": None},
        )
        async with console(tmp_path) as application:
            stream_id = await on_air(application, config)
            run = application.streams.run_of(stream_id)
            before = run.record
            assert before is not None
            assert before.plan.video_pid == VIDEO
            changes_at = number()
            await until(lambda: run.record is not before, "another plan")
            await until_planned(application, stream_id)
            assert run.record is not None
            assert run.record.plan.video_pid == 0x301
