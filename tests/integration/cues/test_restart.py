"""A processor is killed while cues are on their way: what is in time goes out again, the rest fails."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from ibe100.core.application import Application
from ibe100.database.database import Database
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import StreamState
from independent_parser import parse_file
from services_rig import (
    asked,
    console,
    fired,
    kill,
    live,
    processor_pid,
    until,
    until_cue,
    until_over,
    until_ready,
    until_state,
)

TO_BREAK, BACK = CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME


@contextlib.contextmanager
def without_cue_socket(application: Application, stream_id: str) -> Iterator[None]:
    """Something else has the name of the socket for cues, so that no processor can begin."""
    path = application.streams.run_of(stream_id).link.stream_dir / "cue.sock"
    path.unlink()
    path.mkdir()
    yield
    path.rmdir()


async def test_a_cue_the_dead_processor_had_not_put_out_goes_out_in_time_with_the_same_bytes(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        stream_id = await live(application, out, start_delay_ms=10_000, inject_count=2)
        armed = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=12.0))
        os.kill(await processor_pid(application, stream_id), signal.SIGSTOP)
        sent = await until_cue(application, armed, CueState.SENT)
        kill(await processor_pid(application, stream_id))
        ours = await until_cue(application, armed, CueState.ARMED)
        assert "restarted before it was seen" in ours.reason
        done = await until_over(application, armed)
        assert (done.state, done.reason) == (CueState.SPLICED, "")
        assert (done.section_base64, done.splice_event_id) == (sent.section_base64, sent.splice_event_id)
        assert done.pre_roll_ms is not None
        assert done.pre_roll_ms >= 4000

        # Seen once and killed: it is announced already, and what is left of its repeats goes out.
        back = await application.cues.fire(asked(stream_id, BACK, pre_roll_s=12.0))
        seen = await until_cue(application, back, CueState.SEEN)
        kill(await processor_pid(application, stream_id))
        back = await until_over(application, seen)
        assert back.state is CueState.SPLICED
        assert (back.seen, back.sent_expected) == (2, 2), "one of the first processor, one of the second"
        await application.streams.stop(stream_id)
    sections = parse_file(out).splices_base64(500)
    assert sections == [done.section_base64] * done.seen + [back.section_base64] * back.seen
    database = await Database.open(tmp_path / "data" / "ibe100.db")
    steps = [step.state for step in await database.cues.steps(armed.cue_id)]
    await database.close()
    life = ["REQUESTED", "ARMED", "SENT", "ARMED", "SENT", "SEEN", "SEEN", "SPLICED"]
    # How far it was from the next IDR is measured after it.
    assert [*steps[: len(life)], *set(steps[len(life) :]) - {CueState.SPLICED}] == [*map(CueState, life)]


async def test_what_is_late_after_a_restart_fails_and_never_airs(tmp_path: Path) -> None:
    out = tmp_path / "out.ts"
    runner = {"backoff_base_s": 3.0, "backoff_max_s": 3.0}
    async with console(tmp_path / "data", runner=runner) as application:
        stream_id = await live(application, out, start_delay_ms=4000, inject_count=1)
        armed = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=4.6))
        processor = await processor_pid(application, stream_id)
        with without_cue_socket(application, stream_id):
            kill(processor)
            failed = await until_over(application, armed)
        assert failed.state is CueState.FAILED
        assert "not sent: " in failed.reason
        await until_state(application, stream_id, StreamState.RUNNING)
        await until_ready(application, stream_id)

        os.kill(await processor_pid(application, stream_id), signal.SIGSTOP)
        immediate = await application.cues.fire(asked(stream_id, TO_BREAK))
        assert immediate.state is CueState.SENT
        kill(await processor_pid(application, stream_id))
        lost = await until_over(application, immediate)
        assert lost.state is CueState.FAILED
        assert "processor restarted before it was seen" in lost.reason
        run = application.streams.run_of(stream_id)
        await until(lambda: run.view.attempt == 3, "the third processor")
        await until_ready(application, stream_id)
        null = await fired(application, stream_id, CueAction.SPLICE_NULL)
        assert null.state is CueState.SPLICED, "the output goes on"
        await application.streams.stop(stream_id)
    assert parse_file(out).splices_base64(500) == [null.section_base64]
