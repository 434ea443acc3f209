"""Presets and rundowns: kept in a file, fired as cues, stepped through one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.actor import Actor
from ibe100.models.base import build
from ibe100.models.cues.preset import SHIPPED_PRESETS, CuePreset, Rundown
from ibe100.models.cues.segmentation import Segmentation, SegmentationType
from ibe100.models.errors import ConfigurationError, CueRefused, NotAllowed, NotFound
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.services.audit_trail import acting_as
from ibe100.services.cues.presets import CuePresets

LOCAL = CuePreset(name="30 s local", duration_s=30, pre_roll_s=6)
NATIONAL = CuePreset(name="120 s national", duration_s=120)
END = CuePreset(
    name="Programme end",
    action=CueAction.TIME_SIGNAL,
    segmentation=Segmentation(type=SegmentationType.PROGRAM_END),
)


class Cues:
    """Takes requests; refuses each with `refusal` where there is one."""

    def __init__(self) -> None:
        self.requests: list[CueRequest] = []
        self.refusal = ""

    async def fire(self, request: CueRequest) -> Cue:
        if self.refusal:
            raise CueRefused(self.refusal)
        self.requests.append(request)
        return Cue(
            cue_id=len(self.requests),
            stream_id=request.stream_id,
            session_id=None,
            action=request.action,
            state=CueState.ARMED,
            requested_by="olga",
            requested_at=1.0,
        )


def kept(file: Path | None, cues: Cues | None = None) -> CuePresets:
    return CuePresets(file, cues or Cues())  # type: ignore[arg-type]


async def test_presets_outlive_the_console_and_a_stream_has_its_own_besides(tmp_path: Path) -> None:
    file = tmp_path / "cue_presets.json"
    first = kept(file)
    await first.open()
    assert first.presets("s1") == SHIPPED_PRESETS
    await first.set_own("", (LOCAL,))
    await first.set_own("s1", (NATIONAL, END))
    await first.set_rundown("s1", Rundown(steps=(LOCAL, NATIONAL), next=1))
    again = kept(file)
    await again.open()
    assert again.presets("s1") == (LOCAL, NATIONAL, END)
    assert again.presets("s2") == (LOCAL,)
    assert again.rundown("s1").step == NATIONAL
    assert again.rundown("s2") == Rundown()


async def test_a_preset_is_fired_as_it_says() -> None:
    cues = Cues()
    presets = kept(None, cues)
    await presets.set_own("", (LOCAL, END))
    await presets.fire("s1", "30 s local")
    await presets.fire("s1", "Programme end")
    first, second = cues.requests
    assert (first.stream_id, first.action, first.duration_s, first.pre_roll_s) == (
        "s1",
        CueAction.TO_BREAK,
        30,
        6,
    )
    assert second.segmentation == END.segmentation
    with pytest.raises(NotFound, match="no preset called 15 s"):
        await presets.fire("s1", "15 s")


async def test_a_rundown_goes_on_step_by_step_and_a_refused_step_stays_the_next() -> None:
    cues = Cues()
    presets = kept(None, cues)
    await presets.set_rundown("s1", Rundown(steps=(LOCAL, NATIONAL)))
    cues.refusal = "no null packets"
    with pytest.raises(CueRefused, match="no null packets"):
        await presets.fire_step("s1", 0)
    cues.refusal = ""
    await presets.fire_step("s1", 0)
    with pytest.raises(CueRefused, match="step 1 is not the next: it is 2 120 s national"):
        await presets.fire_step("s1", 0)
    await presets.fire_step("s1", 1)
    with pytest.raises(CueRefused, match="the rundown is over"):
        await presets.fire_step("s1", 2)
    assert [request.duration_s for request in cues.requests] == [30, 120]


async def test_a_step_that_went_out_is_not_fired_again_when_its_place_cannot_be_kept(tmp_path: Path) -> None:
    told: list[Message] = []
    cues = Cues()
    folder = tmp_path / "gone"
    folder.mkdir()
    presets = CuePresets(folder / "cue_presets.json", cues, told.append)  # type: ignore[arg-type]
    await presets.set_rundown("s1", Rundown(steps=(LOCAL, NATIONAL)))
    (folder / "cue_presets.json").unlink()
    folder.rmdir()
    await presets.fire_step("s1", 0)
    assert presets.rundown("s1").next == 1
    assert "place in the rundown is not kept" in next(
        message.text for message in told if isinstance(message, NoticePosted)
    )


async def test_a_damaged_file_is_set_aside_and_told_of(tmp_path: Path) -> None:
    file = tmp_path / "cue_presets.json"
    file.write_text('{"presets": [{"name": "x", "duration_s": -5}]}')
    told: list[Message] = []
    presets = CuePresets(file, Cues(), told.append)  # type: ignore[arg-type]
    await presets.open()
    assert presets.presets("s1") == SHIPPED_PRESETS
    assert not file.exists()
    assert len(list(tmp_path.iterdir())) == 1
    assert "is damaged" in next(message.text for message in told if isinstance(message, NoticePosted))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "Out", "action": CueAction.CRASH_OUT}, "is no preset: that is fired by one press"),
        ({"name": "End", "action": CueAction.TIME_SIGNAL}, "segmentation belongs to a TIME SIGNAL"),
        ({"name": "Long", "duration_s": 999_999}, "less than or equal to 86400"),
        ({"name": ""}, "at least 1 character"),
    ],
)
def test_what_cannot_be_fired_is_no_preset(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build(CuePreset, values, "preset")


async def test_two_presets_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two presets are called 30 s local"):
        await kept(None).set_own("", (LOCAL, NATIONAL, LOCAL))


async def test_who_may_not_set_up_presets_may_fire_them() -> None:
    presets = kept(None)
    with acting_as(Actor("olga", Role.OPERATOR)):
        with pytest.raises(NotAllowed, match="to set up presets of cues"):
            await presets.set_own("", ())
        await presets.fire("s1", "30 s local")
    with acting_as(Actor("victor", Role.VIEWER)), pytest.raises(NotAllowed, match="to fire cues"):
        await presets.fire("s1", "30 s local")
