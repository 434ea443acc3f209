"""Reports PCRs that are not where the bitrate puts them (tsp -P pcrverify)."""

import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PacketProcessor
from ibe100.mpegts.constants import PACKET_BITS, PACKET_SIZE
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO

_PCR_PER_US: Final = PCR_HZ // 1_000_000
_DEFAULT_JITTER_US: Final = 1000
_DEFAULT_UNREAL_US: Final = 10_000_000
_WRAPPED: Final = 4 * PCR_MODULO // 5


class PcrVerify(PacketProcessor):
    """Verify PCR's from TS packets.

    Each PCR is compared with the one before on its PID and the packets between, at --bitrate or the chain's.
    """

    name: ClassVar[str] = "pcrverify"
    options: ClassVar[OptionTable] = OptionTable(
        Option("absolute", short="a"),
        Option("bitrate", OptionKind.DECIMAL, "b"),
        Option("jitter-max", OptionKind.INTEGER, "j"),
        Option("jitter-unreal", OptionKind.INTEGER),
        Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
        Option("timestamp", short="t"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        unit = 1 if arguments.present("absolute") else _PCR_PER_US
        default = _PCR_PER_US // unit
        self._jitter_pcr = unit * arguments.integer("jitter-max", _DEFAULT_JITTER_US * default)
        self._unreal_pcr = unit * arguments.integer("jitter-unreal", _DEFAULT_UNREAL_US * default)
        self._bitrate_bps = int(arguments.decimal("bitrate"))
        self._pids = arguments.pids("pid")
        self._last: dict[int, tuple[int, int]] = {}
        self._right = self._wrong = self._unchecked = 0

    def process(self, block: Block) -> Block:
        rows, values = block.headers.pcr
        for pid, row, pcr in zip(block.pids[rows].tolist(), rows.tolist(), values.tolist(), strict=True):
            if not self._pids or pid in self._pids:
                self._check(pid, block.first_index + row, pcr)
        return block

    def stop(self) -> None:
        limit = f"jitter > {self._jitter_pcr:,} ({self._jitter_pcr // _PCR_PER_US:,} micro-seconds)"
        text = f"{self._right:,} PCR OK, {self._wrong:,} with {limit}, {self._unchecked:,} unchecked"
        self.log(LogLevel.INFO, text)

    def _check(self, pid: int, index: int, pcr: int) -> None:
        previous = self._last.get(pid)
        self._last[pid] = (index, pcr)
        bitrate_bps = self._bitrate_bps or self.context.bitrate_bps
        if previous is None or not bitrate_bps:
            self._unchecked += 1
            return
        before, last_pcr = previous
        if last_pcr - pcr > _WRAPPED:
            pcr += PCR_MODULO
        jitter = pcr - last_pcr - (index - before) * PACKET_BITS * PCR_HZ // bitrate_bps
        if abs(jitter) <= self._jitter_pcr:
            self._right += 1
        elif abs(jitter) > self._unreal_pcr:
            self._unchecked += 1
        else:
            self._wrong += 1
            self._report(pid, jitter, bitrate_bps)

    def _report(self, pid: int, jitter_pcr: int, bitrate_bps: int) -> None:
        bits = abs(jitter_pcr) * bitrate_bps // PCR_HZ
        when = f"{time.strftime('%Y/%m/%d %H:%M:%S')}, " if self.arguments.present("timestamp") else ""
        amount = f"{bits // PACKET_BITS:,} packets + {bits // 8 % PACKET_SIZE:,} bytes + {bits % 8:,} bits"
        self.log(
            LogLevel.INFO,
            f"{when}PID 0x{pid:04X} ({pid}), PCR jitter: {jitter_pcr:,} = "
            f"{abs(jitter_pcr) // _PCR_PER_US:,} micro-seconds = {amount} (tsp time)",
        )
