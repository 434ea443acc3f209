"""Pictures of the console for these pages, of the running product: three streams, one of them in a break.

.venv/bin/python docs/pictures.py          writes docs/console*.png
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[1]
STREAMS = ("IBE News HD", "Sport 1 HD", "Cinema Gold")
PICTURES = {
    "console.png": ("--size", "1600x1000"),
    "console-light.png": ("--size", "1600x1000", "--theme", "light"),
    "console-high-contrast.png": ("--size", "1600x1000", "--theme", "high contrast"),
    "console-small.png": ("--size", "1280x720"),
}
PATIENCE_S = 60


def run(folder: Path, *arguments: str) -> None:
    """Run a command of the product on a data folder."""
    command = [str(ROOT / "run"), *arguments, "--data-dir", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def serve(folder: Path) -> subprocess.Popen[bytes]:
    """Start the services, and wait until they answer."""
    server = subprocess.Popen(
        [str(ROOT / "run"), "serve", "--data-dir", str(folder)], stdout=subprocess.DEVNULL
    )
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        asked = [str(ROOT / "run"), "schedule", "list", "--data-dir", str(folder)]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return server
    server.terminate()
    sys.exit("the services did not start")


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        server = serve(folder)
        try:
            for name in STREAMS:
                run(folder, "stream", "add", name, "--input", "test://")
                run(folder, "stream", "start", name)
            run(
                folder,
                "schedule",
                "add",
                "1",
                "--duration",
                "60",
                "--title",
                "Evening break",
                "--start",
                soon(),
            )
            run(folder, "cue", "to-break", "3", "--duration", "900")
            server.terminate()
            server.wait(PATIENCE_S)
            for name, how in PICTURES.items():
                picture = folder / name
                run(folder, "console", "--screenshot", str(picture), *how)
                plain = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
                small = QImage(str(picture)).convertToFormat(QImage.Format.Format_Indexed8, plain)
                small.save(str(ROOT / "docs" / name), "PNG", 0)
        finally:
            server.terminate()
            for name in STREAMS:
                run(folder, "stream", "stop", name)


def soon() -> str:
    """A moment in five minutes."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))


if __name__ == "__main__":
    main()
