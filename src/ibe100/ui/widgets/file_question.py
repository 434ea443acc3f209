"""Questions for a file: one to read, or one to write. They do not block the event loop.

The first begins in Documents, each later one where the last ended.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QDir, QStandardPaths
from PyQt6.QtWidgets import QFileDialog, QWidget


def ask_file_to_read(parent: QWidget, title: str, then: Callable[[Path], object], kinds: str = "") -> None:
    """Ask for an existing file; `kinds` is a filter as Qt has it."""
    dialog = _dialog(parent, title, then, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()


def ask_file_to_write(
    parent: QWidget, title: str, then: Callable[[Path], object], name: str = "", kinds: str = ""
) -> None:
    """Ask where to write a file; its suffix is that of the suggested `name` unless another is typed."""
    dialog = _dialog(parent, title, then, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.open()


def _dialog(parent: QWidget, title: str, then: Callable[[Path], object], kinds: str) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setNameFilter(kinds)
    if dialog.directory() == QDir.current():  # nothing was visited yet
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog.setDirectory(documents if Path(documents).is_dir() else str(Path.home()))
    dialog.finished.connect(dialog.deleteLater)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    return dialog
