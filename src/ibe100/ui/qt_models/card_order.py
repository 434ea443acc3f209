"""Order of the streams' cards and tiles, as the operator placed them, then by number; and the cards' size."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow


class CardSize(StrEnum):
    """Sizes of cards; AUTO is the largest at which every stream fits."""

    AUTO = "auto"
    LARGE = "large"
    MEDIUM = "medium"
    COMPACT = "compact"


class CardOrder(QObject):
    """Order of dashboard and multiview alike; `changed` when a card was moved, or another size chosen."""

    changed = pyqtSignal()

    def __init__(self, streams: StreamListModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self._placed: tuple[str, ...] = ()
        self.size = CardSize.AUTO
        """Size of the cards that was chosen."""

    @property
    def placed(self) -> tuple[str, ...]:
        """Ids of the streams that were placed, to be kept; empty while all stand by number."""
        return self._placed

    def rows(self) -> tuple[StreamRow, ...]:
        """All streams in the order of their cards."""
        places = {stream_id: place for place, stream_id in enumerate(self._placed)}
        return tuple(sorted(self._streams.rows(), key=lambda row: places.get(row.stream_id, len(places))))

    def place(self, stream_ids: Iterable[str]) -> None:
        """Put these streams first, in this order."""
        placed = tuple(dict.fromkeys(stream_ids))
        if placed != self._placed:
            self._placed = placed
            self.changed.emit()

    def move(self, stream_id: str, onto: str) -> None:
        """Give a card the place of another; the cards between move up."""
        ids = [row.stream_id for row in self.rows()]
        if stream_id in ids and onto in ids:
            place = ids.index(onto)
            ids.remove(stream_id)
            ids.insert(place, stream_id)
            self.place(ids)

    def shift(self, stream_id: str, steps: int) -> None:
        """Move a card by places: forward when positive; at the ends it stays."""
        ids = [row.stream_id for row in self.rows()]
        if stream_id in ids:
            place = min(max(ids.index(stream_id) + steps, 0), len(ids) - 1)
            self.move(stream_id, ids[place])

    def choose_size(self, size: CardSize) -> None:
        """Show cards of this size; with AUTO as large as all fit."""
        if size is not self.size:
            self.size = size
            self.changed.emit()

    def reset(self) -> None:
        """Order by number again, in the largest size at which all fit."""
        self.place(())
        self.choose_size(CardSize.AUTO)
