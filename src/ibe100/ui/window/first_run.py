"""Pages in place of the dashboard: first steps in an empty console, and start of the services."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ibe100.models.console import Link
from ibe100.models.rights import Act
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label

WORDS_WIDTH = 560
SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
UNKNOWN_CERTIFICATE = (
    "It shows a certificate that was not seen here before. Compare its SHA-256 with what whoever runs the "
    "server says (docs/remote.md): if one digit differs, somebody is in between. Nothing was sent to it yet. "
    "It is remembered, and another one is refused from then on."
)


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
    trusted = pyqtSignal(str, str)
    """Place and certificate of a server that the operator has compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked = ("", "")
        self.title = label("Starting services …", "heading")
        self.words = label("Opening the database and looking for running streams.", "second", wrap=True)
        self.retry = push_button("Try again", "Try to start the services again", icon_name="refresh")
        self.retry.hide()
        self.retry.clicked.connect(self.retry_requested)
        self.fingerprint = label("", "bytes", wrap=True)
        self.fingerprint.setAccessibleName("SHA-256 of the certificate")
        self.fingerprint.setTextInteractionFlags(SELECTABLE)
        self.trust = push_button("It is this one: trust it", "Trust this certificate", kind="primary")
        self.trust.clicked.connect(lambda: self.trusted.emit(*self._asked))
        for widget in (self.fingerprint, self.trust):
            widget.hide()
        row = QHBoxLayout()
        row.addWidget(self.retry)
        row.addWidget(self.trust)
        row.addStretch(1)
        _centre(self, [self.title, self.words, self.fingerprint, row])

    def show_starting(self) -> None:
        """Show that the services start."""
        self._say("Starting services …", "Opening the database and looking for running streams.")

    def show_failure(self, words: str) -> None:
        """Show why the services did not start."""
        self._say("The services did not start", words)
        self.retry.show()

    def show_link(self, links: tuple[Link, ...]) -> None:
        """Show what is waited for before anything of a server on another machine is known."""
        hosts = ", ".join(link.host for link in links)
        if any(link.is_up for link in links):
            self._say(f"Reading {hosts} …", "Streams, alarms, cues and planned breaks.")
        else:
            self._say(f"Not connected to {hosts} yet", "; ".join(dict.fromkeys(one.reason for one in links)))

    def ask_about(self, place: str, fingerprint: str) -> None:
        """Ask whether a certificate is that of the server that is meant."""
        self._say(f"Is this the certificate of {place}?", UNKNOWN_CERTIFICATE)
        self._asked = place, fingerprint
        self.fingerprint.setText(" ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)))
        for widget in (self.fingerprint, self.trust):
            widget.show()

    def _say(self, title: str, words: str) -> None:
        self.title.setText(title)
        self.words.setText(words)
        for widget in (self.retry, self.fingerprint, self.trust):
            widget.hide()


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

    def ask_about(self, place: str, fingerprint: str) -> None:
        """Ask about the certificate of a server that is not known here."""
        self._starting.ask_about(place, fingerprint)
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
