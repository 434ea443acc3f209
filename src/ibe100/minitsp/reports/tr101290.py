"""Error counters of ETSI TR 101 290 clause 5.2 over a live stream."""

from collections import Counter
from typing import Final

import numpy as np

from ibe100.minitsp.chain.packet_batch import Batch
from ibe100.minitsp.reports.gap_watch import GapWatch
from ibe100.minitsp.reports.pcr_accuracy import PcrAccuracy
from ibe100.mpegts import packet
from ibe100.mpegts.constants import (
    CAT_PID,
    CAT_TABLE_ID,
    EIT_PID,
    NIT_PID,
    NULL_PID,
    PAT_PID,
    PAT_TABLE_ID,
    PMT_TABLE_ID,
    RST_PID,
    SDT_PID,
    TDT_PID,
)
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.packet_headers import PAYLOAD, SCRAMBLED, TRANSPORT_ERROR, UNIT_START
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.service_map import SectionRun, ServiceMap
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO

# Measured counters, in tsp's order, with their severity. What is not listed is not measured.
SEVERITIES: Final[dict[str, int]] = {
    "ts_sync_loss": 1,
    "sync_byte_error": 1,
    "pat_error": 1,
    "pat_error_2": 1,
    "continuity_count_error": 1,
    "pmt_error": 1,
    "pmt_error_2": 1,
    "pid_error": 1,
    "transport_error": 2,
    "crc_error": 2,
    "crc_error_2": 2,
    "pcr_error": 2,
    "pcr_repetition_error": 2,
    "pcr_discontinuity_indicator_error": 2,
    "pcr_accuracy_error": 2,
    "pts_error": 2,
    "cat_error": 2,
    "nit_error": 3,
    "nit_actual_error": 3,
    "nit_other_error": 3,
    "si_repetition_error": 3,
    "unreferenced_pid": 3,
    "sdt_error": 3,
    "sdt_actual_error": 3,
    "sdt_other_error": 3,
    "eit_error": 3,
    "eit_actual_error": 3,
    "eit_other_error": 3,
    "rst_error": 3,
    "tdt_error": 3,
}
# Each counts what a more exact counter counts too: left out of error_count.
_AGGREGATES: Final = frozenset({"pat_error", "pmt_error", "pcr_error", "nit_error", "sdt_error", "eit_error"})
TS_SCOPE: Final = -1

_FIRST_FREE_PID: Final = 0x20
_PCR_LIMIT_S: Final = 0.1
# Blocks of packets arrive together: a PCR sent every 100 ms must not look late for that.
_ARRIVAL_JITTER_S: Final = 0.02
_UNREFERENCED_AFTER_S: Final = 0.5
_ALLOWED_TABLES: Final = {
    PAT_PID: frozenset({0x00}),
    CAT_PID: frozenset({0x01}),
    NIT_PID: frozenset({0x40, 0x41, 0x72}),
    SDT_PID: frozenset({0x42, 0x46, 0x4A, 0x72}),
    EIT_PID: frozenset({*range(0x4E, 0x70), 0x72}),
    RST_PID: frozenset({0x71, 0x72}),
    TDT_PID: frozenset({0x70, 0x72, 0x73}),
}
_WRONG_TABLE: Final = {
    PAT_PID: ("pat_error", "pat_error_2"),
    CAT_PID: ("cat_error",),
    NIT_PID: ("nit_error", "nit_actual_error"),
    SDT_PID: ("sdt_error", "sdt_actual_error"),
    EIT_PID: ("eit_error", "eit_actual_error"),
    RST_PID: ("rst_error",),
    TDT_PID: ("tdt_error",),
}
# (PID, table_id) -> counters and the longest gap; watched from the first section on, as tsp does.
_REPETITION: Final = {
    (NIT_PID, 0x40): (("nit_error", "nit_actual_error"), 10.0),
    (NIT_PID, 0x41): (("nit_other_error",), 10.0),
    (SDT_PID, 0x42): (("sdt_error", "sdt_actual_error"), 2.0),
    (SDT_PID, 0x46): (("sdt_other_error",), 10.0),
    (SDT_PID, 0x4A): (("si_repetition_error",), 10.0),
    (EIT_PID, 0x4E): (("eit_error", "eit_actual_error"), 2.0),
    (EIT_PID, 0x4F): (("eit_other_error",), 10.0),
    (TDT_PID, 0x70): (("tdt_error",), 30.0),
    (TDT_PID, 0x73): (("si_repetition_error",), 30.0),
}


class Tr101290:
    """Counts errors by name and PID (TS_SCOPE = no PID) until `take` is called.

    Gaps are measured on arrival. One that lasts is counted when it passes its limit and once a second from
    then on, so an interval in which a table is still missing is never free of errors.
    """

    def __init__(self, services: ServiceMap, pid_timeout_s: float = 5.0) -> None:
        self._services = services
        self._pid_timeout_s = pid_timeout_s
        self._errors: Counter[tuple[str, int]] = Counter()
        self._continuity = ContinuityTracker()
        self._bad_sync_run = 0
        self._crc_errors: dict[int, int] = {}
        self._last_pcr: dict[int, int] = {}
        self._accuracy = PcrAccuracy()
        self._cat_seen = False
        self._map_version = -1
        self._first_seen_s: dict[int, float] = {}
        self._referenced: frozenset[int] = frozenset()
        self._pts_pids: frozenset[int] = frozenset()
        self._pcr_pids: frozenset[int] = frozenset()
        self._stray_pcr_s: dict[int, float] = {}
        """Time of the last PCR on each PID that no PMT names for it: none is due there."""
        self._gaps = GapWatch(self._count)

    def take(self) -> dict[tuple[str, int], int]:
        """Errors since the last call, by (name, PID)."""
        errors, self._errors = dict(self._errors), Counter()
        return errors

    @staticmethod
    def total(errors: dict[tuple[str, int], int]) -> int:
        """tsp's error_count: each error once, though several counters may include it."""
        return sum(count for (name, _), count in errors.items() if name not in _AGGREGATES)

    def feed(self, batch: Batch, sections: list[SectionRun]) -> None:
        """Check a batch, of which `sections` are the sections the service map found."""
        if not len(batch.packets):
            return
        self._gaps.expect(("pat", PAT_PID), ("pat_error", "pat_error_2"), 0.5, float(batch.arrivals_s[0]))
        self._check_headers(batch)
        self._check_sections(batch, sections)
        self._check_presence(batch)
        self._check_pcr(batch)
        self._check_pts(batch)
        for fault in self._continuity.feed(batch.headers):
            self._count(("continuity_count_error",), fault.pid)

    def idle(self, monotonic_s: float) -> None:
        """Count what is overdue; to be called also while no packets flow."""
        self._gaps.overdue(monotonic_s)

    def _count(self, names: tuple[str, ...], pid: int, times: int = 1) -> None:
        for name in names:
            self._errors[name, pid] += times

    def _check_headers(self, batch: Batch) -> None:
        wrong = batch.headers.lost_sync
        if wrong.size:
            self._count(("sync_byte_error",), TS_SCOPE, int(wrong.size))
            runs = np.split(wrong, np.flatnonzero(np.diff(wrong) > 1) + 1)
            for run in runs:
                before = self._bad_sync_run if run[0] == 0 else 0
                if before < 2 <= before + len(run):
                    self._count(("ts_sync_loss",), TS_SCOPE)
            last = runs[-1]
            self._bad_sync_run = len(last) if last[-1] == len(batch.packets) - 1 else 0
        else:
            self._bad_sync_run = 0
        for pid in batch.pids[batch.headers.rows_with(TRANSPORT_ERROR)].tolist():
            self._count(("transport_error",), pid)
        scrambled = set(batch.pids[(batch.headers.words & SCRAMBLED) != 0].tolist())
        pmt_pids = set(self._services.pmt_pids.values())
        for pid in scrambled:
            if pid == PAT_PID:
                self._count(("pat_error", "pat_error_2"), pid)
            elif pid in pmt_pids:
                self._count(("pmt_error", "pmt_error_2"), pid)
        if scrambled and not self._cat_seen:
            self._gaps.expect(("cat", CAT_PID), ("cat_error",), 0.5, float(batch.arrivals_s[0]))

    def _check_sections(self, batch: Batch, sections: list[SectionRun]) -> None:
        pmt_pids = set(self._services.pmt_pids.values())
        for pid, section, rows in sections:
            table_id = section[0]
            allowed = None if pid in pmt_pids else _ALLOWED_TABLES.get(pid)
            if allowed is not None and table_id not in allowed:
                self._count(_WRONG_TABLE[pid], pid, len(rows))
            repetition = _REPETITION.get((pid, table_id))
            if repetition is not None:
                for arrival_s in batch.arrivals_s[rows].tolist():
                    self._gaps.expect((f"table {table_id}", pid), *repetition, arrival_s)
                    self._gaps.seen((f"table {table_id}", pid), arrival_s)
            if table_id == CAT_TABLE_ID and pid == CAT_PID:
                self._cat_seen = True
                self._gaps.forget(("cat", CAT_PID))
        for pid, errors in self._services.crc_errors.items():
            fresh = errors - self._crc_errors.get(pid, 0)
            if fresh > 0:
                known = pid < _FIRST_FREE_PID or pid in pmt_pids
                self._count(("crc_error",) if known else ("crc_error_2",), pid, fresh)
        self._crc_errors = self._services.crc_errors

    def _check_presence(self, batch: Batch) -> None:
        """PAT, PMT and every referenced PID, by the packets that start a section or just are there."""
        if self._map_version != self._services.version:
            self._map_version = self._services.version
            self._follow_map(float(batch.arrivals_s[-1]))
        starts = batch.headers.rows_with(UNIT_START | PAYLOAD)
        tables = np.isin(batch.pids[starts], [PAT_PID, *self._services.pmt_pids.values()])
        for row in starts[tables].tolist():
            pid, arrival_s = int(batch.pids[row]), float(batch.arrivals_s[row])
            payload = packet.payload(batch.packets[row].tobytes())
            first = 1 + payload[0] if payload else 0
            table_id = payload[first] if 0 < first < len(payload) else None
            if pid == PAT_PID and table_id == PAT_TABLE_ID:
                self._gaps.seen(("pat", pid), arrival_s)
            elif pid != PAT_PID and table_id == PMT_TABLE_ID:
                self._gaps.seen(("pmt", pid), arrival_s)
        by_pid = batch.headers.by_pid
        first_s = batch.arrivals_s[by_pid.rows[by_pid.first]].tolist()
        last_s = batch.arrivals_s[by_pid.rows[by_pid.last]].tolist()
        for pid, first_arrival_s, last_arrival_s in zip(by_pid.pids.tolist(), first_s, last_s, strict=True):
            if pid in self._referenced:
                self._gaps.seen(("pid", pid), first_arrival_s)
                self._gaps.seen(("pid", pid), last_arrival_s)
            elif pid >= _FIRST_FREE_PID and pid != NULL_PID:
                self._check_unreferenced(pid, last_arrival_s)

    def _check_unreferenced(self, pid: int, arrival_s: float) -> None:
        known = set(self._services.pmt_pids.values())
        if pid in known or len(self._services.pmts) < len(self._services.pmt_pids):
            return
        first_s = self._first_seen_s.setdefault(pid, arrival_s)
        if arrival_s - first_s > _UNREFERENCED_AFTER_S:
            self._count(("unreferenced_pid",), pid)
            self._first_seen_s[pid] = arrival_s

    def _follow_map(self, now_s: float) -> None:
        """Watch what the tables name now, and nothing else."""
        pmt_pids = frozenset(self._services.pmt_pids.values())
        codecs = self._services.all_codecs()
        self._referenced = frozenset(codecs)
        timed = (StreamKind.VIDEO, StreamKind.AUDIO)
        self._pts_pids = frozenset(pid for pid, codec in codecs.items() if codec.kind in timed)
        self._gaps.keep("pmt", pmt_pids)
        self._gaps.keep("pid", self._pts_pids)
        self._gaps.keep("pts", self._pts_pids)
        for pid in pmt_pids:
            self._gaps.expect(("pmt", pid), ("pmt_error", "pmt_error_2"), 0.5, now_s)
        # As tsp: a data PID (SCTE 35, subtitles) may be silent for as long as it likes.
        for pid in self._pts_pids:
            self._gaps.expect(("pid", pid), ("pid_error",), self._pid_timeout_s, now_s)
        for pid in self._referenced:
            self._first_seen_s.pop(pid, None)
        self._pcr_pids = frozenset(pmt.pcr_pid for pmt in self._services.pmts.values())
        self._gaps.keep("pcr", self._pcr_pids)

    def _check_pcr(self, batch: Batch) -> None:
        rows, values = batch.headers.pcr
        if not rows.size:
            return
        flagged = packet.discontinuity_flags(batch.packets[rows])
        for row, pcr, announced in zip(rows.tolist(), values.tolist(), flagged.tolist(), strict=True):
            pid, arrival_s = int(batch.pids[row]), float(batch.arrivals_s[row])
            late = self._is_pcr_late(pid, arrival_s)
            previous = self._last_pcr.get(pid)
            self._last_pcr[pid] = pcr
            if announced:
                self._accuracy.forget(pid)
            if self._accuracy.is_wrong(pid, batch.first_index + row, pcr):
                self._count(("pcr_accuracy_error",), pid)
            if previous is None or announced:
                continue
            if (pcr - previous) % PCR_MODULO > _PCR_LIMIT_S * PCR_HZ:
                names = ("pcr_discontinuity_indicator_error",)
                self._count(names if late else ("pcr_error", *names), pid)

    def _is_pcr_late(self, pid: int, arrival_s: float) -> bool:
        key, names = ("pcr", pid), ("pcr_error", "pcr_repetition_error")
        limit_s = _PCR_LIMIT_S + _ARRIVAL_JITTER_S
        if pid in self._pcr_pids:
            self._gaps.expect(key, names, limit_s, arrival_s)
            return self._gaps.seen(key, arrival_s)
        before_s, self._stray_pcr_s[pid] = self._stray_pcr_s.get(pid, arrival_s), arrival_s
        late = arrival_s - before_s > limit_s
        if late:
            self._count(names, pid)
        return late

    def _check_pts(self, batch: Batch) -> None:
        starts = batch.headers.pes
        there = starts.pts != NO_TIMESTAMP
        for row, pid in zip(starts.rows[there].tolist(), starts.pids[there].tolist(), strict=True):
            if pid in self._pts_pids:
                arrival_s = float(batch.arrivals_s[row])
                self._gaps.expect(("pts", pid), ("pts_error",), 0.7, arrival_s)
                self._gaps.seen(("pts", pid), arrival_s)
