from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from ibe100.core.application import Application, open_application
from ibe100.models.errors import ConfigurationError, ProbeError, StreamError
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import FileInput, FileOutput, HlsOutput, StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.files.output_target import prepare_output
from services_rig import settings

NULL_PACKET = bytes((0x47, 0x1F, 0xFF, 0x10)) + bytes(184)


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with open_application(settings(tmp_path / "data"), "test", log_to_stderr=False) as application:
        yield application


def to_file(path: Path, *, overwrite: bool = False) -> StreamConfig:
    return StreamConfig(name="Recorder", output=FileOutput(path=path, overwrite=overwrite))


async def test_streams_added_at_once_get_ids_and_numbers_of_their_own(application: Application) -> None:
    views = await asyncio.gather(*(application.streams.add(StreamConfig(name="Sport 1")) for _ in range(4)))
    assert [view.stream_id for view in views] == ["sport-1", "sport-1-2", "sport-1-3", "sport-1-4"]
    assert [view.number for view in views] == [1, 2, 3, 4]
    assert application.streams.streams() == views or list(application.streams.streams()) == views


async def test_names_without_a_letter_that_an_id_can_hold_get_one_all_the_same(
    application: Application,
) -> None:
    names = ("Émission", "中文", "---", "A" * 80, f"{'b' * 29} c")
    views = [await application.streams.add(StreamConfig(name=name)) for name in names]
    assert [view.stream_id for view in views] == ["mission", "stream", "stream-2", "a" * 30, "b" * 29]
    assert [view.config.name for view in views] == list(names)


async def test_an_id_that_is_taken_is_refused_and_the_stream_that_has_it_stays(
    application: Application,
) -> None:
    view = await application.streams.add(StreamConfig(name="One"))
    with pytest.raises(StreamError, match="there is a stream one already"):
        await application.streams.add_entry(
            StreamEntry(stream_id="one", number=2, config=StreamConfig(name="Other"))
        )
    assert application.streams.streams() == (view,)


async def test_a_start_that_is_refused_leaves_the_stream_failed_with_its_reason_and_off_for_the_next_console(
    application: Application, tmp_path: Path
) -> None:
    config = StreamConfig(name="Gone", input=FileInput(path=tmp_path / "nowhere.ts"))
    stream_id = (await application.streams.add(config)).stream_id
    for _ in range(2):
        with pytest.raises(ProbeError, match=r"nowhere\.ts"):
            await application.streams.start(stream_id)
    run = application.streams.run_of(stream_id)
    assert run.view.state is StreamState.FAILED
    assert "nowhere.ts" in run.view.reason
    assert not run.is_wanted()
    assert await application.records.sessions.list() == ()
    await application.streams.remove(stream_id)
    with pytest.raises(StreamError, match="there is no stream gone"):
        await application.streams.start(stream_id)


def test_a_file_is_overwritten_only_where_that_is_allowed_and_never_by_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "out.ts"
    prepare_output(to_file(path))
    recorded = NULL_PACKET * 5
    path.write_bytes(recorded)
    with pytest.raises(StreamError, match="exists; allow overwriting it or choose another name"):
        prepare_output(to_file(path))
    for overwrite in (False, True):
        prepare_output(to_file(path, overwrite=overwrite), keep=True)
        assert path.read_bytes() == recorded
    prepare_output(to_file(path, overwrite=True))
    assert not path.exists()


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + bytes(4096), b"G", b"G" * 187, bytes(188)])
def test_what_is_no_transport_stream_is_neither_overwritten_nor_gone_on_with(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "out.ts"
    path.write_bytes(content)
    for keep in (False, True):
        with pytest.raises(StreamError, match="holds something else than a transport stream"):
            prepare_output(to_file(path, overwrite=True), keep=keep)
    assert path.read_bytes() == content


def test_a_playlist_takes_the_place_of_a_playlist_only(tmp_path: Path) -> None:
    path = tmp_path / "live.m3u8"
    config = StreamConfig(name="Recorder", output=HlsOutput(playlist=path))
    for content in (b"", b"#EXTM3U\n"):
        path.write_bytes(content)
        prepare_output(config)
    path.write_text("export PATH=…")
    with pytest.raises(StreamError, match="holds something else than a playlist"):
        prepare_output(config)


def test_a_link_to_a_recording_is_not_followed_when_it_is_overwritten(tmp_path: Path) -> None:
    target, link = tmp_path / "target.ts", tmp_path / "out.ts"
    target.write_bytes(NULL_PACKET * 5)
    link.symlink_to(target)
    with pytest.raises(StreamError):
        prepare_output(to_file(link, overwrite=True))
    assert target.exists() and link.is_symlink()


def test_an_output_in_a_folder_that_is_absent_is_refused(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    for output in (FileOutput(path=absent / "out.ts"), HlsOutput(playlist=absent / "list.m3u8")):
        with pytest.raises(StreamError, match="absent does not exist; create it"):
            prepare_output(StreamConfig(name="Recorder", output=output))
    with pytest.raises(StreamError, match="is a folder; name a file in it"):
        prepare_output(to_file(tmp_path))


async def test_a_name_of_digits_alone_is_refused_and_an_id_never_becomes_one(
    application: Application,
) -> None:
    for name in ("2", " 101 ", "٢"):
        with pytest.raises(ConfigurationError, match="digits alone are the number of a stream; add a letter"):
            await application.streams.add(StreamConfig(name=name))
    views = [await application.streams.add(StreamConfig(name=name)) for name in ("2!", "0x1F", "1.5")]
    assert [view.stream_id for view in views] == ["stream-2", "0x1f", "1-5"]
    with pytest.raises(ConfigurationError, match="name '3': digits alone"):
        await application.streams.change("stream-2", StreamConfig(name="3"))
    with pytest.raises(ConfigurationError, match="stream_id '7': digits alone"):
        await application.streams.add_entry(
            StreamEntry(stream_id="7", number=7, config=StreamConfig(name="Seven"))
        )
    assert [view.name for view in application.streams.streams()] == ["2!", "0x1F", "1.5"]


NEWER = {
    "version": 2,
    "name": "Newer",
    "note": "call the studio",
    "input": {"kind": "udp", "port": 5000, "ecn": True},
    "output": {"kind": "ndi", "source": "PGM"},
}


async def test_a_stream_of_a_newer_version_is_listed_and_kept_and_not_run(tmp_path: Path) -> None:
    config = settings(tmp_path / "data")

    def stored(change: dict[str, object] | None = None) -> dict[str, object]:
        with closing(sqlite3.connect(tmp_path / "data" / "ibe100.db")) as connection:
            if change is not None:
                connection.execute("UPDATE streams SET config = ?, desired = 'run'", [json.dumps(change)])
                connection.commit()
            ((text,),) = connection.execute("SELECT config FROM streams").fetchall()
        return dict(json.loads(text))

    async with open_application(config, "test", log_to_stderr=False) as application:
        stream_id = (await application.streams.add(StreamConfig(name="Newer"))).stream_id
    stored(NEWER)
    async with open_application(config, "test", log_to_stderr=False) as application:
        (view,) = application.streams.streams()
        reason = "made by a newer version of IBE-100: this one does not understand output"
        assert (view.name, view.state, view.reason) == ("Newer", StreamState.FAILED, reason)
        with pytest.raises(StreamError, match=reason):
            await application.streams.start(stream_id)
        with pytest.raises(StreamError, match=reason):
            await application.streams.command(stream_id)
        assert stored() == NEWER
        renamed = await application.streams.change(
            stream_id, StreamConfig.model_validate({**view.config.model_dump(), "name": "Old"})
        )
        assert (renamed.state, renamed.reason) == (StreamState.FAILED, reason)
        assert stored() == {**NEWER, "name": "Old"}
        edited = renamed.config.model_copy(update={"output": FileOutput(path=tmp_path / "out.ts")})
        assert (await application.streams.change(stream_id, edited)).state is StreamState.OFF
        kept = {**NEWER, "name": "Old", "output": {"kind": "file", "path": str(tmp_path / "out.ts")}}
        assert stored() == kept
