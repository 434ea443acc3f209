"""Services and PIDs of the output: lost, silent, scrambled or changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from ibe100.models.stream_state import PidSample
from ibe100.mpegts.constants import NULL_PID, PAT_PID, PAT_TABLE_ID, PMT_TABLE_ID
from ibe100.services.alarms.rule import AlarmRule, CountedRule, Judgement, Judgements, true_if
from ibe100.services.alarms.signal_catalogue import (
    CUE_PID_LOST,
    PAT_ERROR,
    PID_ERROR,
    PMT_CHANGED,
    PMT_ERROR,
    SCRAMBLED_PID,
    SERVICE_LOST,
    VIDEO_LOST,
)
from ibe100.services.streams.runner_samples import AnalyzeReport
from ibe100.services.watches.watch import News, Watch
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.telemetry import AnalyzeSample

FIRST_FREE_PID = 0x20
FIRST_REPORTS = 4
"""Number of first reports that show how the stream is: what they tell is no change."""
STEADY_REPORTS = 10
"""Number of reports on end after which a PID that carried packets is missed; others are rare."""
MISSED_REPORTS = 3
PACED_REPORTS = 2
"""Number of reports over which PAT and PMT are counted where we pace: packets come in portions."""
DUE_REPORTS, DUE_TABLES = 4, 7
"""Reports, and PAT or PMT in them at least, where these come every 0.5 s as they may at the latest."""
SEGMENT_REPORTS = 15
"""Reports without PAT or PMT after which HLS misses them: it promises one per segment (RFC 8216 3.2)."""
UNREFERENCED = "Unreferenced"


class PidWatch(Watch):
    """Watches services and PIDs by the reports of one processor's life, one every second."""

    def __init__(self, plan: StreamPlan, *, in_segments: bool = False) -> None:
        self._plan = plan
        self._with_alarms_of_their_own = (plan.splice_pid, plan.video_pid, plan.pmt_pid)
        self._in_segments = in_segments
        self._reports = 0
        self._steady: dict[int, int] = {}
        """Reports on end in which a PID carried packets."""
        self._missed: dict[int, int] = {}
        """Reports on end in which a steady PID did not."""
        self._scrambled_at_first: frozenset[int] = frozenset()
        self._pids: dict[int, str] = {}
        self._services: dict[int, str] = {}
        self._service_missed = 0
        self._versions: dict[tuple[int, int | None], int] = {}
        """version_number by table_id and its extension."""
        self._tables: deque[tuple[int, int]] = deque(maxlen=SEGMENT_REPORTS if in_segments else PACED_REPORTS)
        """Packets of the PAT and of our PMT, by report."""
        self._due: deque[tuple[int, int]] = deque(maxlen=DUE_REPORTS)
        """Packets of the same tables in the last few reports."""

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge by a report; nothing when nothing flowed."""
        if not isinstance(news, AnalyzeReport):
            return {}
        analysis = news.analysis
        packets = {pid.pid: pid.packets for pid in analysis.pids if pid.packets}
        if not packets:
            return {}
        self._reports += 1
        changes = self._version_changes(analysis) + self._service_changes(analysis)
        judgements: dict[AlarmRule, Judgement] = {
            VIDEO_LOST: _missing(self._plan.video_pid, packets),
            PID_ERROR: true_if(", ".join(self._silent(analysis.pids))),
            SCRAMBLED_PID: true_if(", ".join(self._scrambled(analysis.pids))),
            SERVICE_LOST: Judgement(
                self._service_missed >= MISSED_REPORTS, f"service {self._plan.service_id}"
            ),
        }
        if all(service.pmt_pid in packets for service in analysis.services) and analysis.services:
            named = {pid.pid: pid.description for pid in analysis.pids if _is_named(pid)}
            changes += self._pid_changes(named)
            judgements[CUE_PID_LOST] = _missing(self._plan.splice_pid, named)
        judgements[PMT_CHANGED] = true_if(", ".join(changes if self._reports > FIRST_REPORTS else []))
        counts = packets.get(PAT_PID, 0), packets.get(self._plan.pmt_pid, 0)
        self._tables.append(counts)
        self._due.append(counts)
        if self._plan.regulate and self._reports > len(self._tables):
            judgements[PAT_ERROR] = self._rare(sum(pats for pats, _ in self._tables))
            judgements[PMT_ERROR] = self._rare(sum(pmts for _, pmts in self._tables))
        return judgements

    def in_time(self, rule: CountedRule) -> bool:
        """Say whether PAT or PMT came as often as they must, however late single ones were on their way.

        False for other conditions.
        """
        index = {PAT_ERROR: 0, PMT_ERROR: 1}.get(rule)
        if index is None or len(self._due) < DUE_REPORTS:
            return False
        counts = [tables[index] for tables in self._due]
        return all(counts) and sum(counts) >= DUE_TABLES

    def newly_scrambled(self, pids: Iterable[int]) -> list[str]:
        """List PIDs seen scrambled between two reports that were clear when the stream began."""
        if not self._reports:
            return []
        return [_words(pid) for pid in sorted(set(pids) - self._scrambled_at_first)]

    def version_change(self, table_id: int, extension: int, before: int, version: int) -> str:
        """Describe a change of PAT or PMT that was seen between two reports.

        Empty while all is new, and where a report was first to tell, with all that has changed.
        """
        if self._reports <= FIRST_REPORTS or self._versions.get((table_id, extension)) == version:
            return ""
        return _version_words(table_id, extension, before, version)

    def _rare(self, tables: int) -> Judgement:
        """Judge what comes less than once a second as missing, whatever our pacing did to it."""
        if self._in_segments:
            return true_if("" if tables else f"none for {SEGMENT_REPORTS} s")
        return true_if("fewer than 1 per s" if tables < PACED_REPORTS else "")

    def _version_changes(self, analysis: AnalyzeSample) -> list[str]:
        """List PAT and PMT under another version_number than in the report before."""
        changes = []
        for table in analysis.tables:
            if table.table_id not in (PAT_TABLE_ID, PMT_TABLE_ID) or table.version is None:
                continue
            key = table.table_id, table.table_id_extension
            before = self._versions.setdefault(key, table.version)
            self._versions[key] = table.version
            if table.version != before:
                changes.append(_version_words(*key, before, table.version))
        return changes

    def _silent(self, pids: Iterable[PidSample]) -> list[str]:
        """List steady PIDs that the PMT names and that carry nothing any more."""
        silent = []
        for one in pids:
            if one.packets:
                self._steady[one.pid] = self._steady.get(one.pid, 0) + 1
                self._missed.pop(one.pid, None)
            elif self._steady.get(one.pid, 0) < STEADY_REPORTS:
                self._steady.pop(one.pid, None)
            elif _is_free(one) and one.pid not in self._with_alarms_of_their_own:
                self._missed[one.pid] = self._missed.get(one.pid, 0) + 1
                if self._missed[one.pid] >= MISSED_REPORTS:
                    silent.append(f"{_words(one.pid)} {one.description}")
        return silent

    def _scrambled(self, pids: Iterable[PidSample]) -> list[str]:
        """List scrambled PIDs: video, and what was clear when the stream began."""
        scrambled = {pid.pid: pid.description for pid in pids if pid.scrambled}
        if self._reports == 1:
            self._scrambled_at_first = frozenset(scrambled) - {self._plan.video_pid}
        appeared = scrambled.keys() - self._scrambled_at_first
        return [f"{_words(pid)} {scrambled[pid]}" for pid in sorted(appeared)]

    def _service_changes(self, analysis: AnalyzeSample) -> list[str]:
        """Compare services by the PAT: a report without one tells of none."""
        if not analysis.services:
            return []
        now = {service.service_id: f"service {service.service_id}" for service in analysis.services}
        self._service_missed = 0 if self._plan.service_id in now else self._service_missed + 1
        before, self._services = self._services, now
        return _changes(before, now)

    def _pid_changes(self, named: dict[int, str]) -> list[str]:
        """Compare PIDs that a PMT names: an unreferenced PID may come and go as it likes."""
        now = {pid: f"PID {_words(pid)} {_codec(description)}" for pid, description in named.items()}
        before, self._pids = self._pids, now
        return _changes(before, now)


def _version_words(table_id: int, extension: int | None, before: int, version: int) -> str:
    name = "PAT" if table_id == PAT_TABLE_ID else f"PMT of service {extension}"
    return f"{name} version {before} → {version}"


def _is_named(pid: PidSample) -> bool:
    return _is_free(pid) and pid.pid < NULL_PID and pid.description != UNREFERENCED


def _is_free(pid: PidSample) -> bool:
    """True for a PID that carries no SI: beyond DVB's, or one of them that a PMT names for its service."""
    return pid.pid >= FIRST_FREE_PID or bool(pid.services)


def _codec(description: str) -> str:
    """Leave out what stands in brackets: size and level are told only when a header came in the interval."""
    return description.partition(" (")[0]


def _changes(before: Mapping[int, str], now: Mapping[int, str]) -> list[str]:
    appeared = [f"{now[key]} appeared" for key in now if key not in before]
    became = [f"{before[key]} became {now[key]}" for key in now if before.get(key, now[key]) != now[key]]
    return appeared + became + [f"{before[key]} vanished" for key in before if key not in now]


def _missing(wanted: int | None, there: Mapping[int, object]) -> Judgement:
    return true_if("" if wanted is None or wanted in there else _words(wanted))


def _words(pid: int) -> str:
    return f"0x{pid:04X}"
