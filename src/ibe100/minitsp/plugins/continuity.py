"""Reports breaks of the continuity counters, or mends them (tsp -P continuity)."""

from typing import ClassVar

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.packet_batch import Batch
from ibe100.minitsp.chain.packet_observer import PacketObserver
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel
from ibe100.minitsp.reports.json_report import to_json
from ibe100.mpegts.continuity import ContinuityFault, ContinuityTracker, CounterFixer


class Continuity(PacketObserver):
    """Logs each packet that breaks the count, by its index at this point of the chain; or --fix."""

    name: ClassVar[str] = "continuity"
    options: ClassVar[OptionTable] = OptionTable(
        Option("fix", short="f"),
        Option("json-line", OptionKind.TEXT, value_optional=True),
        Option("no-replicate-duplicated"),
        Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
        Option("tag", OptionKind.TEXT, "t"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._json_prefix = arguments.optional_text("json-line")
        self._tag = arguments.text("tag")
        self._pids = arguments.pids("pid")
        self._tracker = ContinuityTracker()
        self._fixer: CounterFixer | None = None
        if arguments.present("fix"):
            self.changes_packets = True
            self._fixer = CounterFixer(self._pids, not arguments.present("no-replicate-duplicated"))

    def process(self, block: Block) -> Block:
        if self._fixer is None:
            return super().process(block)
        if self._fixer.fix(block.headers):
            block.changed()
        return block

    def observe(self, batch: Batch) -> None:
        for fault in self._tracker.feed(batch.headers):
            if not self._pids or fault.pid in self._pids:
                self._report(batch.first_index + fault.row, fault)

    def _report(self, index: int, fault: ContinuityFault) -> None:
        if self._json_prefix is None:
            tag = f"{self._tag}: " if self._tag else ""
            place = f"packet index: {index:,}, PID: 0x{fault.pid:04X} ({fault.pid})"
            self.log(LogLevel.INFO, f"{tag}{place}, {_words(fault)}")
            return
        value: dict[str, str | int] = {"index": index, "pid": fault.pid, "type": "increment-without-payload"}
        if fault.packets:
            value |= {"packets": fault.packets, "type": "duplicate" if fault.duplicate else "missing"}
        if self._tag:
            value["tag"] = self._tag
        self.log(LogLevel.INFO, self._json_prefix + to_json(value))


def _words(fault: ContinuityFault) -> str:
    if fault.duplicate:
        return f"{fault.packets} duplicate packets"
    return f"missing {fault.packets} packets" if fault.packets else "incorrect CC increment without payload"
