"""Pages in place of the dashboard: first steps in an empty console, and start of the services."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ibe100.models.rights import Act
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label

WORDS_WIDTH = 560


class FirstRunPage(QWidget):
    """Four ways to begin in an empty console."""

    demo_requested = pyqtSignal()
    add_requested = pyqtSignal()
    profile_requested = pyqtSignal()
    import_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.demo = _begin("Try the demo stream", "play-circle-outline", Act.SET_UP_STREAM, primary=True)
        self.add = _begin("Add a stream", "plus-circle-outline", Act.SET_UP_STREAM)
        self.load_profile = _begin("Begin with a profile", "folder-outline", Act.SET_PROFILES)
        self.import_profiles = _begin("Import profiles", "import", Act.SET_PROFILES)
        self.demo.clicked.connect(self.demo_requested)
        self.add.clicked.connect(self.add_requested)
        self.load_profile.clicked.connect(self.profile_requested)
        self.import_profiles.clicked.connect(self.import_requested)
        rows = [_row(self.demo, self.add), _row(self.load_profile, self.import_profiles)]
        explained = label(
            "IBE-100 puts SCTE-35 cues into a live transport stream and shows, for each one, that it was "
            "seen on the output. The demo stream is a test pattern made on this machine: start it, press "
            "TO BREAK (F9), and read the receipt. The profiles to begin with hold a UDP relay, a distributor "
            "by SRT and an HLS channel: put your addresses in.",
            "second",
            wrap=True,
        )
        self.engines = label("", "muted", wrap=True)
        _centre(self, [label("No streams yet", "heading"), explained, *rows, self.engines])

    def set_busy(self, busy: bool) -> None:
        """Disable the demo button while a demo stream is being made."""
        self.demo.setEnabled(not busy)
        self.demo.setText("Starting the demo stream …" if busy else "Try the demo stream")


class StartingPage(QWidget):
    """Page shown until the services are up, or with the reason why they did not start."""

    retry_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label("Starting services …", "heading")
        self.words = label("Opening the database and looking for running streams.", "second", wrap=True)
        self.retry = push_button("Try again", "Try to start the services again", icon_name="refresh")
        self.retry.hide()
        self.retry.clicked.connect(self.retry_requested)
        row = QHBoxLayout()
        row.addWidget(self.retry)
        row.addStretch(1)
        _centre(self, [self.title, self.words, row])

    def show_starting(self) -> None:
        """Show that the services start."""
        self.title.setText("Starting services …")
        self.words.setText("Opening the database and looking for running streams.")
        self.retry.hide()

    def show_failure(self, words: str) -> None:
        """Show why the services did not start."""
        self.title.setText("The services did not start")
        self.words.setText(words)
        self.retry.show()


class StartPages(QStackedWidget):
    """Starting page, first run or dashboard, one at a time."""

    def __init__(self, starting: StartingPage, first_run: FirstRunPage, dashboard: QWidget) -> None:
        super().__init__()
        self._starting, self._first_run, self._dashboard = starting, first_run, dashboard
        for page in (starting, first_run, dashboard):
            self.addWidget(page)

    def show_streams(self, *, are_any: bool) -> None:
        """Show the dashboard, or the first run while there are no streams."""
        self.setCurrentWidget(self._dashboard if are_any else self._first_run)

    def show_failure(self, words: str) -> None:
        """Show why the services did not start."""
        self._starting.show_failure(words)
        self.setCurrentWidget(self._starting)


def _begin(text: str, icon_name: str, act: Act, *, primary: bool = False) -> QPushButton:
    begin = push_button(text, kind="primary" if primary else "", height=44, act=act)
    begin.setIcon(icon(icon_name, Colour.TEXT))
    scaled(begin.setIconSize, QSize(20, 20))
    return begin


def _row(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    scaled(row.setSpacing, 12)
    for button in buttons:
        row.addWidget(button, 1)
    return row


def _centre(page: QWidget, parts: list[QWidget | QHBoxLayout]) -> None:
    block = QWidget()
    scaled(block.setMaximumWidth, WORDS_WIDTH)
    column = QVBoxLayout(block)
    scaled(column.setSpacing, 16)
    for part in parts:
        if isinstance(part, QWidget):
            column.addWidget(part)
        else:
            column.addLayout(part)
    layout = QHBoxLayout(page)
    layout.addStretch(1)
    layout.addWidget(block, 4, Qt.AlignmentFlag.AlignVCenter)
    layout.addStretch(1)
