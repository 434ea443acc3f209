"""`./run asrun` and `./run contract`: as processes beside a console, and what they print."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from ibe100.cli.asrun import Wanted, run_asrun, run_verify
from ibe100.cli.contract import app as contract_app
from ibe100.core.instance_lock import InstanceLock
from ibe100.core.records.keys import make_signing_key, signing_key
from ibe100.core.secrets import SecretStore
from ibe100.database.database import Database
from ibe100.models.cues.as_run import AsRunFormat
from ibe100.models.cues.break_log import LogBy
from ibe100.models.errors import ConfigurationError, NotFound
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.services.history.as_run_signature import pem_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
DAY = "2026-11-22"


async def record(folder: Path) -> Database:
    """An open database with two cues of two streams."""
    database = await Database.open(folder / "ibe100.db")
    for number, name in enumerate(("One", "Zwölf"), 1):
        session = await database.sessions.start(
            stream_id=f"s{number}", stream_name=name, engine="e", command="c", started_at=NOON
        )
        await database.cues.create(
            Cue(
                cue_id=0,
                stream_id=f"s{number}",
                session_id=session.session_id,
                action=CueAction.TO_BREAK,
                state=CueState.SPLICED,
                requested_by="anna",
                requested_at=NOON,
                splice_event_id=100022 + number,
                seen_at=NOON + 0.08,
            )
        )
    return database


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Path]:
    """The data folder of a console that holds its lock and its database."""
    with InstanceLock.acquire(tmp_path, "console"):
        database = await record(tmp_path)
        yield tmp_path
        await database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of a console that has ended."""

    async def make() -> None:
        await (await record(tmp_path)).close()

    asyncio.run(make())
    return tmp_path


async def run(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ibe100.cli.main", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_log_is_read_beside_the_console_and_a_changed_copy_is_found_out(console: Path) -> None:
    command = ("asrun", "--data-dir", str(console), "--day", DAY, "--stream", "Zwölf", "--format", "json")
    code, out, err = await run(*command)
    assert (code, err) == (0, "")
    log = json.loads(out)
    assert [row["splice_event_id"] for row in log["rows"]] == [100024]
    canonical = json.dumps(log["rows"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == log["sha256"]
    copy = console / "copy.json"
    copy.write_text(out.replace("SPLICED", "FAILED"))
    code, out, err = await run("asrun", "--verify", str(copy))
    assert (code, err) == (1, "")
    assert f"CHANGED. It names SHA-256 {log['sha256']}" in out


async def test_what_is_refused_is_one_line_and_exit_3(console: Path) -> None:
    code, out, err = await run("asrun", "--data-dir", str(console), "--day", "yesterday")
    assert (code, out) == (3, "")
    assert err == "ibe100: 'yesterday' is no day; write it as 2026-11-22\n"


def wanted(time_zone: str = "UTC", stream: str = "", by: LogBy = LogBy.CUE, days: int = 1) -> Wanted:
    return Wanted(DAY, time_zone, stream, by, days)


def test_the_breaks_of_days_are_printed_with_their_sums(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_asrun(folder, wanted("", by=LogBy.BREAK, days=2), None, None) == 0
    said = capsys.readouterr().out
    assert "As-run log by break, " in said
    for words in ("Days", "Channels", "Distributors", "Zwölf"):
        assert words in said
    path = folder / "breaks.json"
    assert run_asrun(folder, wanted(by=LogBy.BREAK), None, path) == 0
    assert run_verify(path, data_dir=folder) in (0, 6)
    with pytest.raises(ConfigurationError, match="--days goes with --by break"):
        run_asrun(folder, wanted(days=2), None, None)


def test_a_table_of_the_day_is_printed_without_a_format(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_asrun(folder, wanted(), None, None) == 0
    out = capsys.readouterr().out
    assert "As-run log 2026-11-22 (UTC)" in out
    assert "2 cues" in out


@pytest.mark.parametrize("kind", list(AsRunFormat))
def test_a_file_is_written_in_the_format_its_name_says(
    folder: Path, kind: AsRunFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / f"log.{kind.upper()}"
    assert run_asrun(folder, wanted("Asia/Tokyo", "s1"), None, path) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    digest = captured.err.strip().rpartition(" ")[2]
    assert f"1 cue, SHA-256 {digest}" in captured.err
    if kind is AsRunFormat.PDF:
        assert path.read_bytes().startswith(b"%PDF-")
    else:
        assert run_verify(path, data_dir=folder) == 6
        assert capsys.readouterr().out.startswith(f"{path}: UNSIGNED. 1 cues, SHA-256 {digest} fits the rows")
        store = SecretStore.open(folder)
        make_signing_key(store)
        key = folder / "public.pem"
        own = signing_key(store)
        assert own is not None
        key.write_text(pem_of(own.public_key()))
        assert run_asrun(folder, wanted(), kind, path) == 0
        capsys.readouterr()
        assert run_verify(path, key) == run_verify(path, data_dir=folder) == 0
        assert f"{path}: 2 cues, intact, signed with key " in capsys.readouterr().out
        key.write_text(pem_of(Ed25519PrivateKey.generate().public_key()))
        assert run_verify(path, key) == 6
        assert "NOT PROVED" in capsys.readouterr().out


def test_a_stream_or_format_that_is_not_known_is_refused_with_those_there_are(folder: Path) -> None:
    with pytest.raises(NotFound, match=r"no stream 'x'; there are: Zwölf \(id s2\), One \(id s1\)"):
        run_asrun(folder, wanted(stream="x"), None, None)
    with pytest.raises(ConfigurationError, match="say --format as well"):
        run_asrun(folder, wanted(), None, folder / "log.doc")


def contract(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(contract_app, arguments)
    return result.exit_code, result.stdout


def test_an_input_is_held_against_a_contract(media: Path) -> None:
    source = ("--input", str(media / "ott_with_scte35.ts"))
    assert contract("check", "4 s pre-roll", *source, "--json") == (0, "[]\n")
    code, out = contract("check", "5", *source)
    assert code == 1
    assert "breach: video.width: the contract asks 1920 x 1080; found: 640 x 360. Set the encoder." in out
    assert "breach: video.gop_frames: the contract asks 12" in out
    assert out.endswith("SRT distributor, PID 500, rising ids: breaches: 2\n")


def test_contracts_are_listed_and_shown() -> None:
    code, out = contract("list", "--json")
    names = [one["name"] for one in json.loads(out)]
    assert (code, len(names)) == (0, len(set(names)))
    assert "SRT distributor" in contract("list")[1]
    code, out = contract("show", "SRT")
    assert code == 0
    assert "100023" in out
    assert json.loads(contract("show", "SRT", "--json")[1])["event_id_rule"] == "rising"
