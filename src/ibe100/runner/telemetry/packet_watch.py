"""Faults of the packets in the pulses, reported within tenths of a second: the posts come once a second.

The watch is never stricter than the posts: where it cannot be sure, as the kernel dropped some datagrams or
the runner was held up, it leaves the judgement to them. Facts of ISO/IEC 13818-1; the limits are those of
ETSI TR 101 290.
"""

from collections import Counter
from collections.abc import Mapping

from ibe100.runner.telemetry.absence_watch import ABSENT_S, AbsenceWatch, Key
from ibe100.runner.telemetry.pcr_watch import PcrWatch
from ibe100.runner.telemetry.picture_watch import PictureWatch

PACKET_BYTES = 188
PCR_BYTES = 6
RTP_BYTES = 12
"""The pulses are RTP (RFC 3550): their sequence number tells whether datagrams are missing."""
TABLE_S = 0.8
"""Time after which PAT and PMT, due every 0.5 s, are missing."""
JUMP_S = 1.0
"""Largest step between two PTS, where no packet of the PID is missing."""
SURE_JUMP_S = 3.0
"""The same where packets are missing."""
HELD_UP_S = 0.5
"""Time between two looks after which datagrams may have been dropped meanwhile."""
PAUSE_S = 0.3
"""Time without a datagram that counts as a pause, in which nothing is missed."""
TELL_S = 0.3
"""Shortest time between two reports; a first fault, an absence and its end are reported at once."""

_RTP_VERSION = 0x80
NULL_PID = 0x1FFF
_PAT_PID = 0x0000
_PAT_TABLE, _PMT_TABLE = 0x00, 0x02
_DAMAGED, _UNIT_START = 0x80, 0x40
_SCRAMBLED, _ADAPTATION, _PAYLOAD = 0xC0, 0x20, 0x10
_ADAPTATION_CONTROL = _ADAPTATION | _PAYLOAD
_JUMP_FLAG = 0x80
_PCR_FLAG = 0x10
_PTS_MODULO, _PTS_HZ = 1 << 33, 90_000
_MOST_TABLES = 256

Facts = dict[str, object]


class PacketWatch:
    """Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self._sequence: int | None = None
        self._looked_at = self._came_at = self._told_at = float("-inf")
        self._counters: dict[int, int] = {}
        """continuity_counter of the last packet, by PID."""
        self._repeated: set[int] = set()
        self.pts: dict[int, tuple[int, float]] = {}
        """The last PTS by PID, and when it came."""
        self._whole: set[int] = set()
        """PIDs of which no packet is missing since their last PTS."""
        self._versions: dict[tuple[int, int, int], int] = {}
        """version_number by PID, table_id and its extension."""
        self._table_at: dict[int, float] = {}
        self._missed: set[int] = set()
        self._scrambled: set[int] = set()
        self._appeared: set[int] = set()
        """Scrambled PIDs that were clear, or absent, at the last report."""
        self._lost: Counter[int] = Counter()
        self._damaged = 0
        self._jumps: dict[int, float] = {}
        self._changes: list[list[int]] = []
        self._missing: dict[int, float] = {}
        """Time at which a table that is missing was seen last, by PID."""
        self._came: set[Key] = set()
        """Since the last look."""
        self._absences = AbsenceWatch()
        self._packets = 0
        """Packets of the output since the last gap."""
        self.pcrs = PcrWatch()
        self.pictures = PictureWatch()

    def look(self, datagrams: list[bytes], now: float) -> Facts | None:
        """Take what came since the last look; returns the faults to report, if any."""
        pause_s = now - self._came_at
        if now - self._looked_at > HELD_UP_S:
            self._forget()
        elif datagrams:
            if pause_s > PAUSE_S:
                self._table_at.clear()
                self._absences.paused(pause_s)
            for datagram in datagrams:
                self._take(datagram, now)
        if pause_s >= ABSENT_S:
            self._absences.forget()
        if datagrams:
            self._came_at = now
            self._miss_tables(now)
        self._looked_at = now
        is_other = (bool(datagrams) or pause_s >= ABSENT_S) and self._absences.look(self._came, now)
        self._came.clear()
        return self._news(now, is_other)

    def _forget(self) -> None:
        """Expect nothing: what was to follow may have been dropped."""
        self._sequence = None
        self.pts.clear()
        self._miss_datagrams()

    def _miss_datagrams(self) -> None:
        self._counters.clear()
        self._repeated.clear()
        self._whole.clear()
        self._table_at.clear()
        self._came.clear()
        self._absences.forget()
        self.pcrs.miss()
        self.pictures.lose()

    def _take(self, datagram: bytes, now: float) -> None:
        if len(datagram) <= RTP_BYTES or datagram[0] != _RTP_VERSION:
            return
        sequence = datagram[2] << 8 | datagram[3]
        if sequence != self._sequence:
            self._miss_datagrams()
        self._sequence = (sequence + 1) & 0xFFFF
        counters, heads = self._counters, self.pictures.heads
        highs = datagram[RTP_BYTES + 1 :: PACKET_BYTES]
        lows = datagram[RTP_BYTES + 2 :: PACKET_BYTES]
        at = RTP_BYTES - PACKET_BYTES
        has_null = False
        for high, low, flags in zip(highs, lows, datagram[RTP_BYTES + 3 :: PACKET_BYTES], strict=False):
            at += PACKET_BYTES
            pid = (high & 0x1F) << 8 | low
            if pid == NULL_PID:
                has_null = True
                continue
            if flags & _ADAPTATION_CONTROL != _PAYLOAD:
                self._look_for_pcr(datagram[at : at + PACKET_BYTES], pid, self._packets + at // PACKET_BYTES)
                if not flags & _PAYLOAD:
                    self._note_announced(datagram[at : at + PACKET_BYTES], pid)
                    continue
            before = counters.get(pid)
            counters[pid] = counter = flags & 0x0F
            if before is not None and counter == (before + 1) & 0x0F and not (high | flags) & 0xC0:
                if pid in heads:
                    self.pictures.go_on(pid, datagram[at : at + PACKET_BYTES], now)
                continue
            self._examine(datagram[at : at + PACKET_BYTES], pid, before, now)
        self._packets += len(highs)
        if has_null:
            self._came.add(("null", NULL_PID))

    def _note_announced(self, packet: bytes, pid: int) -> None:
        """Expect no counter behind a packet that announces a jump and has nothing else."""
        if packet[4] and packet[5] & _JUMP_FLAG and self._counters.pop(pid, None) is not None:
            self.pictures.lose((pid,))

    def _look_for_pcr(self, packet: bytes, pid: int, number: int) -> None:
        if len(packet) < PACKET_BYTES or not packet[3] & _ADAPTATION or packet[1] & _DAMAGED:
            return
        if packet[4] and packet[5] & _PCR_FLAG:
            self._came.add(("pcr", pid))
            if packet[4] > PCR_BYTES:
                self.pcrs.take(pid, number, packet[6 : 6 + PCR_BYTES])

    def _examine(self, packet: bytes, pid: int, before: int | None, now: float) -> None:
        """Examine a packet that is not just the next: out of order, unit start, scrambled or damaged."""
        if len(packet) < PACKET_BYTES or packet[0] != 0x47:
            self._counters.pop(pid, None)
            return
        if packet[1] & _DAMAGED:
            self._damaged += 1
            self._counters.pop(pid, None)
            self.pictures.lose((pid,))
            return
        if before is not None:
            self._count(packet, pid, before)
        if packet[3] & _SCRAMBLED:
            if pid not in self._scrambled:
                self._scrambled.add(pid)
                self._appeared.add(pid)
                self.pictures.scrambled(pid)
        elif packet[1] & _UNIT_START:
            self._scrambled.discard(pid)
            self._begin_unit(packet, pid, now)

    def _count(self, packet: bytes, pid: int, before: int) -> None:
        """Count a packet out of order; its second copy is a duplicate, the third an error."""
        counter = packet[3] & 0x0F
        if counter == (before + 1) & 0x0F:
            self._repeated.discard(pid)
            return
        announced = packet[3] & _ADAPTATION and packet[4] and packet[5] & _JUMP_FLAG
        if not announced and (counter != before or pid in self._repeated):
            self._lost[pid] += 1
        if counter == before:
            self._repeated.add(pid)
        else:
            self._whole.discard(pid)
            self.pictures.lose((pid,))

    def _begin_unit(self, packet: bytes, pid: int, now: float) -> None:
        at = 5 + packet[4] if packet[3] & _ADAPTATION else 4
        if packet[at : at + 3] == b"\x00\x00\x01":
            if at + 14 > PACKET_BYTES:
                self.pictures.lose((pid,))
                return
            is_whole = pid in self._whole
            pts = self._take_pts(pid, packet[at + 9 : at + 14], now) if packet[at + 7] & 0x80 else None
            self.pictures.begin(pid, packet, at, pts, is_whole=is_whole, now=now)
        elif at < PACKET_BYTES:
            self._take_table(packet, pid, at + 1 + packet[at], now)

    def _take_pts(self, pid: int, field: bytes, now: float) -> int:
        high, middle, low = (
            field[0] >> 1 & 7,
            (field[1] << 8 | field[2]) >> 1,
            (field[3] << 8 | field[4]) >> 1,
        )
        pts = high << 30 | middle << 15 | low
        self._came.add(("pts", pid))
        last, is_whole = self.pts.get(pid), pid in self._whole
        self.pts[pid] = pts, now
        self._whole.add(pid)
        if last is None:
            return pts
        step = (pts - last[0] + _PTS_MODULO // 2) % _PTS_MODULO - _PTS_MODULO // 2
        off_s = step / _PTS_HZ - (now - last[1])
        limit_s = JUMP_S if is_whole else SURE_JUMP_S
        # What goes on later than it should was only held up on its way.
        if (off_s > limit_s and step > 0) or step / _PTS_HZ < -limit_s:
            self._jumps[pid] = off_s
        return pts

    def _take_table(self, packet: bytes, pid: int, at: int, now: float) -> None:
        if at + 8 > PACKET_BYTES:
            return
        table = packet[at]
        # A PAT may put a PMT on any other PID, also on one that DVB has for its own tables.
        if table != (_PAT_TABLE if pid == _PAT_PID else _PMT_TABLE):
            return
        if len(self._table_at) >= _MOST_TABLES:
            self._table_at.clear()
            self._versions.clear()
        self._table_at[pid] = now
        self._missed.discard(pid)
        if not packet[at + 5] & 1:  # not valid yet
            return
        if table == _PMT_TABLE:
            self.pictures.take_pmt(pid, packet[at:])
        extension, version = packet[at + 3] << 8 | packet[at + 4], packet[at + 5] >> 1 & 0x1F
        before = self._versions.get((pid, table, extension), version)
        self._versions[pid, table, extension] = version
        if before != version:
            self._changes.append([table, extension, before, version])

    def _miss_tables(self, now: float) -> None:
        for pid, seen_at in self._table_at.items():
            if now - seen_at >= TABLE_S and pid not in self._missed:
                self._missed.add(pid)
                self._missing[pid] = seen_at

    def _news(self, now: float, is_other: bool) -> Facts | None:
        news = self._lost or self._damaged or self._appeared or self._jumps or self._changes or self._missing
        if not is_other and (not news or now - self._told_at < TELL_S):
            return None
        self._told_at = now
        facts: Facts = {
            "lost": _by_pid(self._lost),
            "damaged": self._damaged,
            "scrambled": sorted(self._appeared),
            "jumps_s": _by_pid({pid: round(off_s, 3) for pid, off_s in self._jumps.items()}),
            "versions": self._changes,
            "missing_s": _by_pid({pid: round(now - at, 3) for pid, at in self._missing.items()}),
            "absent": self._absences.absent(now),
        }
        self._lost, self._damaged, self._appeared = Counter(), 0, set()
        self._jumps, self._changes, self._missing = {}, [], {}
        return facts


def _by_pid(values: Mapping[int, float]) -> dict[str, float]:
    """The values under text keys, as JSON has them."""
    return {str(pid): value for pid, value in values.items()}
