"""Cues that an HLS input tells by tags only: sent as ours, at the PTS of the media they stand at."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ibe100.models.actor import PLAYLIST
from ibe100.models.errors import CueRefused, StorageError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert, SpliceTime, TimeSignal
from ibe100.services.audit_trail import act_as
from ibe100.services.cues.readiness import send_lead_s
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnInput, CueTagged, Fact
from ibe100.utils.tasks import log_fault
from ibe100.utils.timecode import format_utc

LATEST_S = 1.0
"""A cue that is known no later than this after its place goes out at once."""
NEWS_S = 60.0
"""A tag that was read longer ago is history: an earlier console has seen to it."""
SAME_MOMENT_PTS = 2 * PTS_HZ
"""Two tags of one direction so near to each other are one cue, written in two notations."""
MOST_AT_ONCE = 16
AGAIN_S = 0.5


class TagCues:
    """Used on the loop only."""

    def __init__(
        self,
        fire: Callable[[CueRequest], Awaitable[Cue]],
        preview: Callable[[CueRequest], Awaitable[object]],
        publish: Callable[[Message], None],
    ) -> None:
        """`preview` raises CueRefused for a cue that could not be sent now, and leaves no record of it."""
        self._fire = fire
        self._preview = preview
        self._publish = publish
        self._sent: dict[tuple[str, bool], int] = {}
        """PTS of the newest cue of a stream that was sent, by direction."""
        self._has_sections: dict[str, int | None] = {}
        """session_id by stream in which sections came with the packets: its tags say the same again."""
        self._work: set[asyncio.Task[None]] = set()

    def take(self, run: StreamRun, fact: Fact) -> None:
        """Take a tag where the stream asks for it, and its packets bring no sections."""
        match fact:
            case CueOnInput():
                self._has_sections[run.stream_id] = run.view.session_id
            case CueTagged(on_input=True) if run.cue_options.from_tags:
                self._take_tag(run, fact)

    async def close(self) -> None:
        """Drop what waits for its place."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def _take_tag(self, run: StreamRun, tag: CueTagged) -> None:
        if tag.out is None or tag.pts is None or time.time() - tag.at > NEWS_S:
            return
        if self._has_sections.get(run.stream_id, -1) == run.view.session_id:
            return
        key, pts = (run.stream_id, tag.out), tag.pts
        if key in self._sent and abs(pts - self._sent[key]) < SAME_MOMENT_PTS:
            return
        if len(self._work) >= MOST_AT_ONCE:
            self._tell(run, tag, "too many cues wait for their place already")
            return
        self._sent[key] = pts
        task = asyncio.get_running_loop().create_task(self._send(run, tag, pts))
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(log_fault)

    async def _send(self, run: StreamRun, tag: CueTagged, pts: int) -> None:
        act_as(PLAYLIST)
        ahead_s = _ahead_s(run, pts)
        if ahead_s is None:
            self._tell(run, tag, "the clock of the stream is not known")
            return
        lead_s = send_lead_s(run.cue_options)
        while ahead_s is not None and ahead_s > lead_s:
            request = _request(run, tag, pts, ahead_s)
            try:
                # The way back waits until the way out has gone.
                await self._preview(request)
                await self._fire(request)
            except (CueRefused, StorageError) as error:
                if ahead_s <= lead_s + AGAIN_S:
                    self._tell(run, tag, str(error))
                    return
            else:
                return
            await asyncio.sleep(AGAIN_S)
            ahead_s = _ahead_s(run, pts)
        ahead_s = ahead_s or 0.0
        # Too near for the pre-roll of the stream: at once, when the media has come to its place.
        await asyncio.sleep(max(0.0, ahead_s))
        late_s = -(_ahead_s(run, pts) or 0.0)
        if late_s > LATEST_S:
            self._tell(run, tag, f"its place in the media passed {late_s:.1f} s ago")
            return
        try:
            await self._fire(_request(run, tag, None, None))
        except (CueRefused, StorageError) as error:
            self._tell(run, tag, str(error))

    def _tell(self, run: StreamRun, tag: CueTagged, why: str) -> None:
        text = f"{tag.form} of the input, read at {format_utc(tag.at)}, was not made a cue: {why}"
        self._publish(NoticePosted(at=time.time(), level="error", text=text, stream_id=run.stream_id))


def _ahead_s(run: StreamRun, pts: int) -> float | None:
    now = time.monotonic()
    if run.clock is None or not run.clock.is_known(now):
        return None
    return run.clock.ms_until(pts, now) / 1000


def _request(run: StreamRun, tag: CueTagged, pts: int | None, ahead_s: float | None) -> CueRequest:
    """The cue to ask for, at once where there is no `pts`; of a carried section only the time changes."""
    section = _section(tag)
    if section is not None and (timed := _timed(section, pts)) is not None:
        text = base64.b64encode(encode(timed)).decode()
        return CueRequest(stream_id=run.stream_id, action=CueAction.SEND_SECTION, section=text)
    splice_at = None
    if ahead_s is not None and run.record is not None:
        frame_s = run.record.plan.frame_pts / PTS_HZ
        splice_at = time.time() + ahead_s - frame_s / 2
    action = CueAction.TO_BREAK if tag.out else CueAction.BACK_TO_PROGRAMME
    if pts is None:
        action = CueAction.CRASH_OUT if tag.out else CueAction.CRASH_IN
    duration_s = tag.duration_s if tag.out else None
    return CueRequest(stream_id=run.stream_id, action=action, splice_at=splice_at, duration_s=duration_s)


def _section(tag: CueTagged) -> SpliceInfoSection | None:
    try:
        return decode(base64.b64decode(tag.section_base64)) if tag.section_base64 else None
    except SpliceDecodeError:
        return None


def _timed(section: SpliceInfoSection, pts: int | None) -> SpliceInfoSection | None:
    """The section with its splice at this PTS, or at once; None for a command that splices nothing."""
    match section.command:
        case SpliceInsert() as insert:
            at = None if pts is None else SpliceTime(pts)
            timed = replace(insert, components=None, splice_immediate_flag=pts is None, splice_time=at)
            return replace(section, command=timed, pts_adjustment=0)
        case TimeSignal() as signal:
            return replace(section, command=replace(signal, splice_time=SpliceTime(pts)), pts_adjustment=0)
    return None
