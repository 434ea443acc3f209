"""Previews of streams that run: on while somebody looks, alarms where asked for, never in the way."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from child_processes import children_with
from ibe100.core.application import Application
from ibe100.models.alarms.confidence import ConfidenceOptions, PictureSize
from ibe100.models.messages import PreviewChanged
from ibe100.models.stream_config import FileInput, StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.alarms.signal_catalogue import CONTENT
from ibe100.services.pictures import preview_service
from preview_rig import BARS, BLACK, MOVING, SILENCE, TONE, make_stream
from services_rig import console, until, view_of

QUICK = ConfidenceOptions(is_watched=True, black_s=2, freeze_s=3, silence_s=2, loss_s=10)


async def on_air(
    application: Application,
    path: Path,
    confidence: ConfidenceOptions | None = None,
    name: str = "Channel 1",
) -> str:
    config = StreamConfig(name=name, input=FileInput(path=path), confidence=confidence or ConfidenceOptions())
    view = await application.streams.add(config)
    await application.streams.start(view.stream_id)
    return view.stream_id


def previews() -> list[psutil.Process]:
    """The preview processes of this process."""
    return children_with("ibe100.preview")


def conditions(application: Application, stream_id: str) -> set[str]:
    """What stands of picture and sound, and is not explained by something else."""
    return {
        alarm.condition
        for alarm in application.alarms.standing()
        if alarm.stream_id == stream_id and alarm.cleared_at is None and alarm.is_shown
    } & {rule.condition for rule in CONTENT}


async def test_a_stream_is_decoded_while_somebody_looks_and_goes_on_when_its_preview_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_service, "LINGER_S", 0.1)
    movie = make_stream(tmp_path / "moving.ts", MOVING, TONE)
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, movie)
        preview = application.preview
        assert not preview.preview(stream_id).is_on and not previews()
        await preview.watch("test", {stream_id: PictureSize.SMALL})
        first = await until(lambda: preview.picture(stream_id), "a picture")
        assert preview.preview(stream_id).is_on

        previews()[0].kill()
        await until(lambda: "ended with status" in preview.preview(stream_id).problem, "the problem")
        await until(lambda: preview.picture(stream_id) is not first, "a picture of the next process")
        assert view_of(application, stream_id).state is StreamState.RUNNING
        assert view_of(application, stream_id).attempt <= 1
        assert conditions(application, stream_id) == set()

        await preview.watch("test", {})
        await until(lambda: not preview.preview(stream_id).is_on, "the end of the preview")
        await until(lambda: not previews(), "the end of its process")


async def test_what_is_wrong_is_an_alarm_without_anybody_looking(tmp_path: Path) -> None:
    wrong = {
        "picture_black": make_stream(tmp_path / "black.ts", BLACK, TONE),
        "picture_frozen": make_stream(tmp_path / "frozen.ts", BARS, TONE),
        "sound_silent": make_stream(tmp_path / "silent.ts", MOVING, SILENCE),
    }
    async with console(tmp_path / "data") as application:
        streams = {
            condition: await on_air(application, movie, QUICK, name=condition)
            for condition, movie in wrong.items()
        }
        for condition, stream_id in streams.items():
            await until(lambda stream_id=stream_id: conditions(application, stream_id), condition)
            assert conditions(application, stream_id) == {condition}
        for stream_id in streams.values():
            await application.streams.stop(stream_id)
            await until(
                lambda stream_id=stream_id: not conditions(application, stream_id), "that it is cleared"
            )


async def test_another_size_takes_the_place_of_the_first_without_a_problem(tmp_path: Path) -> None:
    movie = make_stream(tmp_path / "moving.ts", MOVING, TONE)
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, movie)
        problems = []
        application.preview._publish = lambda message: (
            problems.append(message.preview.problem) if isinstance(message, PreviewChanged) else None
        )
        for size in (PictureSize.SMALL, PictureSize.LARGE):
            await application.preview.watch("test", {stream_id: size})
            await until(lambda size=size: width(application, stream_id) == size.value[0], str(size))
        assert len(previews()) == 1
        assert not any("cannot be listened on" in problem for problem in problems)


def width(application: Application, stream_id: str) -> int:
    picture = application.preview.picture(stream_id)
    return 0 if picture is None else picture.width
