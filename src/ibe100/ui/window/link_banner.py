"""Lines below the top bar: one for each server on another machine, always there, so that nothing moves."""

from __future__ import annotations

import time

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ibe100.models.console import Link
from ibe100.ui.qt_models.link_model import LinkModel
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.fitting import FittingLabel
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.window.top_bar import TopBar
from ibe100.utils.timecode import format_clock, format_span

ICON, HEIGHT = 18, 36


class LinkBanner(QFrame):
    """Line about one server: quiet while it answers, a banner with the age of what is shown while not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = QLabel()
        scaled(self._mark.setFixedWidth, ICON + 4)
        self.head = label("", "strong")
        self.words = FittingLabel("second")
        scaled(self.setFixedHeight, HEIGHT)
        row = QHBoxLayout(self)
        scaled(row.setContentsMargins, 12, 0, 12, 0)
        scaled(row.setSpacing, 8)
        row.addWidget(self._mark)
        row.addWidget(self.head)
        row.addWidget(self.words, 1)

    def show_link(self, link: Link, now: float) -> None:
        """Show a server as of `now` (wall clock)."""
        set_kind(self, "link_up" if link.is_up else "link_lost")
        name, colour = ("lan-connect", Colour.TEXT_MUTED) if link.is_up else ("lan-disconnect", Colour.TEXT)
        self._mark.setPixmap(icon_pixmap(name, colour, px(ICON), self.devicePixelRatioF()))
        head, *wordings = link_words(link, now)
        self.head.setText(head)
        self.words.show_wordings(*wordings)
        self.setAccessibleName(f"{head}. {wordings[0]}")


class TopArea(QWidget):
    """The top bar, and below it the servers that this is a window of."""

    def __init__(self, bar: TopBar, links: LinkModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._links = links
        self.banners: list[LinkBanner] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(bar)
        links.looked.connect(self._look)

    def _look(self) -> None:
        now = time.time()
        while len(self.banners) < len(self._links.links):
            banner = LinkBanner()
            self.banners.append(banner)
            self._column.addWidget(banner)
        for banner, link in zip(self.banners, self._links.links, strict=True):
            banner.show_link(link, now)


def link_words(link: Link, now: float) -> tuple[str, ...]:
    """State of a server's link, and in wordings, the longest first, what that means."""
    if link.is_up:
        took = "" if link.round_trip_ms is None else f"answers in {link.round_trip_ms:.0f} ms"
        return f"Connected to {link.host}", took, ""
    if link.lost_at is None or link.known_at is None:
        return f"Not connected to {link.host}", link.reason, ""
    head = f"No connection to {link.host} for {format_span(now - link.lost_at)}"
    states = f"states are those of {format_clock(link.known_at)}"
    return (
        head,
        f"{states} UTC, and nothing can be done there. It is tried again and again: {link.reason}",
        f"{states} UTC, and nothing can be done there; it is tried again and again",
        f"{states} UTC, nothing can be done there",
        states,
        "",
    )
