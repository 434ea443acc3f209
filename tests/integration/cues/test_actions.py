"""Every action of the cue desk on a real runner, and what an independent parser finds in the output."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api_rig import at_socket
from ibe100.cli.cue import app
from ibe100.core.application import Application
from ibe100.models.cues.contract import Contract, EventIdRule, TimeSignalCommand
from ibe100.models.cues.segmentation import Segmentation, SegmentationType, UpidType
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import Tally
from ibe100.mpegts.timestamps import PTS_HZ, pts_add
from ibe100.scte35 import decode, encode, from_text, splice_insert, splice_null, to_base64
from ibe100.scte35.values import SegmentationDescriptor, TimeSignal
from ibe100_client import Refused, cues
from ibe100_client.asynchronous import AsyncClient
from ibe100_client.values import Cue as Fired
from independent_parser import parse_file
from services_rig import asked, console, fired, looped, on_air, until, view_of

OUT, IN = CueAction.CRASH_OUT, CueAction.CRASH_IN
BACK = CueAction.BACK_TO_PROGRAMME


def reasons(application: Application, stream_id: str, action: CueAction) -> str:
    return "; ".join(application.cues.readiness(stream_id, action).reasons)


async def test_each_action_airs_what_its_preview_said(tmp_path: Path, media: Path) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media, out))
        cues = application.cues
        assert "not in a break" in reasons(application, stream_id, IN)
        assert cues.readiness(stream_id, OUT).ready
        with pytest.raises(CueRefused, match="not in a break"):
            await cues.fire(asked(stream_id, IN))

        preview = await cues.preview(asked(stream_id, OUT))
        crash_out = await fired(application, stream_id, OUT)
        assert (crash_out.state, crash_out.section_base64) == (CueState.SPLICED, preview.section_base64)
        assert crash_out.duration_s is None
        assert view_of(application, stream_id).tally is Tally.IN_BREAK
        assert view_of(application, stream_id).break_ends_at is None, "no duration was promised"
        for action in (OUT, CueAction.TO_BREAK):
            assert "in a break already" in reasons(application, stream_id, action)
        assert cues.readiness(stream_id, IN).ready

        null = await fired(application, stream_id, CueAction.SPLICE_NULL)
        assert (null.state, null.splice_event_id) == (CueState.SPLICED, None)
        assert view_of(application, stream_id).tally is Tally.IN_BREAK, "a heartbeat splices nothing"
        crash_in = await fired(application, stream_id, IN)
        assert (crash_in.state, crash_in.splice_event_id) == (CueState.SPLICED, crash_out.splice_event_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR

        start = Segmentation(
            type=SegmentationType.PROVIDER_ADVERTISEMENT_START,
            upid_type=UpidType.AD_ID,
            upid="ABCD0123456H",
            duration_s=30,
        )
        end = Segmentation(type=SegmentationType.PROVIDER_ADVERTISEMENT_END)
        with pytest.raises(CueRefused, match="no Provider Advertisement Start is open"):
            await cues.fire(asked(stream_id, CueAction.TIME_SIGNAL, segmentation=end))
        began = await fired(application, stream_id, CueAction.TIME_SIGNAL, segmentation=start)
        ended = await fired(application, stream_id, CueAction.TIME_SIGNAL, segmentation=end)
        assert (began.state, ended.state) == (CueState.SPLICED, CueState.SPLICED)
        assert ended.splice_event_id == began.splice_event_id != crash_out.splice_event_id

        theirs = to_base64(encode(splice_insert(4711, True, duration_pts=90_000 * 20)))
        with pytest.raises(CueRefused, match="CRC_32"):
            damaged = theirs[:24] + ("A" if theirs[24] != "A" else "B") + theirs[25:]
            await cues.fire(asked(stream_id, CueAction.SEND_SECTION, section=damaged))
        sent = await fired(application, stream_id, CueAction.SEND_SECTION, section=theirs)
        assert (sent.state, sent.section_base64, sent.splice_event_id) == (CueState.SPLICED, theirs, 4711)
        assert view_of(application, stream_id).tally is Tally.IN_BREAK, "it is an Out Point like any other"
        preview = await cues.preview(asked(stream_id, CueAction.SEND_SECTION, section=theirs))
        assert "event id 0x00001267 is in use" in preview.warnings[0]
        assert "in a break already" in preview.warnings[1]
        aired = [crash_out, null, crash_in, began, ended, sent]
        await application.streams.stop(stream_id)
    assert parse_file(out).splices_base64(500) == [one.section_base64 for one in aired]


async def test_a_return_with_a_rising_id_goes_out_though_the_range_of_ids_begins_anew(
    tmp_path: Path, media: Path
) -> None:
    contract = Contract(
        name="Rising",
        event_id_rule=EventIdRule.RISING,
        event_id_first=100,
        event_id_last=102,
        heartbeat_interval_s=None,
    )
    async with console(tmp_path / "data") as application:
        config = application.contracts.apply(looped(media), contract)
        stream_id = await on_air(application, config)
        first = await fired(application, stream_id, OUT)
        preview = await application.cues.preview(asked(stream_id, IN))
        assert preview.warnings == ()
        following = [await fired(application, stream_id, one) for one in (IN, OUT, BACK)]
        assert [cue.splice_event_id for cue in (first, *following)] == [100, 101, 102, 100]
        assert {cue.state for cue in (first, *following)} == {CueState.SPLICED}
        await application.streams.stop(stream_id)


async def test_under_a_contract_breaks_are_time_signals_and_breaches_are_refused_before_air(
    tmp_path: Path, media: Path
) -> None:
    contract = Contract(
        name="Distributor",
        command=TimeSignalCommand(),
        durations_s=(30.0, 60.0),
        duration_default_s=60.0,
        heartbeat_interval_s=None,
    )
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        config = application.contracts.apply(looped(media, out), contract)
        stream_id = await on_air(application, config)
        with pytest.raises(CueRefused, match="the contract asks one of 30, 60 s"):
            await application.cues.fire(asked(stream_id, CueAction.TO_BREAK, duration_s=45))
        to_break = await fired(application, stream_id, CueAction.TO_BREAK)
        assert to_break.state is CueState.SPLICED
        assert view_of(application, stream_id).tally is Tally.IN_BREAK
        end = Segmentation(type=SegmentationType.PROVIDER_PLACEMENT_OPPORTUNITY_END)
        back = await fired(application, stream_id, CueAction.TIME_SIGNAL, segmentation=end)
        assert (back.state, back.splice_event_id) == (CueState.SPLICED, to_break.splice_event_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR, "the same break, by another button"
        await application.streams.stop(stream_id)
    aired = [decode(from_text(text)) for text in parse_file(out).splices_base64(500)]
    assert all(isinstance(section.command, TimeSignal) for section in aired)
    kinds = [
        one.segmentation_type_id
        for section in aired
        for one in section.descriptors
        if isinstance(one, SegmentationDescriptor)
    ]
    assert kinds == [0x34, 0x35]


async def test_the_command_line_reaches_every_action(tmp_path: Path, media: Path) -> None:
    async with console(tmp_path / "data") as application:
        data_dir = application.folders.data_dir
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(at_socket(application, data_dir))
            stream_id = await on_air(application, looped(media))

            caller = await stack.enter_async_context(AsyncClient(data_dir))

            async def fire(action: CueAction, **values: Any) -> Fired:
                return await caller.do(cues.fire("1", action, **values))

            null = to_base64(encode(splice_null(tier=0x1)))
            preview = await caller.do(cues.preview("1", "SEND SECTION", section=null))
            assert preview.splice_event_id is None
            await fire(CueAction.SEND_SECTION, section=null)
            signal = await fire(CueAction.TIME_SIGNAL, segmentation={"type": "break-start"})
            assert signal.splice_event_id is not None
            with pytest.raises(Refused, match="break-dance"):
                await fire(CueAction.TIME_SIGNAL, segmentation={"type": "break-dance"})
            armed = await fire(CueAction.TO_BREAK, pre_roll_s=20)
            with pytest.raises(Refused, match="is on its way"):
                await fire(CueAction.CRASH_OUT)
            assert (await caller.do(cues.cancel(armed.cue_id))).state == "CANCELLED"
            with pytest.raises(Refused, match="there is no cue 77"):
                await caller.do(cues.cancel(77))

            def run(*words: str) -> tuple[int, str]:
                result = CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path / "data")])
                return result.exit_code, result.output + str(result.exception or "")

            async def said(*words: str) -> str:
                code, text = await asyncio.to_thread(run, *words)
                assert code == 0, text
                return text

            assert "CRASH OUT event" in await said("crash-out", "1", "--duration", "20")
            code, text = await asyncio.to_thread(run, "crash-out", "1")
            assert (code, "in a break already" in text) == (1, True)
            assert "SPLICED seen 1/1" in await said("crash-in", "Channel 1")
            assert "SPLICE NULL SPLICED" in await said("null", "1")
            started = (
                "signal",
                "1",
                "program-start",
                "--upid-type",
                "uri",
                "--upid",
                "urn:x",
                "--duration",
                "9",
            )
            assert "TIME SIGNAL event" in await said(*started)
            assert "TIME SIGNAL event" in await said("signal", "1", "0x11")
            assert "SEND SECTION SPLICED" in await said("section", "1", null)
            clock = application.streams.run_of(stream_id).clock
            assert clock is not None
            for ahead_s, refusal in (
                (-3, "s ago on this stream's PTS clock"),
                (18_000, "have the section"),
            ):
                pts_time = pts_add(clock.now_pts(time.monotonic()), ahead_s * PTS_HZ)
                made = to_base64(encode(splice_insert(4711, True, pts_time=pts_time)))
                with pytest.raises(Refused, match=refusal):
                    await fire(CueAction.SEND_SECTION, section=made)
            pts_time = pts_add(clock.now_pts(time.monotonic()), 20 * PTS_HZ)
            made = to_base64(encode(splice_insert(4711, True, pts_time=pts_time)))
            kept = await fire(CueAction.SEND_SECTION, section=made)
            assert (kept.state, kept.pts_time, kept.splice_event_id) == ("ARMED", pts_time, 4711)
            assert "CANCELLED" in await said("cancel", str(kept.cue_id))
            second = await fire(CueAction.TO_BREAK, pre_roll_s=20)
            assert "CANCELLED" in await said("cancel", str(second.cue_id))

            def all_over() -> bool:
                return all(cue.state.is_final for cue in application.cues.recent(stream_id))

            await until(all_over, "the end of all cues")
