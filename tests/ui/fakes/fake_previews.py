"""Previews of the cues beside the big buttons, made by the product's own codec."""

from __future__ import annotations

from collections.abc import Sequence

from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest
from ibe100.scte35.cues import splice_null, time_signal
from ibe100.scte35.section import encode, to_base64
from ibe100.services.cues.section import describe, event_of, given_section, section_warnings
from ibe100.services.cues.segmentation import descriptor_of, open_start

NEXT_ID = 0x60000001


def preview_of_other(request: CueRequest, oldest_first: Sequence[Cue]) -> CuePreview:
    """Preview of an immediate cue. Raises CueRefused."""
    match request.action:
        case CueAction.SEND_SECTION:
            data, section = given_section(request.section)
        case CueAction.TIME_SIGNAL:
            asked = request.segmentation
            assert asked is not None
            newest_first = tuple(reversed(oldest_first))
            event_id = NEXT_ID if asked.type.is_start else open_start(asked.type, newest_first)
            section = time_signal(descriptor_of(asked, event_id))
            data = encode(section)
        case _:
            section = splice_null()
            data = encode(section)
    return CuePreview(
        splice_event_id=event_of(section)[0],
        section_base64=to_base64(data),
        pts_time=None,
        splice_at=None,
        fields=describe(section),
        warnings=section_warnings(section),
    )
