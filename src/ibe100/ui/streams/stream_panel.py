"""Rail of the streams; on demand their list, with a filter and what can be done with the selected one."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.rights import Act
from ibe100.ui.qt_models.grouped_streams import GroupedStreams
from ibe100.ui.qt_models.stream_list import ROW_ROLE, StreamListModel, StreamRow
from ibe100.ui.streams.rail_delegate import RailDelegate
from ibe100.ui.streams.stream_delegate import HEADING_HEIGHT, StreamDelegate, heading_of
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.run_button import RunButton
from ibe100.ui.words.tooltips import set_tooltip

RAIL_WIDTH, LIST_WIDTH = 80, 256
RING = 4
"""Pixels at 100 % beside the rail, where the ring of the focus lies."""
MOST_WIDTH = 16_777_215  # as Qt has it
FOLDS = {Qt.Key.Key_Left: True, Qt.Key.Key_Right: False}


class StreamListView(QListView):
    """List whose rows keep their height: a change paints its row, where QListView would paint everything.

    `fold_requested` with a group, by a click on its heading, or Left and Right on a row of it.
    """

    fold_requested = pyqtSignal(str, bool)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Fold or unfold by a click on a heading, which chooses no row."""
        place = QPoint() if event is None else event.position().toPoint()
        index = self.indexAt(place)
        heading = heading_of(index)
        if event is None or heading is None or place.y() - self.visualRect(index).top() > px(HEADING_HEIGHT):
            super().mousePressEvent(event)
        else:
            self.fold_requested.emit(heading.group, not heading.is_folded)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Fold the group of the current row with Left, unfold it with Right."""
        row = self.currentIndex().data(ROW_ROLE)
        if event is None or event.key() not in FOLDS or event.modifiers() or not isinstance(row, StreamRow):
            super().keyPressEvent(event)
        else:
            self.fold_requested.emit(row.view.config.group, FOLDS[Qt.Key(event.key())])

    def dataChanged(self, first: QModelIndex, last: QModelIndex, roles: Iterable[int] = ()) -> None:
        """Repaint changed rows only."""
        QAbstractItemView.dataChanged(self, first, last, roles)


class StreamPanel(QWidget):
    """Rail of numbers and tallies, or the list: filter, rows, Start/Stop, Edit, Delete, Add.

    Set-up always shows the list: what is changed there has its buttons in it.
    """

    selected = pyqtSignal(str)
    start_requested = pyqtSignal(str)
    stop_requested = pyqtSignal(str)
    retry_requested = pyqtSignal(str)
    edit_requested = pyqtSignal(str)
    remove_requested = pyqtSignal(str)
    add_requested = pyqtSignal()
    width_changed = pyqtSignal()

    def __init__(self, model: StreamListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = model
        self._filter = GroupedStreams(model, self)
        self._can_edit = self._is_open = False
        self.count = label("", "muted")
        self.filter_edit = QLineEdit()
        self.filter_edit.setPlaceholderText("Name, state, route")
        self.filter_edit.setAccessibleName("Filter streams")
        self.filter_edit.setClearButtonEnabled(True)
        self.filter_edit.textChanged.connect(self._filter.set_text)
        self.filter_edit.textChanged.connect(lambda: self._refresh())
        self.list = StreamListView()
        self.list.setAccessibleName("Streams")
        self.list.setModel(self._filter)
        self._rows, self._rail = StreamDelegate(self.list), RailDelegate(self.list)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.list.fold_requested.connect(self._fold)
        model.groups_changed.connect(self._show_heights)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.nothing = label("", "muted", wrap=True)
        self.open_button = push_button(
            "List",
            "List of the streams, with filter and details",
            icon_name="format-list-bulleted",
            kind="flat",
        )
        self.open_button.clicked.connect(lambda: self.set_list_open(not self._is_open))
        self.run_button = RunButton()
        self.run_button.start_requested.connect(self.start_requested)
        self.run_button.stop_requested.connect(self.stop_requested)
        self.retry_button = push_button(
            "Retry now",
            "Try now what the stream would try later",
            icon_name="restart",
            act=Act.RUN_STREAM,
            stream_of=self.selected_id,
        )
        self.edit_button = push_button(
            "Edit",
            "Edit the selected stream",
            icon_name="pencil",
            act=Act.SET_UP_STREAM,
            stream_of=self.selected_id,
        )
        self.remove_button = push_button(
            "Delete",
            "Delete the selected stream",
            icon_name="delete-outline",
            act=Act.DELETE_STREAM,
            stream_of=self.selected_id,
        )
        self.add_button = push_button("Add stream", "Add a stream", icon_name="plus", act=Act.SET_UP_STREAM)
        self._lay_out()
        self.retry_button.clicked.connect(lambda: self._request(self.retry_requested))
        self.edit_button.clicked.connect(lambda: self._request(self.edit_requested))
        self.remove_button.clicked.connect(lambda: self._request(self.remove_requested))
        self.add_button.clicked.connect(self.add_requested)
        self.list.doubleClicked.connect(
            lambda: self._request(self.edit_requested) if self._can_edit else None
        )
        selection = self.list.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self._current_changed)
        selection.selectionChanged.connect(lambda _now, _before: self._refresh())
        for signal in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            signal.connect(self._refresh)
        for signal in (model.rowsInserted, model.rowsRemoved):
            signal.connect(self._fit_rail)
        self._filter.rowsRemoved.connect(self._mark_current)
        on_text_size(self, StreamPanel._show_form)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.filter_edit, 1)
        head.addWidget(self.count)
        actions = QHBoxLayout()
        scaled(actions.setSpacing, 4)
        for button in (self.run_button, self.edit_button, self.remove_button):
            actions.addWidget(button, 1)
        layout = QVBoxLayout(self)
        scaled(layout.setSpacing, 8)
        layout.addLayout(head)
        layout.addWidget(self.nothing)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.retry_button)
        layout.addLayout(actions)
        layout.addWidget(self.add_button)
        layout.addWidget(self.open_button)

    @property
    def is_list(self) -> bool:
        """True while the list is shown, False while the rail is."""
        return self._is_open or self._can_edit

    @property
    def is_list_open(self) -> bool:
        """True where the list was asked for, also outside Set-up."""
        return self._is_open

    def set_list_open(self, is_open: bool) -> None:
        """Show the list in Operate too, or the rail."""
        if is_open is not self._is_open:
            self._is_open = is_open
            self._show_form()

    def open_filter(self) -> None:
        """Open the list and take the keyboard into its filter."""
        self.set_list_open(True)
        self.filter_edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_edit.selectAll()

    def _show_form(self) -> None:
        is_list = self.is_list
        if not is_list:
            # What a filter hides would be missed in the rail, where nobody sees the filter.
            self.filter_edit.clear()
        for part in (self.filter_edit, self.count, self.run_button, self.edit_button, self.remove_button):
            part.setVisible(is_list)
        self.add_button.setVisible(is_list)
        self.open_button.setText("Close list" if is_list else "List")
        self.open_button.setVisible(not self._can_edit)
        self.list.setItemDelegate(self._rows if is_list else self._rail)
        policy = Qt.ScrollBarPolicy
        self.list.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if is_list else policy.ScrollBarAlwaysOff
        )
        set_kind(self.list, "" if is_list else "rail")
        self._filter.set_shows_groups(is_list)
        self._show_heights()
        self.setMinimumWidth(px(LIST_WIDTH if is_list else RAIL_WIDTH))
        self.setMaximumWidth(MOST_WIDTH if is_list else px(RAIL_WIDTH))
        margin = px(8) if is_list else px(RING)
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(margin, px(8), margin, px(4))
        self._refresh()
        self._fit_rail()
        self.width_changed.emit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Let all rows of the rail be in sight, as far as can be."""
        super().resizeEvent(event)
        self._fit_rail()

    def _fold(self, group: str, folded: bool) -> None:
        self._filter.fold(group, folded, self.selected_id())
        self.list.scheduleDelayedItemsLayout()

    def _show_heights(self) -> None:
        self.list.setUniformItemSizes(not self._filter.is_grouped)
        self.list.scheduleDelayedItemsLayout()

    def _fit_rail(self) -> None:
        if not self.is_list and self._rail.fit(self._model.rowCount(), self.list.height()):
            self.list.scheduleDelayedItemsLayout()

    def current(self) -> StreamRow | None:
        """The selected row."""
        row = self.list.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, StreamRow) else None

    def selected_id(self) -> str:
        """The selected stream; empty when there is none."""
        row = self.current()
        return "" if row is None else row.stream_id

    def selected_ids(self) -> tuple[str, ...]:
        """Streams that are chosen, in the order of the list: by Ctrl, Shift, or Shift and arrows many."""
        selection = self.list.selectionModel()
        assert selection is not None
        rows = sorted(index.row() for index in selection.selectedIndexes())
        return tuple(self._filter.index(row, 0).data(ROW_ROLE).stream_id for row in rows)

    def select(self, stream_id: str) -> None:
        """Select a stream; a filter that hides it is cleared, a group that is folded over it unfolded."""
        row = self._model.row_of(stream_id)
        if not self._select(stream_id) and row is not None:
            self.filter_edit.clear()
            self._filter.fold(row.view.config.group, folded=False)
            self._select(stream_id)

    def select_number(self, number: int) -> None:
        """Select a stream by its number."""
        row = self._model.row_numbered(number)
        if row is not None:
            self.select(row.stream_id)

    def set_can_edit(self, can_edit: bool) -> None:
        """Allow edits and deletes (Set-up) or not (Operate)."""
        self._can_edit = can_edit
        self._show_form()

    def _select(self, stream_id: str) -> bool:
        for at in range(self._filter.rowCount()):
            index = self._filter.index(at, 0)
            if index.data(ROW_ROLE).stream_id == stream_id:
                selection = self.list.selectionModel()
                assert selection is not None
                selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
                self.list.scrollTo(index)
                return True
        return False

    def _current_changed(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, StreamRow):
            if self._filter.is_heading_only(index):
                self._filter.keep(row.stream_id)
                self.list.scheduleDelayedItemsLayout()
            self._filter.set_selected(row.stream_id)
            self.selected.emit(row.stream_id)
        self._refresh()

    def _mark_current(self) -> None:
        """Mark the row that Qt has made the current one in place of a row that is gone."""
        selection, index = self.list.selectionModel(), self.list.currentIndex()
        if selection is not None and index.isValid() and not selection.hasSelection():
            selection.select(index, QItemSelectionModel.SelectionFlag.Select)

    def _request(self, signal: object) -> None:
        row = self.current()
        if row is not None:
            signal.emit(row.stream_id)  # type: ignore[attr-defined]

    def _refresh(self) -> None:
        total = self._model.rowCount()
        chosen = len(self.selected_ids())
        words = "1 stream" if total == 1 else f"{total} streams"
        self.count.setText(f"{chosen} of {total} selected" if chosen > 1 else words)
        needle = self.filter_edit.text().strip()
        is_empty = bool(needle) and self._filter.matches == 0
        self.nothing.setText(f"No stream matches {needle}." if is_empty else "")
        self.nothing.setVisible(is_empty)
        row = self.current()
        self.run_button.show_stream(None if row is None else row.view)
        self.retry_button.setVisible(self.is_list and row is not None and row.view.state.may_retry)
        stopped = row is not None and not row.view.state.is_active
        why = "" if self._can_edit else "Switch to Set-up to change streams"
        self.edit_button.setEnabled(self._can_edit and row is not None)
        self.remove_button.setEnabled(self._can_edit and stopped)
        self.add_button.setEnabled(self._can_edit)
        set_tooltip(self.edit_button, why or "Edit the selected stream")
        set_tooltip(self.remove_button, why or ("Delete the selected stream" if stopped else "Stop it first"))
        set_tooltip(self.add_button, why or "Add a stream (Ctrl+N)")
