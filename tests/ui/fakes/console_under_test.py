"""Console under test: the window, and the services behind it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from pytestqt.qtbot import QtBot

from fake_services import FakeServices
from ibe100.core.background_loop import BackgroundLoop
from ibe100.ui.main_window import MainWindow
from ibe100.ui.service_session import ServiceSession
from ibe100.ui.streams.editor.stream_editor import StreamEditor
from ibe100.ui.window.parts import Parts

Result = TypeVar("Result")
PATIENCE_MS = 60_000


@dataclass
class Console:
    """The window, the services behind it, and the loop they live on."""

    window: MainWindow
    services: FakeServices
    loop: BackgroundLoop
    session: ServiceSession
    qtbot: QtBot

    @property
    def parts(self) -> Parts:
        """The parts of the window."""
        return self.window.parts

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine where the services live."""
        return self.loop.submit(work).result(60)

    def do(self, work: Callable[[], Result]) -> Result:
        """Call a function where the services live."""

        async def call() -> Result:
            return work()

        return self.run(call())

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def settle(self) -> None:
        """Wait until every fact and sample the services have published so far is on screen."""
        self.do(lambda: None)
        bridge = self.parts.bridge
        with self.qtbot.waitSignal(bridge._drain_timer.timeout, timeout=PATIENCE_MS):
            pass
        self.until(lambda: not bridge._facts)

    def select(self, number: int) -> None:
        """Select a stream by its number."""
        self.parts.stream_panel.select(f"stream-{number}")


def editor_of(console: Console) -> StreamEditor:
    console.until(lambda: console.parts.stream_controller.editor is not None)
    editor = console.parts.stream_controller.editor
    assert editor is not None
    return editor
