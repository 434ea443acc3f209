"""Section on record: its bytes, and its fields as an independent decoder reads them."""

from __future__ import annotations

import base64

from PyQt6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ibe100.models.cues.as_run import AsRunRow
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue
from ibe100.scte35.description import describe
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.copy_button import CopyButton
from ibe100.ui.widgets.labels import ElidedLabel
from ibe100.ui.words.return_feed import return_life
from ibe100.utils.timecode import format_date
from ibe100.utils.units import format_event_id

BYTES_A_LINE = 16


class SectionView(QWidget):
    """View of a section; copies the base64, or everything as text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel("Choose a row to see its section.", "strong")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Fields and bytes of the section")
        self.text.setTabChangesFocus(True)
        self.copy_base64 = CopyButton("Copy the section as base64", "base64")
        self.copy_text = CopyButton("Copy fields and bytes as text", "Text")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.copy_base64)
        head.addWidget(self.copy_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.text, 1)

    def show_row(self, row: AsRunRow | None) -> None:
        """Show the cue of a row; None empties the view."""
        if row is None:
            self.show_cue(None)
        else:
            what = f"{row.stream_name} · {format_date(row.due_at)} UTC · {row.receipt}"
            self.show_cue(row.cue, what, came_back=row.came_back)

    def show_cue(
        self, cue: Cue | None, what: str = "", life: str = "", came_back: ReturnReceipt | None = None
    ) -> None:
        """Show a cue; `what` stands in the title, `life` and `came_back` above its fields.

        None empties the view.
        """
        if cue is None:
            self.title.setText("Choose a row to see its section.")
            words, section = "", ""
        else:
            self.title.setText(f"{cue.action} {format_event_id(cue.splice_event_id)} · {what}")
            section = cue.section_base64
            far = "" if came_back is None else return_life(cue, came_back)
            words = "\n\n".join(part for part in (life, far, section_words(section)) if part)
            if cue.seen_base64 and cue.seen_base64 != section:
                words += f"\n\nSEEN ON THE OUTPUT WITH OTHER BYTES\n{section_words(cue.seen_base64)}"
            if came_back is not None and came_back.seen_base64 not in ("", section):
                words += f"\n\nCAME BACK WITH OTHER BYTES\n{section_words(came_back.seen_base64)}"
        self.text.setPlainText(words)
        self.copy_base64.set_text(section)
        self.copy_text.set_text(words)


def section_words(section_base64: str) -> str:
    """Section as text: fields by depth, base64, hex dump; the reason where it cannot be decoded."""
    if not section_base64:
        return "No section was made."
    data = base64.b64decode(section_base64)
    try:
        fields = [f"{'  ' * row.level}{row.name:<36}  {row.text}".rstrip() for row in describe(decode(data))]
    except SpliceDecodeError as error:
        fields = [f"cannot be decoded: {error}"]
    lines = range(0, len(data), BYTES_A_LINE)
    dump = [f"{at:04X}  {data[at : at + BYTES_A_LINE].hex(' ').upper()}" for at in lines]
    return "\n".join([*fields, "", f"{len(data)} bytes, base64:", section_base64, "", *dump])
