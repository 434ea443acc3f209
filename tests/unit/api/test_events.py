"""Events of the bus as listeners get them."""

from __future__ import annotations

from ibe100.api.events import BREAKS_AT_ONCE, Encoder
from ibe100.models.cues.schedule import At, ScheduledBreak
from ibe100.models.messages import NoticePosted, ScheduleChanged


def test_an_import_of_many_breaks_is_told_in_pieces_that_are_made_once() -> None:
    one = ScheduledBreak(stream_id="ch-1", when=At(at=2e9), duration_s=30, break_id=1)
    breaks = tuple(one.model_copy(update={"break_id": number}) for number in range(2 * BREAKS_AT_ONCE + 1))
    encoder, message = Encoder(), ScheduleChanged(changed=breaks)
    pieces = encoder.pieces(message)
    told = [one for piece in pieces if isinstance(piece, ScheduleChanged) for one in piece.changed]
    assert told == list(breaks)
    assert len(pieces) == 3
    assert encoder.pieces(message) is pieces


def test_all_else_is_told_as_it_is() -> None:
    notice = NoticePosted(at=1.0, level="info", text="x")
    assert Encoder().pieces(notice) == (notice,)
