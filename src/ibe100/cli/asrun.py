"""`ibe100 asrun`: the as-run log of a day, also while a console works on the same folder."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.table import Table

from ibe100.cli.options import terminal
from ibe100.cli.records.breaks import print_breaks
from ibe100.cli.reference.exit_codes import NOT_PROVED
from ibe100.cli.running_instance import settings_of
from ibe100.core.folders import Folders, resolve
from ibe100.core.records.address import address_of
from ibe100.core.records.alone import signing_key_of
from ibe100.database.stores.as_run import open_as_run
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, AsRunRow, DigestCheck, SignatureCheck
from ibe100.models.cues.break_log import CHANNEL, BreakLog, LogBy
from ibe100.models.cues.time_zone import LOCAL_ZONE
from ibe100.models.errors import ConfigurationError
from ibe100.models.records.database import DatabaseAddress
from ibe100.services.history.as_run import today
from ibe100.services.history.as_run_export import export
from ibe100.services.history.as_run_log import AsRunService, verify_file
from ibe100.services.history.as_run_signature import read_pem
from ibe100.services.streams.which_stream import which_stream
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import counted, format_event_id

EXIT_CHANGED = 1
COLUMNS = ("Aired", "Stream", "Action", "Event id", "State", "Late ms", "Pre-roll ms", "Receipt")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Options that say which log is wanted, as they were typed."""

    day: str
    """Empty is today."""
    time_zone: str
    """Empty is UTC by cue, and the channel's by break."""
    stream: str
    by: LogBy
    days: int


def run_asrun(data_dir: Path | None, wanted: Wanted, format: AsRunFormat | None, output: Path | None) -> int:
    """Print a log as a table, or write it as a file. Raises OperatorError."""
    config = settings_of(data_dir)
    folders = resolve(config.folders)
    if wanted.by is LogBy.CUE and wanted.days != 1:
        raise ConfigurationError("--days goes with --by break; a log by cue is that of one day")
    if output is not None and format is None:
        format = _format_of(output)
    if output is None and format is AsRunFormat.PDF and sys.stdout.isatty():
        raise ConfigurationError("a PDF is not for the terminal: name a file with --output")
    asyncio.run(_run(folders, address_of(config, folders), wanted, format, output))
    return 0


def run_verify(path: Path, public_key: Path | None = None, data_dir: Path | None = None) -> int:
    """Verify an exported file by the public key in a file, else by that of the data folder.

    Returns 1 when it was changed since, 3 when nothing proves that it was not. Raises OperatorError.
    """
    check = asyncio.run(verify_file(path, _keys_to_verify(public_key, data_dir)))
    print(f"{path}: {_verdict(check)}")
    return EXIT_CHANGED if check.is_changed else 0 if check.is_proved else NOT_PROVED


def _keys_to_verify(public_key: Path | None, data_dir: Path | None) -> list[Ed25519PublicKey]:
    if public_key is not None:
        try:
            return [read_pem(public_key.read_bytes())]
        except OSError as error:
            raise ConfigurationError(f"the key {public_key} cannot be read: {error.strerror}") from error
    own = signing_key_of(resolve(settings_of(data_dir).folders))
    return [] if own is None else [own.public_key()]


def _verdict(check: DigestCheck) -> str:
    cues = "" if check.rows is None else f"{check.rows} cues, "
    if check.named != check.computed:
        return f"CHANGED. It names SHA-256 {check.named}, its {cues}have {check.computed}"
    match check.signature:
        case SignatureCheck.RIGHT:
            digest = f", SHA-256 {check.computed}" if check.computed else ""
            return f"{cues}intact, signed with key {check.signed_by}{digest}"
        case SignatureCheck.WRONG:
            return f"CHANGED. {cues}the signature of key {check.signed_by} is not for this content"
        case SignatureCheck.UNKNOWN_KEY:
            return (
                f"NOT PROVED. {cues}signed with key {check.signed_by}, which is not here: name the public "
                "key of who made it (--public-key)"
            )
    return (
        f"UNSIGNED. {cues}SHA-256 {check.computed} fits the rows, but whoever changes them can compute it: "
        "an older version made it, or its signature was taken out"
    )


async def _run(
    folders: Folders,
    address: DatabaseAddress,
    wanted: Wanted,
    format: AsRunFormat | None,
    output: Path | None,
) -> None:
    key = signing_key_of(folders) if format is not None else None
    async with open_as_run(address) as storage:
        service = AsRunService(storage, key=key)
        log = await _log(service, wanted)
        if format is None:
            print_breaks(log) if isinstance(log, BreakLog) else _print_table(log)
        elif output is None:
            content, _ = await asyncio.to_thread(export, log, format, key)
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            digest = await service.export(log, format, output)
            print(f"{output}: {counted(len(log.rows), wanted.by)}, SHA-256 {digest}", file=sys.stderr)


async def _log(service: AsRunService, wanted: Wanted) -> AsRunLog | BreakLog:
    stream = wanted.stream
    stream_id = which_stream(await service.streams(), stream).stream_id if stream else None
    if wanted.by is LogBy.BREAK:
        time_zone = wanted.time_zone or CHANNEL
        day = _day(wanted.day) if wanted.day else today(LOCAL_ZONE if time_zone == CHANNEL else time_zone)
        return await service.breaks(day, wanted.days, time_zone, stream_id)
    time_zone = wanted.time_zone or "UTC"
    return await service.log(_day(wanted.day) if wanted.day else today(time_zone), time_zone, stream_id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no day; write it as 2026-11-22") from error


def _format_of(output: Path) -> AsRunFormat:
    try:
        return AsRunFormat(output.suffix.removeprefix(".").lower())
    except ValueError as error:
        raise ConfigurationError(
            f"{output} does not end in .csv, .json or .pdf: say --format as well"
        ) from error


def _print_table(log: AsRunLog) -> None:
    table = Table(title=f"As-run log {log.day} ({log.time_zone}); times are UTC")
    for column in COLUMNS:
        table.add_column(column)
    for row in log.rows:
        cue = row.cue
        table.add_row(
            format_clock(row.aired_at, milliseconds=True),
            row.stream_name,
            cue.action,
            "" if cue.splice_event_id is None else format_event_id(cue.splice_event_id),
            cue.state,
            "" if row.lateness_ms is None else f"{row.lateness_ms:.0f}",
            "" if cue.pre_roll_ms is None else f"{cue.pre_roll_ms:.0f}",
            "; ".join(words for words in (row.receipt, cue.reason, _came_back(row)) if words),
        )
    terminal().print(table)
    print(f"{len(log.rows)} cues")


def _came_back(row: AsRunRow) -> str:
    return row.came_back.words if row.came_back is not None else ""
