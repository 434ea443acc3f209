"""Passes packets at a steady bitrate, or as their PCRs say (tsp -P regulate)."""

import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import MAX_BLOCK_PACKETS, Block, Context, LogLevel, PacketProcessor
from ibe100.minitsp.pacing.pcr_pacer import PacingJitter, PcrPacer
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS

_BURST_S: Final = 0.01
_LATEST_S: Final = 1.0
_CHANGE_WORTH_A_LINE: Final = 0.05
_ASSUMED_BPS: Final = 10_000_000
"""Bitrate of a stream that tells none: without a limit a file would be read, and written, at full speed."""


class Regulate(PacketProcessor):
    """Regulate the TS packets flow based on PCR or bitrate.

    Holds every block until it is due at --bitrate, at the chain's bitrate, or with --pcr-synchronous by its
    PCRs. Due times count from one anchor, so delays do not add up. A delay up to a second is caught up; after
    a longer one (the input stood still) the clock starts anew. While no bitrate is known, where tsp lets
    everything pass at once, it is 10 Mb/s.
    """

    name: ClassVar[str] = "regulate"
    options: ClassVar[OptionTable] = OptionTable(
        Option("bitrate", OptionKind.DECIMAL, "b"),
        Option("packet-burst", OptionKind.INTEGER, "p", minimum=1),
        Option("pcr-synchronous"),
        Option("pid-pcr", OptionKind.PID),
        Option("wait-min", OptionKind.INTEGER, "w", minimum=1),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._fixed_bps = round(arguments.decimal("bitrate"))
        self._burst_s = arguments.integer("wait-min", round(_BURST_S * 1000)) / 1000
        self._burst_packets = arguments.integer("packet-burst", MAX_BLOCK_PACKETS)
        self._pcr_pacer: PcrPacer | None = None
        if arguments.present("pcr-synchronous"):
            if arguments.present("bitrate"):
                raise OptionError("--bitrate cannot be used with --pcr-synchronous")
            self._pcr_pacer = PcrPacer(self, arguments.integer("pid-pcr", NULL_PID))
        elif arguments.present("pid-pcr"):
            raise OptionError("--pid-pcr cannot be used without --pcr-synchronous")
        self._bitrate_bps = 0
        self._logged_bps = 0
        self._anchor_s = 0.0
        self._bits = 0
        self._jitter: PacingJitter | None = None

    def start(self) -> None:
        self.context.max_block_packets = 1
        if self._pcr_pacer is not None:
            return
        nanoseconds = round(self._burst_s * 1e9)
        self.verbose(f"minimum packet burst duration is {nanoseconds} nanoseconds")

    def process(self, block: Block) -> Block:
        if self._pcr_pacer is not None and self._wait_for_pcr(self._pcr_pacer, block):
            return block
        bitrate_bps = (self._fixed_bps or self.context.bitrate_bps) if self._is_known() else _ASSUMED_BPS
        if bitrate_bps != self._bitrate_bps:
            self._change_bitrate(bitrate_bps)
        due_s = self._anchor_s + self._bits / bitrate_bps
        if time.monotonic() - due_s > _LATEST_S:
            self._anchor_s = due_s = time.monotonic()
            self._bits = 0
        self._bits += len(block) * PACKET_BITS
        self._hold(due_s)
        return block

    def stop(self) -> None:
        if self._jitter is not None:
            self.log(LogLevel.DEBUG, str(self._jitter))

    def _hold(self, due_s: float) -> None:
        """Wait until then, and note how exactly that was met."""
        if time.monotonic() < due_s and self.context.wait_until(due_s):
            self._jitter = self._jitter or PacingJitter()
            self._jitter.add(time.monotonic() - due_s)

    def _wait_for_pcr(self, pacer: PcrPacer, block: Block) -> bool:
        """Hold a block until its PCRs say; False while none has come."""
        now_s = time.monotonic()
        due_s = pacer.due_s(block, now_s)
        if not pacer.has_begun:
            return False
        if now_s - due_s > _LATEST_S:
            pacer.restart(now_s)
        else:
            self._hold(due_s)
        per_packet_s = pacer.seconds_per_packet
        burst = max(1, int(self._burst_s / per_packet_s)) if per_packet_s else 1
        self.context.max_block_packets = min(burst, self._burst_packets, MAX_BLOCK_PACKETS)
        return True

    def _is_known(self) -> bool:
        return self._pcr_pacer is None and bool(self._fixed_bps or self.context.bitrate_bps)

    def _change_bitrate(self, bitrate_bps: int) -> None:
        """Count from the present due time at the new bitrate."""
        if self._bitrate_bps:
            self._anchor_s += self._bits / self._bitrate_bps
        else:
            self._anchor_s = time.monotonic()
        self._bits = 0
        self._bitrate_bps = bitrate_bps
        burst = max(1, int(bitrate_bps * self._burst_s / PACKET_BITS))
        self.context.max_block_packets = min(burst, self._burst_packets, MAX_BLOCK_PACKETS)
        if not self._is_known():
            self.log(LogLevel.WARNING, f"bitrate unknown, regulated at {bitrate_bps:,} b/s until it is known")
        elif abs(bitrate_bps - self._logged_bps) > self._logged_bps * _CHANGE_WORTH_A_LINE:
            self._logged_bps = bitrate_bps
            self.verbose(f"regulated at bitrate {bitrate_bps:,} b/s")
