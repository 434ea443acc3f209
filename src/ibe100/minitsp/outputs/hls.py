"""Output as HTTP live streaming: segment files and a playlist, for any web server to hand out."""

import math
import time
from collections import deque
from pathlib import Path
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketOutput, Packets, PluginError
from ibe100.minitsp.hls.blind_length import BlindLength
from ibe100.minitsp.hls.breaks import Breaks
from ibe100.minitsp.hls.cut_points import Picture, PictureFinder, TableCopies
from ibe100.minitsp.hls.cut_rules import CutRules, EntryPoint
from ibe100.minitsp.hls.segment_files import Playlist, SegmentFiles, SegmentStart
from ibe100.mpegts.constants import PACKET_SIZE, SPLICE_TABLE_ID

_DURATION_S: Final = 10
_LIVE_DURATION_S: Final = 5
_MAX_EXTRA_DURATION_S: Final = 2
_DATES_APART_S: Final = 0.5
_LARGEST_DRIFT: Final = 0.001
"""Drift of the source's clock against the machine's, seconds a second; 50 ppm are 4 s a day."""


class HlsOutput(PacketOutput):
    """Writes HLS segments and a playlist (tsp -O hls).

    Segments begin with a copy of PAT and PMT and at a picture that stands alone, as with tsp's --intra-close,
    which is always on here: players need it. Where such pictures do not come between --duration and
    --max-extra-duration, a segment ends earlier. A PTS that leaps ends it too (EXT-X-DISCONTINUITY), and so
    does a cue of the stream, at the next such picture; the playlist tells it. A live or event playlist that
    is there already is gone on with, after a discontinuity, unless --start-media-sequence begins a new one;
    that of a live stream is ended only by the end of the input, not by a stop.
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
        longest_s = duration_s + arguments.integer("max-extra-duration", _MAX_EXTRA_DURATION_S)
        self._dated = bool(live) or arguments.present("event")
        playlist = Playlist(
            Path(path) if path else None,
            longest_s if self._dated else duration_s,
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
        self._goes_on = self._dated and not arguments.present("start-media-sequence")
        self._is_seam = False
        self._duration_s = duration_s
        self._rules = CutRules(duration_s, longest_s, strict=arguments.present("max-extra-duration"))
        self._fixed_bytes = arguments.integer("fixed-segment-size")
        self._waiting = arguments.present("align-first-segment")
        self._pictures = PictureFinder()
        self._tables = TableCopies()
        self._present_pts: int | None = None
        self._is_blind = False
        self._blind = BlindLength()
        self._told: set[LogLevel] = set()

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
            self._rules.settle(self._files.target_duration_s)
            self.verbose(f"going on after the {taken_up} segments of an earlier run")

    def send(self, packets: Packets) -> None:
        done = 0
        pictures = self._pictures.feed(packets)
        sections = deque(one for one in self._pictures.sections if one.section[0] == SPLICE_TABLE_ID)
        for picture in pictures:
            while sections and sections[0].row <= picture.row:
                self._breaks.take(sections.popleft().section, self._rules.last_pts)
            done = self._end_segments(packets, done, picture)
            if self._breaks.date(picture.pts) is None:
                self._breaks.anchor(picture.pts, time.time())
                if self._files.is_open and self._dated:
                    self._files.date(time.time())
            self._rules.take(picture, self._files.size_bytes + (picture.row - done) * PACKET_SIZE)
        for seen in sections:
            self._breaks.take(seen.section, self._rules.last_pts)
        if pictures:
            self._write(packets[done:])
            self._blind.packets = len(packets) - pictures[-1].row
        else:
            self._write_blind(packets)

    def stop(self) -> None:
        if self._files.is_open:
            ended = not (self.context.stopping if self._is_live else self.context.exit_code)
            self._close(self._rules.held_s, last=ended)

    def _end_segments(self, packets: Packets, done: int, picture: Picture) -> int:
        """End the segments that end before a picture; returns the first packet that is not written."""
        rules = self._rules
        self._present_pts = picture.pts
        if leaps := rules.leaps(picture, self._pictures.clock.step_s):
            self._breaks.jump(rules.last_pts, picture.pts)
        key = None if leaps or self._fixed_bytes else rules.key_to_end_at(picture)
        if key is not None:
            self._write(packets[done : picture.row])
            done = picture.row
            self._cut_back(key)
        if leaps or self._is_due(picture, pending_bytes=(picture.row - done) * PACKET_SIZE):
            self._write(packets[done : picture.row])
            done = picture.row
            self._cut(picture, leaps=leaps)
        return done

    def _is_due(self, picture: Picture, pending_bytes: int) -> bool:
        if self._waiting:
            return picture.intra
        elapsed_s = self._rules.elapsed_s(picture)
        if self._fixed_bytes:
            size_bytes = self._files.size_bytes + pending_bytes
            return size_bytes >= self._fixed_bytes or elapsed_s >= self._rules.longest_s
        if self._is_blind or (picture.intra and self._breaks.is_due(picture.pts) is not None):
            return True
        is_due = self._rules.is_due(picture)
        if is_due and not picture.intra:
            told = (
                f"no key picture for {elapsed_s:.1f} s: segments begin where players cannot start to decode"
            )
            self._tell_once(LogLevel.WARNING, told)
        elif is_due:
            self._tell_shorter(elapsed_s)
        return is_due

    def _cut(self, picture: Picture, *, leaps: bool) -> None:
        """End the segment before a picture and begin the next one with it."""
        rules = self._rules
        if self._files.is_open:
            self._close(rules.held_s if leaps else rules.elapsed_s(picture))
        if leaps:
            rules.leap()
        rules.end()
        self._waiting = self._is_blind = False
        self._open(picture.pts, leaps=leaps)
        self._write_tables()

    def _cut_back(self, key: EntryPoint) -> None:
        """End the segment at a key picture that it holds already, and go on with that one."""
        moved = self._files.take_back(key.at_byte)
        self._tell_shorter(self._rules.elapsed_s(key))
        self._close(self._rules.elapsed_s(key))
        self._rules.end_at_key()
        self._open(key.pts)
        self._write_tables()
        self._files.write(moved)

    def _open(self, pts: int | None, *, leaps: bool = False) -> None:
        """Begin a segment, at a picture if it is known."""
        date = time.time() if self._dated else None
        cue_tags: tuple[str, ...] = ()
        if pts is not None:
            known = None if leaps else self._breaks.date(pts)
            on_air = time.time() if known is None else known + self._drift_s()
            # Again and again: half a day away a PTS is as near the other way round.
            self._breaks.anchor(pts, on_air)
            date = on_air if self._dated else None
            cue_tags = self._breaks.tags(pts)
        self._files.open(SegmentStart(leaps or self._is_seam, date, cue_tags))
        self._is_seam = False
        self._blind.open()

    def _drift_s(self) -> float:
        """Time by which the dates go on more than the pictures, to follow the machine's clock."""
        date = None if self._present_pts is None else self._breaks.date(self._present_pts)
        if date is None or not self.context.tsp.realtime:
            return 0.0
        apart_s = time.time() - date
        if abs(apart_s) < _DATES_APART_S:
            return 0.0
        return math.copysign(_LARGEST_DRIFT * self._duration_s, apart_s)

    def _close(self, duration_s: float, *, last: bool = False) -> None:
        """End the segment; where pictures do not tell how long it is, the bitrate does, or the clock."""
        start = self._rules.start
        self._rules.settle(duration_s)
        if self._dated:
            self._files.target_duration_s = self._rules.longest_s
        if self._is_blind or not duration_s:
            estimated_s = self._blind.estimated_s(self._files.size_bytes, self.context.bitrate_bps)
            duration_s = min(max(duration_s, estimated_s), self._rules.longest_s)
        self._files.close(duration_s, independent=start is not None and start.independent, last=last)

    def _write(self, packets: Packets) -> None:
        self._tables.feed(packets, self._pictures.tables)
        if self._waiting or not len(packets):
            return
        if not self._files.is_open:
            start = self._rules.start
            self._open(None if start is None else start.pts)
        self._files.write(packets.tobytes())

    def _write_blind(self, packets: Packets) -> None:
        """Write packets among which no picture begins; their segments end all the same."""
        while len(packets) > (room := self._blind_room(len(packets))):
            self._write(packets[:room])
            self._is_blind = True
            self._close(self._rules.held_s)
            self._rules.end()
            self._blind.packets = 0
            self._open(None)
            self._write_tables()
            packets = packets[room:]
        self._write(packets)
        self._blind.packets += len(packets)

    def _write_tables(self) -> None:
        if not self.arguments.present("slice-only"):
            self._files.write(self._tables.copies())

    def _blind_room(self, wanted: int) -> int:
        """Number of the packets wanted that may come before the segment has to end without a picture."""
        if self._waiting or not (self._files.is_open or self.context.bitrate_bps):
            return wanted
        longest_s = self._rules.longest_s
        left_s = longest_s - self._rules.held_s
        return self._blind.room(wanted, left_s, longest_s, self.context.bitrate_bps)

    def _tell_shorter(self, elapsed_s: float) -> None:
        if elapsed_s < self._duration_s:
            told = f"segments end at key pictures: one has {elapsed_s:.1f} s instead of {self._duration_s} s"
            self._tell_once(LogLevel.INFO, told)

    def _tell_once(self, level: LogLevel, text: str) -> None:
        if level not in self._told:
            self._told.add(level)
            self.log(level, text)
