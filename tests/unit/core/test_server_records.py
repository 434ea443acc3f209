"""Records on a server: moved there, restored there, and known to be older than the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ibe100.cli.main import main
from ibe100.cli.records import database as commands
from ibe100.cli.reference.exit_codes import REFUSED
from ibe100.core.config import FolderSettings, load
from ibe100.core.folders import Folders, resolve
from ibe100.core.records.address import PASSWORD, address_of, server_of
from ibe100.core.records.keys import record_keys
from ibe100.core.recovery import keep_used_ids
from ibe100.core.restore import PENDING, finish_restore, loader, restore
from ibe100.core.secrets import SecretStore
from ibe100.database.backup.backups import make_backup, sealing
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.chain.check import check_records
from ibe100.database.database import Database
from ibe100.database.records import EventIdRange, StoredStream
from ibe100.models.backup import DATABASE
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseAddress, DatabaseServer
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AuditRecord
from ibe100.models.stream_config import StreamConfig
from postgresql_rig import rows

IDS = EventIdRange(first=100, last=199)
CANARY = "canary-0f3e7"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = resolve(FolderSettings(data_dir=tmp_path / "data"))
    made.create()
    return made


async def cue(database: Database) -> Cue:
    draft = Cue(
        cue_id=0,
        stream_id="a",
        session_id=None,
        action=CueAction.TO_BREAK,
        state=CueState.REQUESTED,
        requested_by="anna",
        requested_at=1.0,
    )
    return await database.cues.create(
        draft, IDS, lambda made: made.moved_to(CueState.ARMED, section_base64="AAAA")
    )


async def record(folders: Folders, address: DatabaseAddress, action: str) -> Cue:
    database = await Database.open(address, keys=record_keys(SecretStore.open(folders.data_dir)))
    await database.streams.save(StoredStream(stream_id="a", number=1, config=StreamConfig(name=action)))
    await database.audit.write(AuditRecord(at=1.0, who="w", action=action, subject="s"))
    made = await cue(database)
    await database.close()
    return made


def backup_of(folders: Folders, server: DatabaseServer | None) -> Path:
    file = folders.data_dir.parent / "backup.tar.gz"
    seal = sealing(record_keys(SecretStore.open(folders.data_dir)))
    make_backup(folders.data_dir, file, Pace(file.parent, rest=0, least_free=0), seal, server=server)
    return file


def actions(address: DatabaseAddress) -> list[str]:
    return [row[0] for row in rows(address, "SELECT action FROM audit ORDER BY audit_id")]


async def test_a_backup_is_restored_into_a_server_and_its_record_goes_on(
    folders: Folders, server: DatabaseServer
) -> None:
    await record(folders, server, "then")
    file = backup_of(folders, server)
    await record(folders, server, "since")
    done = await restore(folders, file, server=server)
    assert done.merged.goes_on
    assert actions(server) == ["then", "since", "database restored"]
    assert '"then"' in rows(server, "SELECT config FROM streams")[0][0], "wishes are those of the backup"
    assert actions(done.aside / DATABASE) == ["then", "since"], "what was there is kept"
    assert not folders.database_file.exists()
    assert check_records(server, record_keys(SecretStore.open(folders.data_dir)), ()).faults == ()
    assert (await record(folders, server, "on")).splice_event_id == 102


async def test_a_backup_of_a_file_is_restored_into_an_empty_server(
    folders: Folders, server: DatabaseServer
) -> None:
    used = await record(folders, folders.database_file, "then")
    done = await restore(folders, backup_of(folders, None), server=server)
    assert (done.merged.goes_on, done.merged.cues_closed) == (False, 1)
    assert actions(server) == ["then", "database restored"]
    assert used.splice_event_id == 100
    assert (await record(folders, server, "on")).splice_event_id == 101


async def test_a_restore_into_a_server_that_was_killed_is_completed_at_the_next_start(
    folders: Folders, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(folders, server, "then")
    file = backup_of(folders, server)

    def killed(_server: DatabaseServer) -> Callable[[Path], None]:
        def load(_path: Path) -> None:
            raise KeyboardInterrupt

        return load

    monkeypatch.setattr("ibe100.core.restore.loader", killed)
    with pytest.raises(KeyboardInterrupt):
        await restore(folders, file, server=server)
    monkeypatch.undo()
    assert (folders.data_dir / PENDING).exists()
    with pytest.raises(StorageError, match="start with the settings that name it"):
        finish_restore(folders.data_dir)
    finish_restore(folders.data_dir, loader(server))
    assert actions(server) == ["then", "database restored"]
    assert not (folders.data_dir / PENDING).exists()


async def test_event_ids_that_a_server_set_back_does_not_know_are_not_used_again(
    folders: Folders, server: DatabaseServer
) -> None:
    lines = [
        {
            "timestamp": f"2026-11-22T07:10:0{number}.000Z",
            "event": CueAction.TO_BREAK.value,
            "who": "anna",
            "subject": "a",
            "detail": f"event {100 + number} AAAA cue {number + 1}",
        }
        for number in range(3)
    ]
    (folders.log_dir / "audit.log").write_text("".join(json.dumps(line) + "\n" for line in lines))
    database = await Database.open(server)
    (told,) = await keep_used_ids(database, folders)
    assert "older than the audit log: event 102" in told
    assert (await cue(database)).splice_event_id == 103
    known = await cue(database)
    lines[-1]["detail"] = f"event {known.splice_event_id} AAAA cue {known.cue_id}"
    (folders.log_dir / "audit.log").write_text(json.dumps(lines[-1]) + "\n")
    assert await keep_used_ids(database, folders) == ()
    await database.close()


def test_the_password_comes_from_the_secrets_or_the_environment(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://ibe100@db.example/ibe100"
    config = load({"folders": {"data_dir": str(folders.data_dir)}, "database": {"url": url}})
    SecretStore.open(folders.data_dir).set(PASSWORD, CANARY)
    assert server_of(config, folders) == DatabaseServer(url, CANARY)
    monkeypatch.setenv("IBE100_DATABASE_PASSWORD", "other")
    assert server_of(config, folders) == DatabaseServer(url, "other")
    assert CANARY not in f"{server_of(config, folders)!r}{server_of(config, folders)}"
    assert address_of(load({}), folders) == folders.database_file


async def test_moved_by_the_command_line_and_told_of(folders: Folders, server: DatabaseServer) -> None:
    await record(folders, folders.database_file, "then")
    data, run = ["--data-dir", str(folders.data_dir)], CliRunner().invoke
    empty = run(commands.app, ["check", "--to", server.url, *data])
    assert "0 streams, 0 cues, 0 audit lines" in empty.output
    moved = run(commands.app, ["migrate", "--to", server.url, *data])
    assert moved.exit_code == 0, moved.output
    assert "each alike on both sides" in moved.output
    assert actions(server) == ["then"]
    report = json.loads(run(commands.app, ["check", "--to", server.url, "--json", *data]).output)
    assert (report["streams"], report["cues"], report["writer"]) == (1, 1, None)
    assert any("fsync is off" in warning for warning in report["warnings"])
    kept = run(commands.app, ["password", *data], input=f"{CANARY}\n")
    assert SecretStore.open(folders.data_dir).get(PASSWORD) == CANARY
    assert CANARY not in kept.output
    run(commands.app, ["password", *data], input="\n")
    assert SecretStore.open(folders.data_dir).get(PASSWORD) is None


def test_a_url_with_a_password_is_refused_by_the_command_line_without_repeating_it(
    folders: Folders, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql+psycopg://anna:{CANARY}@db/x"
    arguments = ["ibe100", "database", "check", "--to", url, "--data-dir", str(folders.data_dir)]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == REFUSED
    told = capsys.readouterr()
    assert "must hold no password" in told.err
    assert CANARY not in told.err + told.out
