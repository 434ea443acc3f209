"""A drop-down list of a few choices, each a value and its words."""

from __future__ import annotations

from PyQt6.QtWidgets import QComboBox


def choice_combo(accessible_name: str, choices: tuple[tuple[str, str], ...]) -> QComboBox:
    """The values are its data, in their order."""
    combo = QComboBox()
    combo.setAccessibleName(accessible_name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(9)
    for value, words in choices:
        combo.addItem(words, value)
    return combo
