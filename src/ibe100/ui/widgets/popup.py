"""Frame of dialogs over the window."""

from __future__ import annotations

from PyQt6.QtWidgets import QDialog, QFrame, QVBoxLayout


def popup_layout(dialog: QDialog) -> QVBoxLayout:
    """Give a frameless dialog an edge; returns the layout inside it."""
    outer = QVBoxLayout(dialog)
    outer.setContentsMargins(0, 0, 0, 0)
    frame = QFrame()
    frame.setProperty("kind", "popup")
    outer.addWidget(frame)
    return QVBoxLayout(frame)
