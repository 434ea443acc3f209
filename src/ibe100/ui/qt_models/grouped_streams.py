"""Streams by their groups: ordered under headings, of which each can be folded."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QModelIndex, QObject

from ibe100.ui.qt_models.stream_list import ROW_ROLE, StreamFilter, StreamListModel, StreamRow

NO_GROUP = "No group"


@dataclass(frozen=True, slots=True)
class GroupHeading:
    """Heading over the first row of a group."""

    group: str
    count: int
    active: int
    """Streams that run or are about to."""
    is_folded: bool

    @property
    def words(self) -> str:
        """Name of the group and what is in it."""
        noun = "stream" if self.count == 1 else "streams"
        return f"{self.group or NO_GROUP} · {self.count} {noun}, {self.active} running"


class GroupedStreams(StreamFilter):
    """Filter of the list. While no stream has a group, the order is that of the numbers, without headings.

    Of a folded group its first row stays, for its heading, and the stream that was current: a fold selects
    no other stream.
    """

    def __init__(self, streams: StreamListModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self._first: dict[str, str] = {}
        """By group the first stream of it; empty while there are no groups."""
        self._folded: set[str] = set()
        self._kept = ""
        self._shows_groups = True
        self.setSourceModel(streams)
        streams.groups_changed.connect(self._regroup)
        self._regroup()

    @property
    def is_grouped(self) -> bool:
        """True while headings are shown."""
        return self._shows_groups and bool(self._first)

    def set_shows_groups(self, shows: bool) -> None:
        """Show headings and folds, or all streams without any."""
        if shows is not self._shows_groups:
            self._shows_groups = shows
            self._order()

    def fold(self, group: str, folded: bool, current_id: str = "") -> None:
        """Fold a group or unfold it; `current_id` stays in sight."""
        if folded is not (group in self._folded):
            self._kept = current_id
            (self._folded.add if folded else self._folded.discard)(group)
            self.invalidate()

    def keep(self, stream_id: str) -> None:
        """Show a stream of a folded group whole: it became the current one."""
        self._kept = stream_id
        self.invalidate()

    def heading(self, index: QModelIndex) -> GroupHeading | None:
        """Heading over a row; None where the row is not the first of its group."""
        row = index.data(ROW_ROLE) if self.is_grouped else None
        if not isinstance(row, StreamRow):
            return None
        group = row.view.config.group
        before = self.index(index.row() - 1, 0).data(ROW_ROLE) if index.row() else None
        if isinstance(before, StreamRow) and before.view.config.group == group:
            return None
        views = [one.view for one in self._streams.rows() if one.view.config.group == group]
        return GroupHeading(
            group, len(views), sum(view.state.is_active for view in views), self._folds(group)
        )

    def is_heading_only(self, index: QModelIndex) -> bool:
        """True for a row that is there for its heading alone."""
        row = index.data(ROW_ROLE)
        return (
            isinstance(row, StreamRow) and self._folds(row.view.config.group) and row.stream_id != self._kept
        )

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:
        """Order by group, those without one last, then by number."""
        rows = self._streams.rows()
        return _place(rows[left.row()]) < _place(rows[right.row()])

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        """True for rows that hold the text and are not folded away."""
        if not super().filterAcceptsRow(source_row, source_parent):
            return False
        if not self._folded:
            return True
        row = self._streams.rows()[source_row]
        group = row.view.config.group
        return not self._folds(group) or row.stream_id in (self._first.get(group), self._kept)

    def _folds(self, group: str) -> bool:
        # What a filter finds is shown, in a folded group too.
        return self.is_grouped and group in self._folded and not self.has_text

    def _regroup(self) -> None:
        rows = self._streams.rows()
        first: dict[str, str] = {}
        if any(row.view.config.group for row in rows):
            for row in rows:
                first.setdefault(row.view.config.group, row.stream_id)
        if first or self._first:
            self._first = first
            self._order()

    def _order(self) -> None:
        self.sort(0 if self.is_grouped else -1)
        self.invalidate()


def _place(row: StreamRow) -> tuple[bool, str, int]:
    group = row.view.config.group
    return not group, group.casefold(), row.view.number
