"""`ibe100 clip`: clips of what was on air, around cues and alarms."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ibe100.cli.options import AsJson, DataDir, print_table
from ibe100.cli.running_instance import running, settings_of
from ibe100.core.folders import resolve
from ibe100.core.records.address import address_of
from ibe100.core.records.alone import signing_key_of
from ibe100.database.stores.as_run import open_as_run
from ibe100.models.clips.clip import Clip, ClipBundle, ClipUse, RecordingState
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.services.clips.bundle import bundle_of
from ibe100.services.history.as_run import today
from ibe100.services.history.as_run_log import AsRunService
from ibe100.services.streams.which_stream import which_stream
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_bytes
from ibe100_client import clips

app = typer.Typer(help="Clips of what was on air, around cues and alarms.")
Stream = Annotated[str, typer.Option("--stream", help="Number, id or name; all without it.")]


@app.command("list")
def list_clips(
    stream: Stream = "",
    cue: Annotated[int | None, typer.Option(help="Number of a cue.")] = None,
    alarm: Annotated[int | None, typer.Option(help="Number of an alarm.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=5000, help="So many at most.")] = 50,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """The newest first; those that are gone too, with the reason."""
    with running(data_dir) as console:
        rows = console.json(clips.listed(stream or None, cue, alarm, limit=limit))
    if as_json:
        typer.echo(json.dumps(rows))
        return
    print_table(("Id", "At", "Stream", "Side", "Of", "State", "SHA-256"), map(_row, rows))


@app.command()
def save(
    clip_id: Annotated[int, typer.Argument(help="Id as `clip list` tells it.")],
    file: Annotated[Path, typer.Argument(help="New file, such as break.ts.")],
    data_dir: DataDir = None,
) -> None:
    """Save a clip as a file."""
    with running(data_dir) as console:
        content = console.do(clips.file(clip_id))
    try:
        with file.open("xb") as target:
            target.write(content)
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}") from error
    typer.echo(f"{file}: {format_bytes(len(content))}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="New archive, such as day.zip.")],
    day: Annotated[str, typer.Option(help="Day as 2026-11-22; today without it.")] = "",
    time_zone: Annotated[str, typer.Option(help="UTC, local, or a name such as Europe/Berlin.")] = "UTC",
    stream: Stream = "",
    data_dir: DataDir = None,
) -> None:
    """Write the as-run log of a day with its clips, their list and checksums; also beside a console."""
    if file.exists():
        raise ConfigurationError(f"{file} is there already: name another")
    made = asyncio.run(_export(file, day, time_zone, stream, data_dir))
    left_out = f"; {made.without} more on record are not in it, clips.csv says why" if made.without else ""
    typer.echo(f"{file}: {made.clips} clips, {format_bytes(made.size)}{left_out}")


@app.command()
def status(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the disk space of the clips, and how the recording of each stream stands."""
    with running(data_dir) as console:
        used, states = console.json(clips.use()), console.json(clips.recording())
    if as_json:
        typer.echo(json.dumps({"use": used, "recording": states}))
        return
    use = ClipUse.model_validate(used)
    typer.echo(
        f"{use.folder}: {use.clips} clips, {format_bytes(use.size)}; rings {format_bytes(use.ring_size)}"
    )
    for state in map(RecordingState.model_validate, states):
        words = state.trouble or ("recorded" if state.is_wanted else "not recorded")
        lost = f", {state.lost_packets} packets left out" if state.lost_packets else ""
        typer.echo(f"{state.stream_id}: {words}{lost}")


async def _export(path: Path, day: str, time_zone: str, stream: str, data_dir: Path | None) -> ClipBundle:
    config = settings_of(data_dir)
    folders = resolve(config.folders)
    try:
        chosen = date.fromisoformat(day) if day else today(time_zone)
    except ValueError as error:
        raise ConfigurationError(f"{day!r} is no day; write it as 2026-11-22") from error
    async with open_as_run(address_of(config, folders)) as storage:
        service = AsRunService(storage, key=signing_key_of(folders))
        stream_id = which_stream(await service.streams(), stream).stream_id if stream else None
        log = await service.log(chosen, time_zone, stream_id)
        return await bundle_of(log, service, storage.clips, socket.gethostname(), path)


def _row(row: dict[str, object]) -> tuple[str, ...]:
    clip = Clip.model_validate(row)
    at = format_utc(clip.centre_at)
    return str(clip.clip_id), at, clip.stream_name, clip.side, clip.subject, clip.words, clip.sha256
