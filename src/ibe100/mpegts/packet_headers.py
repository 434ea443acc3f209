"""Headers of consecutive packets, each field read once for all who need it."""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import SYNC_BYTE
from ibe100.mpegts.packet import Flags, PacketBlock
from ibe100.mpegts.pes import PesStarts, pes_starts
from ibe100.mpegts.pid_rows import CounterSteps, Rows, RowsByPid
from ibe100.mpegts.timestamps import PTS_MODULO

SCRAMBLED: Final = 0xC0
TRANSPORT_ERROR: Final = 0x80_0000
UNIT_START: Final = 0x40_0000
ADAPTATION: Final = 0x20
PAYLOAD: Final = 0x10
_PID_FIELD: Final = 0x1F_FF00
_SYNC_FIELD: Final = 0xFF00_0000
_SYNC_WORD: Final = SYNC_BYTE << 24
_UNREADABLE: Final = _SYNC_FIELD & ~_SYNC_WORD | TRANSPORT_ERROR | SCRAMBLED
_PCR_FIELD_BYTES: Final = 7
_PCR_FLAG: Final = 0x10 << 48
_JUMP_FLAG: Final = 0x80 << 48
_FIELD_LENGTH_ONE: Final = 1 << 56
# Unit start, neither error nor scrambling nor adaptation field.
_PLAIN_FIELDS: Final = 0xC0_00F0
_PLAIN_START: Final = 0x40_0010
# Among so few packets a set tells sooner than NumPy whether a PID is there at all.
FEW_PACKETS: Final = 512
# The blocks of a live stream are so small that a loop over a list is done before NumPy has begun.
_HANDFUL: Final = 96


class PacketHeaders:
    """Fields of a block `uint8 (n, 188)` that is C-contiguous; computed on first use and kept.

    After editing packets in place call `replaced` with their rows.
    """

    __slots__ = (
        "_adaptation",
        "_by_pid",
        "_counter_steps",
        "_listed",
        "_pcr",
        "_pes",
        "_pids",
        "_present",
        "_repeats",
        "_rows",
        "_words",
        "packets",
    )

    def __init__(self, packets: PacketBlock) -> None:
        self.packets = packets
        self._words: npt.NDArray[np.uint32] | None = None
        self._listed: list[int] | None = None
        self._pids: npt.NDArray[np.uint16] | None = None
        self._present: frozenset[int] | None = None
        self._rows: dict[int, list[int]] = {}
        self._by_pid: RowsByPid | None = None
        self._counter_steps: CounterSteps | None = None
        self._adaptation: tuple[Rows, npt.NDArray[np.uint64]] | None = None
        self._repeats: dict[int, tuple[bytes, Flags]] = {}
        self._pcr: tuple[Rows, npt.NDArray[np.int64]] | None = None
        self._pes: PesStarts | None = None

    def __len__(self) -> int:
        return len(self.packets)

    @property
    def words(self) -> npt.NDArray[np.uint32]:
        """The first four bytes of each packet as one number."""
        if self._words is None:
            self._words = self.packets[:, :4].view(">u4")[:, 0].astype(np.uint32)
        return self._words

    @property
    def listed(self) -> list[int]:
        """`words` as a list."""
        if self._listed is None:
            self._listed = self.packets[:, :4].view(">u4")[:, 0].tolist()
        return self._listed

    @property
    def pids(self) -> npt.NDArray[np.uint16]:
        """PID of each packet."""
        if self._pids is None:
            self._pids = (self.words >> 8).astype(np.uint16) & np.uint16(0x1FFF)
        return self._pids

    @property
    def by_pid(self) -> RowsByPid:
        """The packets sorted out by PID."""
        if self._by_pid is None:
            self._by_pid = RowsByPid.sort(self.pids, self.words)
        return self._by_pid

    @property
    def counter_steps(self) -> CounterSteps:
        """Places where continuity counters do not count on inside the block."""
        if self._counter_steps is None:
            self._counter_steps = CounterSteps.inside(self.by_pid)
        return self._counter_steps

    @property
    def pcr(self) -> tuple[Rows, npt.NDArray[np.int64]]:
        """Rows that carry a PCR, and those PCRs in 27 MHz ticks (base * 300 + extension)."""
        if self._pcr is None:
            self._pcr = self._read_pcr()
        return self._pcr

    @property
    def announced_jumps(self) -> Rows:
        """Rows whose discontinuity_indicator is set, with a PCR or without."""
        rows, fields = self._adaptation_fields()
        return rows.compress((fields >= _FIELD_LENGTH_ONE) & (fields & _JUMP_FLAG != 0))

    @property
    def pes(self) -> PesStarts:
        """Starts of PES packets that can be read."""
        if self._pes is None:
            rows = self.rows_with(_SYNC_WORD | UNIT_START | PAYLOAD, _UNREADABLE)
            self._pes = pes_starts(self.packets, self.pids, rows)
        return self._pes

    @property
    def lost_sync(self) -> Rows:
        """Rows that do not begin with the sync byte."""
        return np.flatnonzero((self.words & _SYNC_FIELD) != _SYNC_WORD)

    @property
    def good(self) -> Rows:
        """Rows in sync whose transport_error_indicator is not set."""
        return self.rows_with(_SYNC_WORD, _UNREADABLE & ~SCRAMBLED)

    @property
    def unit_starts(self) -> Flags:
        """payload_unit_start_indicator of each packet."""
        return np.asarray((self.words & UNIT_START) != 0)

    @property
    def present(self) -> frozenset[int]:
        """The PIDs of the packets."""
        if self._present is None:
            if len(self.packets) <= _HANDFUL:
                self._present = frozenset([word >> 8 & 0x1FFF for word in self.listed])
            else:
                self._present = frozenset(self.pids.tolist())
        return self._present

    def rows_of(self, pid: int) -> list[int]:
        """Rows of one PID; not to be edited."""
        rows = self._rows.get(pid)
        if rows is None:
            if len(self.packets) < FEW_PACKETS and pid not in self.present:
                return []
            if len(self.packets) <= _HANDFUL:
                rows = [row for row, word in enumerate(self.listed) if word >> 8 & 0x1FFF == pid]
            else:
                rows = (self.pids == pid).nonzero()[0].tolist()
            self._rows[pid] = rows
        return rows

    def clear_starts_of(self, pid: int) -> list[int]:
        """Rows of one PID that start a PES packet or a section, undamaged and in clear."""
        bits = _SYNC_WORD | UNIT_START | pid << 8
        if len(self.packets) <= _HANDFUL:
            mask = _UNREADABLE | _PID_FIELD | bits
            return [row for row, word in enumerate(self.listed) if word & mask == bits]
        rows: list[int] = self.rows_with(bits, (_UNREADABLE | _PID_FIELD) & ~bits).tolist()
        return rows

    def pcrs_of(self, pid: int) -> list[tuple[int, int]]:
        """Rows of one PID that carry a PCR, each with that PCR."""
        if len(self.packets) > _HANDFUL:
            rows, clocks = self.pcr
            mine = self.pids[rows] == pid
            return list(zip(rows[mine].tolist(), clocks[mine].tolist(), strict=True))
        bits, found = pid << 8 | ADAPTATION, []
        for row, word in enumerate(self.listed):
            if word & (_PID_FIELD | ADAPTATION) == bits:
                field = int.from_bytes(self.packets[row, 4:12].tobytes(), "big")
                if field >= _PCR_FIELD_BYTES << 56 and field & _PCR_FLAG:
                    found.append((row, (field >> 15 & PTS_MODULO - 1) * 300 + (field & 0x1FF)))
        return found

    def repeats(self, place: int, payload: bytes) -> Flags:
        """Flags of the packets of the PID at a place of `by_pid`: a plain unit start with that payload."""
        by_pid = self.by_pid
        pid = int(by_pid.pids[place])
        known = self._repeats.get(pid)
        if known is None or known[0] != payload:
            part = slice(by_pid.first[place], by_pid.last[place] + 1)
            packets = self.packets.view(np.uint32).take(by_pid.rows[part], axis=0)
            alike = (packets[:, 1:] == np.frombuffer(payload, np.uint32)).all(axis=1)
            alike &= (by_pid.words[part] & _PLAIN_FIELDS) == _PLAIN_START
            known = self._repeats[pid] = payload, alike
        return known[1]

    def rows_with(self, bits_set: int, bits_clear: int = 0) -> Rows:
        """Rows in whose `words` all of some bits are set and others clear."""
        return np.flatnonzero((self.words & (bits_set | bits_clear)) == bits_set)

    def replaced(self, rows: list[int]) -> None:
        """Forget what was read of packets that have been replaced in place."""
        if not rows:
            return
        self._listed = self._present = self._counter_steps = None
        self._rows.clear()
        by_pid, self._by_pid = self._by_pid, None
        if self._words is None:  # nothing else was read either
            return
        places = np.array(rows, np.intp)
        before, words = self._words[places], self.packets[places, :4].view(">u4")[:, 0].astype(np.uint32)
        self._words[places] = words
        # The usual replacement is of tables and null packets, which carry no times.
        if ((before | words) & ADAPTATION).any():
            self._adaptation = self._pcr = None
        if self._pids is not None:
            pids_before, pids = before >> 8 & 0x1FFF, words >> 8 & 0x1FFF
            self._pids[places] = pids
            for pid in {*pids_before.tolist(), *pids.tolist()}:
                self._repeats.pop(pid, None)
            if by_pid is not None and np.array_equal(pids_before, pids):
                self._by_pid = replace(by_pid, words=self._words[by_pid.rows])
            if self._pes is not None and not self._without_pes(places, self._pes.rows):
                self._pes = None

    def _without_pes(self, rows: Rows, known: Rows) -> bool:
        """True if neither the old packets of some rows started a PES packet nor the new ones can."""
        if known.size and (known.take(known.searchsorted(rows), mode="clip") == rows).any():
            return False
        return not pes_starts(self.packets[rows], self.pids[rows]).rows.size

    def _read_pcr(self) -> tuple[Rows, npt.NDArray[np.int64]]:
        """ISO/IEC 13818-1 clause 2.4.3.4: PCR_flag in an adaptation field long enough for a PCR."""
        rows, fields = self._adaptation_fields()
        if not rows.size:
            return _NO_PCR
        there = (fields >= _PCR_FIELD_BYTES << 56) & (fields & _PCR_FLAG != 0)
        rows, clocks = rows[there], fields[there]
        base = clocks >> 15 & PTS_MODULO - 1
        return rows, (base * 300 + (clocks & 0x1FF)).astype(np.int64)

    def _adaptation_fields(self) -> tuple[Rows, npt.NDArray[np.uint64]]:
        """Rows with an adaptation field, and bytes 4 to 11 of them as one number: length of the field, its
        flags, and of a PCR 33 bits base, 6 reserved, 9 extension.
        """
        if self._adaptation is None:
            rows = self.rows_with(ADAPTATION)
            fields = self.packets[rows, 4:12].view(">u8")[:, 0].astype(np.uint64)
            self._adaptation = rows, fields
        return self._adaptation


_NO_PCR: Final = np.empty(0, np.intp), np.empty(0, np.int64)
