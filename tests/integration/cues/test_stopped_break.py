"""A stream is stopped in a break: its next run can return from it, also with another console."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ibe100.core.application import Application
from ibe100.models.messages import NoticePosted
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import Tally
from services_rig import console, fired, looped, on_air, until_ready, view_of

TO_BREAK, BACK = CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME


@pytest.mark.parametrize("consoles", [1, 2])
async def test_the_next_run_says_so_is_in_its_programme_and_returns_with_the_same_id(
    consoles: int, tmp_path: Path, media: Path
) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        out = await fired(application, stream_id, TO_BREAK)
        assert view_of(application, stream_id).tally is Tally.IN_BREAK
        await application.streams.stop(stream_id)
        if consoles == 1:
            await _returns(application, stream_id, out.splice_event_id)
    if consoles == 2:
        async with console(tmp_path / "data") as application:
            await _returns(application, stream_id, out.splice_event_id)


async def _returns(application: Application, stream_id: str, splice_event_id: int | None) -> None:
    messages = application.messages()
    await application.streams.start(stream_id)
    notices = (one.text async for one in messages if isinstance(one, NoticePosted))
    async with asyncio.timeout(60):
        await anext(text async for text in notices if f"break of event 0x{splice_event_id:08X}" in text)
    await until_ready(application, stream_id)
    view = view_of(application, stream_id)
    assert (view.tally, view.break_ends_at) == (Tally.ON_AIR, None)
    assert application.cues.readiness(stream_id, TO_BREAK).ready
    back = await fired(application, stream_id, BACK)
    assert (back.state, back.splice_event_id) == (CueState.SPLICED, splice_event_id)
    assert not application.cues.readiness(stream_id, BACK).ready
