"""Cues and their receipts as a Qt list, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QSortFilterProxyModel, Qt, pyqtSignal

from ibe100.models.cues.cut_points import offset_words
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueAction, CueState, Direction, shown_state
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.utils.timecode import format_clock, format_latency
from ibe100.utils.units import format_event_id

CUE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
RETURN_ROLE = CUE_ROLE + 1
"""The ReturnReceipt of a cue, or None."""
AIRED = frozenset({CueState.SENT, CueState.SEEN, CueState.SPLICED, CueState.AIRED_LATE})
MOST_RETURNS = 5000
MOST_CUES = 500


def state_words(cue: Cue) -> str:
    """State of a cue for a reader."""
    return shown_state(cue.action, cue.state)


def receipt_words(cue: Cue) -> str:
    """Receipt of a cue, from the monitor: `seen on output 1/1 · 23 ms`.

    The processor repeats a pre-rolled cue by itself: how often it did is known from the output alone.
    """
    seen = f"seen on output {cue.seen}/{cue.sent_expected}"
    match cue.state:
        case CueState.REQUESTED:
            return "being recorded"
        case CueState.ARMED:
            waits = f" · {cue.reason}" if cue.reason else ""
            return f"armed, not sent yet · splice {format_clock(cue.splice_at)}{waits}"
        case CueState.REFUSED | CueState.CANCELLED | CueState.FAILED:
            return cue.reason or seen
        case CueState.AIRED_LATE:
            return f"do not fire again: {cue.reason} · {seen}"
        case CueState.SENT:
            return f"sent to the processor · {seen}"
        case CueState.SEEN | CueState.SPLICED:
            return f"{seen} · {_proof(cue)}"


def short_receipt(cue: Cue) -> str:
    """Receipt of a cue for a card: `seen 1/1 · 23 ms`."""
    match cue.state:
        case CueState.SEEN | CueState.SPLICED:
            return f"{state_words(cue).lower()} {cue.seen}/{cue.sent_expected} · {_proof(cue)}"
        case CueState.REFUSED | CueState.CANCELLED | CueState.FAILED | CueState.AIRED_LATE:
            return f"{cue.state}: {cue.reason}" if cue.reason else str(cue.state)
        case _:
            return str(cue.state).lower()


def _progress(cue: Cue) -> tuple[int, int, int]:
    """Progress of a cue: the answer to `fire` may come after the receipt."""
    steps = (CueState.REQUESTED, CueState.ARMED, CueState.SENT, CueState.SEEN)
    return (len(steps) if cue.state.is_final else steps.index(cue.state), cue.sent, cue.seen)


def _proof(cue: Cue) -> str:
    if cue.pre_roll_ms is None:
        return format_latency(cue.latency_ms)
    pre_roll = f"{format_latency(cue.pre_roll_ms)} pre-roll"
    if cue.idr_offset_ms is None:
        return pre_roll
    return f"{pre_roll} · {offset_words(cue.idr_offset_ms, cue.idr_kind)}"


class CueListModel(QAbstractListModel):
    """All cues the window knows, at most MOST_CUES."""

    cue_changed = pyqtSignal(object)
    return_changed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cues: list[Cue] = []
        self._returns: dict[int, ReturnReceipt] = {}

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of cues."""
        return 0 if parent.isValid() else len(self._cues)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text of a row; the cue itself under CUE_ROLE."""
        if not 0 <= index.row() < len(self._cues):
            return None
        cue = self._cues[index.row()]
        came_back = self._returns.get(cue.cue_id)
        if role == CUE_ROLE:
            return cue
        if role == RETURN_ROLE:
            return came_back
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            event = format_event_id(cue.splice_event_id)
            said = f"{state_words(cue)}: {receipt_words(cue)}"
            words = f"{format_clock(cue.requested_at)} {cue.action} {event} {said}"
            return words if came_back is None else f"{words}; {came_back.words}"
        if role == Qt.ItemDataRole.ToolTipRole:
            words = f"{receipt_words(cue)}\nsent {cue.section_base64}\nseen {cue.seen_base64 or '–'}"
            return plain_tooltip(words if came_back is None else f"{words}\n{came_back.words}")
        return None

    def put(self, cue: Cue) -> None:
        """Add a cue or the next step of one; an older step than the known one is ignored."""
        at = next((i for i, known in enumerate(self._cues) if known.cue_id == cue.cue_id), None)
        if at is not None:
            if _progress(cue) < _progress(self._cues[at]):
                return
            self._cues[at] = cue
            self.dataChanged.emit(self.index(at), self.index(at))
        else:
            place = sum(known.cue_id > cue.cue_id for known in self._cues)
            self.beginInsertRows(QModelIndex(), place, place)
            self._cues.insert(place, cue)
            self.endInsertRows()
            if len(self._cues) > MOST_CUES:
                self.beginRemoveRows(QModelIndex(), MOST_CUES, len(self._cues) - 1)
                del self._cues[MOST_CUES:]
                self.endRemoveRows()
        self.cue_changed.emit(cue)

    def put_all(self, cues: Iterable[Cue]) -> None:
        """Add cues of the past."""
        for cue in cues:
            self.put(cue)

    def put_return(self, receipt: ReturnReceipt) -> None:
        """Take what the return feed says of a cue, which may be older than those in the list."""
        self._returns[receipt.cue_id] = receipt
        if len(self._returns) > MOST_RETURNS:
            del self._returns[next(iter(self._returns))]
        at = next((i for i, known in enumerate(self._cues) if known.cue_id == receipt.cue_id), None)
        if at is not None:
            self.dataChanged.emit(self.index(at), self.index(at))
        self.return_changed.emit(receipt)

    def return_of(self, cue_id: int) -> ReturnReceipt | None:
        """Receipt of the return feed for a cue."""
        return self._returns.get(cue_id)

    def latest(self, stream_id: str, action: CueAction | None = None) -> Cue | None:
        """The newest cue of a stream, or its newest of one action.

        The withdrawal of a cue has a receipt of its own, and what is told is that the cue was called off.
        """
        return self._first(
            lambda cue: (
                cue.stream_id == stream_id
                and (cue.action is action or (action is None and cue.action is not CueAction.CALL_OFF))
            )
        )

    def opened_break(self, stream_id: str) -> Cue | None:
        """The newest cue of a stream that took its viewers into a break."""
        return self._first(
            lambda cue: cue.stream_id == stream_id and cue.direction is Direction.OUT and cue.state in AIRED
        )

    def of_stream(self, stream_id: str) -> list[Cue]:
        """All known cues of a stream, the newest first."""
        return [cue for cue in self._cues if cue.stream_id == stream_id]

    def can_be_called_off(self, stream_id: str, at: float) -> Cue | None:
        """The newest cue of a stream that can still be called off at a moment (wall clock)."""
        return self._first(
            lambda cue: cue.stream_id == stream_id and (cue.can_be_called_off_until or 0.0) > at
        )

    def _first(self, wanted: Callable[[Cue], bool]) -> Cue | None:
        return next((cue for cue in self._cues if wanted(cue)), None)


class CuesOfStream(QSortFilterProxyModel):
    """Cues of one stream only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stream_id = ""

    def show_stream(self, stream_id: str) -> None:
        """Show another stream."""
        if stream_id != self._stream_id:
            self._stream_id = stream_id
            self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        """True for rows of the shown stream."""
        model = self.sourceModel()
        if model is None:
            return False
        cue: Cue = model.index(source_row, 0, source_parent).data(CUE_ROLE)
        return cue.stream_id == self._stream_id
