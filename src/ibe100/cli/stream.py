"""`ibe100 stream`: the streams of a running console or server."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ibe100.cli.options import AsJson, DataDir, StreamName, print_table, tell_passed_over
from ibe100.cli.running_instance import NotRunning, running, streams_folder
from ibe100.models.base import build
from ibe100.models.endpoints.parse import (
    INPUT_SCHEMES,
    OUTPUT_SCHEMES,
    parse_inputs,
    parse_output,
    parse_return_feed,
)
from ibe100.models.stream_config import RETURN_WINDOW_S, StreamConfig, describe_input, describe_output
from ibe100.models.stream_list import DeletedStream
from ibe100.models.stream_state import Tally
from ibe100.services.streams.stream_secrets import reveal
from ibe100.services.streams.unattended import stop_unattended, unattended_streams
from ibe100.services.streams.which_stream import is_digits
from ibe100.utils.timecode import format_countdown, format_date, format_span
from ibe100_client import Call, streams, system
from ibe100_client.values import Stream

app = typer.Typer(help="List, add, start and stop the streams of a running console or server.")


@app.command("list")
def list_streams(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the streams and their states; without a console or server, as their runners say them."""
    try:
        with running(data_dir) as console:
            views = console.json(streams.listed())
    except NotRunning as error:
        found = asyncio.run(unattended_streams(streams_folder(data_dir)))
        views = [view.model_dump(mode="json") for view in found]
        typer.echo(f"{error}; this is what the streams' runners say", err=True)
    if as_json:
        typer.echo(json.dumps(views))
        return
    print_table(("No.", "Name", "State", "Input", "Output", "Engine", "Reason"), map(_row, views))
    for view in views:
        if is_digits(name := view["config"]["name"]):
            typer.echo(f"Stream {view['number']}: its name {name} reads as a number, and does not reach it.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What operators call it.")],
    source: Annotated[str, typer.Option("--input", help=f"One of: {INPUT_SCHEMES}.")] = "test://",
    backups: Annotated[
        list[str] | None,
        typer.Option("--backup", help="Input to go to when those before it are lost; up to three of them."),
    ] = None,
    target: Annotated[str, typer.Option("--output", help=f"One of: {OUTPUT_SCHEMES}.")] = "none",
    overwrite: Annotated[bool, typer.Option(help="An output file may be overwritten.")] = False,
    back: Annotated[
        str, typer.Option("--return-feed", help="Where it comes back from the distributor's end.")
    ] = "",
    back_within: Annotated[
        float, typer.Option("--return-window", help="Seconds a cue may take to the return feed.")
    ] = RETURN_WINDOW_S,
    data_dir: DataDir = None,
) -> None:
    """A new stream; everything else as by default, to be edited in the console."""
    values = {
        "name": name,
        "input": parse_inputs((source, *(backups or ()))),
        "output": parse_output(target, overwrite=overwrite),
        "return_feed": parse_return_feed(back) if back else None,
        "return_window_s": back_within,
    }
    config = build(StreamConfig, values, f"stream {name}")
    tell_passed_over(source, *(backups or ()), target, back)
    values = reveal(config)
    with running(data_dir) as console:
        # Whoever reaches the Unix socket could write the settings as well: folders need no other permission.
        if folders := console.do(system.outside_media(values)):
            console.do(system.allow_media(folders))
        added = console.do(streams.add(values))
    typer.echo(f"{added.number} {added.stream_id}")


@app.command()
def start(stream: StreamName, data_dir: DataDir = None) -> None:
    """Probe the input and run the stream."""
    _ask(data_dir, streams.start(stream))


@app.command()
def stop(stream: StreamName, data_dir: DataDir = None) -> None:
    """Stop the stream for good; also while no console or server runs."""
    try:
        _ask(data_dir, streams.stop(stream))
    except NotRunning:
        stopped = asyncio.run(stop_unattended(streams_folder(data_dir), stream))
        _tell(stopped.model_dump(mode="json"))


@app.command()
def restart(stream: StreamName, data_dir: DataDir = None) -> None:
    """Stop and start, with the configuration as it is now."""
    _ask(data_dir, streams.restart(stream))


@app.command()
def retry(stream: StreamName, data_dir: DataDir = None) -> None:
    """Try now what a stream that is RETRYING, STALLED or WAITING would try later."""
    _ask(data_dir, streams.retry(stream))


@app.command("input")
def go_to_input(
    stream: StreamName,
    number: Annotated[str, typer.Argument(help="Number of the input from 1, or `rules` to have them choose")],
    hold: Annotated[bool, typer.Option(help="Stay there though it is lost")] = False,
    for_s: Annotated[float | None, typer.Option("--for", help="A drill of so many seconds.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Put one of a stream's several inputs on air, or leave it to its rules."""
    with running(data_dir) as console:
        if number == "rules":
            console.do(streams.follow_input_rules(stream))
        elif number.isdigit():
            console.do(streams.go_to_input(stream, int(number), hold=hold, for_s=for_s))
        else:
            raise typer.BadParameter("a number from 1, or `rules`")


@app.command()
def remove(stream: StreamName, data_dir: DataDir = None) -> None:
    """Delete a stopped stream from the list."""
    with running(data_dir) as console:
        console.do(streams.remove(stream))


@app.command()
def duplicate(stream: StreamName, data_dir: DataDir = None) -> None:
    """Add a copy under a free name, with free ports and files; it is off."""
    _ask(data_dir, streams.duplicate(stream))


@app.command()
def group(
    name: Annotated[str, typer.Argument(help='Name of the group; "" for none.')],
    members: Annotated[list[str], typer.Argument(metavar="STREAM...", help="Numbers, ids or names.")],
    data_dir: DataDir = None,
) -> None:
    """Put streams into a group; those on air go on."""
    with running(data_dir) as console:
        console.do(streams.group(members, name))


@app.command()
def deleted(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the deleted streams that can be brought back."""
    with running(data_dir) as console:
        found = console.json(streams.deleted())
    if as_json:
        typer.echo(json.dumps(found))
        return
    known = [DeletedStream.model_validate(values) for values in found]
    print_table(("Id", "Name", "Input", "Output", "Deleted (UTC)", "By"), map(_deleted_row, known))


@app.command()
def restore(
    deleted_id: Annotated[int, typer.Argument(metavar="ID", help="As `stream deleted` lists it.")],
    data_dir: DataDir = None,
) -> None:
    """Bring a deleted stream back, with its contract and passphrases; it is off."""
    _ask(data_dir, streams.restore(deleted_id))


def _deleted_row(one: DeletedStream) -> tuple[str, ...]:
    edges = describe_input(one.config.input), describe_output(one.config.output)
    return str(one.deleted_id), one.config.name, *edges, format_date(one.deleted_at), one.deleted_by


def _ask(data_dir: Path | None, call: Call[Stream]) -> None:
    with running(data_dir) as console:
        _tell(console.json(call))


def _tell(view: dict[str, Any]) -> None:
    reason = f" ({view['reason']})" if view["reason"] else ""
    typer.echo(f"{view['number']} {view['config']['name']}: {_state(view)}{reason}")


def _row(view: dict[str, Any]) -> tuple[str, ...]:
    config = StreamConfig.model_validate(view["config"])
    edges = describe_input(config.input), describe_output(config.output)
    return str(view["number"]), config.name, _state(view), *edges, view["engine"], view["reason"]


def _state(view: dict[str, Any]) -> str:
    """State of a stream; for how long it has no input, and when the next try begins."""
    now, lost_at, retry_at = time.time(), view["input_lost_at"], view["retry_at"]
    words = view["state"]
    if lost_at is not None:
        words += f", {Tally.NO_INPUT} {format_span(now - lost_at)}"
    if retry_at is not None and retry_at > now:
        words += f", next try in {format_countdown(retry_at - now)}"
    return str(words)
