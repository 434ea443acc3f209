"""The services in this process, on real runners, minitsp, sockets and SQLite."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

from ibe100.core.application import Application, open_application
from ibe100.core.config import load
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.models.stream_config import (
    ExistingCues,
    FileInput,
    FileOutput,
    NoOutput,
    Scte35Options,
    StreamConfig,
    TestPatternInput,
)
from ibe100.models.stream_state import StreamState
from ibe100.runner.launch import MARK
from ibe100.runner.supervision.ownership import mark_of
from ibe100.utils.tasks import recent_fault
from places import MEDIA

DEADLINE_S = 60.0
SHORT_LEAD = {
    "start_delay_ms": 5000,
    "inject_count": 2,
    "inject_interval_ms": 500,
    "heartbeat_interval_s": None,
}
"""SCTE-35 options with which a pre-rolled cue is over soon."""
Answer = TypeVar("Answer")


def settings(data_dir: Path, **sections: Any) -> Any:
    """Settings with folders of their own; runners that lose no time."""
    return load(
        {
            "folders": {"data_dir": str(data_dir)},
            "media": {"folders": [str(data_dir.parent), str(MEDIA)]},
            "engine": {"kind": "builtin"},
            "runner": {"backoff_base_s": 0.2, "backoff_max_s": 1.0, "term_timeout_s": 2.0},
            **sections,
        }
    )


@contextlib.asynccontextmanager
async def console(
    data_dir: Path, *, stop_streams: bool = True, **sections: Any
) -> AsyncIterator[Application]:
    """All services; streams are stopped at the end, unless they are left to the next console.

    AssertionError where one of its tasks ended by a bug meanwhile, though it was begun again.
    """
    begun_s = time.monotonic()
    async with open_application(
        settings(data_dir, **sections), "test", stop_streams=stop_streams, log_to_stderr=False
    ) as application:
        yield application
    assert recent_fault(time.monotonic() - begun_s) == "", "a task ended by a bug, see the log"


def looped(media: Path, out: Path | None = None, **changes: Any) -> StreamConfig:
    """A recorded channel of 79 s, for ever."""
    options = {"existing": ExistingCues.REPLACE, "heartbeat_interval_s": None, **changes.pop("scte35", {})}
    return StreamConfig(
        name=changes.pop("name", "Channel 1"),
        input=FileInput(path=media / "ott_with_scte35.ts"),
        output=NoOutput() if out is None else FileOutput(path=out),
        scte35=Scte35Options.model_validate(options),
        **changes,
    )


async def until(ask: Callable[[], Answer | None], what: str, deadline_s: float = DEADLINE_S) -> Answer:
    """Poll until there is an answer; AssertionError names what did not come."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if answer := ask():
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError(f"{what} did not come within {deadline_s} s")


def view_of(application: Application, stream_id: str) -> StreamView:
    return application.streams.run_of(stream_id).view


async def until_state(application: Application, stream_id: str, state: StreamState) -> StreamView:
    def ask() -> StreamView | None:
        view = view_of(application, stream_id)
        return view if view.state is state else None

    return await until(ask, f"{stream_id} {state}")


async def on_air(application: Application, config: StreamConfig) -> str:
    """Add and start a stream; returns its id when a cue can go out, or when only null packets are missing."""
    stream_id = (await application.streams.add(config)).stream_id
    await application.streams.start(stream_id)
    await until_ready(application, stream_id)
    return stream_id


async def until_ready(application: Application, stream_id: str) -> None:
    await until_state(application, stream_id, StreamState.RUNNING)
    run = application.streams.run_of(stream_id)
    await until(run.is_fresh, "a sample of the stream")


def asked(stream_id: str, action: CueAction, **values: Any) -> CueRequest:
    return CueRequest(stream_id=stream_id, action=action, **values)


async def fired(application: Application, stream_id: str, action: CueAction, **values: Any) -> Cue:
    """Fire a cue and see it to its end."""
    cue = await application.cues.fire(asked(stream_id, action, **values))
    return await until_over(application, cue)


def now(application: Application, cue: Cue) -> Cue:
    """The cue as it stands."""
    return next(one for one in application.cues.recent(cue.stream_id) if one.cue_id == cue.cue_id)


async def until_cue(application: Application, cue: Cue, state: CueState) -> Cue:
    def ask() -> Cue | None:
        current = now(application, cue)
        assert current.state is state or not current.state.is_final, current
        return current if current.state is state else None

    return await until(ask, f"cue {cue.cue_id} {state}")


async def until_over(application: Application, cue: Cue) -> Cue:
    def ask() -> Cue | None:
        current = now(application, cue)
        return current if current.state.is_final else None

    return await until(ask, f"the end of cue {cue.cue_id}")


async def until_alarm(application: Application, condition: str, state: AlarmState) -> Alarm:
    def ask() -> Alarm | None:
        alarms = application.alarms.standing()
        return next((one for one in alarms if (one.condition, one.state) == (condition, state)), None)

    return await until(ask, f"alarm {condition} {state}")


def journal(application: Application, stream_id: str) -> list[dict[str, Any]]:
    """The runner's own lines, from the disk."""
    path = application.folders.streams_dir / stream_id / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


async def processor_pid(application: Application, stream_id: str) -> int:
    """The living processor, as the runner tells it."""
    status = await application.streams.run_of(stream_id).link.request({"cmd": "status"})
    pid: int = status["pid"]
    return pid


async def runner_pid(application: Application, stream_id: str) -> int:
    status = await application.streams.run_of(stream_id).link.request({"cmd": "status"})
    pid: int = status["runner_pid"]
    return pid


def processes_with(word: str) -> list[int]:
    """Living processes whose command line holds `word`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def processes_of(application: Application, stream_id: str) -> list[int]:
    """Processor and runner of a stream."""
    stream_dir = application.streams.run_of(stream_id).link.stream_dir
    return [*processors_of(stream_dir), *processes_with(str(stream_dir))]


def processors_of(stream_dir: Path) -> list[int]:
    """Processors of a stream that were started with their command: by its mark, and by what takes cues."""
    mark = f"{MARK}={mark_of(stream_dir)}".encode()
    found = []
    for pid in processes_with("spliceinject"):
        with contextlib.suppress(OSError):
            if mark in (Path("/proc") / str(pid) / "environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


async def live(application: Application, out: Path, **options: object) -> str:
    """A stream whose timestamps go on while its processor is away; ready for pre-rolled cues."""
    config = StreamConfig(
        name="Live",
        input=TestPatternInput(width=160, height=90, bitrate_bps=1_000_000),
        output=FileOutput(path=out),
        scte35={"heartbeat_interval_s": None, **options},
    )
    stream_id = (await application.streams.add(config)).stream_id
    await application.streams.start(stream_id)
    await until_ready(application, stream_id)
    run = application.streams.run_of(stream_id)
    loop = asyncio.get_running_loop()
    await until(lambda: run.clock is not None and run.clock.is_known(loop.time()), "the PTS clock")
    return stream_id
