from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibe100.core.application import Application, open_application
from ibe100.core.config import load
from ibe100.models.errors import ConfigurationError, StorageError, StreamError
from ibe100.models.stream_config import HlsOutput, SrtInput, StreamConfig
from ibe100.models.stream_state import StreamState


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    config = load({"folders": {"data_dir": str(tmp_path / "data")}, "engine": {"kind": "builtin"}})
    async with open_application(config, "test", log_to_stderr=False) as application:
        yield application


def names(application: Application) -> list[str]:
    return [view.config.name for view in application.streams.streams()]


async def test_a_profile_brings_its_streams_back_and_never_holds_a_passphrase(
    application: Application, tmp_path: Path
) -> None:
    secret = StreamConfig(
        name="Contribution",
        input=SrtInput.model_validate({"host": "192.0.2.1", "port": 9000, "passphrase": "a very secret one"}),
    )
    await application.streams.add(secret)
    await application.streams.add(StreamConfig(name="Pattern"))
    path = await application.profiles.save("evening")
    assert "secret" not in path.read_text().replace("secrets", "")
    assert await application.profiles.names() == ("evening",)

    await application.streams.remove("pattern")
    await application.streams.add(StreamConfig(name="Extra"))
    await application.profiles.load("evening")
    assert names(application) == ["Contribution", "Pattern"]
    kept = application.streams.run_of("contribution").entry.config.input
    assert isinstance(kept, SrtInput)
    assert kept.passphrase is not None
    assert kept.passphrase.get_secret_value() == "a very secret one", "kept apart, given back"

    elsewhere = tmp_path / "elsewhere.json"
    await application.profiles.export_file("evening", elsewhere)
    path.unlink()
    assert (await application.profiles.import_file(elsewhere)).name == "evening"
    assert await application.profiles.names() == ("evening",)


async def test_a_passphrase_written_into_a_profile_by_hand_is_not_taken_on(
    application: Application, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.json"
    source = {"kind": "srt", "host": "192.0.2.1", "port": 9000, "passphrase": "a very secret one"}
    entry = {"stream_id": "one", "number": 1, "config": {"name": "One", "input": source}}
    foreign.write_text(json.dumps({"name": "foreign", "streams": [entry]}))
    await application.profiles.import_file(foreign)
    await application.profiles.load("foreign")
    taken = application.streams.run_of("one").entry.config.input
    assert isinstance(taken, SrtInput)
    assert taken.passphrase is None, "neither the secret nor the stars that stand for it"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"name": "evening", "streams": [', "is no JSON"),
        (b"\xff\xfe not text", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"name": "evening", "streams": [{"stream_id": "one", "number": 0}]}', r"streams\.0\.number 0"),
    ],
)
async def test_a_damaged_profile_is_set_aside_whole_and_said_in_one_line(
    application: Application, content: bytes, reason: str
) -> None:
    await application.streams.add(StreamConfig(name="Pattern"))
    path = application.folders.profiles_dir / "evening.json"
    for _ in range(2):
        path.write_bytes(content)
        with pytest.raises(StorageError, match=reason) as refused:
            await application.profiles.load("evening")
        assert len(str(refused.value).splitlines()) == 1
        assert len(str(refused.value)) < 400
        assert "evening.json.damaged-" in str(refused.value)
        assert not path.exists()
    aside = list(application.folders.profiles_dir.glob("evening.json.damaged-*"))
    assert [one.read_bytes() for one in aside] == [content, content]
    assert names(application) == ["Pattern"]


async def test_saving_over_a_damaged_profile_keeps_its_bytes(application: Application) -> None:
    path = application.folders.profiles_dir / "evening.json"
    path.write_bytes(b"half a pro")
    await application.profiles.save("evening")
    (aside,) = application.folders.profiles_dir.glob("evening.json.damaged-*")
    assert aside.read_bytes() == b"half a pro"
    assert (await application.profiles.load("evening")).name == "evening"


async def test_a_damaged_file_from_elsewhere_is_refused_and_not_touched(
    application: Application, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.json"
    foreign.write_bytes(b"{}")
    with pytest.raises(ConfigurationError, match="nothing was imported"):
        await application.profiles.import_file(foreign)
    assert foreign.read_bytes() == b"{}"
    assert await application.profiles.names() == ()


async def test_a_running_stream_is_not_swept_away_by_a_profile(application: Application) -> None:
    await application.profiles.save("empty")
    view = await application.streams.add(StreamConfig(name="On air"))
    application.streams.run_of(view.stream_id).enter(StreamState.RUNNING, "")
    with pytest.raises(StreamError, match="On air is running and is not in profile empty; stop it first"):
        await application.profiles.load("empty")
    assert names(application) == ["On air"]
    application.streams.run_of(view.stream_id).enter(StreamState.OFF, "")


async def test_names_that_are_no_file_names_and_absent_profiles_are_refused(application: Application) -> None:
    for name in ("../evil", "", ".hidden", "a/b", "x" * 81, "line\nbreak"):
        with pytest.raises(StorageError, match="cannot be a profile's name"):
            await application.profiles.save(name)
    with pytest.raises(StorageError, match="there is no profile morning"):
        await application.profiles.load("morning")


@pytest.mark.parametrize(("stream_id", "name", "field"), [("one", "2", "name"), ("2", "One", "stream_id")])
async def test_a_profile_with_a_name_or_id_of_digits_alone_is_refused_whole_and_stays(
    application: Application, tmp_path: Path, stream_id: str, name: str, field: str
) -> None:
    await application.streams.add(StreamConfig(name="Pattern"))
    path = application.folders.profiles_dir / "evening.json"
    entries = [
        {"stream_id": "good", "number": 1, "config": {"name": "Good"}},
        {"stream_id": stream_id, "number": 2, "config": {"name": name}},
    ]
    path.write_text(json.dumps({"name": "evening", "streams": entries}))
    with pytest.raises(ConfigurationError, match=f"stream 2: {field} '2': digits alone are the number"):
        await application.profiles.load("evening")
    assert names(application) == ["Pattern"]
    assert path.exists()

    foreign = path.rename(tmp_path / "foreign.json")
    with pytest.raises(ConfigurationError, match="digits alone"):
        await application.profiles.import_file(foreign)
    assert await application.profiles.names() == ()


async def test_a_profile_of_a_newer_version_is_loaded_edited_and_saved_without_a_loss(
    application: Application,
) -> None:
    stream = {
        "stream_id": "one",
        "number": 1,
        "group": "sport",
        "config": {
            "name": "One",
            "note": "call the studio",
            "input": {"kind": "udp", "port": 5000, "ecn": True},
            "output": {"kind": "ndi", "source": "PGM"},
        },
    }
    newer = {"version": 2, "name": "evening", "season": "winter", "streams": [stream]}
    path = application.folders.profiles_dir / "evening.json"
    path.write_text(json.dumps(newer))
    await application.profiles.load("evening")
    (view,) = application.streams.streams()
    assert view.state is StreamState.FAILED
    assert view.reason == "made by a newer version of IBE-100: this one does not understand output"
    await application.streams.change("one", view.config.model_copy(update={"name": "Two"}))
    await application.profiles.save("evening")
    stream["config"]["name"] = "Two"  # type: ignore[index]
    assert json.loads(path.read_text()) == newer


async def test_a_profile_takes_the_place_of_what_a_newer_version_left_in_the_list(
    application: Application,
) -> None:
    await application.streams.add(StreamConfig(name="One"))
    await application.profiles.save("plain")
    newer = {"version": 1, "name": "newer", "streams": [{"stream_id": "one", "number": 1}]}
    newer["streams"][0]["config"] = {"name": "One", "note": "x"}  # type: ignore[index]
    path = application.folders.profiles_dir
    (path / "newer.json").write_text(json.dumps(newer))
    await application.profiles.load("newer")
    await application.profiles.load("plain")
    await application.profiles.save("again")
    assert "note" not in (path / "again.json").read_text()


async def test_a_profile_whose_list_is_not_understood_is_refused_and_stays(application: Application) -> None:
    view = await application.streams.add(StreamConfig(name="One"))
    path = application.folders.profiles_dir / "newer.json"
    path.write_text('{"version": 2, "name": "newer", "streams": {"one": {}}}')
    for attempt in (application.profiles.load, application.profiles.save):
        with pytest.raises(StorageError, match="made by a newer version of IBE-100 and stays as it is"):
            await attempt("newer")
    assert application.streams.streams() == (view,)
    assert path.read_text() == '{"version": 2, "name": "newer", "streams": {"one": {}}}'


async def test_each_profile_that_ships_is_loaded_whole_and_can_be_started(application: Application) -> None:
    """The HLS channel writes into the console's own media folder."""
    shipped = await application.profiles.shipped()
    assert shipped == ("Demo", "UDP relay", "SRT distributor", "HLS channel")
    for name in shipped:
        assert (await application.profiles.load(name)).name == name
        assert names(application) == [name]
    (view,) = application.streams.streams()
    assert isinstance(view.config.output, HlsOutput)
    assert view.config.output.playlist.is_relative_to(application.folders.media_dir)
    assert await application.profiles.names() == (), "they are no files of the operator's"


async def test_a_saved_profile_goes_before_the_shipped_one_of_its_name(application: Application) -> None:
    """An operator who changed the relay gets the relay as changed."""
    await application.streams.add(StreamConfig(name="Mine"))
    await application.profiles.save("UDP relay")
    await application.profiles.load("Demo")
    await application.profiles.load("UDP relay")
    assert names(application) == ["Mine"]
