"""Cues on their way to a distributor's end and back: seen there, or lost at a hop that is named."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api_rig import at_socket
from ibe100.cli.cue import app
from ibe100.core.application import Application
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.cues.return_receipt import FeedState, ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import StreamConfig, UdpInput, UdpOutput
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert
from ibe100.services.return_feed import receipts as return_watch
from ibe100.services.return_feed import watcher_process as return_watcher
from ibe100.services.return_feed.watcher_process import watcher_folder
from return_rig import (
    Relay,
    drops_cue_pid,
    drops_cuei,
    edits_section,
    passes,
    relay,
    remaps_cue_pid,
    retypes_cue_pid,
    section_of,
)
from services_rig import (
    console,
    fired,
    kill,
    looped,
    on_air,
    processes_with,
    until,
    until_alarm,
    until_ready,
    view_of,
)

TO_BREAK, BACK = CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME
ENGINES = pytest.mark.parametrize("engine", ["builtin", pytest.param("tsduck", marks=pytest.mark.tsduck)])


def watched(media: Path, far: Relay, **changes: Any) -> StreamConfig:
    """A stream that goes out by UDP and comes back through the relay."""
    values = {
        "output": UdpOutput(host="127.0.0.1", port=far.near_port),
        "return_feed": UdpInput(port=far.far_port, local_address="127.0.0.1"),
        "return_window_s": 2.0,
        **changes,
    }
    config = looped(media, scte35={"start_delay_ms": 4000, "inject_count": 2, "inject_interval_ms": 1000})
    return StreamConfig.model_validate(
        {**{name: getattr(config, name) for name in type(config).model_fields}, **values}
    )


def disown(application: Application) -> None:
    """The runners of this console are the next one's business: their Popen objects shall not complain."""
    links = [run.link for run in application.streams._list.runs()]
    links += [watcher._link for watcher in application.return_feeds._watchers.values()]
    for link in links:
        if link._child is not None and link._child.returncode is None:
            link._child.returncode = 0


async def until_watching(application: Application, stream_id: str, fault: str = "") -> None:
    def ask() -> bool:
        feed = view_of(application, stream_id).return_feed
        return (
            feed is not None
            and feed.state is FeedState.WATCHING
            and fault in feed.fault
            and (bool(feed.cue_pids) or bool(fault))
        )

    await until(ask, "the return feed watched")


async def until_told(application: Application, condition: str, words: str) -> Alarm:
    """An alarm that stands, and says so."""

    def ask() -> Alarm | None:
        alarms = [one for one in application.alarms.standing() if one.condition == condition]
        standing = (one for one in alarms if one.state is AlarmState.UNACKNOWLEDGED)
        return next((one for one in standing if words in one.value), None)

    return await until(ask, f"alarm {condition}: {words}")


async def until_receipt(
    application: Application, cue: Cue, state: ReturnState, seen: int = 0
) -> ReturnReceipt:
    def ask() -> ReturnReceipt | None:
        receipt = application.return_feeds.receipt(cue.cue_id)
        if receipt is None or receipt.state is not state or receipt.seen < seen:
            return None
        return receipt

    return await until(ask, f"cue {cue.cue_id} {state} at the return feed", 20.0)


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms that wait for seconds on air wait for one here."""
    for name in ("LOST_AFTER_S", "SILENT_AFTER_S", "FAULT_AFTER_S"):
        monkeypatch.setattr(return_watch, name, 1.2)
    monkeypatch.setattr(return_watcher, "AGAIN_S", 0.5)


@ENGINES
async def test_what_comes_back_late_and_on_another_pid_is_seen_byte_for_byte(
    tmp_path: Path, media: Path, engine: str
) -> None:
    with relay() as far:
        far.hop, far.delay_s = remaps_cue_pid(0x321), 1.5
        async with console(tmp_path / "data", engine={"kind": engine}) as application:
            stream_id = await on_air(application, watched(media, far, return_window_s=20))
            await until_watching(application, stream_id)
            assert view_of(application, stream_id).return_feed.cue_pids == (0x321,)  # type: ignore[union-attr]
            cue = await fired(application, stream_id, TO_BREAK, duration_s=60)
            receipt = await until_receipt(application, cue, ReturnState.SEEN)
            assert (receipt.seen, receipt.expected, receipt.splice_pid) == (1, 1, 0x321)
            assert receipt.seen_base64 == cue.section_base64
            assert receipt.delay_s is not None
            assert receipt.delay_s > 1.0
            assert receipt.words.startswith("seen at the return feed 1/1, +")
            back = await fired(application, stream_id, BACK, pre_roll_s=4.5)
            receipt = await until_receipt(application, back, ReturnState.SEEN, seen=2)
            assert (receipt.expected, receipt.reason) == (2, "")
            assert receipt.pre_roll_ms is not None
            assert back.pre_roll_ms is not None
            assert abs(receipt.pre_roll_ms - back.pre_roll_ms) < 1000
            assert [one.title for one in application.alarms.standing() if "return" in one.condition] == []
            await application.streams.stop(stream_id)
        assert processes_with(str(tmp_path / "data")) == []


@ENGINES
async def test_a_hop_that_spoils_the_pmt_is_named_before_the_break_and_with_the_cue(
    tmp_path: Path, media: Path, engine: str
) -> None:
    retyped = "PID 0x01F4 (500) has stream_type 0x06 (PES private data) in the PMT instead of 0x86"
    hops = (
        (drops_cue_pid, ReturnCause.PID_GONE, "the cue PID is gone from the PMT", TO_BREAK),
        (retypes_cue_pid, ReturnCause.STREAM_TYPE_CHANGED, retyped, BACK),
        (drops_cuei, ReturnCause.CUEI_GONE, "the registration CUEI is gone", TO_BREAK),
    )
    with relay() as far:
        async with console(tmp_path / "data", engine={"kind": engine}) as application:
            stream_id = await on_air(application, watched(media, far))
            await until_watching(application, stream_id)
            for hop, cause, words, action in hops:
                far.hop = hop()
                await until_watching(application, stream_id, fault=words)
                early = await until_told(application, "return_feed_fault", words)
                cue = await fired(application, stream_id, action)
                assert cue.state is CueState.SPLICED, "our own output is as it should be"
                alarm = await until_told(application, "cue_not_returned", words)
                receipt = application.return_feeds.receipt(cue.cue_id)
                assert receipt is not None
                assert (receipt.cause, receipt.state.is_fault) == (cause, True)
                assert words in receipt.reason
                assert f"{action} event 0x{cue.splice_event_id:08X}" in alarm.value
                await application.alarms.acknowledge(alarm.alarm_id)
            far.hop = passes

            def is_over() -> bool:
                # A feed that was lost for a moment, as on a loaded machine, explains it: it is closed then.
                alarms = application.alarms.standing()
                return not [
                    one for one in alarms if one.alarm_id == early.alarm_id and one.cleared_at is None
                ]

            await until(is_over, "the end of the fault")


def longer(section: SpliceInfoSection) -> SpliceInfoSection:
    """A splicer that has its own idea of the duration."""
    command = section.command
    if isinstance(command, SpliceInsert) and command.break_duration is not None:
        duration = replace(command.break_duration, duration=command.break_duration.duration + 900_000)
        return replace(section, command=replace(command, break_duration=duration))
    return section


async def test_an_altered_section_is_told_by_its_fields_and_a_restamped_one_is_no_fault(
    tmp_path: Path, media: Path
) -> None:
    data = tmp_path / "data"

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        """`./run cue … --json` as an operator types it: the cue with what came back of it."""
        asked = [*words, "--return-feed", "20", "--json", "--data-dir", str(data)]
        result = CliRunner().invoke(app, asked)
        return result.exit_code, json.loads(result.output)

    with relay() as far:
        far.hop = edits_section(longer)
        async with console(data) as application, at_socket(application, data):
            stream_id = await on_air(application, watched(media, far))
            await until_watching(application, stream_id)
            code, cue = await asyncio.to_thread(run, "crash-out", "1", "--duration", "60")
            far_end = cue["return_feed"]
            assert (code, cue["state"], far_end["state"]) == (1, "SPLICED", "FAULTY")
            assert far_end["cause"] == ReturnCause.SECTION_ALTERED
            assert "duration 60.000 s (5400000) → 70.000 s (6300000)" in far_end["reason"]
            assert section_of(far_end["seen_base64"]) == longer(section_of(cue["section_base64"]))
            alarm = await until_alarm(application, "cue_not_returned", AlarmState.UNACKNOWLEDGED)
            assert "CRASH OUT event" in alarm.value
            assert "duration 60.000 s" in alarm.value
            await application.alarms.acknowledge(alarm.alarm_id)

            far.hop = edits_section(lambda section: replace(section, pts_adjustment=27_000_000))
            code, cue = await asyncio.to_thread(run, "crash-in", "1")
            far_end = cue["return_feed"]
            assert (code, far_end["state"], far_end["seen"]) == (0, "RE-STAMPED", 1)
            assert far_end["words"].startswith("re-stamped at the return feed 1/1, +")
            assert "pts_adjustment" in far_end["reason"]
            conditions = [one.condition for one in application.alarms.standing()]
            assert "cue_not_returned" not in conditions


async def test_a_feed_that_is_away_is_an_alarm_of_its_own_and_no_verdict_on_the_cue(
    tmp_path: Path, media: Path
) -> None:
    with relay() as far:
        async with console(tmp_path / "data") as application:
            stream_id = await on_air(application, watched(media, far))
            await until_watching(application, stream_id)
            far.is_cut = True
            alarm = await until_alarm(application, "return_feed_lost", AlarmState.UNACKNOWLEDGED)
            assert alarm.severity > 2
            cue = await fired(application, stream_id, TO_BREAK)
            receipt = await until_receipt(application, cue, ReturnState.UNKNOWN)
            assert (receipt.cause, receipt.reason) == (
                ReturnCause.FEED_ABSENT,
                "the return feed was not there",
            )
            far.is_cut = False
            await until_alarm(application, "return_feed_lost", AlarmState.CLEARED_UNACKNOWLEDGED)
            back = await fired(application, stream_id, BACK)
            await until_receipt(application, back, ReturnState.SEEN)
            assert "cue_not_returned" not in [one.condition for one in application.alarms.standing()]


async def test_the_watcher_goes_on_without_a_console_and_the_next_one_takes_over_what_it_saw(
    tmp_path: Path, media: Path
) -> None:
    with relay() as far:
        data = tmp_path / "data"
        async with console(data, stop_streams=False) as application:
            stream_id = await on_air(application, watched(media, far, return_window_s=60))
            await until_watching(application, stream_id)
            far.delay_s = 2.0
            cue = await fired(application, stream_id, TO_BREAK)
            receipt = application.return_feeds.receipt(cue.cue_id)
            assert receipt is not None and receipt.state is ReturnState.WAITING
            folder = watcher_folder(application.streams.run_of(stream_id).link.stream_dir)
            before = processes_with(str(folder))
        disown(application)
        assert processes_with(str(folder)) == before
        async with console(data) as application:
            receipt = await until_receipt(application, cue, ReturnState.SEEN)
            assert receipt.delay_s is not None and receipt.delay_s > 1.5
            assert processes_with(str(folder)) == before, "adopted, not started anew"
            kill(int(json.loads((folder / "runner.json").read_text())["pid"]))
            await until(lambda: (found := processes_with(str(folder))) and found != before, "another watcher")
            # Another address takes effect at once, and the stream goes on.
            await until_ready(application, stream_id)
            attempt = view_of(application, stream_id).attempt
            run = application.streams.run_of(stream_id)
            await application.streams.change(
                stream_id, run.entry.config.model_copy(update={"return_feed": None})
            )
            await until(lambda: processes_with(str(folder)) == [], "the end of the watcher")
            assert (view_of(application, stream_id).attempt, run.view.return_feed) == (attempt, None)
            await fired(application, stream_id, BACK)


async def test_a_console_that_finds_a_watcher_without_its_stream_ends_it(tmp_path: Path, media: Path) -> None:
    with relay() as far:
        data = tmp_path / "data"
        async with console(data, stop_streams=False) as application:
            stream_id = await on_air(application, watched(media, far))
            await until_watching(application, stream_id)
            folder = watcher_folder(application.streams.run_of(stream_id).link.stream_dir)
            # As if the console had died in this very moment.
            application.return_feeds.hear = lambda message: None  # type: ignore[method-assign]
            await application.streams.stop(stream_id)
            application.return_feeds._watches.clear()
        disown(application)
        assert processes_with(str(folder)) != []
        async with console(data):
            await until(lambda: processes_with(str(folder)) == [], "the end of the watcher")
