"""Things read at a glance are whole: keys, figures of a card, advice for an alarm, reasons for no cue."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from console_under_test import PATIENCE_MS, Console
from fake_services import FakeServices
from fake_values import alarm, running
from ibe100.models.alarms.alarm import Severity
from ibe100.models.stream_state import PidSample, SrtLink, SrtStatistics, Tally
from ibe100.ui.actions.catalogue import CATALOGUE, KEY_GROUPS
from ibe100.ui.actions.key_overlay import KeyOverlay, columns_of
from ibe100.ui.alarms.alarm_panel import ROOMY_WIDTH, VALUE_COLUMN, WHAT_TO_DO_COLUMN, AlarmPanel
from ibe100.ui.qt_models.alarm_table import CONDITION_COLUMN, AlarmTableModel
from ibe100.ui.widgets.labels import TwoLineLabel
from ibe100.ui.words.tr101290 import CHECKS, CLAUSES, spelled

Open = Callable[[FakeServices], Console]
LONG_ADVICE = (
    "Call whoever receives it; check address, port, passphrase and stream id; it is served once it comes"
)


def overlay(console: Console) -> KeyOverlay:
    console.window.dialogs.show_keys()
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, KeyOverlay))


def test_every_key_has_one_place_on_the_overlay() -> None:
    shown = [entry for _, entries in KEY_GROUPS for entry in entries if isinstance(entry, str)]
    assert sorted(shown) == sorted(spec.name for spec in CATALOGUE if spec.keys)


def test_the_key_overlay_fits_into_the_smallest_window(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    window = console.window
    window.resize(1280, 720)
    sheet = overlay(console)
    assert sheet.width() <= window.width() and sheet.height() <= window.height()
    words = {found.text() for found in sheet.findChildren(QLabel)}
    assert {"hold F11", "CRASH OUT on the target stream", "Ctrl Q", "Close the console"} <= words
    sheet.close()


def test_groups_of_keys_stay_whole_and_in_order() -> None:
    groups = [(str(place), [("A", "b")] * size) for place, size in enumerate((11, 3, 7, 3, 7, 3, 7))]
    for count in (1, 2, 3):
        columns = columns_of(groups, count)
        assert len(columns) == count and all(columns)
        assert [group for column in columns for group in column] == groups


def test_a_card_tells_continuity_errors_pcr_interval_and_null_packets(open_console: Open) -> None:
    services = FakeServices([running(1, "News")])
    console = open_console(services)
    video = PidSample(
        pid=0x100, bitrate_bps=1, packets=1, discontinuities=0, description="", pcr_interval_ms=38.2
    )
    console.do(
        lambda: services.streams.measure(
            "stream-1",
            null_bps=412_000,
            pids=(video,),
            counters={"continuity_count_error": 2},
            counters_total={"continuity_count_error": 1_204},
        )
    )
    card = console.parts.dashboard.card("stream-1")
    assert card is not None
    console.until(lambda: card.facts.figure("CC") == "1,204")
    assert [one.title for one in card.facts.facts[:4]] == ["Mb/s", "CC", "PCR", "Null"]
    assert (card.facts.figure("PCR"), card.facts.figure("Null")) == ("38 ms", "412 kb/s")
    assert card.facts.facts[1].is_alarm, "errors just now"


def test_a_card_of_an_srt_stream_tells_the_round_trip(open_console: Open) -> None:
    services = FakeServices([running(1, "News")])
    console = open_console(services)
    figures = SrtStatistics(
        rtt_ms=18.4,
        rate_bps=1,
        packets=1,
        lost_packets=0,
        lost_packets_total=0,
        retransmitted_packets=0,
        dropped_packets=0,
        dropped_packets_total=0,
        buffer_ms=0,
        latency_ms=120,
    )
    link = SrtLink(connected=True, monotonic_s=0.0, statistics=figures)
    console.do(lambda: services.streams.measure("stream-1", srt_output=link))
    card = console.parts.dashboard.card("stream-1")
    assert card is not None
    console.until(lambda: card.facts.figure("RTT") == "18 ms")


def test_what_to_do_is_read_whole_in_a_narrow_list(themed: QApplication, qtbot: QtBot) -> None:
    model = AlarmTableModel()
    panel = AlarmPanel(model)
    qtbot.addWidget(panel)
    panel.resize(ROOMY_WIDTH - 100, 200)
    panel.show()
    model.replace_all(
        [
            alarm(1, Severity.CRITICAL, "Input lost", what_to_do=LONG_ADVICE, value="nobody is connected"),
            alarm(2, Severity.MINOR, "SRT retransmits high", what_to_do="Raise the latency"),
        ]
    )
    table = panel.table
    qtbot.waitUntil(lambda: table.rowHeight(0) > table.rowHeight(1), timeout=PATIENCE_MS)
    lines = 1 + (table.rowHeight(0) - table.rowHeight(1)) // table.fontMetrics().lineSpacing()
    assert lines * table.columnWidth(WHAT_TO_DO_COLUMN) > table.fontMetrics().horizontalAdvance(LONG_ADVICE)
    assert table.isColumnHidden(VALUE_COLUMN)
    assert "nobody is connected" in table.model().index(0, CONDITION_COLUMN).data(3), "in the tooltip"
    panel.resize(ROOMY_WIDTH + 400, 200)
    assert not table.isColumnHidden(VALUE_COLUMN)


def test_two_lines_stay_two_lines(themed: QApplication, qtbot: QtBot) -> None:
    words = TwoLineLabel("receipt")
    qtbot.addWidget(words)
    words.resize(200, words.sizeHint().height())
    one_line = words.minimumSizeHint().height()
    heights = set()
    for text in ("short", "timestamps jumped back 1.0 s, 0.8 s ago", LONG_ADVICE + LONG_ADVICE):
        words.setText(text)
        heights.add(words.sizeHint().height())
        assert len(words.lines()) <= TwoLineLabel.LINES
    assert len(heights) == 1
    assert words.lines()[-1].endswith("…")
    words.resize(200, one_line)
    assert len(words.lines()) == 1, "where there is room for no more"


def test_a_lost_input_says_why_on_its_card(open_console: Open) -> None:
    lost = running(1, "News", Tally.NO_INPUT, reason="nothing comes on port 5000")
    console = open_console(FakeServices([lost]))
    card = console.parts.dashboard.card("stream-1")
    assert card is not None
    console.until(lambda: card.band.status.words == "NO INPUT")
    assert card.band.status.detail == "nothing comes on port 5000"
    assert card.pane.picture.state.headline == "no picture"


def test_every_check_has_its_clause() -> None:
    assert CLAUSES.keys() == {name for _, name in CHECKS}
    assert all(
        number.startswith(f"{priority}.") for priority, name in CHECKS for number, _ in [CLAUSES[name]]
    )
    assert spelled("pat_error") == "PAT_error" and spelled("Output") == "Output"


def test_thresholds_are_reached_from_the_counters_in_set_up(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    parts = console.parts
    assert not parts.monitoring.counters.rules.isEnabled(), "Operate changes no rules"
    parts.top_bar.set_up.click()
    assert parts.monitoring.counters.rules.isEnabled()
