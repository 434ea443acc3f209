"""Black, frozen, silent, lost: what is seen and heard, for how long, before it is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from ibe100.models.alarms.confidence import ConfidenceOptions, Picture, SoundLevels
from ibe100.services.alarms.rule import AlarmRule
from ibe100.services.alarms.signal_catalogue import (
    CONTENT,
    PICTURE_BLACK,
    PICTURE_FROZEN,
    PICTURE_LOST,
    SOUND_SILENT,
)
from ibe100.services.pictures.content_watch import ContentWatch

OPTIONS = ConfidenceOptions(black_s=5, freeze_s=8, silence_s=4, loss_s=15)
WIDTH, HEIGHT = 320, 180
Frame = npt.NDArray[np.uint8]
_dice = np.random.default_rng(1)


def programme(at: int) -> Frame:
    """A gradient across which a bright square walks."""
    frame = np.full((HEIGHT, WIDTH, 3), np.linspace(40, 200, WIDTH, dtype=np.uint8)[None, :, None])
    left = at * 24 % (WIDTH - 40)
    frame[60:100, left : left + 40] = 235
    return frame


def still(_: int) -> Frame:
    """The same picture, as an encoder makes it anew: a little noise everywhere."""
    noise = _dice.integers(-1, 2, (HEIGHT, WIDTH, 3))
    return np.clip(programme(0).astype(int) + noise, 0, 255).astype(np.uint8)


def talking_head(at: int) -> Frame:
    """Nothing moves but a mouth of 24 x 10 pixels."""
    frame = programme(0)
    frame[90:100, 150:174] = 90 if at % 2 else 150
    return frame


def black(_: int) -> Frame:
    """Set-up level, noise, and a small logo."""
    frame = _dice.integers(0, 12, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    frame[10:30, 280:310] = 200
    return frame


def picture(frame: Frame, at_s: float) -> Picture:
    height, width, _ = frame.shape
    return Picture(
        stream_id="a", taken_at=at_s, monotonic_s=at_s, width=width, height=height, pixels=frame.tobytes()
    )


def levels(at_s: float, *peaks: float) -> SoundLevels:
    return SoundLevels(stream_id="a", monotonic_s=at_s, momentary_lufs=-23.0, true_peaks_dbtp=peaks)


def conditions_after(
    seconds: int, scene: Callable[[int], Frame], peaks: tuple[float, ...] = (-12.0, -14.0)
) -> set[AlarmRule]:
    watch = ContentWatch(0.0)
    for at in range(seconds + 1):
        watch.see(picture(scene(at), float(at)))
        watch.hear(levels(float(at), *peaks), OPTIONS.silence_dbtp)
    return standing(watch, float(seconds))


def standing(
    watch: ContentWatch, at_s: float, *, has_video: bool = True, has_audio: bool = True
) -> set[AlarmRule]:
    judged = watch.judge(OPTIONS, at_s, has_video=has_video, has_audio=has_audio)
    assert set(judged) == set(CONTENT)
    return {rule for rule, judgement in judged.items() if judgement.is_true}


@pytest.mark.parametrize("scene", [programme, talking_head])
def test_a_programme_is_in_order(scene: Callable[[int], Frame]) -> None:
    assert conditions_after(30, scene) == set()


def test_black_is_told_after_its_time_and_not_before() -> None:
    assert conditions_after(4, black) == set()
    assert conditions_after(5, black) == {PICTURE_BLACK}


def test_a_frozen_picture_is_told_through_the_encoders_noise() -> None:
    assert conditions_after(7, still) == set()
    assert conditions_after(8, still) == {PICTURE_FROZEN}


def test_a_picture_that_moves_again_is_not_frozen() -> None:
    watch = ContentWatch(0.0)
    for at in range(20):
        watch.see(picture(still(at), float(at)))
    assert standing(watch, 19.0, has_audio=False) == {PICTURE_FROZEN}
    watch.see(picture(programme(5), 20.0))
    assert standing(watch, 20.0, has_audio=False) == set()


def test_silence_is_told_when_every_channel_is_below_the_limit() -> None:
    assert conditions_after(10, programme, (-70.0, -61.0)) == {SOUND_SILENT}
    assert conditions_after(10, programme, (-120.0, -30.0)) == set()


def test_sound_that_does_not_come_at_all_is_silence() -> None:
    watch = ContentWatch(0.0)
    watch.see(picture(programme(0), 3.0))
    assert standing(watch, 8.9) == set()
    assert standing(watch, 9.0) == {SOUND_SILENT}
    assert standing(watch, 9.0, has_audio=False) == set()


def test_what_a_late_preview_did_not_see_is_not_held_against_the_stream() -> None:
    watch = ContentWatch(0.0)
    assert standing(watch, 30.0) == {PICTURE_LOST, SOUND_SILENT}
    watch.excuse(30.0)
    assert standing(watch, 38.9) == set()


def test_a_picture_that_does_not_come_is_lost_and_neither_black_nor_frozen() -> None:
    watch = ContentWatch(0.0)
    for at in range(10):
        watch.see(picture(black(at), float(at)))
    assert PICTURE_LOST not in standing(watch, 23.0)
    assert standing(watch, 24.0, has_audio=False) == {PICTURE_LOST}
    assert standing(watch, 24.0, has_video=False, has_audio=False) == set()


def test_a_condition_without_a_duration_is_left_alone() -> None:
    watch = ContentWatch(0.0)
    for at in range(30):
        watch.see(picture(black(at), float(at)))
    options = ConfidenceOptions(black_s=None, freeze_s=None, silence_s=None, loss_s=None)
    judged = watch.judge(options, 200.0, has_video=True, has_audio=True)
    assert not any(judgement.is_true for judgement in judged.values())


def test_pictures_of_another_size_begin_anew() -> None:
    watch = ContentWatch(0.0)
    for at in range(20):
        watch.see(picture(still(at), float(at)))
    small = np.ascontiguousarray(programme(0)[::2, ::2])
    watch.see(picture(small, 20.0))
    assert standing(watch, 20.0, has_audio=False) == set()
