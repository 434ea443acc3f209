"""`ibe100 scte35`: read and write splice_info_sections."""

import json
import sys
from math import inf
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.table import Table

from ibe100.cli.options import terminal
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35 import cues
from ibe100.scte35.description import describe
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.faults import find_faults
from ibe100.scte35.json_form import from_dict, to_dict
from ibe100.scte35.pasted import sections_in
from ibe100.scte35.section import decode, encode, to_base64
from ibe100.scte35.values import EncryptedPart, SpliceInfoSection
from ibe100.scte35.xml.tsduck import not_in_xml, to_xml

app = typer.Typer(help="Read and write SCTE 35 sections.", no_args_is_help=True)

_LARGEST_INPUT = 1_000_000
_WRONG_USE = 2


@app.command("decode")
def decode_command(
    text: Annotated[
        str,
        typer.Argument(
            help="base64, hex, XML, lines of a playlist, a file that holds one of them or is binary, or -"
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a section.")] = False,
    as_xml: Annotated[bool, typer.Option("--xml", help="Print TSDuck's XML.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what the standard does not allow.")
    ] = False,
) -> None:
    """Show what a section says."""
    if as_json and as_xml:
        _refuse("--json and --xml exclude each other")
    try:
        for raw in sections_in(_input(text)):
            _show(decode(raw, strict=strict), raw, as_json, as_xml)
    except SpliceDecodeError as error:
        _refuse(str(error))


@app.command("encode")
def encode_command(
    source: Annotated[
        str | None, typer.Argument(help="JSON as `decode --json` prints it: a file, or - for standard input")
    ] = None,
    out: Annotated[
        bool | None, typer.Option("--out/--in", help="splice_insert: to break, or back to programme.")
    ] = None,
    event_id: Annotated[str | None, typer.Option(help="splice_event_id, decimal or 0x…")] = None,
    duration: Annotated[float | None, typer.Option(help="break_duration in seconds.")] = None,
    auto_return: Annotated[
        bool, typer.Option("--auto-return", help="Return when the duration is over.")
    ] = False,
    pts: Annotated[int | None, typer.Option(help="pts_time in 90 kHz ticks.")] = None,
    immediate: Annotated[
        bool, typer.Option("--immediate", help="Splice at once; what is done without --pts.")
    ] = False,
    unique_program_id: Annotated[int, typer.Option(help="Names the viewing event.")] = 1,
    tier: Annotated[
        str, typer.Option(help="Authorization tier, decimal or 0x…; 0xFFF is ignored.")
    ] = "0xFFF",
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the event instead.")] = False,
    null: Annotated[bool, typer.Option("--null", help="A splice_null instead.")] = False,
    as_hex: Annotated[bool, typer.Option("--hex", help="Print hex instead of base64.")] = False,
    as_xml: Annotated[bool, typer.Option("--xml", help="Print TSDuck's XML instead of base64.")] = False,
) -> None:
    """Make a section and print it as base64."""
    if as_hex and as_xml:
        _refuse("--hex and --xml exclude each other")
    chosen = [source is not None, out is not None, cancel, null]
    if sum(chosen) != 1:
        _refuse("say one of: a JSON file or -, --out, --in, --cancel, --null")
    if pts is not None and immediate:
        _refuse("--pts and --immediate exclude each other")
    try:
        if source is not None:
            section = _from_json(_input(source, only_files=True))
        elif null:
            section = cues.splice_null(tier=_number(tier, "--tier"))
        elif event_id is None:
            _refuse("--event-id is missing")
        elif cancel:
            section = cues.cancel(_number(event_id, "--event-id"), tier=_number(tier, "--tier"))
        else:
            section = cues.splice_insert(
                _number(event_id, "--event-id"),
                bool(out),
                pts_time=pts,
                duration_pts=None if duration is None else _ticks(duration),
                auto_return=auto_return,
                unique_program_id=unique_program_id,
                tier=_number(tier, "--tier"),
            )
        raw = encode(section)
    except SpliceDecodeError as error:
        _refuse(str(error))
    if as_xml:
        typer.echo(to_xml(section), nl=False)
    else:
        typer.echo(raw.hex() if as_hex else to_base64(raw))


def _refuse(reason: str) -> NoReturn:
    """Print a line for the operator and exit with code 2."""
    typer.echo(f"scte35: {' '.join(reason.split())}", err=True)
    raise typer.Exit(_WRONG_USE)


def _number(text: str, option: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        _refuse(f"{option} {text!r} is not a number")


def _ticks(duration_s: float) -> int:
    if not 0 <= duration_s < inf:
        _refuse(f"--duration {duration_s} is no number of seconds")
    return round(duration_s * PTS_HZ)


def _input(text: str, *, only_files: bool = False) -> bytes:
    """The bytes of standard input, of the file of that name, or of the text itself."""
    if text == "-":
        return sys.stdin.buffer.read(_LARGEST_INPUT)
    try:
        path = Path(text)
        if only_files or path.is_file():
            with path.open("rb") as file:
                return file.read(_LARGEST_INPUT)
    except (OSError, ValueError) as error:
        if only_files:
            _refuse(f"{text} cannot be read: {getattr(error, 'strerror', None) or error}")
    return text.encode("utf-8", "surrogateescape")


def _from_json(data: bytes) -> SpliceInfoSection:
    try:
        return from_dict(json.loads(data))
    except (ValueError, RecursionError) as error:
        if isinstance(error, SpliceDecodeError):
            raise
        raise SpliceDecodeError("json", str(error)) from error


def _show(section: SpliceInfoSection, raw: bytes, as_json: bool, as_xml: bool) -> None:
    if as_json:
        typer.echo(json.dumps(to_dict(section), indent=2))
        return
    if as_xml:
        typer.echo(to_xml(section), nl=False)
        if lost := "; ".join(map(str, not_in_xml(section))):
            typer.echo(f"scte35: TSDuck's XML cannot say all of it: {lost}", err=True)
        return
    console = terminal()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in describe(section):
        table.add_row("  " * row.level + row.name, row.text, style="bold" if row.level == 0 else None)
    console.print(table)
    if isinstance(section.command, EncryptedPart):
        console.print("The command is encrypted and is not interpreted.")
    for fault in find_faults(section):
        console.print(f"Fault: {fault}")
    console.print(f"{len(raw)} bytes, CRC_32 0x{raw[-4:].hex().upper()} is right")
