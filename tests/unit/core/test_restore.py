"""Restoring: refused in words, done whole, and true to what has happened since the backup."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ibe100.core import restore as restoring
from ibe100.core.folders import Folders
from ibe100.core.records.anchors import open_records
from ibe100.core.records.keys import record_keys
from ibe100.core.restore import PENDING, STAGED, finish_restore, restore
from ibe100.core.restore_traces import audited_plans
from ibe100.core.secrets import SecretStore
from ibe100.database.backup.archive import write_archive
from ibe100.database.backup.backups import make_backup, sealing
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.chain.check import check_records
from ibe100.database.database import Database
from ibe100.database.records import EventIdRange, StoredStream
from ibe100.database.sql.schema import REVISION
from ibe100.models.backup import BackupManifest, BackupMember
from ibe100.models.cues.schedule import At, BreakState, ScheduledBreak
from ibe100.models.errors import StorageError
from ibe100.models.records.check import RecordAnchor
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AuditRecord
from ibe100.models.stream_config import StreamConfig, TestPatternInput

IDS = EventIdRange(first=100, last=199)
LONG_AGO, FAR_AHEAD = 1_000_000.0, 4_000_000_000.0


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    data_dir = tmp_path / "data"
    folders = Folders(data_dir, data_dir / "logs", data_dir / "state", data_dir / "media")
    folders.create()
    return folders


def stream(stream_id: str, desired: str = "off") -> StoredStream:
    config = StreamConfig(name=stream_id, input=TestPatternInput())
    return StoredStream.model_validate(
        {"stream_id": stream_id, "number": ord(stream_id[0]), "config": config, "desired": desired}
    )


def draft(**values: object) -> Cue:
    fields = {
        "cue_id": 0,
        "stream_id": "a",
        "session_id": None,
        "action": CueAction.TO_BREAK,
        "state": CueState.REQUESTED,
        "requested_by": "test",
        "requested_at": 5.0,
    }
    return Cue.model_validate({**fields, **values})


async def cue(database: Database) -> Cue:
    def seal(one: Cue) -> Cue:
        return one.moved_to(CueState.ARMED, section_base64="AAAA")

    return await database.cues.create(draft(), IDS, seal)


def planned(title: str, at: float) -> ScheduledBreak:
    return ScheduledBreak(
        break_id=-len(title) - int(at > LONG_AGO),
        stream_id="a",
        title=title,
        when=At(at=at),
        duration_s=60,
        planned_at=at,
    )


async def record(folders: Folders, *actions: str) -> None:
    keys = record_keys(SecretStore.open(folders.data_dir))
    database = await Database.open(folders.database_file, keys=keys)
    for action in actions:
        await database.audit.write(AuditRecord(at=float(len(action)), who="w", action=action, subject="s"))
    await database.close()


def backup(folders: Folders) -> Path:
    file = folders.data_dir.parent / "backup.tar.gz"
    seal = sealing(record_keys(SecretStore.open(folders.data_dir)))
    make_backup(folders.data_dir, file, Pace(file.parent, rest=0), seal)
    return file


def audit(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [action for (action,) in connection.execute("SELECT action FROM audit ORDER BY audit_id")]


def everything(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "instance.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


async def test_the_record_goes_on_and_wishes_are_those_of_the_backup(folders: Folders) -> None:
    database = await Database.open(folders.database_file)
    await database.streams.save(stream("a", "run"))
    await database.streams.save(stream("b"))
    early, later = await database.schedule.add([planned("early", LONG_AGO), planned("later", FAR_AHEAD)])
    first = await cue(database)
    await database.close()
    file = backup(folders)

    database = await Database.open(folders.database_file)
    await database.streams.save(stream("a", "off"))
    await database.streams.remove("b")
    await database.streams.save(stream("c"))
    await database.cues.step(first.moved_to(CueState.CANCELLED, reason="disarmed"))
    second = await cue(database)
    await database.schedule.remove([early.break_id])
    aired = later.model_copy(update={"state": BreakState.DONE, "cue_id": second.cue_id})
    (added,) = await database.schedule.add([planned("added", FAR_AHEAD + 1)])
    await database.schedule.save([aired])
    await database.close()
    folders.schedule_copy.write_bytes(b"-1\n")

    done = await restore(folders, file)
    assert done.merged.goes_on
    assert not folders.schedule_copy.exists(), "it would bring back what is restored from"
    assert done.merged.streams_left_out == ["c"]
    assert (done.merged.breaks_left_out, done.merged.will_start) == (1, [])
    database = await Database.open(folders.database_file)
    stored = {one.stream_id: one.desired for one in (await database.streams.load()).streams}
    assert stored == {"a": "off", "b": "off"}, "a restore starts nothing that was stopped since"
    cues = {one.cue_id: one.state for one in await database.cues.recent()}
    assert cues == {first.cue_id: CueState.CANCELLED, second.cue_id: CueState.ARMED}
    breaks = {one.title: one.state for one in await database.schedule.load(0.0)}
    assert breaks == {"early": BreakState.SKIPPED, "later": BreakState.DONE}
    assert (await cue(database)).splice_event_id == 102
    await database.close()
    assert added.break_id > 0


async def test_a_history_begun_anew_gives_only_its_event_ids(folders: Folders) -> None:
    database = await Database.open(folders.database_file)
    old = await cue(database)
    await database.audit.write(AuditRecord(at=1.0, who="w", action="then", subject="s"))
    await database.close()
    file = backup(folders)
    folders.database_file.unlink()
    database = await Database.open(folders.database_file)
    await database.audit.write(AuditRecord(at=2.0, who="w", action="anew", subject="s"))
    used = [(await cue(database)).splice_event_id for _ in range(3)]
    await database.close()

    done = await restore(folders, file)
    assert (done.merged.goes_on, done.merged.facts_left_out, done.merged.event_ids) == (False, 3, 2)
    assert audit(folders.database_file) == ["then", "database restored"]
    assert audit(done.aside / "ibe100.db") == ["anew"]
    database = await Database.open(folders.database_file)
    closed = await database.cues.get(old.cue_id)
    assert closed is not None and closed.state is CueState.FAILED
    assert "not sent" in closed.reason
    assert (await cue(database)).splice_event_id not in [old.splice_event_id, *used]
    await database.close()


def _line(at: float, action: str, detail: str) -> str:
    moment = datetime.fromtimestamp(at, UTC).isoformat()
    return json.dumps({"timestamp": moment, "event": action, "who": "bob", "subject": "a", "detail": detail})


async def test_cues_of_the_audit_log_are_on_record_and_their_ids_are_not_used_again(folders: Folders) -> None:
    await record(folders, "then")
    file = backup(folders)
    folders.database_file.unlink()
    lines = [
        _line(FAR_AHEAD, "TO BREAK", "event 100 AAAA"),
        _line(FAR_AHEAD + 600, "TO BREAK", "event 101 BBBB cue 40"),
        _line(FAR_AHEAD + 610, "cue disarmed", "event 101"),
        _line(FAR_AHEAD + 620, "stream stopped", "operator"),
        "torn",
    ]
    (folders.log_dir / "audit.log").write_text("\n".join(lines))
    merged = (await restore(folders, file)).merged
    assert (merged.event_ids, merged.cues_rebuilt) == (2, 2)
    database = await Database.open(folders.database_file)
    cues = {one.splice_event_id: (one.state, one.requested_by) for one in await database.cues.recent()}
    assert cues == {100: (CueState.FAILED, "bob"), 101: (CueState.CANCELLED, "bob")}
    assert 40 in {one.cue_id for one in await database.cues.recent()}, "the number that was told"
    assert (await cue(database)).splice_event_id == 102
    await database.close()


def test_what_was_planned_since_then_is_told_in_words(folders: Folders) -> None:
    folders.log_dir.mkdir(parents=True, exist_ok=True)
    lines = [
        _line(FAR_AHEAD, "break planned", "Evening, 20:15, 60 s"),
        _line(FAR_AHEAD + 1, "planned break removed", "Noon, 12:00, 60 s"),
        _line(FAR_AHEAD + 2, "stream stopped", "operator"),
        "torn",
    ]
    (folders.log_dir / "audit.log").write_text("\n".join(lines))
    newest = audited_plans(folders.log_dir, FAR_AHEAD + 0.5)
    assert newest == ["planned break removed on a: Noon, 12:00, 60 s"]
    assert len(audited_plans(folders.log_dir, 0.0)) == 2


async def test_what_is_damaged_or_newer_is_refused_and_all_stays(folders: Folders, tmp_path: Path) -> None:
    await record(folders, "then")
    file = backup(folders)
    before = everything(folders.data_dir)
    damaged = tmp_path / "damaged.tar.gz"
    content = file.read_bytes()
    damaged.write_bytes(content[:3000] + b"\0" + content[3001:])
    with pytest.raises(StorageError, match="damaged"):
        await restore(folders, damaged)
    member = BackupMember(name="ibe100.db", size=0, sha256="e3b0c442" + "0" * 56)
    newer = BackupManifest(made_at=1.0, version="4.0.0", schema_revision="9999", members=(member,))
    write_archive(tmp_path / "newer.tar.gz", newer, {"ibe100.db": b""}, lambda: None)
    with pytest.raises(
        StorageError, match=rf"IBE-100 4\.0\.0 \(schema 9999; this one knows up to {REVISION}\)"
    ):
        await restore(folders, tmp_path / "newer.tar.gz")
    with pytest.raises(StorageError, match="cannot be read"):
        await restore(folders, tmp_path / "none.tar.gz")
    assert everything(folders.data_dir) == before


async def test_an_older_schema_is_upgraded(folders: Folders) -> None:
    await record(folders, "then")
    with closing(sqlite3.connect(folders.database_file)) as connection:
        later = (
            "kept_requests",
            "tokens",
            "users",
            "record_links",
            "deleted_streams",
            "hosts",
            "stream_views",
            "clips",
        )
        for table in later:
            connection.execute(f"DROP TABLE {table}")
        for column in ("owner", "epoch"):
            connection.execute(f"ALTER TABLE streams DROP COLUMN {column}")
        for column in ("direction", "idr_offset_ms", "idr_kind", "break_update"):
            connection.execute(f"ALTER TABLE cues DROP COLUMN {column}")
        connection.execute("ALTER TABLE schedule DROP COLUMN accepted")
        connection.execute("UPDATE alembic_version SET version_num = '0006'")
        connection.commit()
    file = backup(folders)
    done = await restore(folders, file)
    assert done.manifest.schema_revision == "0006"
    with closing(sqlite3.connect(folders.database_file)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (REVISION,)
    assert sorted(path.name for path in folders.data_dir.glob("*schema*")) == [], "the backup is the copy"


@pytest.mark.parametrize("moves", range(6))
async def test_a_restore_that_was_killed_between_its_renames_is_finished_at_the_next_start(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    await record(folders, "then")
    (folders.profiles_dir / "Then.json").write_text("then")
    (folders.data_dir / "layouts.json").write_text("then")
    file = backup(folders)
    await record(folders, "since")
    (folders.profiles_dir / "Since.json").write_text("since")
    (folders.data_dir / "layouts.json").unlink()
    rename = Path.rename
    left = moves

    def killed(self: Path, target: Path) -> Path:
        nonlocal left
        if folders.data_dir in self.parents and (folders.data_dir / PENDING).exists():
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        try:
            await restore(folders, file)
        except KeyboardInterrupt:
            assert (folders.data_dir / PENDING).exists()
    finish_restore(folders.data_dir)
    assert audit(folders.database_file) == ["then", "since", "database restored"]
    assert (folders.data_dir / "layouts.json").read_text() == "then"
    assert [path.name for path in folders.profiles_dir.iterdir()] == ["Then.json"]
    [aside] = folders.data_dir.glob("before-restore-*")
    assert audit(aside / "ibe100.db") == ["then", "since"]
    assert (aside / "profiles" / "Since.json").exists()
    assert not (folders.data_dir / STAGED).exists()
    assert not (folders.data_dir / PENDING).exists()


async def test_secrets_come_back_with_their_key_and_those_made_since_stay(folders: Folders) -> None:
    await record(folders, "then")
    SecretStore.open(folders.data_dir).set("stream/a", "of then")
    file = backup(folders)
    store = SecretStore.open(folders.data_dir)
    store.set("stream/a", "of now")
    store.set("stream/new", "made since")
    await restore(folders, file)
    store = SecretStore.open(folders.data_dir)
    assert (store.get("stream/a"), store.get("stream/new")) == ("of then", "made since")
    (folders.data_dir / "secrets.bin").unlink()
    (folders.data_dir / "secrets.key").unlink()
    SecretStore.open(folders.data_dir).set("stream/a", "of another key")
    with pytest.raises(StorageError, match="was not made here"):
        await restore(folders, file)
    done = await restore(folders, file, also_foreign=True)
    assert "another key" in done.notices[0]
    store = SecretStore.open(folders.data_dir)
    assert (store.get("stream/a"), store.notices) == ("of another key", ())


async def test_the_record_of_a_restore_is_explained_and_no_false_alarm(folders: Folders) -> None:
    keys = record_keys(SecretStore.open(folders.data_dir))
    await record(folders, "one", "two")
    file = backup(folders)
    await record(folders, "since then")
    async with open_records(folders.database_file, keys) as database:
        head = await database.head()
    anchor = RecordAnchor(link=head[0], mac=head[1].hex(), at=time.time(), source="audit.log")
    await restore(folders, file)
    check = check_records(folders.database_file, keys, [anchor])
    assert check.is_intact
    assert "database restored: of " in check.seams[-1]
    folders.database_file.write_bytes(b"damaged")
    await restore(folders, file)
    check = check_records(folders.database_file, keys, [anchor])
    assert check.is_intact, "the anchor is of records that are lost, and the seam says so"
    later = anchor.model_copy(update={"at": time.time() + 1})
    assert not check_records(folders.database_file, keys, [later]).is_intact


async def test_a_row_that_was_put_in_before_a_restore_is_found_after_it(folders: Folders) -> None:
    keys = record_keys(SecretStore.open(folders.data_dir))
    await record(folders, "one")
    file = backup(folders)
    with closing(sqlite3.connect(folders.database_file)) as connection:
        insert = "INSERT INTO audit (at, who, action, subject, detail) VALUES (1, 'w', 'a', 's', '')"
        connection.execute(insert)
        connection.commit()
    await restore(folders, file)
    assert check_records(folders.database_file, keys, ()).faults == (
        "audit line 2 was put in: it has no link",
    )


async def test_the_chain_of_another_installation_is_begun_anew(folders: Folders, tmp_path: Path) -> None:
    await record(folders, "theirs")
    file = backup(folders)
    here = Folders(
        data_dir=tmp_path / "here",
        log_dir=tmp_path / "logs",
        state_dir=tmp_path / "state",
        media_dir=tmp_path / "media",
    )
    here.create()
    await restore(here, file, also_foreign=True)
    keys = record_keys(SecretStore.open(here.data_dir))
    check = check_records(here.database_file, keys, ())
    assert check.is_intact
    assert len(check.seams) == 1
    assert "made by another installation" in check.seams[0]


async def test_a_restore_that_would_fill_the_disk_is_not_begun(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(folders, "then")
    file = backup(folders)
    before = everything(folders.data_dir)
    monkeypatch.setattr(restoring, "Pace", lambda folder: Pace(folder, free=lambda _: 500_000_001))
    with pytest.raises(StorageError, match="stay free"):
        await restore(folders, file)
    assert everything(folders.data_dir) == before
