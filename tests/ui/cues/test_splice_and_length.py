"""What the panel says of the next IDR before the press, and another length for the break on air."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running, view
from ibe100.models.cues.cut_points import CutForecast
from ibe100.models.scte35_marker import CueAction, CuePreview, CueRequest

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    """Two streams on air, the first selected."""
    return open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD"), view(3, "Off")]))


def test_how_far_the_next_idr_is_stands_on_the_panel_before_the_press(console: Console) -> None:
    cues = console.services.cues
    of_the_fake = cues.preview

    async def preview(request: CueRequest) -> CuePreview:
        found = await of_the_fake(request)
        cut = CutForecast(offset_ms=-720.0, chance=0.83)
        return found if found.pts_time is None else found.model_copy(update={"cut": cut})

    cues.preview = preview  # type: ignore[method-assign]
    panel = console.parts.cue_panel
    status = panel.status
    console.until(lambda: status.event_id.text() == "next 0x60000001")
    panel.pre_roll_row.set_value(6)
    words = "720 ms before the next IDR (chance 83%)"
    console.until(lambda: status.event_id.text() == words)
    assert status.line.text().endswith(" · next 0x60000001")
    for part in (status.line, status.event_id):
        assert part.shown_text() == part.text(), "nothing of it is cut off"


def test_the_break_on_air_is_made_longer_shorter_or_as_long_as_is_chosen(console: Console) -> None:
    cues = console.services.cues
    panel = console.parts.cue_panel
    row = panel.break_end_row
    assert not row.longer.isVisible()
    panel.fire(CueAction.TO_BREAK)
    console.until(row.longer.isVisible)
    assert (row.shorter.text(), row.longer.text(), row.whole.text()) == ("−10 s", "+10 s", "60 s in all")
    QTest.mouseClick(row.longer, LEFT)
    console.until(lambda: len(cues.requests) == 2)
    assert (cues.requests[1].action, cues.requests[1].by_s) == (CueAction.CHANGE_LENGTH, 10.0)
    panel.break_row.set_value(90)
    console.until(lambda: row.whole.text() == "90 s in all")
    # One press is one cue, for a moment.
    console.until(lambda: not panel._trigger.is_latched("stream-1", CueAction.CHANGE_LENGTH))
    QTest.mouseClick(row.whole, LEFT)
    console.until(lambda: len(cues.requests) == 3)
    console.until(lambda: not panel._trigger.is_latched("stream-1", CueAction.CHANGE_LENGTH))
    QTest.keyClick(console.window, Qt.Key.Key_F9, Qt.KeyboardModifier.ControlModifier)
    console.until(lambda: len(cues.requests) == 4)
    assert [(one.by_s, one.duration_s) for one in cues.requests[2:]] == [(None, 90.0), (10.0, None)]
