"""Cues that a packager turns into tags of a playlist: seen there, or not, with what is wrong in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.cues.return_receipt import FeedState, ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_config import HlsInput, HlsOutput, StreamConfig
from ibe100.services.return_feed import receipts as return_watch
from packager_rig import packager, without
from return_rig import drops_cue_pid
from services_rig import console, fired, looped, on_air, until, view_of


async def test_a_cue_that_became_a_tag_is_seen_and_one_without_its_tag_is_missing(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(return_watch, "FAULT_AFTER_S", 1.0)
    with packager(tmp_path / "hls") as far:
        far.hop, far.change = drops_cue_pid, without("#EXT-X-CUE")
        config = looped(media, scte35={"start_delay_ms": 4000})
        changes = {
            "output": HlsOutput(playlist=far.folder / "live.m3u8", segment_duration_s=1),
            "return_feed": HlsInput(url=far.url("live.m3u8")),
            "return_window_s": 60.0,
        }
        values = {name: getattr(config, name) for name in type(config).model_fields}
        async with console(tmp_path / "data", engine={"kind": "builtin"}) as application:
            stream_id = await on_air(application, StreamConfig.model_validate({**values, **changes}))

            def is_watched() -> bool:
                feed = view_of(application, stream_id).return_feed
                return feed is not None and feed.state is FeedState.WATCHING and feed.latency_s is not None

            await until(is_watched, "the playlist watched")

            async def receipt_of(action: CueAction, **asked: float) -> ReturnReceipt:
                cue = await fired(application, stream_id, action, **asked)

                def ask() -> ReturnReceipt | None:
                    receipt = application.return_feeds.receipt(cue.cue_id)
                    return None if receipt is None or receipt.state is ReturnState.WAITING else receipt

                return await until(ask, f"a verdict on {action}", 90.0)

            out = await receipt_of(CueAction.TO_BREAK, duration_s=60, pre_roll_s=5)
            assert out.state is ReturnState.SEEN
            assert out.reason.startswith("as EXT-X-DATERANGE SCTE35-OUT, 0.")
            assert out.reason.endswith(" s off")
            assert out.splice_pid is None
            feed = view_of(application, stream_id).return_feed
            assert feed is not None
            assert (feed.told_by, feed.fault) == ("EXT-X-DATERANGE SCTE35-OUT", "")

            far.change = without("#EXT-X-DATERANGE")
            back = await receipt_of(CueAction.BACK_TO_PROGRAMME, pre_roll_s=5)
            assert back.state is ReturnState.RESTAMPED
            assert back.words.startswith("seen at the return feed")
            assert "as EXT-X-CUE-IN, " in back.words, "at the segment that begins with the next GOP"
            assert back.words.endswith(" s off")

            far.change = without("#EXT-X-DATERANGE", "#EXT-X-CUE")
            config = view_of(application, stream_id).config
            await application.streams.change(stream_id, config.model_copy(update={"return_window_s": 8.0}))
            lost = await receipt_of(CueAction.TO_BREAK, duration_s=60)
            assert (lost.state, lost.cause) == (ReturnState.MISSING, ReturnCause.PID_GONE)
            assert lost.reason.startswith("no tag of it in the playlist within 8 s: ")
            assert "tags of other cues were there" in lost.reason
            assert "the cue PID is gone from the PMT" in lost.reason
