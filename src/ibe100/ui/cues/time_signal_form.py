"""Form of a time_signal: segmentation type, duration, segment number, UPID."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from ibe100.models.base import build
from ibe100.models.cues.segmentation import Segmentation, SegmentationType, UpidType
from ibe100.models.errors import ConfigurationError
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.widgets.labels import label
from ibe100.ui.words.tooltips import set_tooltip

T = TypeVar("T", bound=StrEnum)
LONGEST_S = 86_400.0
MOST_SEGMENTS = 255
NO_DURATION = "no duration"
HINTS = {
    UpidType.AD_ID: "12 letters and digits",
    UpidType.EIDR: "10.5240/… or hex",
    UpidType.UUID: "123e4567-e89b-…",
    UpidType.URI: "urn:… or https://…",
    UpidType.AIRING_ID: "16 hex digits",
    UpidType.UMID: "hex",
    UpidType.ISAN: "hex",
    UpidType.MPU: "hex",
    UpidType.MID: "hex",
}


class TimeSignalForm(QWidget):
    """One segmentation_descriptor; the services allocate its event id, an End gets that of its Start."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.type = _combo("Segmentation type", SegmentationType, _type_words, 18)
        self.type.setCurrentIndex(self.type.findData(SegmentationType.BREAK_START))
        self.duration = QDoubleSpinBox()
        self.duration.setRange(0.0, LONGEST_S)
        self.duration.setDecimals(1)
        self.duration.setSpecialValueText(NO_DURATION)
        self.duration.setSuffix(" s")
        self.duration.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        scaled(self.duration.setFixedWidth, 92)
        self.duration.setAccessibleName("segmentation_duration in seconds, 0 for none")
        self.segment = _count("segment_num")
        self.segments = _count("segments_expected")
        self.upid_type = _combo("UPID type", UpidType, _upid_words, 8)
        self.upid = QLineEdit()
        self.upid.setAccessibleName("UPID")
        self.upid.setMaxLength(440)
        self._lay_out()
        self.type.currentIndexChanged.connect(self._refresh)
        self.upid_type.currentIndexChanged.connect(self._refresh)
        self.duration.valueChanged.connect(self.changed)
        self.segment.valueChanged.connect(self.changed)
        self.segments.valueChanged.connect(self.changed)
        self.upid.textChanged.connect(self.changed)
        self._refresh()

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for line in (first, second):
            scaled(line.setSpacing, 4)
        first.addWidget(self.type, 1)
        first.addWidget(self.duration)
        second.addWidget(self.upid_type)
        second.addWidget(self.upid, 1)
        second.addWidget(label("seg", "muted"))
        second.addWidget(self.segment)
        second.addWidget(label("of", "muted"))
        second.addWidget(self.segments)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        scaled(column.setSpacing, 4)
        column.addLayout(first)
        column.addLayout(second)

    def segmentation(self) -> Segmentation | str:
        """The segmentation, or the reason why it cannot be made."""
        kind = SegmentationType(self.type.currentData())
        values = {
            "type": kind,
            "upid_type": UpidType(self.upid_type.currentData()),
            "upid": self.upid.text().strip() if self.upid.isEnabled() else "",
            "duration_s": self.duration.value() or None if kind.is_start else None,
            "segment_num": self.segment.value(),
            "segments_expected": self.segments.value(),
        }
        try:
            return build(Segmentation, values, str(kind))
        except ConfigurationError as error:
            return str(error)

    def choose(self, kind: SegmentationType) -> None:
        """Choose a segmentation type."""
        self.type.setCurrentIndex(self.type.findData(kind))

    def _refresh(self) -> None:
        kind, upid = SegmentationType(self.type.currentData()), UpidType(self.upid_type.currentData())
        self.duration.setEnabled(kind.is_start)
        set_tooltip(
            self.type,
            "Takes the next event id" if kind.is_start else f"Takes the event id of the open {kind.start}",
        )
        self.upid.setEnabled(upid is not UpidType.NOT_USED)
        self.upid.setPlaceholderText(HINTS.get(upid, "") if upid is not UpidType.NOT_USED else "")
        self.changed.emit()


def _combo(accessible_name: str, values: Iterable[T], words: Callable[[T], str], letters: int) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(accessible_name)
    combo.setMaxVisibleItems(20)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(letters)
    for value in values:
        combo.addItem(words(value), value)
    view = combo.view()
    if view is not None:
        on_text_size(view, lambda rows: rows.setMinimumWidth(rows.sizeHintForColumn(0) + px(24)))
    return combo


def _count(field: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, MOST_SEGMENTS)
    box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    scaled(box.setFixedWidth, 34)
    box.setAccessibleName(field)
    set_tooltip(box, field)
    return box


def _type_words(kind: SegmentationType) -> str:
    return f"{kind}  0x{kind.type_id:02X}"


def _upid_words(kind: UpidType) -> str:
    return "no UPID" if kind is UpidType.NOT_USED else str(kind)
