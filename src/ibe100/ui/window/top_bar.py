"""Top bar: product, Operate or Set-up, tally counts, engine, menus, person, clock."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from ibe100.ui.access.person_button import PersonButton
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel, label
from ibe100.ui.widgets.machine_meter import MachineMeter
from ibe100.ui.widgets.tally_count import COUNTED, TallyCount
from ibe100.ui.widgets.utc_clock import UtcClock
from ibe100.ui.words.tooltips import set_tooltip

ROOMY_WIDTH, WIDE_WIDTH = 1700, 1900
PALETTE_TEXT = "Ctrl K"


class TopBar(QWidget):
    """Bar that is always on screen."""

    set_up_toggled = pyqtSignal(bool)
    palette_requested = pyqtSignal()
    keys_requested = pyqtSignal()

    def __init__(self, streams: StreamListModel, subtitle: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self.setObjectName("topBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        scaled(self.setFixedHeight, 54)
        self.operate = _switch("Operate", "lock-outline", "Operate: docks, edits and deletes are locked")
        self.set_up = _switch("Set-up", "wrench-outline", "Set-up: streams and docks can be changed")
        self.operate.setChecked(True)
        self.set_up.toggled.connect(self.set_up_toggled)
        self.counts = {tally: TallyCount(tally) for tally in COUNTED}
        self.engine = ElidedLabel("starting services …", "muted")
        self.engine.setAccessibleName("Engine in use")
        self.machine = MachineMeter()
        self.profiles = _menu_button("Profiles", "folder-outline", "Profiles: save, load, import, export")
        self.view = _menu_button("View", "view-dashboard-outline", "View: docks and layout")
        self.commands = push_button(
            PALETTE_TEXT,
            "Command palette, Control K",
            icon_name="console-line",
            hint="Find any command (Ctrl+K)",
        )
        self.commands.clicked.connect(self.palette_requested)
        self.keys = push_button("?", "Keys", hint="All keys (?)")
        scaled(self.keys.setFixedWidth, 32)
        self.keys.clicked.connect(self.keys_requested)
        self.person = PersonButton()
        self.clock = UtcClock()
        self._lay_out(subtitle)
        for signal in (streams.rowsInserted, streams.rowsRemoved, streams.dataChanged):
            signal.connect(self._count)

    def _lay_out(self, subtitle: str) -> None:
        brand = QVBoxLayout()
        brand.setSpacing(0)
        brand.addStretch(1)
        brand.addWidget(label("IBE-100", "title"))
        brand.addWidget(label(subtitle, "muted"))
        brand.addStretch(1)
        switch = QHBoxLayout()
        switch.setSpacing(0)
        switch.addWidget(self.operate)
        switch.addWidget(self.set_up)
        layout = QHBoxLayout(self)
        scaled(layout.setContentsMargins, 12, 0, 12, 0)
        scaled(layout.setSpacing, 8)
        layout.addLayout(brand)
        layout.addSpacing(px(8))
        layout.addLayout(switch)
        layout.addSpacing(px(4))
        for count in self.counts.values():
            layout.addWidget(count)
        layout.addWidget(self.engine, 1)
        layout.addWidget(self.machine, 2)
        for widget in (self.profiles, self.view, self.commands, self.keys):
            layout.addWidget(widget)
        layout.addWidget(self.person)
        layout.addSpacing(px(4))
        layout.addWidget(self.clock)

    def toggle_mode(self) -> None:
        """Switch from Operate to Set-up and back."""
        (self.set_up if self.operate.isChecked() else self.operate).click()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Fit the bar: in a narrow window the tallies and the clock stay, the menus become icons."""
        super().resizeEvent(event)
        roomy = self.width() >= px(ROOMY_WIDTH)
        style = (
            Qt.ToolButtonStyle.ToolButtonTextBesideIcon if roomy else Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        for opener in (self.profiles, self.view):
            opener.setToolButtonStyle(style)
        self.commands.setText(PALETTE_TEXT if roomy else "")
        self.engine.setVisible(self.width() >= px(WIDE_WIDTH))

    def _count(self) -> None:
        tallies = [row.view.tally for row in self._streams.rows()]
        for tally, shown in self.counts.items():
            shown.show_count(tallies.count(tally))


def _switch(text: str, icon_name: str, hint: str) -> QPushButton:
    switch = push_button(text, hint, icon_name=icon_name, hint=hint)
    switch.setCheckable(True)
    switch.setAutoExclusive(True)
    return switch


def _menu_button(text: str, icon_name: str, hint: str) -> QToolButton:
    opener = QToolButton()
    opener.setText(text)
    opener.setIcon(icon(icon_name))
    opener.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    opener.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    opener.setMenu(QMenu(opener))
    opener.setAccessibleName(hint)
    set_tooltip(opener, hint)
    return opener
