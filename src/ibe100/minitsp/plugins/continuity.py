"""Reports breaks of the continuity counters (tsp -P continuity)."""

from typing import ClassVar

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.packet_batch import Batch
from ibe100.minitsp.chain.packet_observer import PacketObserver
from ibe100.minitsp.chain.plugin import Context, LogLevel
from ibe100.minitsp.reports.json_report import to_json
from ibe100.mpegts.continuity import ContinuityFault, ContinuityTracker


class Continuity(PacketObserver):
    """Logs each packet that breaks the count, by its index at this point of the chain."""

    name: ClassVar[str] = "continuity"
    options: ClassVar[OptionTable] = OptionTable(
        Option("json-line", OptionKind.TEXT, value_optional=True),
        Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
        Option("tag", OptionKind.TEXT, "t"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._json_prefix = arguments.optional_text("json-line")
        self._tag = arguments.text("tag")
        self._pids = arguments.pids("pid")
        self._tracker = ContinuityTracker()

    def observe(self, batch: Batch) -> None:
        for fault in self._tracker.feed(batch.headers):
            if not self._pids or fault.pid in self._pids:
                self._report(batch.first_index + fault.row, fault)

    def _report(self, index: int, fault: ContinuityFault) -> None:
        if self._json_prefix is None:
            tag = f"{self._tag}: " if self._tag else ""
            place = f"packet index: {index:,}, PID: 0x{fault.pid:04X} ({fault.pid})"
            what = f"{fault.packets} duplicate" if fault.duplicate else f"missing {fault.packets}"
            self.log(LogLevel.INFO, f"{tag}{place}, {what} packets")
            return
        value: dict[str, str | int] = {
            "index": index,
            "packets": fault.packets,
            "pid": fault.pid,
            "type": "duplicate" if fault.duplicate else "missing",
        }
        if self._tag:
            value["tag"] = self._tag
        self.log(LogLevel.INFO, self._json_prefix + to_json(value))
