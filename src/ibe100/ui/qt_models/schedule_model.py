"""Planned breaks as the window knows them; changed by facts only."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.models.cues.schedule import BreakState, Finding, ScheduledBreak
from ibe100.models.messages import ScheduleChanged


class ScheduleModel(QObject):
    """Planned breaks by id; `changed` after each change, `conflicts_changed` after each check of them."""

    changed = pyqtSignal()
    conflicts_changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._breaks: dict[int, ScheduledBreak] = {}
        self._conflicts: dict[int, str] = {}
        self._findings: tuple[Finding, ...] = ()
        self._to_settle: frozenset[int] = frozenset()
        self._by_stream: dict[str, tuple[ScheduledBreak, ...]] = {}

    def replace_all(self, breaks: Iterable[ScheduledBreak]) -> None:
        """Replace all by the schedule as of now."""
        self._breaks = {one.break_id: one for one in breaks}
        self._by_stream.clear()
        self.changed.emit()

    def take(self, news: ScheduleChanged) -> None:
        """Take what was planned, changed, or removed."""
        for break_id in news.removed:
            self._breaks.pop(break_id, None)
        for one in news.changed:
            self._breaks[one.break_id] = one
        self._by_stream.clear()
        self.changed.emit()

    def show_conflicts(self, findings: Iterable[Finding]) -> None:
        """Take the conflicts, by break."""
        found = tuple(findings)
        if found == self._findings:
            return
        self._findings, self._conflicts = found, {}
        open_ones = (one for one in found if not one.accepted)
        self._to_settle = frozenset(
            chain.from_iterable(one.break_ids if one.subject is None else (one.subject,) for one in open_ones)
        )
        for finding in found:
            for break_id in () if finding.accepted else finding.break_ids:
                self._conflicts.setdefault(break_id, finding.text)
        self.conflicts_changed.emit()

    def findings(self) -> tuple[Finding, ...]:
        """All conflicts by their time, those that are kept as well."""
        return self._findings

    def get(self, break_id: int) -> ScheduledBreak | None:
        """Planned break by its id; None when it is gone."""
        return self._breaks.get(break_id)

    def breaks(self) -> tuple[ScheduledBreak, ...]:
        """All planned breaks by the time they are due; those without a time last."""
        return tuple(sorted(self._breaks.values(), key=_due))

    def of_stream(self, stream_id: str) -> tuple[ScheduledBreak, ...]:
        """Planned breaks of one stream, by their time."""
        if stream_id not in self._by_stream:
            mine = (one for one in self._breaks.values() if one.stream_id == stream_id)
            self._by_stream[stream_id] = tuple(sorted(mine, key=_due))
        return self._by_stream[stream_id]

    def next_of(self, stream_id: str) -> ScheduledBreak | None:
        """Next planned break of a stream that is wanted on air."""
        return next(
            (
                one
                for one in self.of_stream(stream_id)
                if one.enabled and not one.is_series and one.state is BreakState.PLANNED and one.planned_at
            ),
            None,
        )

    def conflict(self, break_id: int) -> str:
        """Reason why a break cannot be aired as planned, what to do; empty when it can or is kept."""
        return self._conflicts.get(break_id, "")

    def is_to_settle(self, break_id: int) -> bool:
        """True for the break of a conflict that is to be changed, where one of them is."""
        return break_id in self._to_settle


def _due(one: ScheduledBreak) -> tuple[float, int]:
    return (float("inf") if one.planned_at is None else one.planned_at, one.break_id)
