"""The console's entry point: application, background loop, services, window."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QCoreApplication, QEvent, QTimer
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QApplication

from ibe100.core.background_loop import BackgroundLoop
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.fault_guard import FaultGuard, log_qt_messages
from ibe100.ui.main_window import MainWindow
from ibe100.ui.screenshot import Screenshot
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.service_session import ServiceSession, Trust
from ibe100.ui.themes.appearance import APPEARANCE_FILE, read_appearance
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.themes.tokens import Theme

if TYPE_CHECKING:
    from ibe100.services.ports import Services

log = logging.getLogger(__name__)
CLOSE_TIMEOUT_S = 15.0
RESTART = 75
"""Exit code of a console that is to be started again."""
SIGNAL_CHECK_MS = 200
LAYOUT_FILE = "layouts.json"


@dataclass(frozen=True, slots=True)
class Look:
    """Look of the window as the command line wants it, and the picture to be taken of it."""

    theme: Theme | None = None
    text_size: int | None = None
    """Percent. Both are worn instead of what is kept."""
    screenshot: Path | None = None
    """File for the settled window: then the console ends."""
    screenshot_size: tuple[int, int] = (1600, 1000)


def run_console(
    open_services: Callable[[], AbstractAsyncContextManager[Services]],
    wanted: Look = Look(),
    *,
    title_suffix: str = "",
    demo: bool = False,
    data_dir: Path | None = None,
    trust: Trust | None = None,
) -> int:
    """Show the console until it is closed; returns the exit code.

    `open_services` is entered on the background loop after the window is shown. After a screenshot the code
    is 0, or 1 if the services failed or the file could not be written. With `demo`, an empty console adds and
    starts the demo stream by itself. The layout and the look are kept in `data_dir`; without one they are
    not. `trust` notes a server's certificate that the operator has compared.
    """
    log_qt_messages()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("IBE-100")
    application.setDesktopFileName("ibe100")
    application.setWindowIcon(QIcon(str(resources.files("ibe100.ui.themes") / "ibe100.svg")))
    screenshot = wanted.screenshot
    kept = None if data_dir is None or screenshot is not None else data_dir / APPEARANCE_FILE
    look = read_appearance(kept)
    apply_theme(application, wanted.theme or look.theme, wanted.text_size or look.text_size)
    guard = FaultGuard()
    guard.install()
    loop = BackgroundLoop()
    loop.start()
    bridge = EventBridge()
    client = ServiceClient(loop)
    layout_file = None if data_dir is None or screenshot is not None else data_dir / LAYOUT_FILE
    window = MainWindow(client, bridge, title_suffix=title_suffix, layout_file=layout_file)
    session = ServiceSession(loop, open_services, client, bridge, trust)
    _wire(window, session, guard, demo=demo)
    window.closed.connect(application.quit)
    window.restart_requested.connect(lambda: application.exit(RESTART))
    shot = None
    if screenshot is not None:
        window.resize(*wanted.screenshot_size)
        shot = Screenshot(window, screenshot, session)
        shot.taken.connect(application.exit)
    window.show()
    QTimer.singleShot(0, session.open)
    interrupted = _quit_on_signals(application)
    try:
        return application.exec()
    finally:
        interrupted.stop()
        _close(window, session, loop)
        guard.uninstall()


def _wire(window: MainWindow, session: ServiceSession, guard: FaultGuard, *, demo: bool) -> None:
    session.opened.connect(window.services_opened)
    session.failed.connect(window.services_failed)
    session.certificate_unknown.connect(window.parts.start_pages.ask_about)
    window.parts.starting.trusted.connect(session.trust)
    window.retry_requested.connect(window.parts.starting.show_starting)
    window.retry_requested.connect(session.open)
    guard.caught.connect(lambda words: window.parts.notices.post("error", words))
    if demo:
        window.parts.state.is_known.connect(
            lambda: (
                window.parts.stream_controller.try_demo()
                if not window.parts.state.streams.rowCount()
                else None
            )
        )


def _quit_on_signals(application: QApplication) -> QTimer:
    """Ctrl+C and SIGTERM end the console, and streams are kept; Python sees signals only when it runs."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # quit() would first close the window, which asks what becomes of running streams.
        signal.signal(number, lambda *_: application.exit(0))
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(SIGNAL_CHECK_MS)
    return timer


def _close(window: MainWindow, session: ServiceSession, loop: BackgroundLoop) -> None:
    window.hide()
    window.parts.sound.player.close()
    window.parts.listening.close()  # twice is once: a signal ends the console without closing the window
    for close in (session.close, loop.stop):
        try:
            close(CLOSE_TIMEOUT_S)
        except TimeoutError as error:
            log.warning("the console goes without waiting any longer: %s", error)
    # Now, while there is an application: what is left to the interpreter's end outlives it, and crashes.
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)
