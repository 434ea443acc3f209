"""Curves of a stream over any range, with what happened on the same time axis; as CSV and as picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.metrics import MACHINE, Curve
from ibe100.ui.monitoring.event_table import EventTable
from ibe100.ui.monitoring.plot_area import PlotArea
from ibe100.ui.plots.plot_request import PlotData, PlotRequest, read_plot
from ibe100.ui.plots.plot_views import CHOICES, PlotChoice
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.file_question import ask_file_to_write
from ibe100.ui.widgets.labels import ElidedLabel, set_kind
from ibe100.ui.words.tr101290 import spelled
from ibe100.utils.timecode import format_date, format_day
from ibe100.utils.units import counted

FOLLOW_MS = 5000
SETTLE_MS = 150
LEAST_POINTS = 200
SPANS: tuple[tuple[str, float], ...] = (
    ("last 15 minutes", 900.0),
    ("last hour", 3600.0),
    ("last 6 hours", 6 * 3600.0),
    ("last 24 hours", 86_400.0),
    ("last 7 days", 7 * 86_400.0),
    ("last 30 days", 30 * 86_400.0),
)
WHOLE = 0.0
"""The span of a given range, such as a session's."""


class MetricsPanel(QWidget):
    """Curves, legend and events of a stream; read only while they are in sight."""

    notice = pyqtSignal(str, str)

    def __init__(
        self,
        client: ServiceClient,
        names: Callable[[], Mapping[str, str]],
        *,
        whole: str = "",
        compares: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Build the page; `names` gives the streams by id, `whole` names the range given by `show_range`.

        `compares` offers all streams in one plot.
        """
        super().__init__(parent)
        self._client, self._all_names = client, names
        self._stream_id = ""
        self._name = ""
        self._range: tuple[float, float | None] | None = None
        self._chosen: tuple[float, float] | None = None
        self._asked = 0
        self._data: PlotData | None = None
        self.view = _combo("What is shown", [(choice.title, choice) for choice in CHOICES])
        spans = [(whole, WHOLE)] if whole else []
        self.span = _combo("Range", [*spans, *SPANS])
        self.scope = _combo("Streams", [("this stream", False), ("all streams", True)])
        self.scope.setVisible(compares)
        list_name = "List the events in place of the curves"
        self.list = push_button("Events", list_name, icon_name="format-list-bulleted")
        self.list.setCheckable(True)
        self.csv = push_button("CSV", "Export the curves as CSV", icon_name="table-arrow-down")
        self.png = push_button("PNG", "Export the plot as a picture", icon_name="image-outline")
        self.status = ElidedLabel("", "muted")
        self.area = PlotArea()
        self.events = EventTable()
        self.events.summary.hide()
        self._follow = QTimer(self)
        self._follow.setInterval(FOLLOW_MS)
        self._settle = QTimer(self)
        self._settle.setInterval(SETTLE_MS)
        self._settle.setSingleShot(True)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        scaled(head.setSpacing, 8)
        for widget in (self.view, self.span, self.scope):
            head.addWidget(widget)
        head.addStretch(1)
        for button in (self.list, self.csv, self.png):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 4, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.status)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.events, 1)
        self.events.hide()

    def _connect(self) -> None:
        for combo in (self.view, self.span, self.scope):
            combo.currentIndexChanged.connect(self.go_home)
        self._follow.timeout.connect(self._follow_on)
        self._settle.timeout.connect(self.read)
        self.area.range_chosen.connect(self._range_chosen)
        self.area.cursor_moved.connect(self._cursor_moved)
        self.area.home_requested.connect(self.go_home)
        self.list.toggled.connect(self.area.setHidden)
        self.list.toggled.connect(self.events.setVisible)
        self.events.moment_wanted.connect(self.show_moment)
        self.csv.clicked.connect(lambda: self._choose_file("csv", self.export_csv))
        self.png.clicked.connect(lambda: self._choose_file("png", self.export_png))

    def show_stream(self, stream_id: str) -> None:
        """Follow a stream."""
        if stream_id != self._stream_id:
            self._stream_id, self._name = stream_id, self._all_names().get(stream_id, stream_id)
            self.go_home()

    def show_range(self, stream_id: str, name: str, begins_at: float, ends_at: float | None) -> None:
        """Show a given range of a stream; without an end it lasts until now."""
        if (stream_id, (begins_at, ends_at)) != (self._stream_id, self._range):
            self._stream_id, self._name, self._range = stream_id, name, (begins_at, ends_at)
            self.go_home()

    def go_home(self) -> None:
        """Show all of the set range, up to now if it has no end."""
        self._chosen = None
        self.read()

    def read(self) -> None:
        """Ask for what is to be shown, when it can be seen; only the last question asked is shown."""
        if not (self.isVisible() and self._client.is_bound and self._stream_id):
            return
        self.area.make_ready()
        begins_at, ends_at = self._chosen or self._home()
        self._asked += 1
        request = PlotRequest(
            self._stream_ids(),
            self._choice(),
            begins_at,
            ends_at,
            max(LEAST_POINTS, self.area.width()),
        )
        asked = self._asked
        call = self._client.ask("Metrics", lambda s: read_plot(s, request))
        call.then(lambda data: self._show(data, asked), self._refused)

    def _stream_ids(self) -> tuple[str, ...]:
        if self._choice().of_machine:
            return (MACHINE,)
        everything = tuple(self._all_names()) if self.scope.currentData() else ()
        return everything if len(everything) > 1 else (self._stream_id,)

    def show_moment(self, at: float) -> None:
        """Show the curves around a moment, with the cursor on it."""
        self.list.setChecked(False)
        self.area.make_ready()
        self.area.show_moment(at)

    def _home(self) -> tuple[float, float]:
        span_s = float(self.span.currentData())
        if span_s == WHOLE and self._range is not None:
            begins_at, ends_at = self._range
            return begins_at, max(time.time() if ends_at is None else ends_at, begins_at + 1)
        return time.time() - (span_s or SPANS[0][1]), time.time()

    def _choice(self) -> PlotChoice:
        choice = self.view.currentData()
        assert isinstance(choice, PlotChoice)
        return choice

    def _follow_on(self) -> None:
        is_open = self._range is None or self._range[1] is None or float(self.span.currentData()) != WHOLE
        if self._chosen is None and is_open:
            self.read()

    def _range_chosen(self, begins_at: float, ends_at: float) -> None:
        self._chosen = (begins_at, ends_at)
        self._settle.start()

    def _show(self, data: PlotData, asked: int) -> None:
        if asked != self._asked:
            return
        self._data = data
        names = self._all_names()

        def name_of(curve: Curve) -> str:
            return names.get(curve.stream_id, "") if data.request.compares else spelled(curve.series.title)

        self.area.show_data(data, name_of)
        self.events.show_events(data.events, "in this range")
        self._show_status(data)
        self.csv.setEnabled(bool(data.curves) and not data.request.compares)
        self.png.setEnabled(bool(data.curves))

    def _show_status(self, data: PlotData) -> None:
        if data.problem:
            self._refused(data.problem)
            return
        request = data.request
        parts = [f"{format_date(request.begins_at)} – {format_date(request.ends_at)} UTC"]
        if data.curves:
            step_s = data.curves[0].step_s
            parts.append(f"a point per {step_s} s" if step_s < 120 else f"a point per {step_s // 60} min")
        else:
            parts.append("nothing was measured in this range")
        parts.append("all streams" if request.compares else counted(len(data.events), "event"))
        if self._chosen is not None:
            parts.append("Home shows the whole range again")
        self.status.setText(" · ".join(parts))
        set_kind(self.status, "muted")

    def _refused(self, words: str) -> None:
        self.status.setText(f"▲ {words}")
        set_kind(self.status, "problem")

    def _cursor_moved(self, at: float) -> None:
        texts = [event.text for event in self.area.events_near(at)]
        self.status.setText(" · ".join([f"{format_day(at)} UTC", *texts]))
        set_kind(self.status, "muted")

    def export_csv(self, path: Path) -> None:
        """Write what is shown as CSV, as fine as it is kept."""
        if self._data is None:
            return
        request = self._data.request
        series = tuple(dict.fromkeys(curve.series for curve in self._data.curves))
        stream_id, begins_at, ends_at = request.stream_ids[0], request.begins_at, request.ends_at
        call = self._client.ask(
            f"Export {path.name}", lambda s: s.metrics_csv.write(stream_id, series, begins_at, ends_at, path)
        )
        call.then(lambda rows: self.notice.emit("info", f"{counted(rows, 'row')} written to {path}"))

    def export_png(self, path: Path) -> None:
        """Write the curves as they are on screen, under what they show of which stream and when."""
        if self._data is None:
            return
        request = self._data.request
        which = "all streams" if request.compares else self._name
        span = f"{format_date(request.begins_at)} – {format_date(request.ends_at)} UTC"
        below = f"{span} · made {format_date(time.time())} UTC by IBE-100"
        if self.area.export_png(path, f"{request.choice.title} · {which}", below):
            self.notice.emit("info", f"The picture is written to {path}")
        else:
            self.notice.emit("error", f"{path} cannot be written: choose another folder")

    def _choose_file(self, suffix: str, write: Callable[[Path], None]) -> None:
        words = f"{self._name} {self._choice().title}".lower()
        name = "-".join("".join(c if c.isalnum() else " " for c in words).split())
        begins_at, _ends_at = self._chosen or self._home()
        name = f"{name}-{format_date(begins_at)[:10]}"
        ask_file_to_write(self, f"Export as {suffix.upper()}", write, f"{name}.{suffix}")

    def showEvent(self, event: QShowEvent | None) -> None:
        """Read, and go on reading."""
        super().showEvent(event)
        self._follow.start()
        self.read()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Stop reading while nothing can be seen."""
        super().hideEvent(event)
        self._follow.stop()


def _combo(accessible_name: str, choices: Sequence[tuple[str, object]]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(accessible_name)
    for words, value in choices:
        combo.addItem(words, value)
    return combo
