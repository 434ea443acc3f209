"""Faults of the packets of one input: lost packets, scrambling, a bitrate that is too low."""

from typing import Final

import numpy as np

from ibe100.minitsp.chain.plugin import Packets
from ibe100.minitsp.switch.choice import SwitchRules
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.packet_headers import SCRAMBLED, PacketHeaders

WINDOW_S: Final = 1.0
_MOST_SCRAMBLED: Final = 0.5
"""Share of the packets that are no null packets: a clear service beside scrambled ones is no fault."""


class PacketQuality:
    """Judges packets second by second. Used by the thread of its input alone."""

    def __init__(self, rules: SwitchRules) -> None:
        self._rules = rules
        self.begin()

    def begin(self) -> None:
        """Forget what came before: the input has been opened again."""
        self._continuity = ContinuityTracker()
        self._begun_s: float | None = None
        self._begin_second()
        self.bitrate_bps, self.fault = 0, ""

    def feed(self, packets: Packets, now_s: float) -> None:
        """Count packets that came now, and judge at the end of each second."""
        if self._begun_s is None:
            self._begun_s = now_s
        self._packets += len(packets)
        if self._rules.most_cc_errors or self._rules.leaves_scrambled:
            self._count(PacketHeaders(packets))
        if now_s - self._begun_s >= WINDOW_S:
            self._judge(now_s - self._begun_s)
            self._begun_s = now_s
            self._begin_second()

    def _begin_second(self) -> None:
        self._packets = self._lost = self._scrambled = self._not_null = 0

    def _judge(self, over_s: float) -> None:
        self.bitrate_bps = round(self._packets * PACKET_BITS / over_s)
        rules = self._rules
        if rules.most_cc_errors and self._lost / over_s > rules.most_cc_errors:
            self.fault = f"{self._lost} discontinuities in {over_s:.1f} s"
        elif rules.leaves_scrambled and self._scrambled > self._not_null * _MOST_SCRAMBLED:
            self.fault = "its packets are scrambled"
        elif self.bitrate_bps < rules.least_bps:
            self.fault = f"only {self.bitrate_bps / 1e6:.2f} Mb/s came"
        else:
            self.fault = ""

    def _count(self, headers: PacketHeaders) -> None:
        is_null = headers.pids == NULL_PID
        self._not_null += int(np.count_nonzero(~is_null))
        self._scrambled += int(np.count_nonzero(~is_null & (headers.words & SCRAMBLED != 0)))
        self._lost += sum(not fault.duplicate for fault in self._continuity.feed(headers))
