"""What a stream on air measures is kept, and read back by the next console."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

from ibe100.models.metrics import CHECKS, Kind, Series
from ibe100.models.stream_event import EventKind
from services_rig import console, looped, on_air

BITRATE, PAT_ERROR = Series(Kind.BITRATE), Series(Kind.TR_101_290, CHECKS.index("pat_error"))
VIDEO = Series(Kind.PID_BITRATE, 0x100)
DEADLINE_S = 60.0


async def test_a_stream_on_air_leaves_its_curves_and_events_to_the_next_console(
    tmp_path: Path, media: Path
) -> None:
    began_at = time.time()
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        wanted = {BITRATE, PAT_ERROR, VIDEO, Series(Kind.PTS_INTERVAL, 0x100)}

        async def is_measured() -> bool:
            # The first second may hold only the beginning, the last one, in which the stream stops, its end.
            known = set(await application.metrics.series(stream_id, began_at, time.time()))
            video = await application.metrics.curves([stream_id], [VIDEO], began_at, time.time(), 600)
            measured = [rate for curve in video for rate in curve.mean if rate > 50_000]
            return wanted <= known and len(measured) >= 2

        async with asyncio.timeout(DEADLINE_S):
            while not await is_measured():
                await asyncio.sleep(0.1)
        assert application.metrics.health().problem == ""
    async with console(tmp_path / "data") as application:
        ended_at = time.time()
        bitrate, video = await application.metrics.curves(
            [stream_id], [BITRATE, VIDEO], began_at, ended_at, 600
        )
        flowing = [value for value in bitrate.mean if not math.isnan(value) and value > 0]
        assert flowing
        assert all(100_000 < value < 600_000 for value in flowing), (
            "ott_with_scte35.ts has a quarter of a Mb/s"
        )
        assert any(value > 50_000 for value in video.mean)
        events = await application.stream_events.between(stream_id, began_at, ended_at)
        assert [event.kind for event in events][:1] == [EventKind.SESSION]
        assert events[-1].text.startswith("session 1 ended")
