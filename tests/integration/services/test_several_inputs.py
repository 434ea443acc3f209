"""A stream with a main input and a backup: what is cut, a cue meanwhile, and who may switch."""

from __future__ import annotations

from pathlib import Path

import pytest

from changing_rig import changed
from ibe100.core.application import Application
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import NotFound, StreamError
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_config import StreamConfig, SwitchedInput, UdpInput
from ibe100.models.stream_state import StreamState
from live_rig import as_it_is, live_sender, make_pattern, nothing
from loopback import free_ports
from services_rig import (
    console,
    fired,
    journal,
    on_air,
    until,
    until_alarm,
    until_cue,
    until_ready,
    until_state,
    view_of,
)


def switched(application: Application, stream_id: str) -> list[tuple[int, int]]:
    """Inputs (from 0) before and after each switch on record."""
    kind = "input_switched"
    return [(one["before"], one["on_air"]) for one in journal(application, stream_id) if one["kind"] == kind]


async def until_switched(application: Application, stream_id: str, on_air: int, times: int) -> None:
    """Wait until so many switches are on record, of which the last is to this input (from 0)."""

    def found() -> bool | None:
        made = switched(application, stream_id)
        return True if len(made) == times and made[-1][1] == on_air else None

    await until(found, f"input {on_air} on air")


async def test_a_lost_input_is_replaced_by_its_backup_on_other_pids_and_cues_go_on(tmp_path: Path) -> None:
    pattern, ports = make_pattern(tmp_path / "pattern.ts", 20.0), free_ports(2)
    inputs = tuple(UdpInput(port=port, local_address="127.0.0.1") for port in ports)
    source = SwitchedInput(inputs=inputs, return_after_s=2.0)
    with live_sender(pattern, ports[0]) as main, live_sender(pattern, ports[1]) as backup:
        backup.spoil = changed(service=7, video=0x200, sound=0x201)
        async with console(tmp_path / "data") as application:
            stream_id = await on_air(application, StreamConfig(name="Two", input=source))
            await until_ready(application, stream_id)
            main.spoil = nothing
            await until_switched(application, stream_id, 1, 1)
            await until_alarm(application, "on_backup", AlarmState.UNACKNOWLEDGED)
            await until_ready(application, stream_id)
            cue = await fired(application, stream_id, CueAction.CRASH_OUT)
            await until_cue(application, cue, CueState.SPLICED)
            main.spoil = as_it_is
            await until_switched(application, stream_id, 0, 2)
            await application.inputs.go_to(stream_id, 2, hold=True)
            await until_switched(application, stream_id, 1, 3)
            await application.inputs.follow_rules(stream_id)
            await until_switched(application, stream_id, 0, 4)
            with pytest.raises(NotFound, match="has 2 inputs; there is no input 3"):
                await application.inputs.go_to(stream_id, 3)
            assert view_of(application, stream_id).attempt == 1
            facts = journal(application, stream_id)
            assert not [one for one in facts if one["kind"] == "attempt_started" and one["passes"]]
            assert switched(application, stream_id) == [(0, 1), (1, 0), (0, 1), (1, 0)]
            acts = [one.action for one in await application.records.audit.list()]
            assert {"input held by hand", "inputs left to the rules"} <= set(acts)
            await application.streams.stop(stream_id)
            await until_state(application, stream_id, StreamState.STOPPED)
            with pytest.raises(StreamError, match="is not on air"):
                await application.inputs.go_to(stream_id, 2)
