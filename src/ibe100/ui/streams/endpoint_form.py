"""Input or output of a stream: its kind, and the fields of that kind."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from ibe100.ui.streams.editor_fields import FieldKind, FieldSpec
from ibe100.ui.streams.form_field import FormField
from ibe100.ui.widgets.labels import label


class EndpointForm(QWidget):
    """`side` is `input`, `output` or `return_feed`; fields of other kinds are hidden and not handed out."""

    changed = pyqtSignal()
    kind_changed = pyqtSignal()

    def __init__(
        self,
        side: str,
        title: str,
        kinds: Mapping[str, str],
        fields: Mapping[str, tuple[FieldSpec, ...]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        via = f"{side.replace('_', ' ').capitalize()} via"
        spec = FieldSpec(f"{side}.kind", via, FieldKind.CHOICE, choices=tuple(kinds.items()))
        self.kind = FormField(spec)
        self._fields = {kind: [FormField(one) for one in specs] for kind, specs in fields.items()}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(label(title, "title"))
        layout.addWidget(self.kind)
        for group in self._fields.values():
            for field in group:
                layout.addWidget(field)
                field.changed.connect(self.changed)
        self.kind.changed.connect(self._kind_chosen)
        self._show_kind()

    def fields(self) -> list[FormField]:
        """The fields of the chosen kind, the kind first."""
        return [self.kind, *self._fields[self.kind.value()]]

    def show_values(self, values: Mapping[str, str], defaults: Mapping[str, Mapping[str, str]]) -> None:
        """Fill in; kinds other than the given one get their defaults."""
        self.kind.set_value(values[self.kind.spec.key])
        for kind, group in self._fields.items():
            given = values if kind == self.kind.value() else defaults.get(kind, {})
            for field in group:
                field.set_value(given.get(field.spec.key, ""))
        self._show_kind()

    def _kind_chosen(self) -> None:
        self._show_kind()
        self.kind_changed.emit()
        self.changed.emit()

    def _show_kind(self) -> None:
        chosen = self.kind.value()
        for kind, group in self._fields.items():
            for field in group:
                field.setVisible(kind == chosen)
