"""Playing time that has passed a plugin, by the PCRs of the stream."""

from ibe100.minitsp.chain.plugin import Block, Context
from ibe100.mpegts.constants import PACKET_BITS
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO


class PlayoutClock:
    """Adds up the steps between PCRs of each PID; the PID that is furthest on tells the time.

    A step of a second or more is a jump: the time of the packets between stands in for it.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._last: dict[int, tuple[int, int]] = {}
        self._passed_pcr: dict[int, int] = {}
        self._duration_pcr = 0

    def row_reaching(self, block: Block, duration_ms: int) -> int:
        """The row of the block at which so much has been played, -1 if none has."""
        rows, values = block.headers.pcr
        reached = -1
        for row, pid, pcr in zip(rows.tolist(), block.pids[rows].tolist(), values.tolist(), strict=True):
            self._add(pid, block.first_index + row, pcr)
            if reached < 0 and self._duration_pcr * 1000 // PCR_HZ >= duration_ms:
                reached = row
        return reached

    def _add(self, pid: int, index: int, pcr: int) -> None:
        before, last_pcr = self._last.get(pid, (index, pcr))
        self._last[pid] = (index, pcr)
        step_pcr = (pcr - last_pcr) % PCR_MODULO
        if not step_pcr:
            return
        if step_pcr >= PCR_HZ:
            bitrate_bps = self._context.bitrate_bps
            step_pcr = (index - before) * PACKET_BITS * PCR_HZ // bitrate_bps if bitrate_bps else 0
        self._passed_pcr[pid] = self._passed_pcr.get(pid, 0) + step_pcr
        self._duration_pcr = max(self._duration_pcr + 1, self._passed_pcr[pid])
