"""Names that a screen reader says of each control, as Qt gives them (QAccessible), and the order of Tab."""

from __future__ import annotations

from itertools import pairwise

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QTextEdit,
    QWidget,
)

OF_ANOTHER = (QAbstractSpinBox, QComboBox, QAbstractScrollArea)
"""Widgets whose inner parts are spoken of as the whole."""


def controls(root: QWidget) -> list[QWidget]:
    """Controls that can be seen and have the focus, in no order."""
    return [
        child
        for child in root.findChildren(QWidget)
        if child.isVisibleTo(root) and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def spoken(control: QWidget) -> str:
    """The name of a control; empty for one that has none."""
    if name := control.accessibleName():
        return name
    if isinstance(control, QAbstractButton | QGroupBox):
        words = control.text() if isinstance(control, QAbstractButton) else control.title()
        if words.strip():
            return words
    window = control.window()
    for label in window.findChildren(QLabel) if window is not None else ():
        if label.buddy() is control:
            return label.text()
    return ""


def unnamed(root: QWidget) -> list[str]:
    """Each control that a screen reader has no name for, by its place."""
    wrong = []
    for control in controls(root):
        above = control.parentWidget()
        if isinstance(above, OF_ANOTHER) and spoken(above):
            continue
        if isinstance(control, QTabBar | QScrollArea) or spoken(control):
            continue
        wrong.append(f"{path(control)} has no name")
    return sorted(set(wrong))


def path(control: QWidget) -> str:
    """Class names from the window down to a control."""
    names, widget = [], control
    while widget is not None:
        names.append(f"{type(widget).__name__}{'#' + widget.objectName() if widget.objectName() else ''}")
        widget = widget.parentWidget() if not widget.isWindow() else None  # type: ignore[assignment]
    return " > ".join(reversed(names[:5]))


def dump(root: QWidget, depth: int = 0) -> str:
    """Tree of controls with role, name and description, as `accerciser` shows it."""
    lines = []
    for child in root.children():
        if not isinstance(child, QWidget) or not child.isVisibleTo(root):
            continue
        inside = dump(child, depth + 1)
        name = spoken(child)
        if name or child.focusPolicy() & Qt.FocusPolicy.TabFocus:
            about = f": {child.accessibleDescription()}" if child.accessibleDescription() else ""
            lines.append(f"{'  ' * depth}{_role(child)} {name!r}{about}")
        if inside:
            lines.append(inside)
    return "\n".join(lines)


def _role(widget: QWidget) -> str:
    roles: tuple[tuple[type[QWidget], str], ...] = (
        (QAbstractButton, "button"),
        (QAbstractSpinBox, "number"),
        (QComboBox, "choice"),
        (QLineEdit, "text"),
        (QTextEdit, "text"),
        (QPlainTextEdit, "text"),
        (QAbstractItemView, "table"),
        (QTabBar, "tabs"),
        (QGroupBox, "group"),
    )
    return next((role for kind, role in roles if isinstance(widget, kind)), type(widget).__name__)


def tab_order(root: QWidget) -> list[QWidget]:
    """Controls within `root` in the order in which Tab comes to them."""
    known = set(controls(root))
    window = root.window()
    assert window is not None
    order, one = [], window.nextInFocusChain()
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        if one in known:
            order.append(one)
        one = one.nextInFocusChain()
    return order


def goes_back(root: QWidget, slack: int) -> list[str]:
    """Each step of Tab that goes up by more than `slack` pixels within one column of a form or panel."""
    order = tab_order(root)
    begins = min(range(len(order)), key=lambda at: _top(order[at], root), default=0)
    order = order[begins:] + order[:begins]
    return [
        f"from {spoken(one)!r} up to {spoken(other)!r}"
        for one, other in pairwise(order)
        if _top(other, root) < _top(one, root) - slack
    ]


def _top(control: QWidget, root: QWidget) -> int:
    return control.mapTo(root, QPoint()).y()
