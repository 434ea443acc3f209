"""Input or output of a stream: its address, its kind, and the fields of that kind."""

from __future__ import annotations

from pydantic import BaseModel
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from ibe100.ui.streams.editor.address_field import AddressField, DropTarget, secret_of
from ibe100.ui.streams.editor.address_words import holding
from ibe100.ui.streams.editor.field_spec import FieldKind, FieldSpec
from ibe100.ui.streams.editor.fields import EndpointSpec
from ibe100.ui.streams.editor.form_field import FormField
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import label


class EndpointForm(DropTarget):
    """Input, output or return feed; fields of other kinds are hidden and not handed out."""

    changed = pyqtSignal()
    kind_changed = pyqtSignal()
    address_taken = pyqtSignal(object)
    """Endpoint that was read from an address, after the fields show it."""

    def __init__(self, spec: EndpointSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._spec = spec
        via = f"{spec.side.replace('_', ' ').capitalize()} via"
        choices = tuple(spec.kinds.items())
        self.kind = FormField(FieldSpec(f"{spec.side}.kind", via, FieldKind.CHOICE, choices=choices))
        self._fields = {kind: [FormField(one) for one in specs] for kind, specs in spec.fields.items()}
        self.address = AddressField(spec)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addWidget(label(spec.title, "title"))
        layout.addWidget(self.address)
        layout.addWidget(self.kind)
        for group in self._fields.values():
            for field in group:
                layout.addWidget(field)
                field.changed.connect(self.changed)
        self.kind.changed.connect(self._kind_chosen)
        self.dropped.connect(self.address.take)
        self.address.taken.connect(self._take)
        self._show_kind()

    def fields(self) -> list[FormField]:
        """The fields of the chosen kind, the kind first."""
        return [self.kind, *self._fields.get(self.kind.value(), ())]

    def show_config(self, config: BaseModel) -> None:
        """Fill in from a StreamConfig; kinds other than its own get their defaults."""
        self.kind.set_value(self.kind.spec.shown(config))
        for kind, group in self._fields.items():
            is_chosen, model = kind == self.kind.value(), self._spec.models[kind]
            for field in group:
                is_same = is_chosen or field.spec.kind is FieldKind.ADDRESS
                field.set_value(field.spec.shown(config) if is_same else field.spec.default(model))
        self._show_kind()

    def _take(self, endpoint: BaseModel) -> None:
        self.show_config(holding(endpoint, self._spec.side))
        for field in self.fields():
            if field.spec.kind is FieldKind.SECRET:
                field.set_value(secret_of(endpoint))
        self.kind_changed.emit()
        self.changed.emit()
        self.address_taken.emit(endpoint)

    def _kind_chosen(self) -> None:
        self._show_kind()
        self.kind_changed.emit()
        self.changed.emit()

    def _show_kind(self) -> None:
        chosen = self.kind.value()
        for kind, group in self._fields.items():
            for field in group:
                field.setVisible(kind == chosen)
