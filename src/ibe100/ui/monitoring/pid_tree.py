"""Tree of services and their PIDs: content, bitrate, errors, intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from ibe100.models.stream_state import PidSample, ServiceSample, Telemetry
from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.sizes import SECOND, on_text_size, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.tables import offer_columns, offer_copy, show_column
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.utils.units import UNKNOWN, format_pid, kilobits

COLUMNS = ("PID", "Content", "Format", "Lang", "kb/s", "CC err", "PCR ms", "jitter µs", "PTS ms")
WIDTHS = (112, 170, 150, 44, 58, 56, 58, 68, 58)
NUMERIC = frozenset({0, 4, 5, 6, 7, 8})
FORMAT = 2
ONLY_IF_WIDE = (7, 8)
"""Columns left out in a narrow window: jitter and PTS interval, which are curves too."""
WIDE = sum(WIDTHS)
OTHERS = -1
"""Key of the PIDs that belong to no service."""
Key = tuple[int, int | None]
NOTHING_MEASURED = "No service was measured yet: they are listed when the stream runs."


@dataclass(frozen=True, slots=True)
class PidWords:
    """Parts of the description that the analysis gives a PID."""

    name: str
    format: str


def words_of(sample: PidSample) -> PidWords:
    """Split `AVC video (1920x1080, high profile)` into name and format; languages have their own column."""
    name, _, rest = sample.description.partition(" (")
    parts = [part for part in rest.removesuffix(")").split(", ") if part and part not in sample.languages]
    if parts and name.startswith(parts[0]):
        # `E-AC-3 Audio (E-AC-3, stereo …)`: the name says it.
        del parts[0]
    if sample.sound:
        parts.append(sample.sound)
    if sample.frame_rate is not None:
        parts.insert(1, f"{sample.frame_rate:.5g} fps")
    if sample.scrambled:
        parts.insert(0, "scrambled")
    return PidWords(name, ", ".join(parts))


class PidTree(QTreeWidget):
    """Tree that is updated in place, so that selection and scroll position stay."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Services and PIDs on the output")
        offer_copy(self)
        self.setHeaderLabels(COLUMNS)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.header()
        assert header is not None
        header.setAccessibleName("Services and PIDs: columns")
        header.setStretchLastSection(False)
        scaled(header.setMinimumSectionSize, 40)
        header.setSectionResizeMode(FORMAT, QHeaderView.ResizeMode.Stretch)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        offer_columns(self, header)
        on_text_size(self, PidTree._fit_columns, "columns")
        self._is_narrow = False
        self._items: dict[Key, QTreeWidgetItem] = {}

    def _fit_columns(self) -> None:
        for column, width in enumerate(WIDTHS):
            if column != FORMAT:
                self.setColumnWidth(column, px(width))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as many columns as there is room for."""
        super().resizeEvent(event)
        is_narrow = self.width() < px(WIDE)
        if is_narrow is not self._is_narrow:
            self._is_narrow = is_narrow
            for column in ONLY_IF_WIDE:
                show_column(self, column, not is_narrow)

    def show_sample(self, sample: Telemetry | None) -> None:
        """Show what flows now; nothing without a sample."""
        if sample is None:
            self._keep(())
            return
        services = {service.service_id: service for service in sample.services}
        by_service: dict[int, list[PidSample]] = {service_id: [] for service_id in services}
        others: list[PidSample] = []
        for pid in sample.pids:
            homes = [service_id for service_id in pid.services if service_id in services]
            for service_id in homes:
                by_service[service_id].append(pid)
            if not homes:
                others.append(pid)
        self._keep(
            [
                *((service_id, None) for service_id in services),
                *((service_id, pid.pid) for service_id, pids in by_service.items() for pid in pids),
                *([(OTHERS, None)] if others else []),
                *((OTHERS, pid.pid) for pid in others),
            ]
        )
        for service_id, service in services.items():
            version = sample.table_versions.get(f"PMT {service_id}")
            self._show_service(service, version, by_service[service_id])
        if others:
            self._show_others(sample.table_versions.get("PAT"), others)

    def _show_service(self, service: ServiceSample, version: int | None, pids: list[PidSample]) -> None:
        pmt = f"PMT {format_pid(service.pmt_pid)}" + ("" if version is None else f" version {version}")
        words = (
            f"service {service.service_id}",
            service.name or "no name in the SDT",
            f"{pmt} · PCR {format_pid(service.pcr_pid)}",
            "",
            kilobits(service.bitrate_bps),
            f"{sum(pid.discontinuities_total for pid in pids):,}",
            "",
            "",
            "",
        )
        top = self._item((service.service_id, None))
        self._fill(top, words, bold=True)
        for pid in pids:
            self._fill_pid((service.service_id, pid.pid), pid)

    def _show_others(self, pat_version: int | None, pids: list[PidSample]) -> None:
        version = "" if pat_version is None else f"PAT version {pat_version}"
        rate = sum(pid.bitrate_bps for pid in pids)
        errors = sum(pid.discontinuities_total for pid in pids)
        words = (
            "others",
            "PSI/SI and null packets",
            version,
            "",
            kilobits(rate),
            f"{errors:,}",
            "",
            "",
            "",
        )
        self._fill(self._item((OTHERS, None)), words, bold=True)
        for pid in pids:
            self._fill_pid((OTHERS, pid.pid), pid)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Say why the tree is empty where it is."""
        super().paintEvent(event)
        viewport = self.viewport()
        if viewport is not None and self.topLevelItemCount() == 0:
            painter = QPainter(viewport)
            painter.setFont(sans())
            painter.setPen(shade(Colour.TEXT_SECOND))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(viewport.rect(), middle, NOTHING_MEASURED)

    def _fill_pid(self, key: Key, pid: PidSample) -> None:
        said = words_of(pid)
        words = (
            format_pid(pid.pid),
            said.name,
            said.format,
            " ".join(pid.languages),
            kilobits(pid.bitrate_bps),
            f"{pid.discontinuities_total:,}",
            _interval(pid.pcr_interval_ms),
            UNKNOWN if pid.pcr_jitter_us is None else f"{pid.pcr_jitter_us:,.1f}",
            _interval(pid.pts_interval_ms),
        )
        item = self._item(key)
        self._fill(item, words)
        lit = Colour.ALARM_MAGENTA_TEXT if pid.discontinuities else Colour.TEXT_MUTED
        item.setForeground(5, shade(lit))

    def _fill(self, item: QTreeWidgetItem, words: Iterable[str], *, bold: bool = False) -> None:
        for column, text in enumerate(words):
            if item.text(column) != text:
                item.setText(column, text)
                item.setToolTip(column, plain_tooltip(text))
        if bold and not item.font(1).bold():
            for column in range(len(COLUMNS)):
                font = figures(SECOND, bold=True) if column in NUMERIC else sans(SECOND, bold=True)
                item.setFont(column, font)

    def _item(self, key: Key) -> QTreeWidgetItem:
        found = self._items.get(key)
        if found is not None:
            return found
        item = _Row(key)
        for column in range(len(COLUMNS)):
            item.setFont(column, (figures if column in NUMERIC else sans)(SECOND))
            if column in NUMERIC and column != 0:
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._items[key] = item
        service_id, pid = key
        if pid is None:
            self.addTopLevelItem(item)
            item.setExpanded(True)
        else:
            parent = self._item((service_id, None))
            parent.addChild(item)
        return item

    def _keep(self, keys: Iterable[Key]) -> None:
        wanted = set(keys)
        for key in sorted(self._items.keys() - wanted, key=lambda key: key[1] is None):
            item = self._items.pop(key)
            parent = item.parent()
            if parent is not None:
                parent.removeChild(item)
            elif (place := self.indexOfTopLevelItem(item)) >= 0:
                self.takeTopLevelItem(place)


class _Row(QTreeWidgetItem):
    """Service or PID, in the order of the column that was clicked, in which numbers count as numbers."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self._place = (key[0] == OTHERS, key[0], -1 if key[1] is None else key[1])

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = 0 if tree is None else tree.sortColumn()
        if column <= 0 and isinstance(other, _Row):
            return self._place < other._place
        if column in NUMERIC:
            return _number(self.text(column)) < _number(other.text(column))
        return self.text(column).casefold() < other.text(column).casefold()


def _number(text: str) -> float:
    """Number of a cell; what is not known stands first."""
    return -1.0 if text in ("", UNKNOWN) else float(text.replace(",", ""))


def _interval(interval_ms: float | None) -> str:
    return UNKNOWN if interval_ms is None else f"{interval_ms:.1f}"
