"""Status bar: services, engine, running streams, keys; a notice lies over it and moves nothing."""

from __future__ import annotations

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.fitting import FittingLabel
from ibe100.ui.widgets.labels import ElidedLabel, label

KEYS = (
    "1–9 select   F9 to break   F10 back   Esc disarm   A acknowledge   Ctrl+K commands   ? keys",
    "F9 to break   F10 back   Esc disarm   ? keys",
    "? keys",
)
"""Keys in the wordings there may be room for."""


class _Keys(FittingLabel):
    """Keys in as many words as the rest of the bar leaves room for."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """Room for all of them."""
        return QLabel.sizeHint(self)


class ConsoleStatusBar(QStatusBar):
    """Status, never an error: what is wrong is an alarm or a notice."""

    def __init__(self, streams: StreamListModel, notices: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams, self._notices = streams, notices
        notices.setParent(self)
        self.setSizeGripEnabled(False)
        scaled(self.setFixedHeight, 36)
        scaled(self.setContentsMargins, 12, 0, 12, 0)
        self.services = label("Services: starting", "muted")
        self.running = label("", "muted")
        self.engines = ElidedLabel("", "muted")
        self.addWidget(self.services)
        self.addWidget(self.running)
        self.addWidget(self.engines, 1)
        keys = _Keys("muted")
        keys.show_wordings(*KEYS)
        self.addPermanentWidget(keys)
        for signal in (streams.rowsInserted, streams.rowsRemoved, streams.dataChanged):
            signal.connect(self._count)
        self._count()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the notice within the bar: if it pushed the page, buttons would slip from under the mouse."""
        super().resizeEvent(event)
        self._notices.setGeometry(self.rect())
        self._notices.raise_()

    def _count(self) -> None:
        rows = self._streams.rows()
        running = sum(row.known is None and row.view.state.is_active for row in rows)
        unknown = sum(row.known is not None for row in rows)
        noun = "stream" if len(rows) == 1 else "streams"
        rest = f", {unknown} unknown" if unknown else ""
        self.running.setText(f"·  {running} of {len(rows)} {noun} running{rest}  ·" if rows else "·")
