"""Deleted streams: when, by whom, and a button that brings one back."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.messages import StreamView
from ibe100.models.rights import Act
from ibe100.models.stream_config import describe_input, describe_output
from ibe100.models.stream_list import DeletedStream
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import quiet_table
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.timecode import format_date

CONFIRM_MS = 4000
WORDS = (
    "Deleted streams are kept for 30 days, with contract and passphrases. One that comes back is off; breaks "
    "that are planned on it go on."
)
COLUMNS: tuple[Column[DeletedStream], ...] = (
    Column("No.", lambda row: str(row.number), numeric=True),
    Column("Stream", lambda row: row.config.name),
    Column("Route", lambda row: f"{describe_input(row.config.input)} → {describe_output(row.config.output)}"),
    Column("Contract", lambda row: "–" if row.config.contract is None else row.config.contract.name),
    Column("Deleted, UTC", lambda row: format_date(row.deleted_at)),
    Column("By", lambda row: row.deleted_by),
)


class DeletedStreamsView(QDialog):
    """List of what can be brought back; `restored` with the StreamView."""

    restored = pyqtSignal(object)

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.setWindowTitle("Deleted streams")
        self.model: KeyedTableModel[DeletedStream] = KeyedTableModel(
            COLUMNS, lambda row: row.deleted_id, self
        )
        self.table = quiet_table(self.model, "Deleted streams", stretch=2)
        self.words = label("", "muted", wrap=True)
        self.restore_button = push_button(
            "Bring back", kind="primary", auto_default=False, act=Act.SET_UP_STREAM
        )
        self.forget_button = push_button("Delete for good", auto_default=False, act=Act.DELETE_STREAM)
        self.close_button = push_button("Close", auto_default=False)
        self._confirming = single_shot(self, CONFIRM_MS, self._choose)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        for button in (self.forget_button, self.close_button, self.restore_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 12, 16, 12)
        scaled(layout.setSpacing, 8)
        layout.addWidget(label(WORDS, "second", wrap=True))
        layout.addWidget(self.table, 1)
        layout.addLayout(row)
        self.resize(px(860), px(380))
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._choose)
        self.restore_button.clicked.connect(self.restore)
        self.forget_button.clicked.connect(self._forget)
        self.close_button.clicked.connect(self.accept)
        self.table.doubleClicked.connect(self.restore)
        self.finished.connect(self.deleteLater)
        self._choose()
        self.read()

    def read(self) -> None:
        """Read the list anew."""
        call = self._client.ask("Deleted streams", lambda s: s.streams.deleted())
        call.then(self._show, self._say_problem, owner=self)

    def restore(self) -> None:
        """Bring the chosen stream back."""
        one = self._chosen()
        if one is not None:
            call = self._client.ask(
                f"Bring back {one.config.name}", lambda s: s.streams.restore(one.deleted_id)
            )
            call.then(self._restored, self._say_problem, owner=self)

    def _restored(self, view: StreamView) -> None:
        self._say(f"{view.name} is back in the list as {view.number}.")
        self.restored.emit(view)
        self.read()

    def _forget(self) -> None:
        one = self._chosen()
        if one is None:
            return
        if not self._confirming.isActive():
            self._confirming.start()
            self.forget_button.setText("Sure? It cannot be brought back")
            set_kind(self.forget_button, "confirm")
            return
        call = self._client.ask(
            f"Delete {one.config.name} for good", lambda s: s.streams.forget(one.deleted_id)
        )
        call.then(lambda _none: self.read(), self._say_problem, owner=self)
        self._choose()

    def _show(self, streams: tuple[DeletedStream, ...]) -> None:
        self.model.show(streams)
        if streams and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        elif not streams and not self.words.text():
            self._say("Nothing was deleted in the last 30 days.")
        self._choose()

    def _choose(self) -> None:
        self._confirming.stop()
        self.forget_button.setText("Delete for good")
        set_kind(self.forget_button, "")
        for button in (self.restore_button, self.forget_button):
            button.setEnabled(self._chosen() is not None)

    def _chosen(self) -> DeletedStream | None:
        row = self.table.currentIndex().data(TABLE_ROW_ROLE)
        return row if isinstance(row, DeletedStream) else None

    def _say(self, words: str) -> None:
        set_kind(self.words, "muted")
        self.words.setText(words)

    def _say_problem(self, words: str) -> None:
        set_kind(self.words, "problem")
        self.words.setText(f"▲ {words}")
