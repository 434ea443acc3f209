"""Files that a stream is told to read or write: ours and others' stay as they are, by any way in."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from api_rig import Served, served, words
from ibe100.core.application import Application
from ibe100.minitsp.chain.plugin import Context, GlobalOptions, PluginError
from ibe100.minitsp.outputs.file import FileOutput as FileWriterOutput
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import ConfigurationError, StorageError, StreamError
from ibe100.models.stream_config import FileInput, FileOutput, HlsOutput, StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.models.users import Role
from plugin_rig import Log
from services_rig import console, until_alarm

NULL_PACKET = bytes((0x47, 0x1F, 0xFF, 0x10)) + bytes(184)
OWN = ("ibe100.db", "ibe100.db-wal", "secrets.key", "profiles/x.json", "logs/audit.log", "state/spec.json")
"""Files of ours, in the data folder."""


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with console(tmp_path / "data") as application:
        yield application


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path / "data") as api:
        yield api


def to(path: Path, name: str = "Recorder") -> StreamConfig:
    return StreamConfig(name=name, output=FileOutput(path=path, overwrite=True))


def places(tmp_path: Path, media: Path) -> dict[str, Path]:
    """Paths that no stream may have, by what is wrong with them."""
    data, program = tmp_path / "data", Path(shutil.__file__)
    link, folder = tmp_path / "link.ts", tmp_path / "folder"
    link.symlink_to(data / "ibe100.db")
    folder.symlink_to(data)
    source = Path(__file__).resolve().parents[2] / "src" / "ibe100"
    return {
        **{f"own {name}": data / name for name in OWN},
        "by ..": tmp_path / "media" / ".." / "data" / "ibe100.db",
        "a link": link,
        "a folder that is a link": folder / "ibe100.db",
        "the program": source / "__init__.py",
        "the settings": source.parents[1] / "config" / "app_config.json",
        "hidden": tmp_path / ".profile",
        "in a hidden folder": tmp_path / ".ssh" / "authorized_keys",
        "no media folder": program,
        "another's home": Path("/home/somebody/x.ts"),
        "a device": Path("/dev/shm/x.ts"),
        "beside a media folder": media.with_name(media.name + "x") / "x.ts",
    }


async def test_neither_ours_nor_what_lies_outside_can_be_an_input_or_an_output(
    application: Application, tmp_path: Path, media: Path
) -> None:
    before = application.folders.database_file.stat().st_ino
    for what, path in places(tmp_path, media).items():
        for config in (
            to(path),
            StreamConfig(name="a", output=HlsOutput(playlist=path.with_suffix(".m3u8"))),
            StreamConfig(name="a", input=FileInput(path=path)),
            StreamConfig(name="a", return_feed=FileInput(path=path)),
        ):
            if what == "a link" and isinstance(config.output, HlsOutput):
                continue
            with pytest.raises(ConfigurationError, match=r"own folder|no media folder|hidden"):
                await application.streams.add(config)
        with pytest.raises(ConfigurationError):
            await application.streams.probe(FileInput(path=path))
    assert application.streams.streams() == ()
    assert application.folders.database_file.stat().st_ino == before


async def test_an_engineer_cannot_name_them_by_the_api(api: Served, tmp_path: Path, media: Path) -> None:
    client = await api.client(Role.ENGINEER)
    for path in places(tmp_path, media).values():
        output = {"kind": "file", "path": str(path), "overwrite": True}
        words(await client.post("/api/v1/streams", json={"name": "a", "output": output}), 422)
        words(await client.post("/api/v1/probe", json={"kind": "file", "path": str(path)}), 422)
    made = await client.post("/api/v1/streams", json={"name": "a"})
    output = {"kind": "file", "path": str(tmp_path / "data" / "ibe100.db"), "overwrite": True}
    number = made.json()["number"]
    told = words(await client.put(f"/api/v1/streams/{number}", json={"name": "a", "output": output}), 422)
    assert "output.path" in told and "the console's own folder of data" in told


async def test_a_profile_with_such_a_file_changes_nothing(application: Application, tmp_path: Path) -> None:
    await application.streams.add(StreamConfig(name="Kept"))
    await application.profiles.save("good")
    file = application.folders.profiles_dir / "good.json"
    file.write_text(
        file.read_text().replace('"name": "Kept"', '"name": "Kept", "output": ' + _json(tmp_path))
    )
    with pytest.raises(ConfigurationError, match="own folder of data"):
        await application.profiles.load("good")
    assert [view.config.output.kind for view in application.streams.streams()] == ["none"]


def _json(tmp_path: Path) -> str:
    return f'{{"kind": "file", "overwrite": true, "path": "{tmp_path}/data/ibe100.db"}}'


async def test_a_link_that_is_made_after_the_stream_was_saved_is_met_at_its_start(
    application: Application, tmp_path: Path, media: Path
) -> None:
    folder = tmp_path / "rec"
    folder.mkdir()
    config = StreamConfig(
        name="a",
        input=FileInput(path=media / "ott_with_scte35.ts"),
        output=FileOutput(path=folder / "ibe100.db"),
    )
    stream_id = (await application.streams.add(config)).stream_id
    folder.rmdir()
    folder.symlink_to(tmp_path / "data")
    inode = application.folders.database_file.stat().st_ino
    with pytest.raises(ConfigurationError, match="own folder of data"):
        await application.streams.start(stream_id)
    assert application.folders.database_file.stat().st_ino == inode
    assert application.streams.run_of(stream_id).view.state is StreamState.FAILED


async def test_two_streams_never_write_one_file(application: Application, tmp_path: Path) -> None:
    out, link = tmp_path / "out.ts", tmp_path / "same.ts"
    await application.streams.add(to(out, "First"))
    out.write_bytes(NULL_PACKET)
    os.link(out, link)
    (tmp_path / "by").symlink_to(tmp_path)
    for path in (out, link, tmp_path / "by" / "out.ts"):
        with pytest.raises(ConfigurationError, match="First writes it"):
            await application.streams.add(to(path, "Second"))
    for name in ("Live", "Other"):
        playlist = HlsOutput(playlist=tmp_path / f"{name.lower()}.m3u8")
        await application.streams.add(StreamConfig(name=name, output=playlist))
    with pytest.raises(ConfigurationError, match="Live writes it"):
        await application.streams.add(to(tmp_path / "live-000007.ts"))
    await application.streams.add(StreamConfig(name="Reader", input=FileInput(path=tmp_path / "source.ts")))
    with pytest.raises(ConfigurationError, match="Reader reads it"):
        await application.streams.add(to(tmp_path / "source.ts"))


async def test_links_in_a_circle_are_refused_when_they_are_opened(
    application: Application, tmp_path: Path, media: Path
) -> None:
    circle = tmp_path / "circle.ts"
    circle.symlink_to(circle)
    config = to(circle).model_copy(update={"input": FileInput(path=media / "ott_with_scte35.ts")})
    assert await application.media.not_allowed(config) == ()
    stream_id = (await application.streams.add(config)).stream_id
    with pytest.raises(StreamError, match="holds something else"):
        await application.streams.start(stream_id)
    await application.streams.add(to(tmp_path / "other.ts", "Other"))


async def test_exports_do_not_take_the_place_of_our_files(application: Application, tmp_path: Path) -> None:
    await application.profiles.save("mine")
    with pytest.raises(StorageError, match="own folder of data"):
        await application.profiles.export_file("mine", tmp_path / "data" / "ibe100.db")
    await application.profiles.export_file("mine", tmp_path / "mine.json")
    with pytest.raises(StorageError, match="own folder of data"):
        await application.metrics_csv.write("a", (), 0.0, 1.0, tmp_path / "data" / "secrets.key")


async def test_a_database_that_is_replaced_under_us_is_an_alarm(application: Application) -> None:
    path = application.folders.database_file
    path.unlink()
    with closing(sqlite3.connect(path)):
        path.touch()
    alarm = await until_alarm(application, "data_moved", AlarmState.UNACKNOWLEDGED)
    assert "ibe100.db was replaced by another" in alarm.value


async def test_a_folder_is_allowed_by_hand_and_stays_so_but_never_one_of_ours(
    tmp_path: Path,
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    async with console(tmp_path / "data", media={"folders": []}) as application:
        config = to(allowed / "a.ts")
        assert await application.media.not_allowed(config) == (allowed,)
        with pytest.raises(ConfigurationError, match="it is in no media folder"):
            await application.streams.add(config)
        for folder in (tmp_path / "data", tmp_path / "data" / "state"):
            with pytest.raises(ConfigurationError, match="own folder"):
                await application.media.allow([folder])
        await application.media.allow([allowed])
        await application.streams.add(config)
        audited = [(one.action, one.subject) for one in await application.records.audit.list()]
        assert ("media folder allowed", str(allowed)) in audited
        await application.streams.add(to(application.folders.media_dir / "own.ts", "Own"))
    async with console(tmp_path / "data", media={"folders": []}) as application:
        assert await application.media.not_allowed(config) == ()


async def test_streams_of_before_there_was_a_list_go_on(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    async with console(tmp_path / "data") as application:
        await application.streams.add(to(old / "a.ts"))
    (tmp_path / "data" / "media_folders").unlink()
    async with console(tmp_path / "data", media={"folders": []}) as application:
        assert application.media.folders()[1:] == (old,)


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + bytes(1000), b"x"])
def test_the_processor_appends_to_nothing_but_a_transport_stream(tmp_path: Path, content: bytes) -> None:
    file, real = tmp_path / "out.ts", tmp_path / "real.ts"
    file.write_bytes(content)
    real.write_bytes(NULL_PACKET)
    (tmp_path / "link.ts").symlink_to(real)
    (tmp_path / "folder").symlink_to(tmp_path)
    for path in (file, tmp_path / "link.ts", tmp_path / "folder" / "real.ts"):
        with pytest.raises(PluginError):
            _attended(path).start()
    assert (file.read_bytes(), real.read_bytes()) == (content, NULL_PACKET)
    output = _attended(real)
    output.start()
    output.stop()


def _attended(path: Path) -> FileWriterOutput:
    options = FileWriterOutput.options.parse(["--append", str(path)])
    return FileWriterOutput(options, Context(GlobalOptions(), Log(), attended=True))
