"""An output by which nothing leaves: an alarm, cues refused with the reason, no receipt for what was lost."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_config import Engine, FileOutput, RistOutput
from ibe100.models.stream_state import OutputTrouble, Tally
from loopback import free_port
from minitsp_rig import running
from services_rig import console, fired, looped, on_air, until, until_alarm, until_ready, view_of

RAISED, CLEARED = AlarmState.UNACKNOWLEDGED, AlarmState.CLEARED_UNACKNOWLEDGED


async def test_no_cue_goes_to_a_rist_output_before_somebody_receives_it(tmp_path: Path, media: Path) -> None:
    port = free_port()
    target = RistOutput(url=f"rist://127.0.0.1:{port}")
    async with console(tmp_path / "data") as application:
        config = looped(media).model_copy(update={"output": target, "engine": Engine.BUILTIN})
        stream_id = (await application.streams.add(config)).stream_id
        await application.streams.start(stream_id)
        alarm = await until_alarm(application, "output_unheard", RAISED)
        assert f"127.0.0.1:{port}" in alarm.value
        reasons = application.cues.readiness(stream_id).reasons
        assert any("nobody would get the cue; call whoever receives it" in reason for reason in reasons)
        with running("-I", "rist", f"rist://@127.0.0.1:{port}", "-O", "drop"):
            await until_ready(application, stream_id)
            await until_alarm(application, "output_unheard", CLEARED)
            assert (await fired(application, stream_id, CueAction.TO_BREAK)).state is CueState.SPLICED
        await until_alarm(application, "output_unheard", RAISED)
        assert not application.cues.readiness(stream_id, CueAction.BACK_TO_PROGRAMME).ready


async def test_a_pipe_that_is_read_no_more_is_a_fault_until_it_is_read_again(
    tmp_path: Path, media: Path
) -> None:
    pipe = tmp_path / "out.ts"
    os.mkfifo(pipe)
    async with console(tmp_path / "data") as application:
        with subprocess.Popen(["cat", pipe], stdout=subprocess.DEVNULL) as reader:
            config = looped(media).model_copy(update={"output": FileOutput(path=pipe, overwrite=True)})
            stream_id = await on_air(application, config)
            reader.send_signal(signal.SIGSTOP)
            await until(
                lambda: view_of(application, stream_id).output_trouble is OutputTrouble.BLOCKED,
                "an output blocked",
            )
            assert view_of(application, stream_id).tally is Tally.FAULT
            await until_alarm(application, "output_blocked", RAISED)
            reasons = application.cues.readiness(stream_id).reasons
            assert any("nothing leaves by" in reason for reason in reasons)
            reader.send_signal(signal.SIGCONT)
            await until_alarm(application, "output_blocked", CLEARED)
            await until_ready(application, stream_id)
            assert view_of(application, stream_id).tally is Tally.ON_AIR
            await application.streams.stop(stream_id)
            reader.kill()
