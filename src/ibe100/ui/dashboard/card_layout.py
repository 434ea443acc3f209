"""Places of the parts of a card by its size: the picture takes the room that the words leave."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QRect

from ibe100.ui.pictures.preview_pane import meter_width
from ibe100.ui.qt_models.card_order import CardSize
from ibe100.ui.themes.sizes import px


@dataclass(frozen=True, slots=True)
class _Measures:
    """Lengths of a full card in pixels at 100 %."""

    margin: int
    head: int
    band: int
    foot: int


_MEASURES = {CardSize.LARGE: _Measures(12, 46, 84, 34), CardSize.MEDIUM: _Measures(10, 42, 58, 32)}
LEAST = {CardSize.LARGE: (500, 430), CardSize.MEDIUM: (350, 268), CardSize.COMPACT: (232, 104)}
"""Smallest width and height of each size in pixels at 100 %."""
MOST_COMPACT_HEIGHT = 200
GAP = 8
FACTS_WIDTH, FACTS_HEIGHT = 140, 92
LEAST_PICTURE_HEIGHT = 72
MOST_GROWTH = 0.5
"""Part of its height by which the band of the state may grow."""
COMPACT_MARGIN, COMPACT_HEAD, COMPACT_FOOT, COMPACT_GAP = 8, 26, 20, 4
COMPACT_PART = 0.5
"""Part of a compact card's width that picture and meters may take."""
COMPACT_BUTTON = 32
LEAST_FOOT = 196
BUTTON_WIDTH = 92
"""Width in which `TR 101 290`, its lamps and the rate stand in one line."""
ROOMY_COLUMN, ROOMY_BODY = 210, 104
"""Width and height beside the picture of a compact card that has room for its button."""


@dataclass(frozen=True, slots=True)
class CardPlaces:
    """Where each part stands; the foot is below everything, or in a compact card below the band."""

    head: QRect
    pane: QRect
    facts: QRect | None
    """None in a compact card."""
    is_beside: bool
    """True where the facts stand beside the picture."""
    band: QRect
    foot: QRect
    has_button: bool


def card_places(size: CardSize, width: int, height: int) -> CardPlaces:
    """Places in a card of this size."""
    return _compact(width, height) if size is CardSize.COMPACT else _full(_MEASURES[size], width, height)


def picture_width(size: CardSize, width: int, height: int) -> int:
    """Width of the picture in a card of this size."""
    pane = card_places(size, width, height).pane
    return min(pane.width() - meter_width(pane.width(), pane.height()) - px(GAP), pane.height() * 16 // 9)


def _full(given: _Measures, width: int, height: int) -> CardPlaces:
    margin, gap = px(given.margin), px(GAP)
    left, inside = margin, width - 2 * margin
    head = QRect(left, margin, inside, px(given.head))
    foot = QRect(left, height - margin - px(given.foot), inside, px(given.foot))
    top = head.bottom() + 1 + px(4)
    room = foot.top() - 2 * gap - px(given.band) - top
    beside = _fits(QRect(left, top, inside - px(FACTS_WIDTH) - gap, room))
    below = _fits(QRect(left, top, inside, room - px(FACTS_HEIGHT) - gap))
    is_beside = below.height() < px(LEAST_PICTURE_HEIGHT) or below.width() <= beside.width()
    pane = beside if is_beside else below
    # What the picture cannot use goes to the state first, then to the curve.
    spare = room - pane.height() - (0 if is_beside else px(FACTS_HEIGHT) + gap)
    band_height = px(given.band) + min(spare, int(px(given.band) * MOST_GROWTH))
    band = QRect(left, foot.top() - gap - band_height, inside, band_height)
    if is_beside:
        facts_left = pane.right() + 1 + gap
        facts = QRect(facts_left, top, left + inside - facts_left, band.top() - gap - top)
        return CardPlaces(head, pane, facts, True, band, foot, True)
    facts_top = pane.bottom() + 1 + gap
    return CardPlaces(
        head, pane, QRect(left, facts_top, inside, band.top() - gap - facts_top), False, band, foot, True
    )


def _fits(room: QRect) -> QRect:
    """The part of a room that picture and meters take, at its top left."""
    height = room.height()
    meters = meter_width(room.width(), height)
    width = min(room.width(), height * 16 // 9 + px(GAP) + meters)
    return QRect(room.left(), room.top(), width, min(height, (width - px(GAP) - meters) * 9 // 16))


def _compact(width: int, height: int) -> CardPlaces:
    margin, gap = px(COMPACT_MARGIN), px(COMPACT_GAP)
    inside = width - 2 * margin
    head = QRect(margin, margin - px(2), inside, px(COMPACT_HEAD))
    top = head.bottom() + 1 + gap
    body = height - margin - top
    pane = _fits(QRect(margin, top, int(inside * COMPACT_PART), body))
    column = width - margin - pane.right() - 1 - px(GAP)
    has_button = column >= px(ROOMY_COLUMN) and body >= px(ROOMY_BODY)
    foot_height = px(COMPACT_BUTTON if has_button else COMPACT_FOOT)
    foot = QRect(0, height - margin - foot_height, 0, foot_height)
    if column < px(LEAST_FOOT + (BUTTON_WIDTH + GAP if has_button else 0)):
        # Name of the standard and rate do not fit beside the picture: they stand below it.
        pane = _fits(QRect(margin, top, int(inside * COMPACT_PART), foot.top() - gap - top))
        foot.setLeft(margin)
    else:
        foot.setLeft(pane.right() + 1 + px(GAP))
    foot.setRight(width - margin - 1)
    left = pane.right() + 1 + px(GAP)
    band = QRect(left, top, width - margin - left, foot.top() - gap - top)
    return CardPlaces(head, pane, None, False, band, foot, has_button)
