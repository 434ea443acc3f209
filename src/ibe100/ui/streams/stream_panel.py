"""List of streams with its filter, and what can be done with the selected one."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.rights import Act
from ibe100.ui.qt_models.stream_list import ROW_ROLE, StreamFilter, StreamListModel, StreamRow
from ibe100.ui.streams.stream_delegate import StreamDelegate
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.run_button import RunButton
from ibe100.ui.words.tooltips import set_tooltip


class StreamListView(QListView):
    """List with rows of one height: a change paints its row, where QListView would paint everything."""

    def dataChanged(self, first: QModelIndex, last: QModelIndex, roles: Iterable[int] = ()) -> None:
        """Repaint changed rows only."""
        QAbstractItemView.dataChanged(self, first, last, roles)


class StreamPanel(QWidget):
    """Filter, list, Start/Stop, Edit, Delete, Add."""

    selected = pyqtSignal(str)
    start_requested = pyqtSignal(str)
    stop_requested = pyqtSignal(str)
    retry_requested = pyqtSignal(str)
    edit_requested = pyqtSignal(str)
    remove_requested = pyqtSignal(str)
    add_requested = pyqtSignal()

    def __init__(self, model: StreamListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        scaled(self.setMinimumWidth, 256)
        self._model = model
        self._filter = StreamFilter(self)
        self._filter.setSourceModel(model)
        self._can_edit = False
        self.count = label("", "muted")
        self.filter_edit = QLineEdit()
        self.filter_edit.setPlaceholderText("Filter by name, state, route")
        self.filter_edit.setAccessibleName("Filter streams")
        self.filter_edit.setClearButtonEnabled(True)
        self.filter_edit.textChanged.connect(self._filter.set_text)
        self.list = StreamListView()
        self.list.setAccessibleName("Streams")
        self.list.setModel(self._filter)
        self.list.setItemDelegate(StreamDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
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
        for signal in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            signal.connect(self._refresh)
        self._refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.filter_edit, 1)
        head.addWidget(self.count)
        actions = QHBoxLayout()
        scaled(actions.setSpacing, 4)
        for button in (self.run_button, self.edit_button, self.remove_button):
            actions.addWidget(button, 1)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 8)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.retry_button)
        layout.addLayout(actions)
        layout.addWidget(self.add_button)

    def current(self) -> StreamRow | None:
        """The selected row."""
        row = self.list.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, StreamRow) else None

    def selected_id(self) -> str:
        """The selected stream; empty when there is none."""
        row = self.current()
        return "" if row is None else row.stream_id

    def select(self, stream_id: str) -> None:
        """Select a stream; a filter that hides it is cleared."""
        if not self._select(stream_id) and self._model.row_of(stream_id) is not None:
            self.filter_edit.clear()
            self._select(stream_id)

    def select_number(self, number: int) -> None:
        """Select a stream by its number."""
        row = self._model.row_numbered(number)
        if row is not None:
            self.select(row.stream_id)

    def set_can_edit(self, can_edit: bool) -> None:
        """Allow edits and deletes (Set-up) or not (Operate)."""
        self._can_edit = can_edit
        self._refresh()

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
            self.selected.emit(row.stream_id)
        self._refresh()

    def _request(self, signal: object) -> None:
        row = self.current()
        if row is not None:
            signal.emit(row.stream_id)  # type: ignore[attr-defined]

    def _refresh(self) -> None:
        total = self._model.rowCount()
        self.count.setText("1 stream" if total == 1 else f"{total} streams")
        row = self.current()
        self.run_button.show_stream(None if row is None else row.view)
        self.retry_button.setVisible(row is not None and row.view.state.may_retry)
        stopped = row is not None and not row.view.state.is_active
        why = "" if self._can_edit else "Switch to Set-up to change streams"
        self.edit_button.setEnabled(self._can_edit and row is not None)
        self.remove_button.setEnabled(self._can_edit and stopped)
        self.add_button.setEnabled(self._can_edit)
        set_tooltip(self.edit_button, why or "Edit the selected stream")
        set_tooltip(self.remove_button, why or ("Delete the selected stream" if stopped else "Stop it first"))
        set_tooltip(self.add_button, why or "Add a stream (Ctrl+N)")
