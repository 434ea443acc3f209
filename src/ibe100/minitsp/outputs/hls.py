"""Output as HTTP live streaming: segment files and a playlist, for any web server to hand out."""

import time
from collections import deque
from pathlib import Path
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketOutput, Packets, PluginError
from ibe100.minitsp.hls.breaks import Breaks
from ibe100.minitsp.hls.cut_points import Picture, PictureFinder, TableCopies
from ibe100.minitsp.hls.segment_files import Playlist, SegmentFiles, SegmentStart
from ibe100.mpegts.constants import PACKET_SIZE, SPLICE_TABLE_ID
from ibe100.mpegts.timestamps import PTS_HZ, pts_difference

_DURATION_S: Final = 10
_LIVE_DURATION_S: Final = 5
_MAX_EXTRA_DURATION_S: Final = 2
_LARGEST_PTS_STEP_S: Final = 10.0
_LARGEST_PTS_STEP_BACK_S: Final = 2.0  # pictures are sent out of order, but not by as much
_LEAST_BLIND_PACKETS: Final = 100  # whatever the bitrate is thought to be


class HlsOutput(PacketOutput):
    """Writes HLS segments and a playlist (tsp -O hls).

    Segments begin with a copy of PAT and PMT and at a picture that stands alone, as with tsp's --intra-close,
    which is always on here: players need it. A PTS that jumps ends the segment (EXT-X-DISCONTINUITY), and so
    does a cue of the stream, which is told in the playlist too. A live or event playlist that is there
    already is gone on with, after a discontinuity, unless --start-media-sequence begins a new one; that of a
    live stream is ended only by the end of the input, not by a stop.
    """

    name: ClassVar[str] = "hls"
    options: ClassVar[OptionTable] = OptionTable(
        Option("align-first-segment", short="a"),
        Option("custom-tag", OptionKind.TEXT, "c", repeatable=True),
        Option("duration", OptionKind.INTEGER, "d", minimum=1),
        Option("event", short="e"),
        Option("fixed-segment-size", OptionKind.INTEGER, "f", minimum=PACKET_SIZE),
        Option("intra-close", short="i"),
        Option("live", OptionKind.INTEGER, "l", minimum=1),
        Option("live-extra-segments", OptionKind.INTEGER),
        Option("max-extra-duration", OptionKind.INTEGER, "m"),
        Option("no-bitrate"),
        Option("playlist", OptionKind.TEXT, "p"),
        Option("slice-only"),
        Option("start-media-sequence", OptionKind.INTEGER, "s"),
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        template = Path(arguments.parameter("filename"))
        arguments.exclude("live", "event")
        live = arguments.integer("live")
        duration_s = arguments.integer("duration", _LIVE_DURATION_S if live else _DURATION_S)
        path = arguments.text("playlist")
        playlist = Playlist(
            Path(path) if path else None,
            duration_s,
            live,
            arguments.integer("live-extra-segments", 1),
            arguments.present("event"),
            arguments.integer("start-media-sequence"),
            not arguments.present("no-bitrate"),
            tuple(f"#{tag.removeprefix('#')}" for tag in arguments.texts("custom-tag")),
        )
        self._breaks = Breaks()
        self._files = SegmentFiles(template, playlist, self._breaks.date_ranges)
        self._is_live = bool(live)
        self._dated = bool(live) or arguments.present("event")
        self._goes_on = self._dated and not arguments.present("start-media-sequence")
        self._is_seam = False
        self._duration_s = duration_s
        self._longest_s = duration_s + arguments.integer("max-extra-duration", _MAX_EXTRA_DURATION_S)
        self._fixed_bytes = arguments.integer("fixed-segment-size")
        self._waiting = arguments.present("align-first-segment")
        self._pictures = PictureFinder()
        self._tables = TableCopies()
        self._first_pts: int | None = None
        self._last_pts: int | None = None
        self._independent = False
        self._blind_packets = 0
        self._opened_s = 0.0

    def start(self) -> None:
        if not self._goes_on:
            return
        try:
            taken_up = self._files.take_up()
        except PluginError as error:
            self.log(LogLevel.WARNING, f"{error}; a new one is begun")
            return
        if taken_up is not None:
            self._is_seam = True
            self.verbose(f"going on after the {taken_up} segments of an earlier run")

    def send(self, packets: Packets) -> None:
        done = 0
        pictures = self._pictures.feed(packets)
        sections = deque(one for one in self._pictures.sections if one.section[0] == SPLICE_TABLE_ID)
        for picture in pictures:
            while sections and sections[0].row <= picture.row:
                self._breaks.take(sections.popleft().section, self._last_pts)
            jump = self._jumps(picture)
            if jump and self._last_pts is not None:
                self._breaks.jump(self._last_pts, picture.pts)
            if jump or self._due(picture, pending_bytes=(picture.row - done) * PACKET_SIZE):
                self._write(packets[done : picture.row])
                done = picture.row
                self._cut(picture, discontinuity=jump)
            if self._first_pts is None:
                self._first_pts, self._independent = picture.pts, picture.intra
                self._breaks.anchor(picture.pts, time.time())
            self._last_pts = picture.pts
        for seen in sections:
            self._breaks.take(seen.section, self._last_pts)
        if pictures:
            self._write(packets[done:])
            self._blind_packets = len(packets) - pictures[-1].row
        else:
            self._write_blind(packets)

    def stop(self) -> None:
        if self._files.is_open:
            ended = not (self.context.stopping if self._is_live else self.context.exit_code)
            self._close(self._elapsed_s(self._last_pts), last=ended)

    def _due(self, picture: Picture, pending_bytes: int) -> bool:
        if self._waiting:
            return picture.intra
        if self._fixed_bytes:
            return self._files.size_bytes + pending_bytes >= self._fixed_bytes
        late_s = self._breaks.is_due(picture.pts)
        if late_s is not None and (picture.intra or late_s > self._longest_s - self._duration_s):
            return True
        elapsed_s = self._elapsed_s(picture.pts)
        return elapsed_s >= (self._duration_s if picture.intra else self._longest_s)

    def _jumps(self, picture: Picture) -> bool:
        """True if the PTS jumps, as at the seam of a loop; pictures out of order make small steps only."""
        if self._last_pts is None:
            return False
        step_s = pts_difference(picture.pts, self._last_pts) / PTS_HZ
        return not -_LARGEST_PTS_STEP_BACK_S <= step_s <= _LARGEST_PTS_STEP_S

    def _cut(self, picture: Picture, *, discontinuity: bool) -> None:
        """End the segment before a picture and begin the next one with it."""
        if self._files.is_open:
            self._close(self._elapsed_s(self._last_pts if discontinuity else picture.pts))
        self._waiting = False
        self._open(picture.pts, discontinuity=discontinuity)
        self._independent = picture.intra
        self._write_tables()

    def _open(self, pts: int | None, *, discontinuity: bool = False) -> None:
        """Begin a segment, at a picture if it is known."""
        date = time.time() if self._dated else None
        cue_tags: tuple[str, ...] = ()
        if pts is not None:
            self._first_pts = pts
            known = None if discontinuity else self._breaks.date(pts)
            on_air = time.time() if known is None else known
            # Again and again: half a day away a PTS is as near the other way round.
            self._breaks.anchor(pts, on_air)
            date = on_air if self._dated else None
            cue_tags = self._breaks.tags(pts)
        self._files.open(SegmentStart(discontinuity or self._is_seam, date, cue_tags))
        self._is_seam = False
        self._opened_s = time.monotonic()

    def _close(self, elapsed_s: float, *, last: bool = False) -> None:
        """End the segment; where pictures do not tell how long it is, the bitrate does, or the clock."""
        self._files.close(elapsed_s or self._estimated_s(), independent=self._independent, last=last)

    def _write(self, packets: Packets) -> None:
        self._tables.feed(packets, self._pictures.tables)
        if self._waiting or not len(packets):
            return
        if not self._files.is_open:
            self._open(None)
        self._files.write(packets.tobytes())

    def _write_blind(self, packets: Packets) -> None:
        """Write packets among which no picture begins; their segments end all the same."""
        while len(packets) > (room := self._blind_room(len(packets))):
            self._write(packets[:room])
            self._close(max(self._elapsed_s(self._last_pts), self._estimated_s()))
            self._first_pts, self._independent, self._blind_packets = None, False, 0
            self._open(None)
            self._write_tables()
            packets = packets[room:]
        self._write(packets)
        self._blind_packets += len(packets)

    def _write_tables(self) -> None:
        if not self.arguments.present("slice-only"):
            self._files.write(self._tables.copies())

    def _blind_room(self, wanted: int) -> int:
        """Number of the packets wanted that may come before the segment has to end without a picture."""
        if self._waiting:
            return wanted
        bitrate_bps = self.context.bitrate_bps
        if not bitrate_bps:
            late = self._files.is_open and time.monotonic() - self._opened_s > self._longest_s
            return 0 if late else wanted
        longest = int(bitrate_bps * self._longest_s / (8 * PACKET_SIZE))
        return max(0, max(longest, _LEAST_BLIND_PACKETS) - self._blind_packets)

    def _estimated_s(self) -> float:
        bitrate_bps = self.context.bitrate_bps
        if not bitrate_bps:
            return time.monotonic() - self._opened_s
        return self._files.size_bytes * 8 / bitrate_bps

    def _elapsed_s(self, pts: int | None) -> float:
        if pts is None or self._first_pts is None:
            return 0.0
        return max(0.0, pts_difference(pts, self._first_pts) / PTS_HZ)
