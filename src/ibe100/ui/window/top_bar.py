"""Top bar: product, Operate or Set-up, tally counts, system, menus, person, clock."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.console import Seat
from ibe100.ui.access.person_button import PersonButton
from ibe100.ui.alarms.sound_mark import SoundMark
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.widgets.buttons import give_menu, push_button
from ibe100.ui.widgets.fitting import fit
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tally_count import COUNTED, TallyCount
from ibe100.ui.widgets.utc_clock import UtcClock
from ibe100.ui.window.system_button import SystemButton
from ibe100.ui.words.tooltips import set_tooltip

HEIGHT, LOW_HEIGHT = 64, 52
LOW_WIDTH = 1400
"""Width of the window in pixels at 100 % below which the bar is low."""


class TopBar(QWidget):
    """Bar that is always on screen; in a narrow window it leaves out what matters least."""

    set_up_toggled = pyqtSignal(bool)
    palette_requested = pyqtSignal()
    keys_requested = pyqtSignal()

    def __init__(self, streams: StreamListModel, subtitle: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self.setObjectName("topBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.operate = _switch("Operate", "lock-outline", "Operate: docks, edits and deletes are locked")
        self.set_up = _switch("Set-up", "wrench-outline", "Set-up: streams and docks can be changed")
        self.operate.setChecked(True)
        self.set_up.toggled.connect(self._toggled)
        self.counts = {tally: TallyCount(tally) for tally in COUNTED}
        self.system = SystemButton()
        self.profiles = _menu_button("Profiles", "folder-outline", "Profiles: save, load, import, export")
        self.view = _menu_button("View", "view-dashboard-outline", "View: docks and layout")
        self.commands = push_button(
            "Commands  Ctrl K",
            "Command palette, Control K",
            icon_name="magnify",
            hint="Find any command (Ctrl+K)",
        )
        self.keys = push_button("Keys  ?", "Keys", icon_name="keyboard-outline", hint="All keys (?)")
        self.menu = _menu_button("Menu", "menu", "Menu: profiles, view, keys")
        self.commands.clicked.connect(self.palette_requested)
        self.keys.clicked.connect(self.keys_requested)
        self.sound = SoundMark()
        self.person = PersonButton()
        for button in (self.profiles, self.view, self.commands, self.keys, self.menu, self.person):
            button.setProperty("kind", "bar")
        self._fill_menu()
        self.clock = UtcClock()
        self._lay_out(subtitle)
        for signal in (streams.rowsInserted, streams.rowsRemoved, streams.dataChanged):
            signal.connect(self._count)
        on_text_size(self, TopBar._fit)

    def _lay_out(self, subtitle: str) -> None:
        self._subtitle = label(subtitle, "muted")
        self._brand = QWidget()
        brand = QVBoxLayout(self._brand)
        brand.setContentsMargins(0, 0, 0, 0)
        brand.setSpacing(0)
        brand.addStretch(1)
        brand.addWidget(label("IBE-100", "title"))
        brand.addWidget(self._subtitle)
        brand.addStretch(1)
        switch = QHBoxLayout()
        switch.setSpacing(0)
        switch.addWidget(self.operate)
        switch.addWidget(self.set_up)
        layout = self._row = QHBoxLayout(self)
        scaled(layout.setContentsMargins, 12, 0, 12, 0)
        scaled(layout.setSpacing, 8)
        layout.addWidget(self._brand)
        layout.addLayout(switch)
        for count in self.counts.values():
            layout.addWidget(count)
        layout.addStretch(1)
        layout.addWidget(self.system)
        for widget in (self.profiles, self.view, self.menu, self.commands, self.keys):
            layout.addWidget(widget)
        layout.addWidget(self.sound)
        layout.addWidget(self.person)
        layout.addWidget(self.clock)

    def _fill_menu(self) -> None:
        """Let the one menu of a narrow window hold what else stands side by side."""
        menu = self.menu.menu()
        assert menu is not None
        for opener in (self.profiles, self.view):
            inside = opener.menu()
            assert inside is not None
            inside.setTitle(opener.text())
            menu.addMenu(inside)
        for words, asked in (("Commands", self.palette_requested), ("Keys", self.keys_requested)):
            action = menu.addAction(words)
            assert action is not None
            action.triggered.connect(asked)

    def toggle_mode(self) -> None:
        """Switch from Operate to Set-up and back."""
        (self.set_up if self.operate.isChecked() else self.operate).click()

    def show_health(self, health: MachineHealth) -> None:
        """Show the newest measurement of the machine."""
        if self.system.show_health(health):
            self._fit()

    def show_seat(self, seat: Seat) -> None:
        """Show who acts here, and make room for the name."""
        self.person.show_seat(seat)
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Fit the bar to the window."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        is_low = self.width() < px(LOW_WIDTH)
        self.setFixedHeight(px(LOW_HEIGHT if is_low else HEIGHT))
        self.clock.set_small(is_low)
        self._row.invalidate()
        fit(
            self._row,
            self.width(),
            (
                lambda gone: self.commands.setText("Commands" if gone else "Commands  Ctrl K"),
                lambda gone: self.keys.setText("Keys" if gone else "Keys  ?"),
                self._gather,
                self.system.set_short,
                self.clock.set_short,
                lambda gone: self._subtitle.setVisible(not gone),
                lambda gone: self._brand.setVisible(not gone),
                lambda gone: self.commands.setVisible(not gone),
            ),
        )

    def _gather(self, gathered: bool) -> None:
        self.menu.setVisible(gathered)
        for opener in (self.profiles, self.view, self.keys):
            opener.setVisible(not gathered)

    def _toggled(self, set_up: bool) -> None:
        # The edge of the whole bar says it too: it is seen from the corner of the eye.
        self.setProperty("mode", "set-up" if set_up else "operate")
        style = self.style()
        if style is not None:
            style.unpolish(self)
            style.polish(self)
        self.set_up_toggled.emit(set_up)

    def _count(self) -> None:
        tallies = [row.view.tally for row in self._streams.rows()]
        changed = [shown.show_count(tallies.count(tally)) for tally, shown in self.counts.items()]
        if any(changed):
            self._fit()


def _switch(text: str, icon_name: str, hint: str) -> QPushButton:
    switch = push_button(text, hint, icon_name=icon_name, hint=hint, kind="mode")
    switch.setCheckable(True)
    switch.setAutoExclusive(True)
    return switch


def _menu_button(text: str, icon_name: str, hint: str) -> QToolButton:
    opener = QToolButton()
    opener.setText(text)
    opener.setIcon(icon(icon_name))
    opener.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    opener.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    give_menu(opener, QMenu(opener))
    opener.setAccessibleName(hint)
    set_tooltip(opener, hint)
    return opener
