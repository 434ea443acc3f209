"""`./run asrun` and `./run contract` as processes of their own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ibe100.core.instance_lock import InstanceLock
from ibe100.database.database import Database
from ibe100.models.scte35_marker import Cue, CueAction, CueState

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
DAY = ("--day", "2026-11-22")


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Path]:
    """The data folder of a console that holds its lock and its database, with two cues on record."""
    with InstanceLock.acquire(tmp_path, "console"):
        database = await Database.open(tmp_path / "ibe100.db")
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
        yield tmp_path
        await database.close()


async def run(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ibe100.cli.main", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_log_is_read_beside_the_console_and_a_copy_proves_itself(console: Path) -> None:
    folder = ("--data-dir", str(console))
    (code, out, err), (table_code, table, _) = await asyncio.gather(
        run("asrun", *folder, *DAY, "--format", "json", "--stream", "Zwölf"), run("asrun", *folder, *DAY)
    )
    assert (code, err, table_code) == (0, "", 0)
    log = json.loads(out)
    assert [row["splice_event_id"] for row in log["rows"]] == [100024]
    canonical = json.dumps(log["rows"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == log["sha256"]
    assert "2 cues" in table
    assert "100023" in table
    copy, changed = console / "copy.json", console / "changed.json"
    copy.write_text(out)
    changed.write_text(out.replace("SPLICED", "FAILED"))
    intact, broken = await asyncio.gather(
        run("asrun", "--verify", str(copy)), run("asrun", "--verify", str(changed))
    )
    assert (intact[0], broken[0]) == (0, 1)
    assert "1 cues, intact" in intact[1]
    assert "CHANGED" in broken[1]


async def test_a_file_is_written_in_the_format_its_name_says(console: Path) -> None:
    paper = console / "log.pdf"
    code, out, err = await run(
        "asrun", "--data-dir", str(console), *DAY, "--tz", "Asia/Tokyo", "--output", str(paper)
    )
    assert (code, out) == (0, "")
    assert "2 cues, SHA-256" in err
    assert paper.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--day", "yesterday"), "'yesterday' is no day"),
        (("--stream", "nobody"), "no stream 'nobody' is on record; there are: s2 (Zwölf), s1 (One)"),
        (("--output", "log.doc"), "say --format as well"),
    ],
)
async def test_a_wrong_use_is_one_line_and_exit_2(
    console: Path, arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = await run("asrun", "--data-dir", str(console), *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


async def test_an_input_is_held_against_a_contract(media: Path) -> None:
    source = ("--input", str(media / "ott_with_scte35.ts"), "--json")
    kept, broken = await asyncio.gather(
        run("contract", "check", "4 s pre-roll", *source), run("contract", "check", "5", *source)
    )
    assert kept == (0, "[]\n", "")
    assert broken[0] == 1
    breaches = [one for one in json.loads(broken[1]) if one["severity"] == "breach"]
    assert [one["field"] for one in breaches] == ["video.width"]
    assert breaches[0]["asked"] == "1920 x 1080"


async def test_contracts_are_listed_and_shown() -> None:
    (code, out, _), (_, shown, _), (missing, _, words) = await asyncio.gather(
        run("contract", "list", "--json"), run("contract", "show", "5"), run("contract", "show", "Mars")
    )
    names = [one["name"] for one in json.loads(out)]
    assert code == 0
    assert len(names) == len(set(names)) == 5
    assert "100023" in shown
    assert "event_id_rule" in shown
    assert missing == 2
    assert "no contract is named 'Mars'" in words
