"""Columns of the cue log."""

from __future__ import annotations

from collections.abc import Callable

from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.ui.qt_models.cue_list import receipt_words, state_words
from ibe100.ui.qt_models.keyed_table import Column
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.words.return_feed import short_return
from ibe100.utils.timecode import format_day
from ibe100.utils.units import event_id_hint, format_event_id

STATE_COLOURS = {
    CueState.FAILED: Colour.ALARM_MAGENTA_TEXT,
    CueState.AIRED_LATE: Colour.ALARM_MAGENTA_TEXT,
    CueState.REFUSED: Colour.ALARM_YELLOW_TEXT,
    CueState.ARMED: Colour.TALLY_AMBER_TEXT,
}
RETURN_COLUMN = 6


def cue_columns(
    stream_words: Column[Cue], came_back: Callable[[Cue], ReturnReceipt | None]
) -> tuple[Column[Cue], ...]:
    """Columns of the cue log; `stream_words` names the stream, `came_back` gives the far receipt."""
    return (
        Column(
            "Asked (UTC)",
            lambda cue: format_day(cue.requested_at),
            numeric=True,
            value=lambda cue: cue.requested_at,
        ),
        stream_words,
        Column("Action", lambda cue: str(cue.action)),
        Column(
            "Event",
            lambda cue: format_event_id(cue.splice_event_id),
            numeric=True,
            hint=lambda cue: event_id_hint(cue.splice_event_id),
        ),
        Column("State", state_words, colour=lambda cue: STATE_COLOURS.get(cue.state)),
        Column("By", lambda cue: cue.requested_by),
        Column(
            "Return feed",
            lambda cue: short_return(came_back(cue)),
            colour=lambda cue: _return_colour(came_back(cue)),
        ),
        Column("Receipt, reason", receipt_words),
    )


def _return_colour(receipt: ReturnReceipt | None) -> Colour | None:
    return Colour.ALARM_YELLOW_TEXT if receipt is not None and receipt.state.is_fault else None
