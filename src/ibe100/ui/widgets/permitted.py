"""Button of an act that not everybody may do: shown all the same, disabled, and it says why."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QPushButton, QWidget

from ibe100.models.rights import Act
from ibe100.ui.words.tooltips import plain_tooltip


class PermittedButton(QPushButton):
    """Is enabled where its owner wants it to be and nothing refuses its act."""

    def __init__(
        self,
        act: Act,
        text: str,
        stream_of: Callable[[], str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`stream_of` says the stream it would act on; None where that is not known before."""
        super().__init__(text, parent)
        self.act, self.stream_of = act, stream_of
        self._is_wanted = True
        self._hint = ""
        self._refusal = ""

    def setEnabled(self, a0: bool) -> None:
        """Enable or disable it as its owner wants; a refusal keeps it disabled."""
        self._is_wanted = a0
        super().setEnabled(a0 and not self._refusal)

    def setToolTip(self, a0: str | None) -> None:
        """Set the owner's tooltip; a refusal stands in its place."""
        self._hint = a0 or ""
        super().setToolTip(plain_tooltip(self._refusal) or self._hint)

    def set_refusal(self, words: str) -> None:
        """Refuse the act with these words; none allows it again."""
        if words == self._refusal:
            return
        self._refusal = words
        super().setEnabled(self._is_wanted and not words)
        super().setToolTip(plain_tooltip(words) or self._hint)
        self.setAccessibleDescription(words)
