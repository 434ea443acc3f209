"""Pictures and meters of the cards: live, greyed with the reason, or none; wanted only while in sight."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PyQt6.QtGui import QColor, QImage

from console_under_test import Console
from fake_services import FakeServices
from ibe100.models.alarms.confidence import ConfidenceOptions, Picture, PictureSize, Preview
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import CueAction, CueRequest
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.pictures.picture_state import OLD_S, picture_state
from ibe100.ui.pictures.picture_view import PictureView
from ibe100.ui.pictures.preview_pane import PreviewPane
from ibe100.ui.qt_models.confidence_model import ConfidenceModel, ShownPicture
from ibe100.ui.qt_models.stream_list import StreamRow

BLUE = (20, 40, 200)
OpenConsole = Callable[[FakeServices], Console]


def running(number: int = 1, **changes: object) -> StreamView:
    fields = {
        "stream_id": f"stream-{number}",
        "number": number,
        "config": StreamConfig(name=f"Channel {number}"),
        "state": StreamState.RUNNING,
        "tally": Tally.ON_AIR,
    }
    return StreamView.model_validate({**fields, **changes})


@pytest.fixture
def console(open_console: OpenConsole) -> Console:
    return open_console(FakeServices([running(1), running(2)]))


def pane(console: Console, number: int = 1) -> PreviewPane:
    card = console.parts.dashboard.card(f"stream-{number}")
    assert card is not None
    return card.pane


def middle(view: PictureView) -> QColor:
    image = view.grab().toImage()
    return image.pixelColor(image.width() // 3, image.height() // 3)


def test_a_picture_is_shown_on_its_own_card(console: Console) -> None:
    console.do(lambda: console.services.preview.say("stream-1", video="1080i25 H.264"))
    console.do(lambda: console.services.preview.show("stream-1", BLUE))
    console.until(lambda: middle(pane(console).picture).blue() > 150)
    assert pane(console).picture.state.is_live
    assert pane(console).picture.state.tag == "1080i25 H.264"
    assert not pane(console, 2).picture.state.has_picture


def test_a_preview_that_was_on_before_the_window_is_known_to_it(open_console: OpenConsole) -> None:
    services = FakeServices([running(1)])
    services.preview.previews["stream-1"] = Preview(stream_id="stream-1", is_on=True, video="720p50 HEVC")
    console = open_console(services)
    console.do(lambda: services.preview.show("stream-1", BLUE))
    console.until(lambda: pane(console).picture.state.is_live)
    assert pane(console).picture.state.tag == "720p50 HEVC"


def test_without_input_the_last_picture_is_grey_and_says_how_old_it_is(console: Console) -> None:
    console.do(lambda: console.services.preview.show("stream-1", BLUE, age_s=14))
    console.do(
        lambda: console.services.streams.update("stream-1", state=StreamState.STALLED, tally=Tally.NO_INPUT)
    )
    console.until(lambda: "last picture" in pane(console).picture.state.headline)
    state = pane(console).picture.state
    assert not state.is_live and "00:1" in state.detail
    shown = middle(pane(console).picture)
    assert abs(shown.blue() - shown.red()) < 8


def test_an_old_picture_never_passes_for_live() -> None:
    row = StreamRow(running())
    shown = _taken(at=1000.0)
    preview = Preview(stream_id="stream-1", is_on=True)
    assert picture_state(row, shown, preview, 1000.0 + OLD_S - 0.1).is_live
    late = picture_state(row, shown, preview, 1000.0 + OLD_S)
    assert not late.is_live and late.detail.startswith("NO NEW PICTURE")
    just_begun = picture_state(row, shown, preview, 2000.0, begun_at=1999.0)
    assert not just_begun.is_live and (just_begun.detail, just_begun.has_picture) == ("16:40 ago", True)
    assert "last picture" in just_begun.headline


def test_a_live_picture_with_keyframes_far_apart_is_never_grey() -> None:
    row, preview = StreamRow(running()), Preview(stream_id="stream-1", is_on=True)
    model = ConfidenceModel()
    for at in (1000.0, 1010.0, 1020.0, 1030.0):
        model.take_picture(picture(at))
    shown = model.picture("stream-1")
    assert picture_state(row, shown, preview, 1030.0 + OLD_S + 5).is_live, "the next keyframe is due in 10 s"
    assert not picture_state(row, shown, preview, 1030.0 + 22).is_live


def picture(at: float) -> Picture:
    return Picture(
        stream_id="stream-1", taken_at=at, monotonic_s=at, width=16, height=9, pixels=bytes(16 * 9 * 3)
    )


def test_levels_fall_at_once_when_the_input_goes_or_the_stream_stops(console: Console) -> None:
    console.do(lambda: console.services.preview.hear("stream-1", -23.0, -9.0, -12.0))
    meter = pane(console).meter
    console.until(lambda: meter.text() == "-23.0")
    console.do(lambda: console.services.streams.update("stream-1", tally=Tally.NO_INPUT))
    console.until(lambda: pane(console).picture.state.tally is Tally.NO_INPUT)
    assert meter.text() == "–"
    console.do(lambda: console.services.preview.hear("stream-1", -20.0, -9.0, -12.0))
    console.settle()
    assert meter.text() == "–", "what was measured before is not heard again"


def test_a_picture_of_an_earlier_run_is_not_shown() -> None:
    row = StreamRow(running(started_at=1500.0))
    state = picture_state(row, _taken(at=1499.0), Preview(stream_id="stream-1", is_on=True), 1501.0)
    assert not state.has_picture and state.detail == "waiting for the first picture"


def test_a_preview_that_fails_says_why_and_is_no_alarm() -> None:
    row = StreamRow(running())
    preview = Preview(stream_id="stream-1", is_on=True, problem="the service is scrambled")
    state = picture_state(row, None, preview, time.time())
    assert (state.headline, state.detail) == ("NO PREVIEW", "the service is scrambled")
    assert state.tally is Tally.ON_AIR


def test_a_stream_that_does_not_run_shows_no_picture_of_before() -> None:
    row = StreamRow(running(state=StreamState.STOPPED, tally=Tally.OFF))
    state = picture_state(row, _taken(at=time.time()), Preview(stream_id="stream-1"), time.time())
    assert not state.has_picture
    assert (state.headline, state.detail) == ("NOT RUNNING", "no picture is taken")


def test_levels_are_shown_as_loudness_and_taken_down_when_they_stop(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.do(lambda: console.services.preview.hear("stream-1", -23.14, -9.0, -12.0))
    meter = pane(console).meter
    console.until(lambda: meter.text() == "-23.1")
    assert meter.accessibleName() == "Sound: -23.1 LUFS momentary, true peak -9.0, -12.0 dBTP"
    console.do(lambda: console.services.preview.hear("stream-1", -120.0, -36.0, -36.0))
    console.until(lambda: meter.text() == "–")
    console.do(lambda: console.services.preview.hear("stream-1", -120.0, -120.0, -120.0))
    console.until(lambda: meter.text() == "silent")
    monkeypatch.setattr("ibe100.ui.pictures.level_meter.STALE_S", -1.0)
    meter.age()
    assert meter.text() == "–" and meter.accessibleName() == "Sound: not measured"


def test_only_streams_in_sight_are_asked_for(console: Console) -> None:
    wanted = console.services.preview.wanted
    console.until(lambda: set(wanted.get("dashboard", {})) == {"stream-1", "stream-2"})
    assert set(wanted["dashboard"].values()) <= set(PictureSize)
    console.parts.docks.raise_page("monitoring")
    console.until(lambda: wanted["dashboard"] == {})


def test_an_armed_cue_is_counted_down_over_the_picture_of_a_tile_and_in_the_band_of_a_card(
    console: Console,
) -> None:
    multiview = console.parts.multiview_controller.view
    multiview.resize(1280, 720)
    multiview.show()
    request = CueRequest(stream_id="stream-1", action=CueAction.TO_BREAK, duration_s=60, pre_roll_s=60)
    cue = console.run(console.services.cues.fire(request))
    tile = multiview.tile("stream-1")
    card = console.parts.dashboard.card("stream-1")
    assert tile is not None and card is not None
    console.until(lambda: tile.pane.picture.status is not None)
    assert tile.pane.picture.status == card.band.status
    assert card.band.status.at == cue.splice_at and card.pane.picture.status is None
    multiview.hide()


def _taken(at: float) -> ShownPicture:
    return ShownPicture(QImage(16, 9, QImage.Format.Format_RGB32), at)


def test_alarms_on_picture_and_sound_are_set_in_the_editor_and_kept(console: Console) -> None:
    for silence in ("8", ""):
        console.parts.stream_controller.edit("stream-1")
        editor = console.parts.stream_controller.editor
        assert editor is not None
        editor.field("confidence.is_watched").set_value("true")
        editor.field("confidence.silence_s").set_value(silence)
        editor.field("confidence.silence_dbtp").set_value("-55")
        editor.save()
        console.until(lambda: console.parts.stream_controller.editor is None)
        kept = console.services.streams.views["stream-1"].config.confidence
        assert kept.is_watched and kept.silence_dbtp == -55
        assert kept.silence_s == (float(silence) if silence else None)
        assert kept.black_s == ConfidenceOptions().black_s
