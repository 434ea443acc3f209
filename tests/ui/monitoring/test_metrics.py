"""Monitoring and history pages: the PID tree, what is not measured, curves, events, export."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.alarms.alarm import Severity
from ibe100.models.metrics import CHECKS, Curve, Kind, Series
from ibe100.models.stream_event import EventKind, StreamEvent
from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.ui.monitoring.counter_table import NOT_MEASURED
from ibe100.ui.monitoring.pid_tree import words_of
from ibe100.ui.plots.legend_table import legend_row, value_at
from ibe100.ui.plots.plot_views import CHOICES, MOST_CURVES, ON_DARK, ON_LIGHT, curves_of, pen
from ibe100.ui.themes.tokens import TOKENS, Colour, Theme, contrast

Open = Callable[[FakeServices], Console]
SPAN_S = 600
PLOTS_TAB, EVENTS_TAB = 2, 3
BITRATE, NULLS = Series(Kind.BITRATE), Series(Kind.NULL_BITRATE)
VIDEO = PidSample(
    pid=0x100,
    bitrate_bps=4_000_000,
    packets=5000,
    discontinuities=0,
    discontinuities_total=2,
    description="AVC video (1920x1080, high profile, level 4.0, 4:2:0)",
    services=(1,),
    pts_interval_ms=40.02,
    frame_rate=25.0,
    pcr_jitter_us=1204.5,
)
AUDIO = PidSample(
    pid=0x101,
    bitrate_bps=128_000,
    packets=170,
    discontinuities=0,
    description="E-AC-3 Audio (fre, E-AC-3, stereo (L,R), @48,000 Hz)",
    services=(1,),
    languages=("fre",),
)
NULL = PidSample(pid=0x1FFF, bitrate_bps=30_000, packets=40, discontinuities=0, description="Stuffing")
SERVICE = ServiceSample(
    service_id=1, name="France 2", provider="", pmt_pid=0x1000, pcr_pid=0x100, bitrate_bps=4_200_000
)


def recorded() -> FakeServices:
    """Two streams with ten minutes of curves and three events on the first."""
    services = FakeServices([running(1, "News"), running(2, "Sport")])
    begins_at = math.floor(time.time()) - SPAN_S
    at = [float(begins_at + second) for second in range(SPAN_S)]
    for number in (1, 2):
        services.metrics.keep(f"stream-{number}", BITRATE, at, [number * 1e6] * SPAN_S)
    services.metrics.keep("stream-1", NULLS, at, [1e5] * SPAN_S)
    errors = [float(second == 300) for second in range(SPAN_S)]
    services.metrics.keep("stream-1", Series(Kind.TR_101_290, CHECKS.index("pat_error")), at, errors)
    services.stream_events.happened = [
        StreamEvent(stream_id="stream-1", at=begins_at + 60.0, kind=EventKind.CUE, text="TO BREAK SPLICED"),
        StreamEvent(
            stream_id="stream-1",
            at=begins_at + 300.0,
            ends_at=begins_at + 330.0,
            kind=EventKind.ALARM,
            text="PAT missing",
            severity=Severity.CRITICAL,
            is_bad=True,
        ),
        StreamEvent(stream_id="stream-1", at=begins_at + 500.0, kind=EventKind.RESTART, text="started again"),
    ]
    return services


def show_plots(console: Console) -> None:
    console.parts.docks.raise_page("monitoring")
    console.parts.monitoring.tabs.setCurrentIndex(PLOTS_TAB)
    console.until(lambda: console.parts.monitoring.plots.area.legend_model.rowCount())


def test_the_plot_library_is_not_imported_before_a_plot_is_shown() -> None:
    code = "import sys, ibe100.ui.main_window; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_pids_stand_under_their_service_with_what_they_carry(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    tree = console.parts.monitoring.pids

    def measure(*pids: PidSample) -> None:
        console.do(
            lambda: console.services.streams.measure(
                "stream-1", services=(SERVICE,), pids=pids, table_versions={"PMT 1": 7}
            )
        )

    measure(AUDIO, VIDEO, NULL)
    console.until(lambda: tree.topLevelItemCount() == 2)
    service, others = tree.topLevelItem(0), tree.topLevelItem(1)
    assert service is not None
    assert others is not None
    assert [service.text(column) for column in (0, 1, 2, 5)] == [
        "service 1",
        "France 2",
        "PMT 0x1000 version 7 · PCR 0x0100",
        "2",
    ]
    video, audio = service.child(0), service.child(1)
    assert video is not None
    assert audio is not None
    assert [video.text(column) for column in range(9)] == [
        "0x0100",
        "AVC video",
        "1920x1080, 25 fps, high profile, level 4.0, 4:2:0",
        "",
        "4,000",
        "2",
        "–",
        "1,204.5",
        "40.0",
    ]
    assert (audio.text(2), audio.text(3)) == ("stereo (L,R), @48,000 Hz", "fre")
    tree.setCurrentItem(video)
    measure(VIDEO.model_copy(update={"bitrate_bps": 5_000_000}), NULL)
    console.until(lambda: service.childCount() == 1)
    assert tree.currentItem() is video
    assert video.text(4) == "5,000"


def test_a_scrambled_pid_says_so() -> None:
    said = words_of(VIDEO.model_copy(update={"scrambled": True, "description": "AVC video"}))
    assert (said.name, said.format) == ("AVC video", "scrambled, 25 fps")


def test_how_aac_sounds_is_told_though_the_analysis_does_not_say() -> None:
    aac = VIDEO.model_copy(
        update={
            "description": "MPEG-2 AAC Audio (eng)",
            "languages": ("eng",),
            "sound": "LC, @48,000 Hz, stereo",
            "frame_rate": None,
        }
    )
    assert words_of(aac).format == "LC, @48,000 Hz, stereo"


@pytest.mark.parametrize(
    ("engine", "accuracy"), [("tsduck 3.45-4721", NOT_MEASURED), ("built-in minitsp", "never")]
)
def test_what_is_not_measured_says_so(open_console: Open, engine: str, accuracy: str) -> None:
    console = open_console(FakeServices([running(1, "News", engine=engine)]))
    counted = {"pat_error": 1, "pcr_accuracy_error": 0}
    console.do(
        lambda: console.services.streams.measure(
            "stream-1",
            counters=counted,
            counters_total={"pat_error": 3},
            counters_seen_at={"pat_error": 61.0},
        )
    )
    model = console.parts.monitoring.counters.model
    console.until(lambda: any(row.total == 3 for row in model.rows()))
    rows = {row.name.lower(): row for row in model.rows()}
    assert rows["pat_error"].seen == "01 Jan 00:01:01"
    assert rows["pcr_accuracy_error"].seen == accuracy
    assert rows["cat_error"].seen == NOT_MEASURED
    assert len(rows) == len(CHECKS)


def test_curves_are_read_when_they_are_seen_and_not_before(open_console: Open) -> None:
    console = open_console(recorded())
    assert console.services.metrics.asked == []
    show_plots(console)
    area = console.parts.monitoring.plots.area
    assert area.stack is not None
    assert len(area.stack.plots) == 3, "bitrate, errors, events"
    names = [row.name for row in area.legend_model.rows()]
    assert names == ["Output", "Null packets", "PAT_error"]
    assert "3 events" in console.parts.monitoring.plots.status.text()


def test_keys_zoom_pan_and_go_home(open_console: Open) -> None:
    console = open_console(recorded())
    show_plots(console)
    asked = console.services.metrics.asked
    stack = console.parts.monitoring.plots.area.stack
    assert stack is not None
    begins_at, ends_at = stack.visible_range()
    QTest.keyClick(stack, Qt.Key.Key_Plus)
    zoomed = stack.visible_range()
    assert zoomed[1] - zoomed[0] == pytest.approx((ends_at - begins_at) * 0.6)
    console.until(lambda: asked[-1] == pytest.approx(zoomed))
    QTest.keyClick(stack, Qt.Key.Key_Left)
    assert stack.visible_range()[0] < zoomed[0]
    console.until(lambda: asked[-1] == pytest.approx(stack.visible_range()))
    QTest.keyClick(stack, Qt.Key.Key_Home)
    console.until(lambda: asked[-1][1] - asked[-1][0] == pytest.approx(ends_at - begins_at))


def test_keys_go_from_event_to_event_and_the_values_there_are_told(open_console: Open) -> None:
    services = recorded()
    console = open_console(services)
    show_plots(console)
    plots = console.parts.monitoring.plots
    stack = plots.area.stack
    assert stack is not None
    QTest.keyClick(stack, Qt.Key.Key_BracketRight)
    assert stack.cursor_at == services.stream_events.happened[0].at
    assert plots.status.text().endswith("TO BREAK SPLICED")
    QTest.keyClick(stack, Qt.Key.Key_BracketRight)
    assert plots.status.text().endswith("PAT missing")
    assert [row.at_cursor for row in plots.area.legend_model.rows()] == pytest.approx([1.0, 0.1, 1.0])
    QTest.keyClick(stack, Qt.Key.Key_BracketLeft)
    assert stack.cursor_at == services.stream_events.happened[0].at


def test_all_streams_are_compared_in_one_plot(open_console: Open) -> None:
    console = open_console(recorded())
    show_plots(console)
    plots = console.parts.monitoring.plots
    plots.scope.setCurrentIndex(1)
    console.until(lambda: [row.name for row in plots.area.legend_model.rows()] == ["News", "Sport"])
    assert not plots.csv.isEnabled()


def test_the_curve_chosen_in_the_legend_stands_out_until_it_is_no_more(open_console: Open) -> None:
    console = open_console(recorded())
    show_plots(console)
    area = console.parts.monitoring.plots.area
    assert area.stack is not None

    def pens() -> list[tuple[float, int]]:
        found = [item.opts["pen"] for item in area.stack.plots[0].listDataItems()]  # type: ignore[union-attr]
        return [(one.widthF(), one.color().alpha()) for one in found]

    assert pens() == [(1.0, 255), (1.0, 255)]
    area.legend.selectRow(1)
    assert pens()[1] == (2.5, 255)
    assert pens()[0][1] < 255
    asked = len(console.services.metrics.asked)
    console.parts.monitoring.plots.go_home()
    console.until(lambda: len(console.services.metrics.asked) > asked)
    console.settle()
    assert pens()[1] == (2.5, 255), "also after the next answer"
    area.legend.clearSelection()
    assert pens() == [(1.0, 255), (1.0, 255)]


def test_a_fault_of_the_metrics_is_told_where_the_curves_are(open_console: Open) -> None:
    console = open_console(recorded())
    show_plots(console)
    console.services.metrics.failure = "The metrics file cannot be read: the disk is gone."
    console.parts.monitoring.plots.go_home()
    console.until(lambda: "the disk is gone" in console.parts.monitoring.plots.status.text())


def test_curves_are_written_as_csv_and_as_a_picture(open_console: Open, tmp_path: Path) -> None:
    console = open_console(recorded())
    show_plots(console)
    plots = console.parts.monitoring.plots
    told: list[str] = []
    plots.notice.connect(lambda level, words: told.append(f"{level}: {words}"))
    plots.export_csv(tmp_path / "a.csv")
    console.until(lambda: told == [f"info: 3 rows written to {tmp_path / 'a.csv'}"])
    assert (tmp_path / "a.csv").read_text() == "bitrate,null_bitrate,tr_101_290.pat_error"
    plots.export_png(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    plots.export_png(tmp_path / "no" / "such" / "a.png")
    assert told[-1].startswith("error: ")


def test_a_session_shows_its_curves_over_its_whole_length(open_console: Open) -> None:
    services = recorded()
    console = open_console(services)
    console.parts.docks.raise_page("history")
    sessions = console.parts.history.sessions
    console.until(lambda: services.metrics.asked)
    started_at = services.streams.views["stream-1"].started_at
    assert services.metrics.asked[-1][0] == started_at
    sessions.plots.list.click()
    console.until(lambda: sessions.plots.events.model.rowCount() == 3)
    console.parts.history.filter.setText("sport")
    assert sessions.filter.rowCount() == 1


def test_an_event_of_the_list_leads_to_its_place_among_the_curves(open_console: Open) -> None:
    services = recorded()
    console = open_console(services)
    show_plots(console)
    plots = console.parts.monitoring.plots
    plots.list.click()
    assert not plots.area.isVisible()
    table = plots.events.table
    table.selectRow(1)
    table.activated.emit(table.currentIndex())
    assert plots.area.isVisible()
    assert plots.area.stack is not None
    assert plots.area.stack.cursor_at == services.stream_events.happened[1].at


def test_the_events_of_the_stream_are_listed_while_they_are_looked_at(open_console: Open) -> None:
    console = open_console(recorded())
    console.parts.docks.raise_page("monitoring")
    console.parts.monitoring.tabs.setCurrentIndex(EVENTS_TAB)
    events = console.parts.monitoring.events
    console.until(lambda: events.model.rowCount() == 3)
    assert [event.text for _, event in events.model.rows()] == [
        "started again",
        "PAT missing",
        "TO BREAK SPLICED",
    ]
    assert events.summary.text() == "the last 24 hours · 3 events, 1 bad"
    console.select(2)
    console.until(lambda: events.model.rowCount() == 0)


def test_every_curve_looks_its_own_and_neighbours_differ_in_colour_and_in_stroke() -> None:
    looks = [(pen(place).color().name(), pen(place).style()) for place in range(MOST_CURVES)]
    assert len(set(looks)) == MOST_CURVES
    for (colour, stroke), (other_colour, other_stroke) in pairwise(looks):
        assert colour != other_colour
        assert stroke != other_stroke


@pytest.mark.parametrize(
    ("colour", "theme"),
    [
        *((colour, theme) for colour in ON_DARK for theme in (Theme.DARK, Theme.HIGH_CONTRAST)),
        *((colour, Theme.LIGHT) for colour in ON_LIGHT),
    ],
)
def test_curves_stand_out_from_the_ground_and_are_none_of_the_alarms_or_the_tally(
    colour: str, theme: Theme
) -> None:
    tokens = TOKENS[theme]
    assert contrast(colour, tokens[Colour.FIELD]) >= 4.5
    marks = {name for one, name in tokens.items() if one.name.startswith(("ALARM", "TALLY"))}
    assert colour not in marks - {tokens[Colour.ALARM_EDGE]}


def curve(kind: Kind, values: list[float], step_s: int = 1) -> Curve:
    at = tuple(1000.0 + place * step_s for place in range(len(values)))
    return Curve("s", Series(kind), step_s, at, tuple(values), tuple(values), tuple(values))


def test_the_value_at_the_cursor_bridges_seconds_without_a_sample_but_no_gap() -> None:
    sparse = curve(Kind.BITRATE, [7.0, *[math.nan] * 9])
    assert value_at(sparse, 1000.5) == value_at(sparse, 1005.9) == 7.0
    assert math.isnan(value_at(sparse, 1006.5))
    assert math.isnan(value_at(sparse, 999.0))


def test_the_legend_gives_the_events_of_a_counter_altogether() -> None:
    errors = legend_row(
        CHOICES[0].panes[1], 0, "pat_error", curve(Kind.TR_101_290, [0, 2, math.nan, 3]), 1001.0
    )
    assert (errors.mean, errors.at_cursor, errors.high) == (5, 2, 3)


def test_counters_that_stayed_at_zero_make_room_for_those_that_did_not() -> None:
    quiet, loud = curve(Kind.TR_101_290, [0.0, 0.0]), curve(Kind.TR_101_290, [0.0, 1.0])
    pane = CHOICES[0].panes[1]
    assert curves_of(pane, [quiet, loud]) == [loud]
    assert curves_of(pane, [quiet, quiet]) == [quiet]
