"""Cue log: every cue on record, filtered, searched, decoded, copied."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from ibe100.models.cues.log import CueLog, CueLogQuery, CueStep
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.ui.clips.clip_button import ClipButton
from ibe100.ui.qt_models.cue_list import CueListModel, receipt_words
from ibe100.ui.qt_models.cue_log_table import RETURN_COLUMN, cue_columns
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.records.section_view import SectionView
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import SCALE, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.choices import choice_combo
from ibe100.ui.widgets.labels import ElidedLabel, set_kind
from ibe100.ui.widgets.tables import (
    ACTION,
    DAY,
    EVENT_ID,
    READING,
    STATE,
    Widths,
    fit_columns,
    record_table,
    say_nothing,
    select_source_row,
    show_column,
)
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.timecode import format_clock, format_date
from ibe100.utils.units import counted

WIDTHS: Widths = {0: DAY, 1: 112, 2: ACTION, 3: EVENT_ID, 4: STATE, 5: 70, 6: 176, 7: 240}
SETTLE_MS = 250
"""Pause after the last key before the log is read, in ms."""
PROGRESS_MS = 300
ACTIONS: dict[str, tuple[CueAction, ...]] = {"all actions": (), **{str(one): (one,) for one in CueAction}}
STATES: dict[str, tuple[CueState, ...]] = {
    "all states": (),
    "on the way": (CueState.REQUESTED, CueState.ARMED, CueState.SENT, CueState.SEEN),
    "spliced": (CueState.SPLICED,),
    "failed": (CueState.FAILED,),
    "aired late": (CueState.AIRED_LATE,),
    "refused": (CueState.REFUSED,),
    "cancelled": (CueState.CANCELLED,),
}
TIMES_S = {"all times": 0, "last hour": 3600, "last 24 hours": 86_400, "last 7 days": 604_800}


class CueLogPage(QWidget):
    """Page of the log, read when it comes to the front or the filter changes, and kept up to date."""

    def __init__(
        self,
        streams: StreamListModel,
        cues: CueListModel,
        client: ServiceClient,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._streams, self._client = streams, client
        self._cues = cues
        self._asked = 0
        self._is_refused = False
        self.log: CueLog | None = None
        self.stream = choice_combo("Stream", (("", "all streams"),))
        self.action = choice_combo("Action", tuple((words, words) for words in ACTIONS))
        self.state = choice_combo("State", tuple((words, words) for words in STATES))
        self.time = choice_combo("Time", tuple((words, words) for words in TIMES_S))
        self.search = QLineEdit()
        self.search.setPlaceholderText("Event id, base64 or hex of the section, reason, who")
        self.search.setAccessibleName("Search the cue log")
        self.search.setClearButtonEnabled(True)
        again = "Read the cue log again"
        self.refresh = push_button("", again, icon_name="refresh", hint=again)
        self.clip = ClipButton(client)
        self.summary = ElidedLabel("", "muted")
        name: Column[Cue] = Column("Stream", lambda cue: self._name(cue.stream_id))
        self.model: KeyedTableModel[Cue] = KeyedTableModel(
            cue_columns(name, lambda cue: cues.return_of(cue.cue_id)),
            lambda cue: cue.cue_id,
            self,
            font_size=SCALE,
        )
        self.table = record_table(
            self.model,
            "Cue log",
            READING,
            is_filtered=lambda: self.query() != CueLogQuery(),
        )
        fit_columns(self.table, WIDTHS, len(WIDTHS) - 1)
        self.table.setColumnHidden(RETURN_COLUMN, True)
        self.section = SectionView()
        self._lay_out()
        self._connect(cues)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        for combo in (self.stream, self.action, self.state, self.time):
            head.addWidget(combo)
        head.addStretch(1)
        head.addWidget(self.clip)
        head.addWidget(self.refresh)
        second = QHBoxLayout()
        second.addWidget(self.search, 3)
        second.addWidget(self.summary, 2)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.table)
        splitter.addWidget(self.section)
        splitter.setSizes([300, 220])
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 8)
        layout.addLayout(head)
        layout.addLayout(second)
        layout.addWidget(splitter, 1)

    def _connect(self, cues: CueListModel) -> None:
        self._settle = single_shot(self, SETTLE_MS, self.read)
        self._progress = single_shot(self, PROGRESS_MS, lambda: self._say("Reading the log …"))
        for combo in (self.stream, self.action, self.state, self.time):
            combo.currentIndexChanged.connect(self.read)
        self.search.textChanged.connect(self._settle.start)
        self.search.returnPressed.connect(self.table.setFocus)
        self.refresh.clicked.connect(self.reload)
        cues.cue_changed.connect(self._take)
        cues.return_changed.connect(self._came_back)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)

    def reload(self) -> None:
        """Read the streams to choose from, then the log."""
        chosen = self.stream.currentData()
        self.stream.blockSignals(True)
        self.stream.clear()
        self.stream.addItem("all streams", "")
        for row in self._streams.rows():
            self.stream.addItem(f"{row.view.number} {row.name}", row.stream_id)
        self.stream.setCurrentIndex(max(0, self.stream.findData(chosen)))
        self.stream.blockSignals(False)
        self.read()

    def query(self) -> CueLogQuery:
        """The filter as a query."""
        back_s = TIMES_S[self.time.currentData()]
        return CueLogQuery(
            stream_id=self.stream.currentData() or "",
            actions=ACTIONS[self.action.currentData()],
            states=STATES[self.state.currentData()],
            since=time.time() - back_s if back_s else None,
            text=self.search.text(),
        )

    def read(self) -> None:
        """Ask for the log; only the last question asked is shown."""
        self._settle.stop()
        if not self._client.is_bound:
            return
        self._asked += 1
        self._progress.start()
        say_nothing(self.table, READING)
        asked, query = self._asked, self.query()
        call = self._client.ask("Cue log", lambda s: s.records.cues.log(query))
        call.then(lambda log: self._show(log, asked), self._refused)

    def chosen(self) -> Cue | None:
        """The selected cue."""
        cue = self.table.currentIndex().data(TABLE_ROW_ROLE)
        return cue if isinstance(cue, Cue) else None

    def _show(self, log: CueLog, asked: int) -> None:
        if asked != self._asked:
            return
        selected = self.chosen()
        self.log, self._is_refused = log, False
        say_nothing(self.table, "No cue was asked for yet.")
        self.model.replace(log.cues)
        watched = any(self._cues.return_of(cue.cue_id) is not None for cue in log.cues)
        self.table.setColumnHidden(RETURN_COLUMN, not watched)
        kept = -1 if selected is None else self.model.row_of(selected)
        if log.cues:
            # The newest, unless the operator has chosen another that is still listed.
            select_source_row(self.table, max(0, kept))
        else:
            self.section.show_cue(None)
        self._summarise()

    def _take(self, cue: Cue) -> None:
        """Show a new or changed cue at once, without reading the disk."""
        if self.log is None or not self.isVisible():
            return
        if self.log.query.admits(cue):
            self.model.put(cue)
        else:
            self.model.take_off(cue)
        self._summarise()
        selected = self.chosen()
        if selected is not None and selected.cue_id == cue.cue_id:
            self._ask_life(cue)

    def _came_back(self, receipt: ReturnReceipt) -> None:
        """Bring a cue up to date of which the return feed has said more."""
        if self.log is None or not self.isVisible():
            return
        shown = next((cue for cue in self.model.rows() if cue.cue_id == receipt.cue_id), None)
        if shown is None:
            return
        self.model.put(shown)
        show_column(self.table, RETURN_COLUMN, True)
        selected = self.chosen()
        if selected is not None and selected.cue_id == receipt.cue_id:
            self._ask_life(selected)

    def _refused(self, words: str) -> None:
        self._is_refused = True
        self._say(f"▲ {words}", "problem")
        say_nothing(self.table, "The log could not be read.")

    def _summarise(self) -> None:
        """Show how many cues are listed; the reason stays where the log could not be read."""
        assert self.log is not None
        if self._is_refused:
            return
        shown = self.model.rowCount()
        more = f"the newest {shown:,} cues; there are more: narrow the filter" if self.log.is_cut else ""
        self._say(more or counted(shown, "cue"))

    def _say(self, words: str, kind: str = "muted") -> None:
        self._progress.stop()
        self.summary.setText(words)
        set_kind(self.summary, kind)

    def _chosen(self, index: QModelIndex) -> None:
        cue = index.data(TABLE_ROW_ROLE)
        self.clip.show_cue(cue if isinstance(cue, Cue) else None)
        if isinstance(cue, Cue):
            self._show_cue(cue, ())
            self._ask_life(cue)
        else:
            self.section.show_cue(None)

    def _ask_life(self, cue: Cue) -> None:
        call = self._client.ask("Cue log", lambda s: s.records.cues.steps(cue.cue_id))
        call.then(lambda steps: self._show_life(cue.cue_id, steps))

    def _show_life(self, cue_id: int, steps: Sequence[CueStep]) -> None:
        selected = self.chosen()
        if selected is not None and selected.cue_id == cue_id:
            self._show_cue(selected, steps)

    def _show_cue(self, cue: Cue, steps: Sequence[CueStep]) -> None:
        what = f"{self._name(cue.stream_id)} · {format_date(cue.requested_at)} UTC · {receipt_words(cue)}"
        self.section.show_cue(cue, what, life_words(cue, steps), self._cues.return_of(cue.cue_id))

    def _name(self, stream_id: str) -> str:
        row = self._streams.row_of(stream_id)
        return stream_id if row is None else f"{row.view.number} {row.name}"


def life_words(cue: Cue, steps: Sequence[CueStep]) -> str:
    """Life of a cue, a line for each step: time, ms since the request, state, reason."""
    lines = [f"cue {cue.cue_id}, asked by {cue.requested_by}"]
    for step in steps:
        since_ms = (step.at - cue.requested_at) * 1000
        at = format_clock(step.at, milliseconds=True)
        lines.append(f"{at}  {since_ms:+10,.0f} ms  {step.state:<9}  {step.reason}".rstrip())
    return "\n".join(lines)
