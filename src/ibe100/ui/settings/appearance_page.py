"""Appearance: theme, text size, flashing, frames of the clock; worn at once, kept for the next start."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QLabel, QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.models.stream_state import Tally
from ibe100.ui.settings.pages import Page
from ibe100.ui.settings.sections import Section
from ibe100.ui.settings.setting_row import RowFrame
from ibe100.ui.settings.settings_model import SettingsModel
from ibe100.ui.themes.appearance import Appearance, AppearanceController
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import BODY, TARGET, TEXT_SIZES, on_text_size, px, scaled
from ibe100.ui.themes.tokens import Colour, Theme, painted_as, shade
from ibe100.ui.widgets.choices import OFF_ON, Segments
from ibe100.ui.widgets.tally_mark import LOOKS, draw_severity, draw_tally_box

KEPT = "kept for this console's window · a change holds at once"
CARD = QSize(236, 124)
TITLES = {Theme.DARK: "Dark", Theme.LIGHT: "Light", Theme.HIGH_CONTRAST: "High contrast"}
EFFECTS = {
    Theme.DARK: "for a control room",
    Theme.LIGHT: "for a bright gallery",
    Theme.HIGH_CONTRAST: "for eyes that need it",
}


class AppearancePage(Page):
    """Page of the look; every choice is worn at once."""

    def __init__(
        self,
        section: Section,
        model: SettingsModel,
        appearance: AppearanceController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(section, parent)
        self._model, self._appearance = model, appearance
        self.themes = _ThemeCards()
        self.themes.chosen.connect(lambda theme: self._wear("theme", theme=theme))
        self.body.addWidget(self.themes)
        self.body.addSpacing(12)
        self.text_size = Segments("Text size", [(size, f"{size} %") for size in TEXT_SIZES])
        self.flashing = Segments("Flashing", OFF_ON)
        self.frames = Segments("Frames in the clock", OFF_ON)
        self.feet: dict[str, QLabel] = {}
        """Last lines of the rows, by the field they change."""
        for title, effect, field, control in (
            (
                "Text size",
                "Everything grows with it: texts, targets, icons. Below 12 px nothing is drawn.",
                "text_size",
                self.text_size,
            ),
            (
                "Flashing",
                "Only an unacknowledged alarm of priority 1 flashes, once a second. Off shows it steadily.",
                "flashing",
                self.flashing,
            ),
            (
                "Frames in the clock",
                "The clock of the top bar counts 25 frames a second, not those of a stream.",
                "clock_frames",
                self.frames,
            ),
        ):
            control.changed.connect(
                lambda value, title=title, field=field: self._wear(title.lower(), **{field: value})
            )
            row_frame = RowFrame(title, effect, control)
            row_frame.foot.setText(KEPT)
            row_frame.foot.show()
            self.body.addWidget(row_frame)
            self.feet[field] = row_frame.foot
        appearance.changed.connect(self.look)
        self.look()

    @property
    def can_reset(self) -> bool:
        return True

    def reset(self) -> None:
        self._wear("appearance", **Appearance().model_dump())

    def look(self) -> None:
        look = self._appearance.look
        self.themes.show_chosen(look.theme)
        self.text_size.set_value(look.text_size)
        self.feet["text_size"].setText(self._appearance.too_large or KEPT)
        self.flashing.set_value(look.flashing)
        self.frames.set_value(look.clock_frames)

    def _wear(self, title: str, **changes: Any) -> None:
        before = self._appearance.look
        self._appearance.wear(before.model_copy(update=changes))
        self._model.note_undo(title, lambda: self._appearance.wear(before))
        too_large = self._appearance.too_large if "text_size" in changes else ""
        self._model.said.emit(too_large or f"✓ The {title} is changed.", False)


class _ThemeCards(QWidget):
    """Cards of the themes, each in its own colours."""

    chosen = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.cards = {theme: _ThemeCard(theme) for theme in Theme}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        scaled(self._grid.setSpacing, 12)
        self._columns = 0
        for theme, card in self.cards.items():
            self._group.addButton(card)
            card.clicked.connect(lambda _checked=False, theme=theme: self.chosen.emit(theme))

    def minimumSizeHint(self) -> QSize:
        """Width of one card."""
        return QSize(px(CARD.width()), super().minimumSizeHint().height())

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Put the cards side by side as far as there is room."""
        super().resizeEvent(a0)
        columns = max(1, min(len(self.cards), self.width() // px(CARD.width() + 12)))
        if columns != self._columns:
            self._columns = columns
            for at, card in enumerate(self.cards.values()):
                self._grid.addWidget(card, at // columns, at % columns)
            self._grid.setColumnStretch(len(self.cards), 1)

    def show_chosen(self, theme: Theme) -> None:
        """Frame the theme that is worn."""
        self.cards[theme].setChecked(True)


class _ThemeCard(QAbstractButton):
    """Card of one theme: tally, alarms and words as it shows them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setCheckable(True)
        self.setAccessibleName(f"Theme: {TITLES[theme]}, {EFFECTS[theme]}")
        on_text_size(self, lambda card: card.setFixedSize(px(CARD.width()), px(CARD.height())))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the card in its theme; the frame says which is worn, and has the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_worn = self.isChecked()
        edge = QPen(shade(Colour.CHOSEN if is_worn else Colour.BORDER_STRONG), 3 if is_worn else 1)
        box = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        with painted_as(self._theme):
            painter.setPen(edge)
            painter.setBrush(shade(Colour.PANEL))
            painter.drawRoundedRect(box, 6, 6)
            self._paint_look(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(shade(Colour.CHOSEN), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def _paint_look(self, painter: QPainter) -> None:
        left, width = px(16), self.width() - px(32)
        plate, dashed = QRect(left, px(14), px(100), px(26)), QRect(left, px(48), px(112), px(26))
        for spot, tally, words in ((plate, Tally.ON_AIR, "1 ON AIR"), (dashed, Tally.IN_BREAK, "3 IN BREAK")):
            draw_tally_box(painter, spot, tally)
            _write(painter, spot, LOOKS[tally].text, words, Qt.AlignmentFlag.AlignHCenter)
        for at, severity in enumerate(Severity):
            spot = QRect(plate.right() + px(10) + at * px(28), px(16), px(22), px(22))
            draw_severity(painter, spot, severity)
        clock = QRect(dashed.right() + px(10), px(48), px(90), px(26))
        _write(painter, clock, Colour.TALLY_AMBER_TEXT, "01:12", size=TARGET)
        name = QRect(left, px(86), width, px(26))
        _write(painter, name, Colour.TEXT, TITLES[self._theme])
        if self.isChecked():
            _write(painter, name, Colour.TEXT, "✓ in use", Qt.AlignmentFlag.AlignRight)


def _write(
    painter: QPainter,
    box: QRect,
    colour: Colour,
    text: str,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    *,
    size: int = BODY,
) -> None:
    painter.setPen(shade(colour))
    painter.setFont(sans(size, bold=True))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter | side), text)
