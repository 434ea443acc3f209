"""Look at every page at every size of window, text and list; say what is cut, and write the pictures.

.venv/bin/python tests/benchmarks/console/screen_matrix.py FOLDER
QT_SCALE_FACTOR=2 … FOLDER --sizes 1920x1080        a screen of 3840x2160 at 200 %
… --font "DejaVu Sans"                              as on a machine without Inter
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ui" / "fakes"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from ibe100.core.background_loop import BackgroundLoop
from ibe100.ui.alarms.tone_player import TonePlayer
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.main_window import MainWindow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.service_session import ServiceSession
from ibe100.ui.themes import enterprise_theme
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.themes.tokens import Theme
from many_streams import many_streams, measure_all
from scenes import dialogs, faults_of, pages, settled

SIZES = ("1280x720", "1600x1000", "1920x1080", "2560x1440")
STREAMS = (1, 2, 6, 24, 64)
TEXTS = (90, 100, 150)


class Matrix:
    """One run over all combinations; `found` has what is cut, by scene."""

    def __init__(self, folder: Path, application: QApplication) -> None:
        self.folder, self._application = folder, application
        self.found: dict[str, list[str]] = {}
        self.seen = 0

    def run(
        self, streams: int, sizes: list[tuple[int, int]], texts: list[int], *, with_dialogs: bool
    ) -> None:
        """Look at one window at all sizes, all text sizes and in all themes."""
        services, loop = many_streams(streams), BackgroundLoop()
        loop.start()
        bridge, client = EventBridge(), ServiceClient(loop)
        window = MainWindow(client, bridge)
        session = ServiceSession(loop, services.opened, client, bridge)
        session.opened.connect(window.services_opened)
        window.show()
        session.open()
        QTest.qWait(500)
        for text in texts:
            window.parts.appearance.choose_text_size(text)
            for size in sizes:
                window.resize(*size)
                self._measure(loop, services)
                shape = f"{size[0]}x{size[1]}_{text}_{streams}"
                for page, root in pages(window, QTest.qWait):
                    self._look(f"{shape}_{page}", root)
                if (window.width(), window.height()) != size:
                    self._say(shape, [f"the window became {window.width()}x{window.height()}"])
                if with_dialogs:
                    window.parts.top_bar.set_up.click()
                    for name, dialog in dialogs(window, QTest.qWait):
                        self._look(f"{shape}_dialog_{name}", dialog)
                    window.parts.top_bar.operate.click()
        window.parts.docks.raise_page("dashboard")
        window.parts.appearance.choose_text_size(100)
        for theme in Theme:
            window.parts.appearance.choose(theme)
            self._measure(loop, services)
            QTest.qWait(100)
            window.grab().save(str(self.folder / f"{sizes[-1][0]}_{streams}_{theme.name.lower()}.png"))
        apply_theme(self._application)
        window.hide()
        session.close(10)
        loop.stop()
        window.parts.sound.player.close()
        window.parts.listening.close()
        window.deleteLater()
        QTest.qWait(10)

    def _measure(self, loop: BackgroundLoop, services: object) -> None:
        async def publish() -> None:
            measure_all(services)  # type: ignore[arg-type]

        loop.submit(publish()).result(10)
        QTest.qWait(200)

    def _look(self, scene: str, root: object) -> None:
        self.seen += 1
        faults = settled(root, faults_of, QTest.qWait)  # type: ignore[arg-type]
        root.grab().save(str(self.folder / f"{scene}.png"))  # type: ignore[attr-defined]
        self._say(scene, faults)

    def _say(self, scene: str, faults: list[str]) -> None:
        if faults:
            self.found[scene] = faults
            print(scene, *faults, sep="\n    ", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", nargs="*", default=SIZES)
    parser.add_argument("--streams", nargs="*", type=int, default=STREAMS)
    parser.add_argument("--texts", nargs="*", type=int, default=TEXTS)
    parser.add_argument("--font", default="")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    TonePlayer.play = lambda *_: None  # type: ignore[method-assign]
    if options.font:
        family = enterprise_theme.Family(options.font)
        enterprise_theme._families = lambda: (family, family)  # type: ignore[assignment]
    apply_theme(application)
    sizes = [(int(wide), int(high)) for wide, high in (size.split("x") for size in options.sizes)]
    matrix = Matrix(options.folder, application)
    for streams in options.streams:
        matrix.run(streams, sizes, options.texts, with_dialogs=streams == 6)
    print(f"{matrix.seen} scenes, {len(matrix.found)} with a cut text; pictures in {options.folder}")
    sys.exit(bool(matrix.found))


if __name__ == "__main__":
    main()
