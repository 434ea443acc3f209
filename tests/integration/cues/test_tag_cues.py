"""An HLS input that tells its cues by tags only: they go out as sections of ours at their place."""

from __future__ import annotations

from pathlib import Path

from ibe100.models.actor import PLAYLIST
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import HlsInput, HlsOutput, StreamConfig
from ibe100.mpegts.timestamps import PTS_HZ, pts_difference
from packager_rig import packager
from return_rig import drops_cue_pid
from services_rig import console, fired, looped, on_air, until

FAR_S = 2.5
"""Pictures at which a segment may begin are so far apart at the most."""


async def test_a_tag_of_the_input_becomes_a_cue_of_ours_at_its_place(tmp_path: Path, media: Path) -> None:
    with packager(tmp_path / "hls") as far:
        far.hop = drops_cue_pid
        first = looped(media, scte35={"start_delay_ms": 4000})
        values = {name: getattr(first, name) for name in type(first).model_fields}
        output = HlsOutput(playlist=far.folder / "live.m3u8", segment_duration_s=1, live_segments=10)
        async with console(tmp_path / "data", engine={"kind": "builtin"}) as application:
            sender = await on_air(application, StreamConfig.model_validate({**values, "output": output}))
            await until(lambda: len(list(far.folder.glob("*.ts"))) >= 9, "a playlist", 60.0)
            options = first.scte35.model_copy(update={"from_tags": True})
            changes = {"name": "Second", "input": HlsInput(url=far.url("live.m3u8")), "scte35": options}
            taker = await on_air(application, StreamConfig.model_validate({**values, **changes}))
            sent = await fired(application, sender, CueAction.TO_BREAK, duration_s=30, pre_roll_s=5)

            def taken() -> Cue | None:
                cues = application.cues.recent(taker)
                return next((cue for cue in cues if cue.state is CueState.SPLICED), None)

            cue = await until(taken, "a cue made of the tag", 60.0)
            assert (cue.requested_by, cue.duration_s) == (PLAYLIST.name, 30.0)
            assert cue.seen == cue.sent_expected
            assert cue.pts_time is not None
            assert sent.pts_time is not None
            assert abs(pts_difference(cue.pts_time, sent.pts_time)) < FAR_S * PTS_HZ
            assert len(application.cues.recent(taker)) == 1, "two notations of one cue are one"
