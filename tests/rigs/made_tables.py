"""Tables that repeat and change, with packets that are lost, damaged or sent twice."""

import random

from ibe100.mpegts import packet
from ibe100.mpegts.constants import PAT_PID
from ibe100.mpegts.psi import Pat, Pmt, PmtStream

PROGRAMS = tuple((number, 0x100 + number) for number in range(1, 7))


def pmt(number: int, version: int, *, streams: int = 1) -> bytes:
    """The table of a service, of one packet or, with forty streams, of two."""
    first_pid = 0x200 + 50 * number
    parts = tuple(PmtStream(0x1B, first_pid + one) for one in range(streams))
    return Pmt(number, first_pid, parts, version=version).encode()


class Tables:
    """Packets of PAT, PMTs and pictures in a random order, whose tables change and whose packets get lost."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._counters: dict[int, int] = {}
        self._versions = dict.fromkeys((0, *dict(PROGRAMS)), 1)
        self._programs = PROGRAMS

    def block(self, count: int, *, changes: float, faults: float) -> packet.PacketBlock:
        """About `count` packets; `changes` and `faults` are the chances of each table to have one."""
        made: list[bytes] = []
        while len(made) < count:
            number = self._random.randrange(len(PROGRAMS) + 1)
            if self._random.random() < changes:
                self._versions[number] = (self._versions[number] + 1) % 32
                self._programs = PROGRAMS if self._random.random() < 0.5 else PROGRAMS[:3]
            packets = self._table(number)
            if self._random.random() < faults:
                packets = self._damaged(packets)
            made += packets
            made.append(packet.null_packet())
        return packet.as_block(b"".join(made)).copy()

    def _table(self, number: int) -> list[bytes]:
        version = self._versions[number]
        if number:
            section, pid = pmt(number, version, streams=40 if number == 6 else 1), dict(PROGRAMS)[number]
        else:
            section, pid = Pat(7, self._programs, version=version).encode(), PAT_PID
        made = packet.packetize_section(section, pid, self._counters.get(pid, 0))
        self._counters[pid] = (self._counters.get(pid, 0) + len(made)) & 0x0F
        return made

    def _damaged(self, packets: list[bytes]) -> list[bytes]:
        kind = self._random.randrange(4)
        if kind == 0:
            return []
        if kind == 1:
            return [packets[0], *packets]
        broken = bytearray(packets[0])
        broken[1 if kind == 2 else 30] ^= 0x80
        return [bytes(broken), *packets[1:]]
