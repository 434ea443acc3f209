"""Cues of others on the input of a stream, decoded, the newest first."""

from __future__ import annotations

import base64

from PyQt6.QtCore import QModelIndex
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.cues.input_cue import InputCue
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import SCALE, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.copy_button import CopyButton
from ibe100.ui.widgets.labels import ElidedLabel
from ibe100.ui.widgets.tables import DAY, Widths, fit_columns, record_table
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.timecode import format_day
from ibe100.utils.units import format_pid

REFRESH_MS = 250
"""Pause in ms within which cues that come in bursts are collected."""
NONE_SEEN = "No SCTE-35 was seen on the input since the console was started."


def _is_damaged(cue: InputCue) -> Colour | None:
    return Colour.ALARM_YELLOW_TEXT if cue.command == "damaged" else None


COLUMNS: tuple[Column[InputCue], ...] = (
    Column("Seen (UTC)", lambda cue: format_day(cue.at), numeric=True),
    Column("PID", lambda cue: format_pid(cue.splice_pid), numeric=True),
    Column("Command", lambda cue: cue.command, colour=_is_damaged),
    Column("Says", lambda cue: cue.summary),
    Column("Bytes", lambda cue: str(len(base64.b64decode(cue.section_base64))), numeric=True),
)
WIDTHS: Widths = {0: DAY, 1: "0x1FFF", 2: 120, 4: 56}
SAYS_COLUMN = 3


class InputCueTable(QWidget):
    """Table for one stream: what is kept of it, and what comes."""

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._stream_id = ""
        self.model: KeyedTableModel[InputCue] = KeyedTableModel(
            COLUMNS, lambda cue: (cue.at, cue.section_base64), self, font_size=SCALE
        )
        self.table = record_table(self.model, "SCTE-35 on the input", NONE_SEEN)
        fit_columns(self.table, WIDTHS, SAYS_COLUMN)
        self.summary = ElidedLabel(NONE_SEEN, "muted")
        self.copy = CopyButton("Copy the selected section as base64")
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        head.addWidget(self.copy)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 4, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        self._refresh = single_shot(self, REFRESH_MS, self.read)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)

    def show_stream(self, stream_id: str) -> None:
        """Show another stream."""
        self._stream_id = stream_id
        self.read()

    def take(self, cue: InputCue) -> None:
        """Take a cue that was seen on any stream."""
        if cue.stream_id == self._stream_id and self.isVisible() and not self._refresh.isActive():
            self._refresh.start()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Read what came while the page was hidden."""
        super().showEvent(event)
        self.read()

    def read(self) -> None:
        """Read what is kept of the stream."""
        cues = self._client.read(lambda s: s.input_cues.recent(self._stream_id), ())
        self.model.show(cues)
        pids = ", ".join(format_pid(pid) for pid in sorted({cue.splice_pid for cue in cues}))
        self.summary.setText(f"{len(cues)} sections, on PID {pids}" if cues else NONE_SEEN)

    def _chosen(self, index: QModelIndex) -> None:
        cue = index.data(TABLE_ROW_ROLE)
        self.copy.set_text(cue.section_base64 if isinstance(cue, InputCue) else "")
