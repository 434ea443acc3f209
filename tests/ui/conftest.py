"""A whole console on fake services: real window, real background loop, no display."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console_under_test import PATIENCE_MS, Console
from fake_services import FakeServices
from ibe100.core.background_loop import BackgroundLoop
from ibe100.ui.alarms.tone_player import TonePlayer
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.main_window import MainWindow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.service_session import ServiceSession
from ibe100.ui.themes.enterprise_theme import apply_theme

OFFSCREEN_SAYS = "This plugin does not support"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore what the offscreen platform says about itself: it is no fault of the window."""
    for item in items:
        if "tests/ui/" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_ignore(OFFSCREEN_SAYS))


@pytest.fixture
def themed(qapp: QApplication) -> QApplication:
    """The application with the console's theme."""
    if not qapp.styleSheet():
        apply_theme(qapp)
    return qapp


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    """The background loop, stopped at the end."""
    background = BackgroundLoop()
    background.start()
    yield background
    background.stop(20)


@pytest.fixture
def open_console(
    themed: QApplication, loop: BackgroundLoop, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[FakeServices], Console]]:
    """Open consoles on given services, each once it knows their state."""
    consoles: list[Console] = []
    monkeypatch.setattr(TonePlayer, "play", lambda *_: None)  # nobody listens to tests

    def open_on(services: FakeServices) -> Console:
        bridge = EventBridge()
        client = ServiceClient(loop)
        window = MainWindow(client, bridge)
        session = ServiceSession(loop, services.opened, client, bridge)
        session.opened.connect(window.services_opened)
        session.failed.connect(window.services_failed)
        console = Console(window, services, loop, session, qtbot)
        consoles.append(console)
        with qtbot.waitSignal(window.parts.state.is_known, timeout=PATIENCE_MS):
            window.show()
            session.open()
        return console

    yield open_on
    for console in consoles:
        console.until(lambda window=console.window: not window.parts.client.has_open_calls)
        console.window.hide()
        console.session.close(20)
        console.window.deleteLater()
        qtbot.wait(1)
