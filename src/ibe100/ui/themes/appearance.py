"""Theme and text size of the window: chosen by an action, worn at once, kept for the next start."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationError
from PyQt6.QtCore import QObject, QSize, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication, QWidget

from ibe100.models.base import Value
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.themes.sizes import NORMAL_TEXT, TEXT_SIZES, fitting, text_size
from ibe100.ui.themes.tokens import Theme, shown_theme
from ibe100.utils.atomic_write import atomic_write

log = logging.getLogger(__name__)
APPEARANCE_FILE = "appearance.json"
_MOST_BYTES = 1 << 16
_PRIVATE = 0o600
SERIES_MS = 150
"""Pause after which a series of steps of the text size is over, in ms."""


def known_text_size(percent: int) -> int:
    """`percent` itself; raises ValueError where it is none of TEXT_SIZES."""
    if percent not in TEXT_SIZES:
        raise ValueError(f"text size {percent} is not one of {', '.join(map(str, TEXT_SIZES))} %")
    return percent


class Appearance(Value):
    """What of the window's look is kept."""

    theme: Theme = Theme.DARK
    text_size: Annotated[int, AfterValidator(known_text_size)] = NORMAL_TEXT
    """In percent, one of TEXT_SIZES."""
    flashing: bool = True
    """An unacknowledged alarm of priority 1 flashes; else it is steady, in inverse video."""
    clock_frames: bool = True
    """The clock shows frames."""


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
    """Changes the look of all windows.

    `changed` when another look is worn; `notice` with level and words where it cannot be kept.
    """

    changed = pyqtSignal()
    notice = pyqtSignal(str, str)

    def __init__(self, parent: QWidget, path: Path | None) -> None:
        super().__init__(parent)
        self._path = path
        self._worn = read_appearance(path).model_copy(update={"text_size": text_size()})
        self._room: QSize | None = None
        self._stepped = QTimer(self)
        self._stepped.setInterval(SERIES_MS)
        self._stepped.setSingleShot(True)
        self._stepped.timeout.connect(lambda: self.choose_text_size(self._worn.text_size))

    @property
    def look(self) -> Appearance:
        """The look that is chosen; a window that is too small shows smaller text."""
        return self._worn.model_copy(update={"theme": shown_theme()})

    @property
    def too_large(self) -> str:
        """Words on a chosen text size that the window has no room for; empty where it is shown."""
        chosen, shown = self._worn.text_size, text_size()
        if chosen == shown:
            return ""
        return f"Text at {chosen} % needs a larger window: it is shown at {shown} %."

    def choose(self, theme: Theme) -> None:
        """Wear `theme` now, and at the next start."""
        self.wear(self.look.model_copy(update={"theme": theme}))

    def choose_text_size(self, percent: int) -> None:
        """Show text, distances and targets at `percent`, one of TEXT_SIZES, now and at the next start."""
        self.wear(self.look.model_copy(update={"text_size": percent}))
        if self.too_large:
            self.notice.emit("info", self.too_large)

    def step_text_size(self, steps: int) -> None:
        """Choose the text size that many steps larger, as far as there are any.

        It is worn after the last of a series: the window is held while it is styled.
        """
        at = TEXT_SIZES.index(self._worn.text_size) + steps
        percent = TEXT_SIZES[min(max(at, 0), len(TEXT_SIZES) - 1)]
        self._worn = self._worn.model_copy(update={"text_size": percent})
        self._stepped.start()

    def fit_to(self, window: QSize) -> None:
        """Show the chosen text size, or the largest that a window of this size has room for."""
        self._room = window
        if self._fitting() != text_size():
            self._wear(shown_theme())

    def wear(self, look: Appearance) -> None:
        """Wear a look now, and at the next start."""
        self._worn = look
        self._wear(look.theme)
        self._keep()

    def _fitting(self) -> int:
        chosen = self._worn.text_size
        return chosen if self._room is None else fitting(chosen, self._room)

    def _wear(self, theme: Theme) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        if (theme, self._fitting()) != (shown_theme(), text_size()):
            apply_theme(application, theme, self._fitting())
        self.changed.emit()

    def _keep(self) -> None:
        if self._path is None:
            return
        try:
            atomic_write(self._path, self.look.model_dump_json().encode(), _PRIVATE)
        except OSError as error:
            log.warning("the look of the window could not be saved to %s: %s", self._path, error)
            self.notice.emit(
                "warning", f"Theme and text size are not kept for the next start: {error.strerror}."
            )
