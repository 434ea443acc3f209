from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import ibe100.database
from ibe100.database import upgrade
from ibe100.database.database import Database
from ibe100.database.sql.schema import REVISION, Base
from ibe100.database.sql.sqlite import sqlite_url, writing_engine
from ibe100.models.cues.contract import Contract, TimeSignalCommand
from ibe100.models.errors import StorageError
from ibe100.models.scte35_marker import Direction
from ibe100.models.session import AuditRecord
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput
from ibe100.scte35 import encode, splice_insert, splice_null, time_signal, to_base64
from ibe100.scte35.values import SegmentationDescriptor, SpliceInfoSection

LINE = AuditRecord(at=1.0, who="anna", action="fire", subject="one")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ibe100.db"


@pytest.fixture(autouse=True)
def migrated_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No copy of a database that was migrated elsewhere."""
    monkeypatch.setattr("ibe100.database.database.prepare", upgrade.prepare)


async def make(path: Path) -> None:
    database = await Database.open(path)
    await database.audit.write(LINE)
    await database.close()


def set_revision(path: Path, revision: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()


async def test_a_fresh_database_has_the_schema_and_the_folders_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "50%" / "of é" / "ibe100.db"
    await make(path)
    engine = writing_engine(sqlite_url(path))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert differences == []


def test_the_revision_named_in_the_schema_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(ibe100.database.__path__[0]) / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


async def test_opening_again_changes_nothing_and_says_nothing(path: Path) -> None:
    for _ in range(2):
        await make(path)
    database = await Database.open(path)
    assert database.notices == ()
    assert len(await database.audit.list()) == 2
    await database.close()
    assert list(path.parent.iterdir()) == [path]


async def test_a_newer_schema_is_refused_in_words_and_left_alone(path: Path) -> None:
    await make(path)
    set_revision(path, "9999")
    before = path.read_bytes()
    with pytest.raises(StorageError, match=rf"newer version of IBE-100 \(schema 9999; .* up to {REVISION}\)"):
        await Database.open(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


async def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    with pytest.raises(StorageError, match="some other program"):
        await Database.open(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def make_as_of(path: Path, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database as the version that knew no more than `revision` left it."""
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "REVISION", revision)
        upgrade.prepare(path, 1.0)
    with closing(sqlite3.connect(path)) as connection:
        row = (LINE.at, LINE.who, LINE.action, LINE.subject, LINE.detail)
        connection.execute("INSERT INTO audit (at, who, action, subject, detail) VALUES (?, ?, ?, ?, ?)", row)
        connection.commit()


async def test_an_older_schema_is_copied_before_it_is_migrated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_as_of(path, "0001", monkeypatch)
    database = await Database.open(path, wall=lambda: 1_795_331_402.0)
    backup = path.with_name("ibe100.db.schema-0001-20261122T071002Z")
    assert f"from schema 0001 to {REVISION}" in database.notices[0]
    assert backup.name in database.notices[0]
    assert [line.who for line in await database.audit.list()] == ["anna"]
    await database.close()
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT who FROM audit").fetchall() == [("anna",)]
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


async def test_every_older_schema_becomes_the_schema_of_the_tables(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_as_of(path, "0001", monkeypatch)
    await make(path)
    engine = writing_engine(sqlite_url(path))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert differences == []


async def test_cues_of_before_get_their_direction_from_their_action_or_their_section(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_signal = Contract(name="Distributor", command=TimeSignalCommand())
    config = StreamConfig(name="One", input=TestPatternInput(), output=NoOutput(), contract=by_signal)
    start = time_signal(SegmentationDescriptor(7, segmentation_type_id=0x34))
    cues: list[tuple[str, SpliceInfoSection | None, Direction]] = [
        ("TO BREAK", None, Direction.OUT),
        ("CRASH OUT", None, Direction.OUT),
        ("BACK TO PROGRAMME", None, Direction.IN),
        ("CRASH IN", None, Direction.IN),
        ("SPLICE NULL", splice_null(), Direction.NONE),
        ("SEND SECTION", splice_insert(9, True), Direction.OUT),
        ("SEND SECTION", splice_insert(9, False), Direction.IN),
        ("SEND SECTION", None, Direction.NONE),
        ("TIME SIGNAL", start, Direction.OUT),
    ]
    make_as_of(path, "0007", monkeypatch)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO streams VALUES ('one', 1, ?, 'off', NULL)", (config.model_dump_json(),)
        )
        for action, section, _ in cues:
            connection.execute(
                "INSERT INTO cues (stream_id, action, state, requested_by, requested_at, pre_roll_s, "
                "section_base64, sent, sent_expected, seen, seen_base64, reason) "
                "VALUES ('one', ?, 'SPLICED', 'anna', 1, 0, ?, 1, 1, 1, '', '')",
                (action, "" if section is None else to_base64(encode(section))),
            )
        connection.commit()
    database = await Database.open(path)
    found = await database.cues.recent("one")
    await database.close()
    assert [cue.direction for cue in reversed(found)] == [direction for *_, direction in cues]


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    path.touch()
    real = command.upgrade

    def fails_at_the_end(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        raise ZeroDivisionError("a bug in a migration")

    monkeypatch.setattr(command, "upgrade", fails_at_the_end)
    with pytest.raises(ZeroDivisionError):
        await Database.open(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    monkeypatch.undo()
    await make(path)


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


@pytest.mark.parametrize("damage", ["header", "page", "cut", "no database"])
async def test_a_damaged_file_is_set_aside_and_a_fresh_one_begun(path: Path, damage: str) -> None:
    await make(path)
    match damage:
        case "header":
            overwrite(path, 0, b"\x00" * 100)
        case "page":
            overwrite(path, 4096, b"\xff" * 4096 * 4)
        case "cut":
            overwrite(path, path.stat().st_size, b"")
            with path.open("r+b") as file:
                file.truncate(path.stat().st_size // 2)
        case "no database":
            path.write_text("<html>")
    damaged = path.read_bytes()
    database = await Database.open(path, wall=lambda: 1_795_331_402.0)
    aside = path.with_name("ibe100.db.damaged-20261122T071002Z")
    assert aside.name in database.notices[0]
    assert aside.read_bytes() == damaged
    assert await database.audit.list() == ()
    await database.audit.write(LINE)
    await database.close()


async def test_a_folder_that_cannot_be_made_is_named(path: Path) -> None:
    path.write_text("")
    with pytest.raises(StorageError, match=r"Check the folder .*ibe100\.db"):
        await Database.open(path / "below" / "ibe100.db")
