"""Notices over the status line, not in front of the work: what happened, to which stream, what to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel, label
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.timecode import format_clock

INFO_MS = 8000
MOST_WAITING = 50
MARKS = {
    "info": ("information-outline", Colour.TEXT_SECOND),
    "warning": ("alert-outline", Colour.ALARM_YELLOW_TEXT),
    "error": ("close-octagon-outline", Colour.ALARM_MAGENTA_TEXT),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Message to be read once."""

    at: float
    level: str
    text: str
    undo: Callable[[], object] | None = None


class NoticeBar(QWidget):
    """Shows the newest notice and how many wait behind it; none takes the place of another.

    Infos go by themselves once they have been shown for a while, the others wait to be dismissed.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noticeBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._waiting: list[Notice] = []
        """The newest first; the first is shown."""
        self._mark = QLabel()
        scaled(self._mark.setFixedWidth, 20)
        self._time = label("", "small_number")
        self.text = ElidedLabel("")
        self.text.setAccessibleName("Notice")
        self.undo_button = push_button("Undo", icon_name="undo")
        self.undo_button.clicked.connect(self._undo)
        self._more = label("", "muted")
        self.dismiss_button = push_button("Dismiss", "Dismiss the notice", icon_name="close")
        self.dismiss_button.clicked.connect(self.dismiss)
        layout = QHBoxLayout(self)
        scaled(layout.setContentsMargins, 12, 4, 12, 4)
        scaled(layout.setSpacing, 8)
        for widget in (self._mark, self._time):
            layout.addWidget(widget)
        layout.addWidget(self.text, 1)
        layout.addWidget(self._more)
        layout.addWidget(self.undo_button)
        layout.addWidget(self.dismiss_button)
        self._timer = single_shot(self, INFO_MS, self.dismiss)
        self.hide()

    def post(
        self, level: str, text: str, at: float | None = None, undo: Callable[[], object] | None = None
    ) -> None:
        """Show a notice; the same one again only renews its time, and the offer of undo with it."""
        notice = Notice(time.time() if at is None else at, level, text, undo)
        others = [known for known in self._waiting if (known.level, known.text) != (level, text)]
        self._waiting = [notice, *others]
        if len(self._waiting) > MOST_WAITING:
            infos = [known for known in others if known.level == "info" and known.undo is None]
            self._waiting.remove((infos or others)[-1])
        self._show()

    def withdraw(self, text: str) -> None:
        """Take back what does not hold any more, shown or waiting."""
        self._keep([notice for notice in self._waiting if notice.text != text])

    def withdraw_reason(self, reason: str) -> None:
        """Take back every refusal for a reason that does not hold any more."""
        self._keep([notice for notice in self._waiting if reason not in notice.text])

    def _keep(self, kept: list[Notice]) -> None:
        if len(kept) < len(self._waiting):
            self._waiting = kept
            self._show()

    def dismiss(self) -> None:
        """Dismiss the shown notice; the next is shown."""
        del self._waiting[:1]
        self._show()

    def _undo(self) -> None:
        undo = self._waiting[0].undo if self._waiting else None
        self.dismiss()
        if undo is not None:
            undo()

    def _show(self) -> None:
        self._timer.stop()
        self.setVisible(bool(self._waiting))
        if not self._waiting:
            self.text.setText("")
            return
        notice = self._waiting[0]
        icon_name, colour = MARKS[notice.level]
        self.undo_button.setVisible(notice.undo is not None)
        self._mark.setPixmap(icon_pixmap(icon_name, colour, 16, self.devicePixelRatioF()))
        self._mark.setAccessibleName(notice.level)
        self._time.setText(format_clock(notice.at))
        self.text.setText(" ".join(notice.text.split()))
        self.setAccessibleName(f"{notice.level}: {notice.text}")
        self._more.setText(f"{len(self._waiting) - 1} more" if len(self._waiting) > 1 else "")
        if notice.level == "info":
            self._timer.start()
