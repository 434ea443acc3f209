"""As-run log by cue of a day, or by break of some days: planned, sent, seen and aired, with export."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from PyQt6.QtCore import QDate, QModelIndex, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDateEdit,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.clips.clip import ClipBundle
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, AsRunRow, LoggedStream
from ibe100.models.cues.break_log import CHANNEL, BreakLog, LogBy
from ibe100.models.scte35_marker import WITHDRAWN, CueState, shown_state
from ibe100.ui.clips.clip_button import ClipButton
from ibe100.ui.qt_models.as_run_table import AS_RUN_ROLE, RETURN_COLUMN, SCHEDULED_COLUMN, AsRunTableModel
from ibe100.ui.records.break_log_view import BreakLogView, sum_words
from ibe100.ui.records.section_view import SectionView
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import give_menu, push_button
from ibe100.ui.widgets.choices import choice_combo
from ibe100.ui.widgets.file_question import ask_file_to_write
from ibe100.ui.widgets.labels import ElidedLabel, set_kind
from ibe100.ui.widgets.tables import (
    ACTION,
    CLOCK,
    EVENT_ID,
    PRECISE_CLOCK,
    READING,
    STATE,
    Widths,
    fit_columns,
    record_table,
    say_nothing,
    show_column,
)
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.units import counted, format_bytes

NOTHING = "No cue was due on this day."
SPLIT_LATE = "+1234 ms · +30.0 fr"
WIDTHS: Widths = dict(
    enumerate(
        (
            *(PRECISE_CLOCK, 104, ACTION, EVENT_ID, STATE, CLOCK, CLOCK, PRECISE_CLOCK, PRECISE_CLOCK),
            *(SPLIT_LATE, CLOCK, "+1234 ms", 176, 240),
        )
    )
)
TIME_ZONES = (("UTC", "UTC day"), ("local", "local day"))
ROWS = ((LogBy.CUE, "by cue"), (LogBy.BREAK, "by break"))
SPANS = (("1", "1 day"), ("7", "7 days"), ("31", "31 days"))


class AsRunPage(QWidget):
    """Page of the log, read when it comes to the front and when day, stream or time zone are chosen."""

    notice = pyqtSignal(str, str)

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.log: AsRunLog | BreakLog | None = None
        self._asked = 0
        self.day = QDateEdit()
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setAccessibleName("Day")
        self.by = choice_combo("Rows of the log", ROWS)
        self.days = choice_combo("How many days from the chosen one on", SPANS)
        self.days.hide()
        self.time_zone = choice_combo("Where the day begins and ends", TIME_ZONES)
        self.stream = choice_combo("Stream", (("", "all streams"),))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        set_tooltip(self.filter, "Stream, action, state, event or reason of a cue")
        self.filter.setAccessibleName("Filter the as-run log")
        self.filter.setClearButtonEnabled(True)
        self.export_button = QToolButton()
        self.export_button.setIcon(icon("export"))
        self.export_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.export_button.clicked.connect(lambda: self._choose_file(self._kind))
        self._show_kind(AsRunFormat.CSV)
        self.refresh = push_button("", "Read the log again", icon_name="refresh", hint="Read the log again")
        self.clip = ClipButton(client)
        self.summary = ElidedLabel("", "muted")
        self.model = AsRunTableModel(self)
        self.table = record_table(
            self.model,
            "As-run log",
            READING,
            is_filtered=lambda: bool(self.filter.text().strip()),
        )
        fit_columns(self.table, WIDTHS, len(WIDTHS) - 1)
        self.section = SectionView()
        self.breaks = BreakLogView()
        self.pages = QStackedWidget()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        menu = QMenu(self.export_button)
        for kind in AsRunFormat:
            action = menu.addAction(f"{kind.upper()} file …")
            assert action is not None
            action.triggered.connect(lambda _=False, chosen=kind: self._choose_file(chosen))
        archive = menu.addAction("Log and clips (ZIP) …")
        assert archive is not None
        archive.triggered.connect(lambda: self._choose_archive())
        self.archive = archive
        give_menu(self.export_button, menu)
        head = QHBoxLayout()
        for widget in (self.by, self.day, self.days, self.time_zone, self.stream):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.refresh)
        second = QHBoxLayout()
        second.addWidget(self.filter, 1)
        second.addWidget(self.summary, 1)
        second.addWidget(self.clip)
        second.addWidget(self.export_button)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.table)
        splitter.addWidget(self.section)
        splitter.setSizes([300, 200])
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 8)
        layout.addLayout(head)
        layout.addLayout(second)
        self.pages.addWidget(splitter)
        self.pages.addWidget(self.breaks)
        layout.addWidget(self.pages, 1)

    def _connect(self) -> None:
        today = datetime.now(UTC).date()
        self.day.setDate(QDate(today.year, today.month, today.day))
        self.day.dateChanged.connect(self.read)
        self.by.currentIndexChanged.connect(self._show_rows)
        self.days.currentIndexChanged.connect(self.read)
        self.time_zone.currentIndexChanged.connect(self.read)
        self.stream.currentIndexChanged.connect(self.read)
        self.refresh.clicked.connect(self.reload)
        self.filter.textChanged.connect(self.model.show_text)
        self.filter.textChanged.connect(self.breaks.rows.setFilterFixedString)
        self.model.modelReset.connect(self._summarise)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)

    def _chosen(self, index: QModelIndex) -> None:
        row = index.data(AS_RUN_ROLE)
        self.section.show_row(row)
        self.clip.show_cue(row.cue if isinstance(row, AsRunRow) else None)

    def export_clips(self, path: Path) -> None:
        """Write the log of the chosen day with its clips as an archive."""
        log = self.log
        if not isinstance(log, AsRunLog):
            return
        call = self._client.ask(f"Export {path.name}", lambda s: s.clips.export(log, path))
        call.then(lambda made: self.notice.emit("info", _bundle_words(made, path)))

    def reload(self) -> None:
        """Read the streams to choose from, then the log."""
        if self._client.is_bound:
            self._client.ask("As-run log", lambda s: s.as_run.streams()).then(
                self._show_streams, self._refused
            )

    def read(self) -> None:
        """Ask for the chosen day; only the last question asked is shown."""
        if not self._client.is_bound:
            return
        self._asked += 1
        for table in (self.table, self.breaks.table):
            say_nothing(table, READING)
        asked, chosen = self._asked, self.day.date()
        day = date(chosen.year(), chosen.month(), chosen.day())
        time_zone, stream_id = self.time_zone.currentData(), self.stream.currentData() or None
        self.export_button.setEnabled(False)
        if self._is_by_break:
            days = int(self.days.currentData())
            breaks = self._client.ask("As-run log", lambda s: s.as_run.breaks(day, days, CHANNEL, stream_id))
            breaks.then(lambda log: self._show_breaks(log, asked), self._refused)
            return
        call = self._client.ask("As-run log", lambda s: s.as_run.log(day, time_zone, stream_id))
        call.then(lambda log: self._show(log, asked), self._refused)

    def export_to(self, kind: AsRunFormat, path: Path) -> None:
        """Write the whole log of the chosen day, filtered or not."""
        log = self.log
        if log is None:
            return
        rows = counted(len(log.rows), LogBy.BREAK if isinstance(log, BreakLog) else LogBy.CUE)
        words = f"{rows} written to {path}; SHA-256"
        call = self._client.ask(f"Export {path.name}", lambda s: s.as_run.export(log, kind, path))
        call.then(lambda digest: self.notice.emit("info", f"{words} {digest}"))

    def _show_streams(self, streams: tuple[LoggedStream, ...]) -> None:
        chosen = self.stream.currentData()
        self.stream.blockSignals(True)
        self.stream.clear()
        self.stream.addItem("all streams", "")
        for one in streams:
            self.stream.addItem(f"{one.number or '–'} {one.name}", one.stream_id)
        self.stream.setCurrentIndex(max(0, self.stream.findData(chosen)))
        self.stream.blockSignals(False)
        self.read()

    @property
    def _is_by_break(self) -> bool:
        return bool(self.by.currentData() == LogBy.BREAK)

    def _show_rows(self) -> None:
        """Show the table of the chosen rows; a break belongs to the day of its channel's own zone."""
        self.pages.setCurrentWidget(self.breaks if self._is_by_break else self.pages.widget(0))
        self.days.setVisible(self._is_by_break)
        self.time_zone.setVisible(not self._is_by_break)
        self.clip.setVisible(not self._is_by_break)
        self.archive.setEnabled(not self._is_by_break)
        self.archive.setText(
            "Log and clips (ZIP): by cue only" if self._is_by_break else "Log and clips (ZIP) …"
        )
        self.read()

    def _show_breaks(self, log: BreakLog, asked: int) -> None:
        if asked == self._asked:
            self.log = log
            self.export_button.setEnabled(True)
            self.breaks.show_log(log)
            self.summary.setText(sum_words(log.all))
            set_kind(self.summary, "muted")

    def _show(self, log: AsRunLog, asked: int) -> None:
        if asked == self._asked:
            self.log = log
            self.export_button.setEnabled(True)
            self.section.show_row(None)
            say_nothing(self.table, NOTHING)
            self.model.show_rows(log.rows)
            watched = any(row.came_back is not None for row in log.rows)
            show_column(self.table, RETURN_COLUMN, watched)
            is_scheduled = any(row.cue.scheduled_at is not None for row in log.rows)
            show_column(self.table, SCHEDULED_COLUMN, is_scheduled)
            if log.rows:
                self.table.selectRow(0)

    def _refused(self, words: str) -> None:
        self.summary.setText(f"▲ {words}")
        set_kind(self.summary, "problem")
        for table in (self.table, self.breaks.table):
            say_nothing(table, "The log could not be read.")

    def _summarise(self) -> None:
        if not isinstance(self.log, AsRunLog):
            return
        final = [row.cue for row in self.log.rows if row.cue.state.is_final]
        states = Counter(shown_state(cue.action, cue.state) for cue in final)
        parts = [f"{counted(len(self.log.rows), 'cue')} on {self.log.day} ({self.log.time_zone})"]
        parts += [f"{states[state]} {state}" for state in (*map(str, CueState), WITHDRAWN) if states[state]]
        shown = self.model.rowCount()
        parts += [f"{shown} match"] if shown != len(self.log.rows) else []
        self.summary.setText(" · ".join(parts))
        set_kind(self.summary, "muted")

    def _show_kind(self, kind: AsRunFormat) -> None:
        """Let the button export this kind of file by one press: the one that was chosen last."""
        self._kind = kind
        self.export_button.setText(f"Export {kind.upper()}")
        others = " or ".join(other.upper() for other in AsRunFormat if other is not kind)
        self.export_button.setAccessibleName(f"Export the log as {kind.upper()}; {others} by its arrow")

    def _choose_file(self, kind: AsRunFormat) -> None:
        self._show_kind(kind)
        if self.log is not None:
            by = "-breaks" if isinstance(self.log, BreakLog) else ""
            name = f"as-run{by}-{self.log.day.replace('/', '-to-')}.{kind}"
            title = f"Export the as-run log as {kind.upper()}"
            ask_file_to_write(self, title, lambda path: self.export_to(kind, path), name)

    def _choose_archive(self) -> None:
        if self.log is not None:
            name = f"as-run-{self.log.day}-clips.zip"
            ask_file_to_write(self, "Export the as-run log with its clips", self.export_clips, name)


def _bundle_words(made: ClipBundle, path: Path) -> str:
    left_out = f"; {made.without} more on record are not in it, clips.csv says why" if made.without else ""
    return f"{counted(made.clips, 'clip')}, {format_bytes(made.size)}, written to {path}{left_out}"
