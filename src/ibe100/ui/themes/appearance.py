"""Theme of the window: chosen by an action, worn at once, kept for the next start."""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import ValidationError
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QApplication, QWidget

from ibe100.models.base import Value
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.themes.tokens import Theme
from ibe100.utils.atomic_write import atomic_write

log = logging.getLogger(__name__)
APPEARANCE_FILE = "appearance.json"
_MOST_BYTES = 1 << 16
_PRIVATE = 0o600


class Appearance(Value):
    """What of the window's look is kept."""

    theme: Theme = Theme.DARK


def read_appearance(path: Path | None) -> Appearance:
    """Read the look that was kept; as shipped where there is none, or none that can be read."""
    if path is None:
        return Appearance()
    try:
        with path.open("rb") as file:
            return Appearance.model_validate_json(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return Appearance()
    except (OSError, ValidationError) as error:
        log.warning("the look of the window in %s is not read: %s", path, error)
        return Appearance()


class AppearanceController(QObject):
    """Changes the theme of all windows; `notice` with level and words where it cannot be kept."""

    notice = pyqtSignal(str, str)

    def __init__(self, parent: QWidget, path: Path | None) -> None:
        super().__init__(parent)
        self._path = path

    def choose(self, theme: Theme) -> None:
        """Wear `theme` now, and at the next start."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, theme)
        if self._path is None:
            return
        try:
            atomic_write(self._path, Appearance(theme=theme).model_dump_json().encode(), _PRIVATE)
        except OSError as error:
            log.warning("the look of the window could not be saved to %s: %s", self._path, error)
            self.notice.emit("warning", f"The theme is not kept for the next start: {error.strerror}.")
