"""Row of a setting: title, effect, where its value comes from, editor, and its fault right below."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout, QWidget

from ibe100.models.settings.views import OriginKind, SettingView
from ibe100.ui.settings.field_editor import editor_of
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.words.tooltips import set_tooltip

LEAST_WORDS = 260
"""Width in pixels at 100 % that the words beside a control need."""
BESIDE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
BELOW = Qt.AlignmentFlag.AlignLeft


def origin_words(view: SettingView) -> str:
    """Where the value comes from, in few words."""
    origin = view.origin
    if origin.kind not in (OriginKind.FILE, OriginKind.ENVIRONMENT_FILE):
        return origin.words
    file = "/".join(Path(origin.name).parts[-2:])
    return f"as shipped, in {file}" if view.value == view.default else f"from {file}"


def holds_words(view: SettingView) -> str:
    """When a change holds, in few words."""
    if view.is_waiting:
        return "changed: holds after a restart"
    return {"at once": "a change holds at once"}.get(view.holds, f"a change holds {view.holds}")


class RowFrame(QFrame):
    """Row with words on the left and its control on the right; a thin line above it."""

    def __init__(self, title: str, effect: str, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "setting")
        self.title, self.control = title, control
        self.effect = label(effect, "second", wrap=True)
        self.foot = label("", "muted", wrap=True)
        self.fault = label("", "problem", wrap=True)
        self.fault.hide()
        self.foot.hide()
        words = QVBoxLayout()
        scaled(words.setSpacing, 2)
        words.addWidget(label(title, "strong"))
        for one in (self.effect, self.foot, self.fault):
            words.addWidget(one)
        words.addStretch(1)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        scaled(self._row.setContentsMargins, 0, 12, 0, 12)
        self._row.addLayout(words, 1)
        self._row.addWidget(control, 0, BESIDE)
        self._is_narrow = False
        scaled(self._row.setSpacing, 24)

    def minimumSizeHint(self) -> QSize:
        """Width of the control alone: where there is no more, it stands below the words."""
        control = self.control.minimumSizeHint().width()
        return QSize(max(control, px(LEAST_WORDS)), super().minimumSizeHint().height())

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Put the control below the words where both do not fit side by side."""
        super().resizeEvent(a0)
        is_narrow = self.width() < self.control.sizeHint().width() + px(LEAST_WORDS)
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            direction = QBoxLayout.Direction
            self._row.setDirection(direction.TopToBottom if is_narrow else direction.LeftToRight)
            self._row.setAlignment(self.control, BELOW if is_narrow else BESIDE)
            scaled(self._row.setSpacing, 8 if is_narrow else 24)

    def show_fault(self, words: str) -> None:
        """Show why a value is not taken; empty words take that away."""
        self.fault.setText(f"▲ Not taken: {words}" if words else "")
        self.fault.setVisible(bool(words))
        self.control.setAccessibleDescription(words)


class SettingRow(RowFrame):
    """Row of a setting of the models; `editor.changed` when another value is wanted."""

    def __init__(self, view: SettingView, parent: QWidget | None = None) -> None:
        self.editor = editor_of(view.form)
        allowed = f" Allowed: {view.form.allowed}." if view.form.allowed else ""
        super().__init__(view.form.title, f"{view.form.effect}{allowed}", self.editor, parent)
        self.name = view.name
        self.view = view
        self._refusal = ""
        self.foot.show()
        self.show_view(view)

    def show_view(self, view: SettingView) -> None:
        """Show the setting as it stands."""
        self.view = view
        self.editor.set_value(view.value)
        self.show_fault("")
        self._refresh()

    def set_refusal(self, words: str) -> None:
        """Refuse changes with these words; none allows them."""
        if words != self._refusal:
            self._refusal = words
            self._refresh()

    def _refresh(self) -> None:
        view = self.view
        fixed = view.origin.fixed_by or self._refusal
        self.editor.setEnabled(not fixed)
        self.foot.setText(fixed or f"{origin_words(view)} · {holds_words(view)}")
        set_tooltip(self.foot, f"{view.name} · {view.origin.words}")
        set_kind(self.foot, "strong" if view.is_waiting and not fixed else "muted")
        self.editor.setAccessibleDescription(self.foot.text())
