"""Announced discontinuities: the first packet of each PID after a switch says that its counter jumps."""

from __future__ import annotations

from typing import Final

import numpy as np

from ibe100.minitsp.chain.plugin import Packets
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE, SYNC_BYTE

_INDICATOR: Final = 0x80
_ADAPTATION: Final = 0x20
_PAYLOAD: Final = 0x10


class Announcer:
    """Sets discontinuity_indicator (ISO 13818-1, 2.4.3.5) once on each PID after a switch.

    A packet with a field that has room for the flags gets the flag; before any other one a packet is put in
    that has nothing but an adaptation field.
    """

    def __init__(self) -> None:
        self._told: set[int] | None = None

    def begin(self) -> None:
        """Announce each PID anew from now on."""
        self._told = {NULL_PID}

    def announce(self, packets: Packets) -> Packets:
        """The packets, with what is announced; those given are not changed."""
        if self._told is None:
            return packets
        pids = packets[:, 1:3].copy().view(">u2")[:, 0] & 0x1FFF
        firsts = dict(zip(pids[::-1].tolist(), range(len(pids) - 1, -1, -1), strict=True))
        new = {at: pid for pid, at in firsts.items() if pid not in self._told}
        if not new:
            return packets
        self._told |= set(new.values())
        packets = packets.copy()
        before: list[int] = []
        parts: list[Packets] = []
        for at in sorted(new):
            if packets[at, 3] & _ADAPTATION and packets[at, 4] > 0:
                packets[at, 5] |= _INDICATOR
            else:
                before.append(at)
                parts.append(_announcement(packets[at]))
        return np.insert(packets, before, np.array(parts, np.uint8), axis=0) if parts else packets


def _announcement(packet: Packets) -> Packets:
    """A packet without payload before `packet`: its counter does not count, and is that of the one before."""
    counter = int(packet[3]) & 0x0F
    if packet[3] & _PAYLOAD:
        counter = (counter - 1) & 0x0F
    made = np.full(PACKET_SIZE, 0xFF, np.uint8)
    made[0] = SYNC_BYTE
    made[1] = packet[1] & 0x1F
    made[2] = packet[2]
    made[3] = _ADAPTATION | counter
    made[4] = PACKET_SIZE - 5
    made[5] = _INDICATOR
    return made
