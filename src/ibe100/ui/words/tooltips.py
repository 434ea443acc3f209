"""Tooltips with texts of others: names of services, reasons, paths.

Qt takes a tooltip that looks like HTML for HTML, and loads its pictures: one of a service named
`<img src=/dev/zero>` would end the console.
"""

from __future__ import annotations

import html
from typing import Protocol


class _HasTooltip(Protocol):
    def toolTip(self) -> str: ...

    def setToolTip(self, a0: str | None, /) -> None: ...


def plain_tooltip(text: str) -> str:
    """The text as a tooltip has to be given it to show it as it is."""
    if "<" not in text:
        return text
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>"


def set_tooltip(widget: _HasTooltip, text: str) -> None:
    """Give a widget or an action a tooltip that shows the text as it is."""
    hint = plain_tooltip(text)
    if widget.toolTip() != hint:
        widget.setToolTip(hint)
