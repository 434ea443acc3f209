"""Clips of a stream that is on air: cut around cues, through a recorder that is killed and a full disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import time
from pathlib import Path

from ibe100.core.application import Application
from ibe100.models.clips.clip import Clip, ClipQuery
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import StreamState
from ibe100.runner.recorder.ring import read_records
from ibe100.runner.supervision.ownership import processes_of
from independent_parser import PACKET, Packet, parse_file
from services_rig import (
    DEADLINE_S,
    asked,
    console,
    fired,
    live,
    now,
    processor_pid,
    until,
    until_ready,
    view_of,
)

TO_BREAK, BACK = CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME
CLIPS = {"enabled": True, "before_s": 3, "after_s": 2, "ring_s": 60, "keep_free_mb": 0}
AHEAD = {"start_delay_ms": 4500, "inject_count": 2, "inject_interval_ms": 300}


async def clip_of(application: Application, cue: Cue) -> Clip:
    """The clip of a cue, once it is on record."""
    async with asyncio.timeout(DEADLINE_S):
        while not (clips := await application.clips.list(ClipQuery(cue_id=cue.cue_id))):
            await asyncio.sleep(0.1)
    (clip,) = clips
    return clip


def recorder_pid(application: Application, stream_id: str) -> int | None:
    folder = application.streams.run_of(stream_id).link.stream_dir
    for process in processes_of(folder):
        if "/runner/recorder" in Path(f"/proc/{process.pid}/cmdline").read_text():
            return process.pid
    return None


def records(application: Application, stream_id: str) -> int:
    return sum(1 for _ in read_records(application.clips.folder / "ring" / stream_id / "output"))


async def test_a_cue_has_a_clip_through_all_that_happens_to_the_recorder(tmp_path: Path) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data", stop_streams=False, clips=CLIPS) as application:
        stream_id = await live(application, out, auto_return=False, **AHEAD)
        processor = await processor_pid(application, stream_id)
        await until(lambda: records(application, stream_id) > 20, "something recorded")

        cue = await fired(application, stream_id, TO_BREAK)
        clip = await clip_of(application, cue)

        path = await application.clips.file(clip.clip_id)
        content = path.read_bytes()
        assert (clip.size, clip.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert clip.lost_packets == 0
        assert path.stat().st_mode & 0o777 == 0o600
        assert cue.section_base64 in parse_file(path).splices_base64(500)
        packets = [Packet.parse(content[at : at + PACKET]) for at in range(0, len(content), PACKET)]
        assert packets[0].pid == 0
        body = next(
            at for at, packet in enumerate(packets) if packet.pid == parse_file(path).services[1].pcr_pid
        )
        assert out.read_bytes().find(content[body * PACKET :]) > 0, "it is what was on air"

        # A recorder that is killed is started again; the clip says what it lacks, and the stream goes on.
        killed = await until(lambda: recorder_pid(application, stream_id), "a recorder")
        os.kill(killed, signal.SIGKILL)
        await until(lambda: (recorder_pid(application, stream_id) or killed) != killed, "another recorder")
        written = records(application, stream_id)
        await until(lambda: records(application, stream_id) > written + 5, "its records")
        back = await fired(application, stream_id, BACK)
        assert "not recorded for" in (await clip_of(application, back)).incomplete

        # A disk without room: an alarm, and recorded again as soon as there is.
        plan = application.settings.present.clips
        application.clips.set_plan(plan.model_copy(update={"keep_free_mb": 10**9}))
        alarm = await until(
            lambda: next(
                (a for a in application.alarms.standing() if a.condition == "clips_not_recorded"), None
            ),
            "an alarm",
        )
        assert "MB left" in alarm.value
        application.clips.set_plan(plan)
        written = records(application, stream_id)
        await until(lambda: records(application, stream_id) > written + 5, "records again")
        await until(lambda: not application.clips.recording()[0].trouble, "no trouble")
        assert view_of(application, stream_id).state is StreamState.RUNNING
        assert await processor_pid(application, stream_id) == processor, "the stream never noticed"

        late = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=5.5))
    # The console is gone while the cue airs: it is cut by the next one.
    assert late.splice_at is not None
    await asyncio.sleep(max(0.0, late.splice_at - time.time()))
    async with console(tmp_path / "data", clips=CLIPS) as application:
        await until_ready(application, stream_id)
        await until(lambda: now(application, late).state is CueState.SPLICED, "the cue is SPLICED")
        clip = await clip_of(application, late)
        assert late.section_base64 in parse_file(Path(clip.file)).splices_base64(500)
        assert clip.duration_s is not None
        assert clip.duration_s >= 4
