"""Reports the cues in the stream (tsp -P splicemonitor)."""

import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PacketProcessor
from ibe100.minitsp.reports.json_report import JSON_OPTIONS, JsonDocument, JsonReport, JsonValue
from ibe100.minitsp.reports.splice_json import table_json
from ibe100.minitsp.reports.text_file import TextFile
from ibe100.minitsp.splice.clock_points import last_point, pts_points
from ibe100.minitsp.splice.events import Announcement, PendingEvent, SpliceEvents, announcements
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS, SPLICE_TABLE_ID
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.packet_headers import FEW_PACKETS
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.mpegts.service_map import ServiceMap
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode

_COMMAND_TYPE_AT: Final = 13
_SPLICE_INSERT: Final = 0x05
_ALL_COMMANDS: Final = frozenset(range(256))
_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


class SpliceMonitor(PacketProcessor):
    """Monitors SCTE 35 splice information.

    Cue PIDs are those of SCTE 35 in the PMTs, or --splice-pid. The time comes from the PTS of
    --time-pid, or of all audio and video of the cue PID's service. Where nothing after it changes packets, a
    cue is reported once the output has delivered it.
    """

    name: ClassVar[str] = "splicemonitor"
    changes_packets = False
    options: ClassVar[OptionTable] = OptionTable(
        *JSON_OPTIONS,
        Option("all-commands", short="a"),
        Option("display-commands", short="d"),
        Option("json", short="j"),
        Option("max-pre-roll-time", OptionKind.INTEGER),
        Option("max-repetition", OptionKind.INTEGER),
        Option("meta-base64-sections"),
        Option("meta-sections"),
        Option("min-pre-roll-time", OptionKind.INTEGER),
        Option("min-repetition", OptionKind.INTEGER),
        Option("output-file", OptionKind.TEXT, "o"),
        Option("packet-index", short="i"),
        Option("select-commands", OptionKind.INTEGER_RANGE, repeatable=True, maximum=255),
        Option("splice-pid", OptionKind.PID, "s"),
        Option("tag", OptionKind.TEXT),
        Option("time-pid", OptionKind.PID, "t"),
        Option("timestamp"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._json = JsonReport(self)
        self._document = JsonDocument(arguments.text("output-file")) if arguments.present("json") else None
        self._tag = arguments.text("tag")
        self._commands = arguments.pids("select-commands")
        if arguments.present("all-commands"):
            self._commands = _ALL_COMMANDS
        elif arguments.present("display-commands"):
            self._commands |= {_SPLICE_INSERT}
        self._wants_json = self._json.wanted or self._document is not None
        self._text: TextFile | None = None
        if not self._wants_json and (self._commands or arguments.present("output-file")):
            self._text = TextFile(arguments.text("output-file"))
        self._splice_pid = arguments.optional_integer("splice-pid")
        self._time_pid = arguments.optional_integer("time-pid")
        self._services = ServiceMap()
        self._services_version = -1
        self._events: dict[int, SpliceEvents] = {}
        self._assemblers: dict[int, SectionAssembler] = {}
        self._time_pids: dict[int, set[int]] = {}
        self._announced: set[int] = set()
        if self._splice_pid is not None:
            self._watch(self._splice_pid)

    def start(self) -> None:
        # The receipts of a runner that is replaced are kept for the next one.
        self._json.open(keeps=self.context.attended and self.is_last)
        if self._document is not None:
            self._document.open()
        if self._text is not None:
            self._text.open()

    def stop(self) -> None:
        self._json.close()
        if self._document is not None:
            self._document.close()
        if self._text is not None:
            self._text.close()

    def process(self, block: Block) -> Block:
        if len(block) >= FEW_PACKETS or not self._services.followed_pids.isdisjoint(block.headers.present):
            self._services.feed_headers(block.headers)
        if self._services.version != self._services_version:
            self._services_version = self._services.version
            self._follow_services()
        if self._events:
            self._follow(block)
        return block

    def tick(self, monotonic_s: float) -> None:
        self._json.tick(monotonic_s)

    def _watch(self, splice_pid: int) -> None:
        if splice_pid not in self._events:
            self._events[splice_pid] = SpliceEvents()
            self._assemblers[splice_pid] = SectionAssembler()
        if self._time_pid is not None:
            self._time_pids.setdefault(self._time_pid, set()).add(splice_pid)

    def _unwatch(self, pid: int) -> None:
        """Forget a PID that was taken for one of cues and carries PES packets."""
        del self._events[pid], self._assemblers[pid]
        for splice_pids in self._time_pids.values():
            splice_pids.discard(pid)

    def _follow_services(self) -> None:
        """Take cue PIDs and the PIDs that give the time from the PMTs."""
        only_service = len(self._services.pmt_pids) == 1
        for pid in self._services.doubtful_pids.with_pes & self._events.keys() - {self._splice_pid}:
            self._unwatch(pid)
        for pmt in list(self._services.pmts.values()):
            codecs = self._services.codecs(pmt)
            found = self._services.splice_pids(pmt)
            if self._splice_pid is not None:
                belongs = self._splice_pid in codecs or only_service
                found = {self._splice_pid} if belongs else set()
            timed = {pid for pid, codec in codecs.items() if _has_time(codec.kind)}
            timed |= {pmt.pcr_pid} - {NULL_PID}
            for splice_pid in sorted(found):
                if splice_pid in codecs and splice_pid not in self._announced:
                    self._announced.add(splice_pid)
                    self.verbose(f"starting monitoring splice PID 0x{splice_pid:04X} ({splice_pid})")
                self._watch(splice_pid)
                if self._time_pid is None:
                    for pid in timed:
                        self._time_pids.setdefault(pid, set()).add(splice_pid)

    def _follow(self, block: Block) -> None:
        """Take the block's cues and times in their order."""
        steps: list[tuple[int, int, int | None]] = []
        for splice_pid in self._events:
            steps += [(row, splice_pid, None) for row in block.headers.rows_of(splice_pid)]
        is_quiet = not steps and not any(map(len, self._events.values()))
        for pid in self._time_pids:
            if is_quiet:  # nothing can occur: the last time is enough
                last = last_point(block, pid, set())
                points = [] if last is None else [last]
            else:
                points = pts_points(block, pid)
            steps += [(row, pid, pts) for row, pts in points]
        for row, pid, pts in sorted(steps, key=lambda step: step[0]):
            index = block.first_index + row
            if pts is None:
                for section in self._assemblers[pid].feed(block.packets[row].tobytes()):
                    self._take(section, pid, index)
                continue
            for splice_pid in self._time_pids[pid]:
                for event in self._events[splice_pid].observe_pts(pts, index):
                    self._report_occurred(splice_pid, event, index)

    def _take(self, section: bytes, splice_pid: int, index: int) -> None:
        if section[0] != SPLICE_TABLE_ID:
            return
        try:
            decoded = decode(section)
        except SpliceDecodeError as error:
            self.verbose(f"section on PID 0x{splice_pid:04X} ({splice_pid}) ignored: {error}")
            return
        for announcement in announcements(decoded):
            event = self._events[splice_pid].announce(announcement, index)
            self._report_announced(splice_pid, announcement, event, index)
        if section[_COMMAND_TYPE_AT] in self._commands:
            self._report_table(section, splice_pid, index)

    def _report_announced(
        self, splice_pid: int, announcement: Announcement, event: PendingEvent | None, index: int
    ) -> None:
        if announcement.cancelled:
            report = self._event_report(splice_pid, announcement.event_id, "canceled", event, index)
            text = "canceled"
        elif announcement.event_pts is None:
            report = self._event_report(splice_pid, announcement.event_id, "immediate", event, index)
            report["event-type"] = _direction(announcement.out)
            text = f"immediately {_direction(announcement.out).upper()}"
        else:
            report = self._event_report(splice_pid, announcement.event_id, "pending", event, index)
            text = f"occurrence #{report['count']}"
            if event is not None and event.corrected_from is not None:
                text += f", moved from PTS 0x{event.corrected_from:09X} to 0x{event.event_pts:09X}"
            if "time-to-event-ms" in report:
                text += f", time to event: {report['time-to-event-ms']:,} ms"
        self._report(splice_pid, announcement.event_id, announcement.out, report, text)

    def _report_occurred(self, splice_pid: int, event: PendingEvent, index: int) -> None:
        bitrate_bps = self.context.bitrate_bps
        distance_bits = (index - event.first_index) * PACKET_BITS
        pre_roll_ms = distance_bits * 1000 // bitrate_bps if bitrate_bps else 0
        report = self._event_report(splice_pid, event.event_id, "occurred", event, index)
        report["pre-roll-ms"] = pre_roll_ms
        report["status"] = "alarm" if self._out_of_range(event.count, pre_roll_ms) else "normal"
        text = f"occurred, actual pre-roll time: {pre_roll_ms:,} ms"
        self._report(splice_pid, event.event_id, event.out, report, text)

    def _out_of_range(self, count: int, pre_roll_ms: int) -> bool:
        """True if --min-… and --max-… make this event an alarm."""
        limits = self.arguments.integer
        return (
            0 < pre_roll_ms < limits("min-pre-roll-time")
            or 0 < limits("max-pre-roll-time") < pre_roll_ms
            or count < limits("min-repetition")
            or 0 < limits("max-repetition") < count
        )

    def _event_report(
        self, splice_pid: int, event_id: int, progress: str, event: PendingEvent | None, index: int
    ) -> dict[str, JsonValue]:
        now_s = time.time()
        report: dict[str, JsonValue] = {
            "#name": "event",
            "tag": self._tag,
            "packet-index": index,
            "progress": progress,
            "splice-pid": splice_pid,
            "event-id": event_id,
        }
        if self.arguments.present("timestamp"):
            report["time"] = _local_time(now_s)
        if event is None:
            return report
        report |= {"event-type": _direction(event.out), "event-pts": event.event_pts, "count": event.count}
        distance_ms = self._events[splice_pid].time_to_event_ms(event, index, self.context.bitrate_bps)
        if distance_ms is not None:
            report["time-to-event-ms"] = distance_ms
            if self.arguments.present("timestamp"):
                report["event-time"] = _local_time(now_s + distance_ms / 1000)
        return report

    def _report(
        self, splice_pid: int, event_id: int, out: bool, report: dict[str, JsonValue], text: str
    ) -> None:
        """Report one event as JSON, or as a line of text when no JSON is asked for."""
        if self._wants_json:
            self._report_json(report)
            return
        tag = f"{self._tag}: " if self._tag else ""
        index = f"packet {report['packet-index']:,}, " if self.arguments.present("packet-index") else ""
        pid = f"splice PID 0x{splice_pid:04X} ({splice_pid})"
        identity = f"event 0x{event_id:08X} ({event_id}) {_direction(out)}"
        line = f"{tag}{index}{pid}, {identity}, {text}"
        if self._text is None:
            self.log(LogLevel.INFO, line)
        else:
            self._text.write(f"* {line}")

    def _report_table(self, section: bytes, splice_pid: int, index: int) -> None:
        if self._text is not None:
            from ibe100.minitsp.reports.splice_text import section_text

            self._text.write(section_text(section, splice_pid))
            return
        arguments = self.arguments
        metadata: dict[str, JsonValue] = {"pid": splice_pid}
        if arguments.present("timestamp"):
            metadata["time"] = _local_time(time.time())
        if arguments.present("packet-index"):
            metadata |= {"first_ts_packet": index, "last_ts_packet": index}
        self._report_json(
            table_json(
                section,
                metadata,
                base64_section=arguments.present("meta-base64-sections"),
                hex_section=arguments.present("meta-sections"),
            )
        )

    def _report_json(self, value: JsonValue) -> None:
        if self.is_last:
            self.context.when_delivered(lambda: self._send_json(value))
        else:
            self._send_json(value)

    def _send_json(self, value: JsonValue) -> None:
        self._json.report(value)
        if self._document is not None:
            self._document.add(value)


def _has_time(kind: StreamKind) -> bool:
    return kind in (StreamKind.VIDEO, StreamKind.AUDIO)


def _direction(out: bool) -> str:
    return "out" if out else "in"


def _local_time(wall_s: float) -> str:
    return time.strftime(_TIME_FORMAT, time.localtime(wall_s))
