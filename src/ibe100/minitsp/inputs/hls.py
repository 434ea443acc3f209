"""Input from HTTP live streaming: master and media playlists, live and complete."""

import math
import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.cmaf.boxes import event_messages
from ibe100.minitsp.cmaf.cue_messages import ToldMessages, cues_of
from ibe100.minitsp.hls.cue_tags import CueTagReader
from ibe100.minitsp.hls.first_pts import first_pts
from ibe100.minitsp.hls.playlist_values import MediaPlaylist, Segment, UnreadablePlaylist
from ibe100.minitsp.hls.position import PlayPosition
from ibe100.minitsp.hls.segments import NotASegment, SegmentLoader, is_mp4, packets_of
from ibe100.minitsp.hls.source import PlaylistSource
from ibe100.minitsp.hls.variants import VARIANT_OPTIONS, VariantChoice
from ibe100.minitsp.reports.cue_tags import CUE_TAGS_OPTION, FLOW_PACKETS, CueTagReport
from ibe100.minitsp.web.http_client import DownloadError, HttpClient
from ibe100.minitsp.web.http_outage import Outage
from ibe100.minitsp.web.web_options import WEB_OPTIONS
from ibe100.mpegts.constants import PACKET_SIZE

_DEFAULT_RECEIVE_TIMEOUT_MS: Final = 10_000
_PATIENCE: Final = 3
"""Times the receive timeout that a server may be away."""
_ATTEMPTS_AT_A_SEGMENT: Final = 3
_LOST_SEGMENTS_TO_GIVE_UP: Final = 3
_QUEUE_PART_BYTES: Final = 1024 * PACKET_SIZE
_FLOW_S: Final = 0.2


class HlsInput(ThreadedInput):
    """Plays an HLS playlist (tsp -I hls), segment after segment, at most some 16 MB ahead of the chain.

    A failed reload or segment is tried again with a warning, for three times --receive-timeout; so is what
    is no playlist, or no transport stream, once there was one. A segment that the server does not have is
    left out with an error line; when none can be had, or no playlist, for so long, the chain ends, unless
    a runner attends to it: then it waits for as long as it takes.
    """

    name: ClassVar[str] = "hls"
    in_bursts: ClassVar[bool] = True
    options: ClassVar[OptionTable] = OptionTable(
        *WEB_OPTIONS,
        *VARIANT_OPTIONS,
        CUE_TAGS_OPTION,
        Option("mp4", is_of_tsp=False),
        Option("live"),
        Option("segment-count", OptionKind.INTEGER, "s", minimum=1),
        Option("start-segment", OptionKind.INTEGER, minimum=-1_000_000),
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        arguments.exclude("live", "start-segment")
        self._url = arguments.parameter("url")
        self._choice = VariantChoice.of(arguments)
        self._position = PlayPosition(-1 if arguments.present("live") else arguments.integer("start-segment"))
        self._segments_left = arguments.integer("segment-count", -1)
        self._worth_telling_s = (
            _PATIENCE * arguments.integer("receive-timeout", _DEFAULT_RECEIVE_TIMEOUT_MS) / 1000
        )
        self._patience_s = math.inf if context.attended else self._worth_telling_s
        self._tags = CueTagReport(self)
        self._reader = CueTagReader()
        self._told_messages = ToldMessages()
        self._is_mp4 = False
        self._has_played = False
        self._lost_in_a_row = 0
        self._lost_since_s: float | None = None
        self._progressed_s = time.monotonic()
        self._stands_still = False
        self._progressed = False

    def fetch(self) -> None:
        client = HttpClient(self.arguments, self._url)
        try:
            loader = SegmentLoader(client)
            source = PlaylistSource(self, client, self._url, self._choice, mp4=self.arguments.present("mp4"))
            playlist = self._open_at_last(source)
            while playlist is not None and self._play(loader, playlist) and not playlist.ended:
                playlist = self._reload(source, playlist)
        finally:
            client.close()
            self._tags.close()

    def _open_at_last(self, source: PlaylistSource) -> MediaPlaylist | None:
        """The first media playlist; None if the chain is ending."""
        outage = self._outage("the playlist cannot be had")
        while True:
            try:
                playlist = source.open()
            except (DownloadError, UnreadablePlaylist) as error:
                if not self.context.attended:
                    raise
                if not outage.again(error):
                    return None
            else:
                outage.over()
                return playlist

    def _reload(self, source: PlaylistSource, previous: MediaPlaylist) -> MediaPlaylist | None:
        """The playlist when it is due (RFC 8216 clause 6.3.4); None if the chain is ending."""
        due_s = source.loaded_s + previous.target_duration_s * (1.0 if self._progressed else 0.5)
        if not self._wait(previous, due_s):
            return None
        outage = self._outage("reload of the playlist failed")
        while True:
            try:
                playlist = source.reload(again=outage.attempts > 0)
            except (DownloadError, UnreadablePlaylist) as error:
                if not outage.again(error):
                    return None
                continue
            outage.over()
            return playlist

    def _wait(self, playlist: MediaPlaylist, until_s: float) -> bool:
        """Wait for the next load; False if the chain is ending. Of MP4, null packets show that it flows."""
        while True:
            if self._tags.wanted:
                self._tags.playlist(self._reader.latency_s, playlist.target_duration_s)
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return not self.closing.is_set()
            if self.closing.wait(min(left_s, _FLOW_S if self._tags.wanted else left_s)):
                return False
            if self._is_mp4 and not self._stands_still and not self.queue.put(FLOW_PACKETS):
                return False

    def _outage(self, what: str) -> Outage:
        return Outage(self, what, self.closing, self._patience_s)

    def _play(self, loader: SegmentLoader, playlist: MediaPlaylist) -> bool:
        """Queue the segments that a playlist brings; False if enough were played or the chain is ending."""
        if self._tags.wanted:
            self._reader.read(playlist, time.time())
        progress = self._position.advance(playlist)
        self._progressed = bool(progress.segments)
        self._watch_progress()
        if progress.missed:
            self.log(
                LogLevel.WARNING, f"{progress.missed} segments were missed, the playlist went on without us"
            )
        if progress.restarted:
            self.log(LogLevel.WARNING, "the server has started its playlist anew")
        timeout_s = max(10.0, 3 * playlist.target_duration_s)
        for segment in progress.segments:
            if segment.gap:
                self.log(LogLevel.WARNING, f"segment {segment.sequence} is a gap at the source")
            elif not self._play_segment(loader, segment, timeout_s):
                return False
            elif self._lost_since_s is not None and not playlist.ended:
                # A live window may have moved on meanwhile: what it holds now is tried, not what it held.
                self._position.resume_after(segment.sequence)
                return True
            self._segments_left -= 1
            if not self._segments_left:
                return False
        return True

    def _watch_progress(self) -> None:
        """Say once that a live playlist stands still, and when it goes on."""
        now_s = time.monotonic()
        if self._progressed:
            if self._stands_still:
                self.log(LogLevel.INFO, "the playlist goes on")
            self._progressed_s, self._stands_still = now_s, False
        elif not self._stands_still and now_s - self._progressed_s > self._worth_telling_s:
            self._stands_still = True
            self.log(
                LogLevel.WARNING, f"the playlist has brought nothing new for {self._worth_telling_s:.0f} s"
            )

    def _play_segment(self, loader: SegmentLoader, segment: Segment, timeout_s: float) -> bool:
        if segment.discontinuity:
            self.verbose(f"discontinuity before segment {segment.sequence}")
        outage = self._outage(f"segment {segment.sequence} failed")
        while not self.closing.is_set():
            try:
                packets = self._load(loader, segment, timeout_s)
            except DownloadError as error:
                is_none = isinstance(error, NotASegment) and not self._has_played
                if is_none and not self.context.attended:
                    raise
                if error.is_of_resource and outage.attempts == _ATTEMPTS_AT_A_SEGMENT:
                    self._lose(segment, error)
                    return True
                if not outage.again(error):
                    return False
                continue
            outage.over()
            self._lost_in_a_row, self._lost_since_s, self._has_played = 0, None, True
            return self._enqueue(packets)
        return False

    def _load(self, loader: SegmentLoader, segment: Segment, timeout_s: float) -> bytes:
        """The packets of a segment; its cues are told beside."""
        if not self._tags.wanted:
            return loader.load(segment, timeout_s)
        body, tracks = loader.body(segment, timeout_s), None
        self._is_mp4 = self.arguments.present("mp4") and is_mp4(body)
        if self._is_mp4:
            tracks = loader.tracks(segment, timeout_s)
        packets = FLOW_PACKETS if self._is_mp4 else packets_of(body)
        pts = first_pts(body if self._is_mp4 else packets, tracks)
        for tag in self._reader.loaded(segment, pts):
            self._tags.tell(tag)
        if self._is_mp4:
            for tag in cues_of(event_messages(body), pts, self._told_messages):
                self._tags.tell(tag)
        return packets

    def _lose(self, segment: Segment, error: DownloadError) -> None:
        """Leave a segment out, unless nothing else has come for long."""
        now_s = time.monotonic()
        self._lost_in_a_row += 1
        self._lost_since_s = self._lost_since_s or now_s
        if self._lost_in_a_row >= _LOST_SEGMENTS_TO_GIVE_UP and now_s - self._lost_since_s > self._patience_s:
            raise error
        self.error(f"segment {segment.sequence} is left out: {error}")

    def _enqueue(self, packets: bytes) -> bool:
        for start in range(0, len(packets), _QUEUE_PART_BYTES):
            if not self.queue.put(packets[start : start + _QUEUE_PART_BYTES]):
                return False
        return True
