from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner

from api_rig import at_socket
from ibe100.cli.schedule import app
from ibe100.core.application import Application
from ibe100.models.cues.schedule import At, BreakPlan, BreakState, ScheduledBreak
from ibe100.models.errors import OperatorError
from ibe100.models.scte35_marker import CueState
from ibe100.models.stream_config import Scte35Options, StreamConfig, TestPatternInput
from ibe100_client import Call, Refused, schedule
from ibe100_client.asynchronous import AsyncClient
from services_rig import console, until

SHORT = Scte35Options(start_delay_ms=4000, inject_count=2, inject_interval_ms=1000)
LEAST_LEAD_S = 4.5
FRAME_S = 1 / 25
PTS_TICK_S = 1 / 90_000


async def add_stream(application: Application) -> str:
    config = StreamConfig(name="Planned", input=TestPatternInput(frame_rate=25), scte35=SHORT)
    return (await application.streams.add(config)).stream_id


def over(application: Application) -> ScheduledBreak | None:
    return next((one for one in application.schedule.list() if one.state.is_final), None)


async def test_a_planned_break_is_spliced_on_the_first_frame_from_its_time(tmp_path: Path) -> None:
    async with console(tmp_path) as application:
        stream_id = await add_stream(application)
        await application.streams.start(stream_id)
        await until(lambda: application.cues.readiness(stream_id).ready, "readiness")
        planned_at = time.time() + LEAST_LEAD_S + 3
        await application.schedule.add(BreakPlan(stream_id=stream_id, when=At(at=planned_at), duration_s=30))
        done = await until(lambda: over(application), "the end of the break")
        assert (done.state, done.reason) == (BreakState.DONE, "")
        (cue,) = application.cues.recent(stream_id)
        assert (cue.cue_id, cue.state, cue.scheduled_at) == (done.cue_id, CueState.SPLICED, planned_at)
        assert cue.splice_at is not None
        assert -PTS_TICK_S <= cue.splice_at - planned_at <= FRAME_S + PTS_TICK_S
        assert (cue.duration_s, cue.requested_by) == (30, f"schedule {done.break_id}")


async def test_a_break_of_a_stream_that_is_off_raises_an_alarm(tmp_path: Path) -> None:
    async with console(tmp_path) as application:
        stream_id = await add_stream(application)
        plan = BreakPlan(
            stream_id=stream_id, title="News", when=At(at=time.time() + LEAST_LEAD_S + 0.5), duration_s=30
        )
        await application.schedule.add(plan)
        missed = await until(lambda: over(application), "the end of the break")
        assert (missed.state, missed.reason) == (BreakState.MISSED, "the stream was OFF")
        (alarm,) = await until(application.alarms.standing, "an alarm")
        assert (alarm.condition, alarm.stream_name) == ("break_missed", "Planned")
        assert alarm.value.startswith("News of ")
        assert alarm.value.endswith(": the stream was OFF")


async def test_the_schedule_outlives_its_console(tmp_path: Path) -> None:
    async with console(tmp_path) as application:
        stream_id = await add_stream(application)
        plan = BreakPlan(stream_id=stream_id, when=At(at=time.time() + 3600), duration_s=30)
        planned = await application.schedule.add(plan)
    async with console(tmp_path) as application:
        assert application.schedule.list() == (planned,)


async def run(data_dir: Path, *arguments: str, fails_with: int = 0) -> str:
    """What `./run schedule …` prints, while the console goes on in this loop."""
    command = [*arguments, "--data-dir", str(data_dir)]
    result = await asyncio.to_thread(CliRunner().invoke, app, command)
    if isinstance(result.exception, OperatorError):
        raise result.exception
    assert result.exit_code == fails_with, result.output
    return result.output


async def test_the_command_line_plans_lists_exports_imports_and_removes(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    file = tmp_path / "day.csv"
    async with console(data_dir) as application, at_socket(application, data_dir):
        await add_stream(application)
        year = time.gmtime().tm_year + 1
        start = f"{year}-07-01 20:15"
        output = await run(
            data_dir, "add", "1", "--start", start, "--time-zone", "Europe/Berlin", "--duration", "1:30"
        )
        assert output == f"1 {year}-07-01T20:15:00+02:00 Break\n"
        await run(data_dir, "add", "planned", "--after", "1", "--offset", "60", "--duration", "30")
        listed = json.loads(await run(data_dir, "list", "--json"))
        assert [one["planned_at"] - listed["breaks"][0]["planned_at"] for one in listed["breaks"]] == [0, 150]
        assert "PLANNED" in await run(data_dir, "list")
        file.write_text(await run(data_dir, "export"))
        assert json.loads(await run(data_dir, "export", "--json"))[1]["after"] == "1"
        await run(data_dir, "remove", "1", "2")
        assert application.schedule.list() == ()

        output = await run(data_dir, "import", str(file), "--dry-run", "--time-zone", "Europe/Berlin")
        assert output == (
            f"row 2: {year}-07-01T20:15:00+02:00 · stream Planned · 90 s · returns auto · Break\n"
            "row 3: 60 s after row 2 · stream Planned · 30 s · returns auto · Break\n"
            "day.csv: 2 good, 0 bad, 0 stored\n"
        )
        assert application.schedule.list() == ()
        assert "2 good, 0 bad, 2 stored" in await run(data_dir, "import", str(file))
        assert len(application.schedule.list()) == 2

        file.write_text(f"stream,start,duration\n1,{year}-08-01T00:00:00Z,60\n9,{year}-08-01T00:00:00Z,60\n")
        output = await run(data_dir, "import", str(file), fails_with=1)
        assert "row 3: there is no stream '9' (digits alone are its number); there are: 1 Planned" in output
        assert "1 good, 1 bad, 0 stored" in output
        assert "1 good, 1 bad, 1 stored" in await run(
            data_dir, "import", str(file), "--skip-bad", fails_with=1
        )
        for arguments, words in (
            (("remove", "99"), "there is no planned break 99"),
            (("add", "1", "--start", "2020-01-01T00:00:00Z", "--duration", "60"), "is past"),
            (("add", "1", "--start", "tomorrow", "--duration", "60"), "cannot be read"),
            (("import", str(tmp_path / "none.csv")), "cannot be read"),
        ):
            with pytest.raises(OperatorError, match=words):
                await run(data_dir, *arguments)


@pytest.mark.parametrize(
    ("request_of", "words"),
    [
        (schedule.add_row({}), "row: there is no header row"),
        (schedule.add_row(cast(dict[str, str], {"stream": 1})), "stream 1: input should be a valid string"),
        (schedule.add_row({"colour": "red"}), "column 'colour' is not known"),
        (schedule.remove_all([]), "break_ids: "),
        (schedule.page(offset=-1), "offset '-1': "),
        (schedule.import_file("day.doc", b""), "name 'day.doc': a file ends in"),
    ],
)
async def test_a_wrong_request_of_a_command_line_is_refused_in_words(
    tmp_path: Path, request_of: Call[object], words: str
) -> None:
    async with (
        console(tmp_path) as application,
        at_socket(application, tmp_path),
        AsyncClient(tmp_path) as caller,
    ):
        with pytest.raises(Refused, match=re.escape(words)):
            await caller.do(request_of)
