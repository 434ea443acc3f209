"""`ibe100 demo`: one stream, three cues, a receipt for each; exit 0 only if every cue was seen."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from ibe100.cli.demo_report import Outcome, print_table, progress
from ibe100.cli.reference.exit_codes import INTERRUPTED, REFUSED
from ibe100.core.application import Application, open_application
from ibe100.core.config import load
from ibe100.models.actor import part_of_console
from ibe100.models.base import build
from ibe100.models.endpoints.parse import parse_input, parse_output
from ibe100.models.errors import CueRefused, OperatorError, StorageError, StreamError
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest
from ibe100.models.stream_config import (
    Engine,
    ExistingCues,
    StreamConfig,
    describe_input,
    describe_output,
)
from ibe100.models.stream_state import StreamState
from ibe100.services.audit_trail import act_as
from ibe100.services.streams.files.media_folders import paths_of
from ibe100.services.streams.runner_spec import awaited_sender
from ibe100.tsduck.plan import PidTaken
from ibe100.utils.exact_files import real_path
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import format_pid

BREAK_S = 10.0
PRE_ROLL_S = 7.0
START_TIMEOUT_S = 40.0
READY_TIMEOUT_S = 15.0
POLL_S = 0.05
ATTEMPTS_BEFORE_RUNNING = 3
EXIT_NOT_PROVED = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Choices of the command line; None leaves one to the input."""

    source: str
    target: str
    engine: Engine
    seconds: float
    service_id: int | None = None
    pid: int | None = None


def run_demo(wanted: Wanted, *, as_json: bool) -> int:
    """Run the demo; exit code 0: all seen, 1: a cue was not, 3: it could not be started."""
    outcome = Outcome()
    written = Path(wanted.target) if "://" not in wanted.target else Path()
    before = _identity(written)
    try:
        asyncio.run(_until_told(_demo(outcome, wanted)))
        code = 0 if outcome.ok else EXIT_NOT_PROVED
    except OperatorError as error:
        outcome.reason = str(error)
        code = EXIT_NOT_PROVED if outcome.cues else REFUSED
    except (KeyboardInterrupt, asyncio.CancelledError):
        outcome.reason, code = "interrupted; the stream was stopped", INTERRUPTED
    if not outcome.cues and _identity(written) not in (None, before):
        written.unlink()
    if as_json:
        print(json.dumps(outcome.as_json()))
    elif outcome.cues:
        print_table(outcome)
    if outcome.reason:
        print(f"ibe100 demo: {outcome.reason}", file=sys.stderr)
    return code


async def _until_told(work: Coroutine[object, object, None]) -> None:
    """Ending it by a signal stops the stream and leaves nothing behind, as Ctrl-C does."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


async def _demo(outcome: Outcome, wanted: Wanted) -> None:
    act_as(part_of_console("demo"))
    options = {} if wanted.pid is None else {"pid": wanted.pid}
    values = {
        "name": "Demo stream",
        "input": parse_input(wanted.source),
        "output": parse_output(wanted.target, overwrite=True),
        "engine": wanted.engine,
        "service_id": wanted.service_id,
        "scte35": {
            "existing": ExistingCues.REPLACE,
            "break_duration_s": BREAK_S,
            "heartbeat_interval_s": None,
            **options,
        },
    }
    stream = build(StreamConfig, values, "demo")
    outcome.stream, outcome.output = describe_input(stream.input), describe_output(stream.output)
    with _folder_for_now() as folder:
        places = {"data_dir": folder, "log_dir": str(Path(folder, "logs"))}
        named = [str(real_path(path).parent) for _, path in paths_of(stream)]
        config = load({"folders": places, "media": {"folders": named}})
        async with open_application(config, "demo", stop_streams=True) as application:
            await _on_air(application, stream, outcome, may_move=wanted.pid is None)
            started = time.monotonic()
            stream_id = application.streams.streams()[0].stream_id
            for action, pre_roll_s in (
                (CueAction.TO_BREAK, 0.0),
                (CueAction.BACK_TO_PROGRAMME, 0.0),
                (CueAction.TO_BREAK, PRE_ROLL_S),
            ):
                outcome.cues.append(await _fire(application, stream_id, action, pre_roll_s))
            if not outcome.ok:
                outcome.reason = await _why_it_left_the_air(application, stream_id)
            await asyncio.sleep(max(0.0, wanted.seconds - (time.monotonic() - started)))
            _say("stopping")
            await application.streams.stop(stream_id, "the demo is over")


def _identity(path: Path) -> tuple[int, int] | None:
    """Identity of a file and its state; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_ino, found.st_mtime_ns) if path.is_file() else None


def _folder_for_now() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="ibe100-demo-")
    except OSError as error:
        raise StorageError(
            f"the demo's folder cannot be made in {tempfile.gettempdir()}: {error.strerror}; "
            "set TMPDIR to a folder that can be written"
        ) from error


async def _on_air(
    application: Application, stream: StreamConfig, outcome: Outcome, *, may_move: bool
) -> None:
    _say(awaited_sender(stream) or f"looking at {outcome.stream}")
    view = await application.streams.add(stream)
    try:
        view = await application.streams.start(view.stream_id, wait_for_input=False)
    except PidTaken as taken:
        if not may_move:
            raise
        pids = format_pid(stream.scte35.pid), format_pid(taken.free_pid)
        _say(f"PID {pids[0]} is taken in the input: cues go out on {pids[1]}")
        moved = stream.scte35.model_copy(update={"pid": taken.free_pid})
        await application.streams.change(view.stream_id, stream.model_copy(update={"scte35": moved}))
        view = await application.streams.start(view.stream_id, wait_for_input=False)
    outcome.engine = view.engine.partition(" ")[0].replace("built-in", Engine.BUILTIN.value)
    _say(f"starting {view.engine}: {outcome.stream} to {outcome.output}")
    outcome.command = view.command
    record = application.streams.run_of(view.stream_id).record
    if record is not None and record.plan.filter_pids:
        replaced = ", ".join(format_pid(pid) for pid in record.plan.filter_pids)
        _say(f"the input's own SCTE-35 on {replaced} is replaced, so that only the demo's cues go out")
    await _until_running(application, view.stream_id)
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not (ready := application.cues.readiness(view.stream_id)).ready:
        if time.monotonic() > deadline:
            raise StreamError(f"no cue can go out: {'; '.join(ready.reasons)}")
        await asyncio.sleep(POLL_S)
    _say("on air")


async def _until_running(application: Application, stream_id: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        view = _view(application, stream_id)
        if view.state is StreamState.RUNNING:
            return
        hopeless = view.state is StreamState.RETRYING and view.attempt >= ATTEMPTS_BEFORE_RUNNING
        if view.state.is_ended or hopeless or time.monotonic() > deadline:
            raise StreamError(f"the stream is {view.state} and did not come on air: {view.reason}")
        await asyncio.sleep(POLL_S)


async def _fire(application: Application, stream_id: str, action: CueAction, pre_roll_s: float) -> Cue:
    request = CueRequest(stream_id=stream_id, action=action, duration_s=BREAK_S, pre_roll_s=pre_roll_s)
    when = f"in {pre_roll_s:g} s" if pre_roll_s else "now"
    _say(f"{action} {when}")
    try:
        cue = await _fire_when_possible(application, request)
    except CueRefused as refusal:
        _say(f"{action} refused: {refusal}")
        await application.cues.settled()
        return application.cues.recent(stream_id)[0]
    shown = cue
    while not cue.state.is_final:
        await asyncio.sleep(POLL_S)
        cue = next(one for one in application.cues.recent(stream_id) if one.cue_id == cue.cue_id)
        if (cue.state, cue.seen) != (shown.state, shown.seen):
            _say(progress(cue))
            shown = cue
    if shown.state is not cue.state:
        _say(progress(cue))
    return cue


async def _fire_when_possible(application: Application, request: CueRequest) -> Cue:
    """A refusal that passes by itself, such as the seam of a looped file, is waited for."""
    retried = 0
    while True:
        try:
            return await application.cues.fire(request)
        except CueRefused as refusal:
            if refusal.retry_in_s is None or retried >= 2:
                raise
            retried += 1
            _say(f"not yet: {refusal}; again in {refusal.retry_in_s:.1f} s")
            await asyncio.sleep(refusal.retry_in_s)


async def _why_it_left_the_air(application: Application, stream_id: str) -> str:
    """The end of the last processor that ended by itself; empty where none has."""
    session_id = _view(application, stream_id).session_id
    attempts = [] if session_id is None else await application.records.sessions.attempts(session_id)
    ended = [one.outcome for one in attempts if one.ended_at is not None]
    return f"the stream left the air: {ended[-1]}" if ended else ""


def _view(application: Application, stream_id: str) -> StreamView:
    return next(view for view in application.streams.streams() if view.stream_id == stream_id)


def _say(text: str) -> None:
    print(f"{format_clock(time.time())} {text}", file=sys.stderr, flush=True)
