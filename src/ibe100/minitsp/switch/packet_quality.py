"""Faults of the packets of one input: lost packets, scrambling, a bitrate that is too low."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.plugin import Packets
from ibe100.minitsp.switch.choice import SwitchRules
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS, PID_COUNT

WINDOW_S: Final = 1.0
_MOST_SCRAMBLED: Final = 0.5
"""Share of the packets: a clear service beside scrambled ones is no fault."""


class PacketQuality:
    """Judges packets second by second. Used by the thread of its input alone."""

    def __init__(self, rules: SwitchRules) -> None:
        self._rules = rules
        self._counters = np.full(PID_COUNT, -1, np.int16)
        self._begun_s: float | None = None
        self._packets = self._lost = self._scrambled = 0
        self.bitrate_bps = 0
        self.fault = ""

    def begin(self) -> None:
        """Forget what came before: the input has been opened again."""
        self._counters.fill(-1)
        self._begun_s = None
        self._packets = self._lost = self._scrambled = 0
        self.bitrate_bps, self.fault = 0, ""

    def feed(self, packets: Packets, now_s: float) -> None:
        """Count packets that came now, and judge at the end of each second."""
        if self._begun_s is None:
            self._begun_s = now_s
        self._packets += len(packets)
        if self._rules.most_cc_errors or self._rules.leaves_scrambled:
            self._count(packets)
        if now_s - self._begun_s >= WINDOW_S:
            self._judge(now_s - self._begun_s)
            self._begun_s = now_s
            self._packets = self._lost = self._scrambled = 0

    def _judge(self, over_s: float) -> None:
        self.bitrate_bps = round(self._packets * PACKET_BITS / over_s)
        rules = self._rules
        if rules.most_cc_errors and self._lost / over_s > rules.most_cc_errors:
            self.fault = f"{self._lost} discontinuities in {over_s:.1f} s"
        elif rules.leaves_scrambled and self._scrambled > self._packets * _MOST_SCRAMBLED:
            self.fault = "its packets are scrambled"
        elif self.bitrate_bps < rules.least_bps:
            self.fault = f"only {self.bitrate_bps / 1e6:.2f} Mb/s came"
        else:
            self.fault = ""

    def _count(self, packets: Packets) -> None:
        pids = packets[:, 1:3].copy().view(">u2")[:, 0].astype(np.uint16) & np.uint16(0x1FFF)
        counted = (pids != NULL_PID) & (packets[:, 3] & 0x10 != 0)
        self._scrambled += int(np.count_nonzero(counted & (packets[:, 3] & 0xC0 != 0)))
        announced = (packets[:, 3] & 0x20 != 0) & (packets[:, 4] > 0) & (packets[:, 5] & 0x80 != 0)
        rows = np.flatnonzero(counted)
        order = rows[np.argsort(pids[rows], kind="stable")]
        if not len(order):
            return
        self._lost += self._steps(pids[order], packets[order, 3] & 0x0F, announced[order])

    def _steps(
        self,
        pids: npt.NDArray[np.uint16],
        counters: npt.NDArray[np.uint8],
        announced: npt.NDArray[np.bool_],
    ) -> int:
        """Packets, sorted by PID, whose counter neither counts on nor repeats (ISO 13818-1, 2.4.3.3)."""
        now = counters.astype(np.int16)
        before = np.empty_like(now)
        before[1:] = now[:-1]
        firsts = np.flatnonzero(np.concatenate(([True], pids[1:] != pids[:-1])))
        before[firsts] = self._counters[pids[firsts]]
        steps = (now - before) & 0x0F
        wrong = (before >= 0) & (steps != 1) & (steps != 0) & ~announced
        lasts = np.concatenate((firsts[1:] - 1, [len(pids) - 1]))
        self._counters[pids[lasts]] = now[lasts]
        return int(np.count_nonzero(wrong))
