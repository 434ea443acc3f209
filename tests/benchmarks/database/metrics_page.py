"""How soon curves stand on screen. Run it by hand:

    .venv/bin/python tests/benchmarks/database/metrics_page.py [FOLDER]

Prints milliseconds from the question to painted curves for 30 days × 16 streams on record, the services on
their background loop, the window offscreen; and what importing the plot library costs once.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from commit import report
from metrics_store import DAY_S, DAYS, HOUR_S, SHOWN, START, month
from PyQt6.QtWidgets import QApplication

from ibe100.core.background_loop import BackgroundLoop
from ibe100.database.database import Database
from ibe100.database.metrics_store import MetricsStore
from ibe100.services.history.stream_events import StreamEvents
from ibe100.ui.monitoring.metrics_panel import MetricsPanel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.enterprise_theme import apply_theme

END = START + DAYS * DAY_S + HOUR_S - 60
ROUNDS = 5
THIRTY_DAYS, LAST_HOUR, LAST_DAY = 5, 1, 3
PATIENCE_S = 30.0


class Page:
    """A panel of curves over the month on record."""

    def __init__(self, application: QApplication, loop: BackgroundLoop, services: object) -> None:
        self._application = application
        client = ServiceClient(loop)
        client.bind(cast(Any, services))
        names = {f"stream-{stream}": f"Channel {stream}" for stream in range(SHOWN)}
        self.panel = MetricsPanel(client, lambda: names, compares=True)
        self.panel.resize(1200, 800)
        self.panel.show_stream("stream-0")

    def wait(self) -> None:
        """Until the last answer is drawn."""
        deadline = time.perf_counter() + PATIENCE_S
        shown = self.panel._data
        while self.panel._data is shown:
            self._application.processEvents()
            assert time.perf_counter() < deadline
            time.sleep(0.001)
        self.panel.grab()

    def measure(self, what: str, scope: int, span: int) -> None:
        seconds = []
        for index, box in ((scope, self.panel.scope), (span, self.panel.span)):
            box.blockSignals(True)
            box.setCurrentIndex(index)
            box.blockSignals(False)
        for _ in range(ROUNDS):
            before = time.perf_counter()
            self.panel.go_home()
            self.wait()
            seconds.append(time.perf_counter() - before)
        report(what, seconds)


def main(folder: Path) -> None:
    month(folder / "metrics.db")
    application = QApplication(sys.argv[:1])
    apply_theme(application)
    loop = BackgroundLoop()
    loop.start()
    time.time = lambda: float(END)  # type: ignore[assignment]  # the panel asks for what is on record
    store = MetricsStore(folder / "metrics.db", print, wall=lambda: float(END))
    store._writer.ready.set()
    database: Database = loop.submit(Database.open(folder / "ibe100.db")).result(30)
    services = SimpleNamespace(metrics=store, stream_events=StreamEvents(database, store))
    before = time.perf_counter()
    page = Page(application, loop, services)
    page.panel.show()
    page.wait()
    print(f"first page, with the import of the plot library: {(time.perf_counter() - before) * 1000:.0f} ms")
    page.measure(f"{SHOWN} streams, 30 days", 1, THIRTY_DAYS)
    page.measure(f"{SHOWN} streams, the last day", 1, LAST_DAY)
    page.measure("one stream, bitrate and errors, 30 days", 0, THIRTY_DAYS)
    page.measure("one stream, bitrate and errors, the last hour", 0, LAST_HOUR)
    page.panel.hide()
    loop.submit(_close(store, database)).result(30)
    loop.stop(10)


async def _close(store: MetricsStore, database: Database) -> None:
    store._reader.close()
    store._engine.dispose()
    await database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        main(Path(name))
