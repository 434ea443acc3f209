"""Settings window: sections on the left, their page, a search, undo and reset at the foot. Never modal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PyQt6.QtCore import QEvent, QSize, Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.settings.pages import Page
from ibe100.ui.settings.sections import SECTIONS, Section, section_of
from ibe100.ui.settings.settings_model import SettingsModel
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import BUTTON_HEIGHT, FIELD_HEIGHT, on_text_size, px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.fitting import room_of
from ibe100.ui.widgets.labels import label, set_kind

SIZE, LEAST_SIZE = QSize(1180, 800), QSize(820, 520)
NAV_WIDTH = 230
PLACE_ROLE = int(Qt.ItemDataRole.UserRole)
RESTART = "Restart the console"
SURE = "Restart now? Streams go on, no cues for some seconds"
NOTHING = "Nothing is called that."
KEPT = "Changes are taken at once, go on record, and can be undone."


class SettingsWindow(QWidget):
    """Window beside the console's; cue keys work in it as everywhere."""

    def __init__(
        self,
        model: SettingsModel,
        seat: SeatModel,
        make_page: Callable[[Section], Page],
        restart: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        """`make_page` builds a page when it is first shown: all at once would hold up the console's keys.

        `restart` closes the console and starts it again; streams go on.
        """
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Settings")
        self.setAccessibleName("Settings")
        self.setProperty("kind", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model, self._seat = model, seat
        self._make_page, self._restart = make_page, restart
        self._pages: dict[str, Page] = {}
        self._front = ""
        """Name of the section in front."""
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a setting")
        self.search.setAccessibleName("Find a setting")
        self.search.setClearButtonEnabled(True)
        self.nav = QListWidget()
        self.nav.setProperty("kind", "nav")
        self.nav.setAccessibleName("Sections")
        self.nav.setWordWrap(True)
        self.nothing = label(NOTHING, "second")
        self.stack = QStackedWidget()
        self.person = label("", "second")
        self.words = label(KEPT, "second", wrap=True)
        self.undo_button = push_button("Undo", icon_name="undo", auto_default=False, height=BUTTON_HEIGHT)
        self.reset_button = push_button("Reset this section", auto_default=False, height=BUTTON_HEIGHT)
        self.restart_button = push_button(RESTART, auto_default=False, height=BUTTON_HEIGHT)
        self.restart_button.hide()
        self.close_button = push_button(
            "Close   Esc", "Close", icon_name="close", kind="flat", auto_default=False, height=BUTTON_HEIGHT
        )
        self._lay_out()
        self._connect()
        self._search()

    def _lay_out(self) -> None:
        top, side, foot = _bar("bar_top"), _bar("bar_side"), _bar("bar_foot")
        head = QHBoxLayout(top)
        scaled(head.setContentsMargins, 24, 8, 16, 8)
        scaled(head.setSpacing, 12)
        head.addWidget(label("Settings", "heading"))
        head.addWidget(self.person, 1)
        head.addWidget(self.close_button)
        left = QVBoxLayout(side)
        scaled(left.setContentsMargins, 12, 8, 12, 12)
        scaled(left.setSpacing, 8)
        scaled(self.search.setMinimumHeight, FIELD_HEIGHT)
        left.addWidget(self.search)
        left.addWidget(self.nothing)
        left.addWidget(self.nav, 1)
        scaled(side.setFixedWidth, NAV_WIDTH)
        bottom = QHBoxLayout(foot)
        scaled(bottom.setContentsMargins, 24, 8, 16, 8)
        scaled(bottom.setSpacing, 8)
        bottom.addWidget(self.words, 1)
        for button in (self.restart_button, self.undo_button, self.reset_button):
            bottom.addWidget(button)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(side)
        middle.addWidget(self.stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(top)
        layout.addLayout(middle, 1)
        layout.addWidget(foot)
        on_text_size(self, SettingsWindow._set_least_size)
        self.resize(QSize(px(SIZE.width()), px(SIZE.height())).boundedTo(room_of(self)))

    def _set_least_size(self) -> None:
        self.setMinimumSize(QSize(px(LEAST_SIZE.width()), px(LEAST_SIZE.height())).boundedTo(room_of(self)))

    def _connect(self) -> None:
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._open_first)
        self.nav.currentItemChanged.connect(lambda item, _: self._go(item))
        self.nav.itemActivated.connect(lambda item: self._go(item, focus=True))
        self.nav.itemClicked.connect(lambda item: self._go(item, focus=True))
        self.undo_button.clicked.connect(self._model.undo)
        self.reset_button.clicked.connect(lambda: self.page().reset())
        self.close_button.clicked.connect(self.close)
        for keys, work in (
            ("Esc", self._escape),
            ("Ctrl+Z", self._model.undo),
            ("Ctrl+F", self.search.setFocus),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(work)
        self.restart_button.clicked.connect(self._ask_restart)
        self._model.shown.connect(self._show_waiting)
        self._model.shown.connect(self._show_reset)
        self._model.said.connect(self._say)
        self._model.undo_changed.connect(self._show_undo)
        self._seat.changed.connect(self._show_person)
        self._show_undo()
        self._show_person()

    def page(self, name: str = "") -> Page:
        """The page of a section, built now if it was not shown yet; that in front without a name."""
        if not name:
            shown = self.stack.currentWidget()
            assert isinstance(shown, Page)
            return shown
        if name not in self._pages:
            section = next(one for one in SECTIONS if one.name == name)
            self._pages[name] = self._make_page(section)
            self.stack.addWidget(self._pages[name])
        return self._pages[name]

    def open_section(self, name: str = "") -> None:
        """Show the window, with a section in front."""
        self.search.clear()
        names = [section.name for section in SECTIONS]
        was, wanted = self._front, name or self._front or names[0]
        self.nav.setCurrentRow(names.index(wanted))
        if was == wanted:
            self.page().look()
        self._model.read()
        self.show()
        self.raise_()
        self.activateWindow()
        self.nav.setFocus()

    def changeEvent(self, event: QEvent | None) -> None:
        """Read the settings again when the window comes to the front: files are edited by hand, too."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._model.read()

    def _search(self) -> None:
        wanted = self.search.text().casefold().split()
        current = self.stack.currentWidget()
        self.nav.blockSignals(True)
        self.nav.clear()
        if wanted:
            for section, title, words in self._entries():
                if all(word in words.casefold() for word in wanted):
                    self._add(f"{title}\n{section.title}", section.name, title)
        else:
            for section in SECTIONS:
                item = self._add(section.title, section.name, "")
                item.setIcon(icon(section.icon))
                if current is not None and current is self._pages.get(section.name):
                    self.nav.setCurrentItem(item)
        self.nav.blockSignals(False)
        self.nothing.setVisible(not self.nav.count())

    def _entries(self) -> Iterator[tuple[Section, str, str]]:
        """Section, title, and all words of each thing that can be found."""
        for section in SECTIONS:
            for title in section.rows:
                yield section, title, f"{title} {section.title}"
        for name, view in self._model.views.items():
            if (section_of_it := section_of(name)) is not None:
                words = f"{name} {view.form.title} {view.form.effect} {section_of_it.title}"
                yield section_of_it, view.form.title, words

    def _add(self, text: str, section: str, title: str) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setData(PLACE_ROLE, (section, title))
        self.nav.addItem(item)
        return item

    def _open_first(self) -> None:
        if self.search.text().strip() and self.nav.count():
            self.nav.setCurrentRow(0)
            self._go(self.nav.item(0), focus=True)

    def _go(self, item: QListWidgetItem | None, *, focus: bool = False) -> None:
        if item is None:
            return
        name, title = item.data(PLACE_ROLE)
        page = self.page(name)
        if name != self._front:
            self._front = name
            self.stack.setCurrentWidget(page)
            page.look()
        self.reset_button.setVisible(page.can_reset)
        if title and focus:
            page.show_row(title)

    def _escape(self) -> None:
        if self.search.text():
            self.search.clear()
        else:
            self.close()

    def _say(self, words: str, bad: bool) -> None:
        self.words.setText(words)
        set_kind(self.words, "problem" if bad else "second")

    def _show_waiting(self) -> None:
        waits = any(view.is_waiting and not view.origin.fixed_by for view in self._model.views.values())
        self.restart_button.setVisible(waits)
        self.restart_button.setText(RESTART)
        set_kind(self.restart_button, "")

    def _show_reset(self) -> None:
        page = self.stack.currentWidget()
        self.reset_button.setVisible(isinstance(page, Page) and page.can_reset)

    def _ask_restart(self) -> None:
        if self.restart_button.text() == RESTART:
            self.restart_button.setText(SURE)
            set_kind(self.restart_button, "confirm")
        else:
            self._restart()

    def _show_undo(self) -> None:
        title = self._model.undo_title
        self.undo_button.setText(f"Undo: {title}   Ctrl Z" if title else "Undo   Ctrl Z")
        self.undo_button.setEnabled(bool(title))

    def _show_person(self) -> None:
        seat = self._seat.seat
        self.person.setText(f"{seat.person}, {seat.role}" if seat.person else "Nobody is signed in")


def _bar(kind: str) -> QWidget:
    bar = QWidget()
    bar.setProperty("kind", kind)
    bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return bar
