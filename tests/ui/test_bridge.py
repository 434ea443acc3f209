"""Bridge and client: facts cross one by one, samples are coalesced, errors have reasons."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PyQt6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from console_under_test import Console
from fake_services import FakeServices
from fake_values import BEYOND_32_BITS, running, telemetry
from ibe100.core.background_loop import BackgroundLoop
from ibe100.models.errors import SubscriberFellBehind
from ibe100.models.messages import NoticePosted, StreamLogged, TelemetryMeasured
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.service_client import BUG_WORDS, ServiceClient


def test_facts_are_never_dropped_and_keep_their_order(qtbot: QtBot) -> None:
    bridge = EventBridge()
    got: list[str] = []
    bridge.notice_posted.connect(lambda notice: got.append(notice.text))
    for number in range(3000):
        bridge.accept(NoticePosted(at=0.0, level="info", text=str(number)))
    qtbot.waitUntil(lambda: len(got) == 3000, timeout=60_000)
    assert got == [str(number) for number in range(3000)]


def test_a_flood_of_facts_leaves_the_window_its_turns(qtbot: QtBot) -> None:
    bridge, turns, seen = EventBridge(), list[int](), list[int]()

    def slow(_line: StreamLogged) -> None:
        end = time.perf_counter() + 0.001
        while time.perf_counter() < end:
            pass
        seen.append(1)

    bridge.stream_logged.connect(slow)
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(len(seen)))
    timer.start(0)
    for number in range(300):
        bridge.accept(StreamLogged(stream_id="s", at=float(number), level="info", text="x"))
    qtbot.waitUntil(lambda: len(seen) == 300, timeout=60_000)
    assert len([count for count in turns if 0 < count < 300]) >= 10


def test_in_a_flood_lines_of_the_log_give_way_and_are_counted_but_no_notice_is_lost(qtbot: QtBot) -> None:
    bridge, lines, notices = EventBridge(), list[StreamLogged](), list[str]()
    bridge.stream_logged.connect(lines.append)
    bridge.notice_posted.connect(lambda notice: notices.append(notice.text))
    for number in range(3000):
        bridge.accept(StreamLogged(stream_id="s", at=float(number), level="info", text="x"))
        bridge.accept(NoticePosted(at=0.0, level="info", text=str(number)))
    qtbot.waitUntil(lambda: bool(lines) and lines[-1].level == "warning", timeout=60_000)
    assert notices == [str(number) for number in range(3000)]
    shown = len(lines) - 1
    assert 0 < shown < 3000
    assert lines[-1].text.startswith(f"{3000 - shown} lines are not shown")


def test_of_many_samples_only_the_latest_of_each_stream_crosses(qtbot: QtBot) -> None:
    bridge = EventBridge()
    got: list[tuple[str, int]] = []
    bridge.telemetry_measured.connect(lambda sample: got.append((sample.stream_id, sample.bitrate_bps)))
    for rate in range(1, 501):
        for stream in ("a", "b"):
            bridge.accept(TelemetryMeasured(telemetry=telemetry(stream, rate)))
    qtbot.waitUntil(lambda: len(got) >= 2, timeout=60_000)
    assert sorted(got) == [("a", 500), ("b", 500)]


def test_33_bit_values_survive_the_crossing(qtbot: QtBot, loop: BackgroundLoop) -> None:
    bridge = EventBridge()
    got: list[int | None] = []
    bridge.telemetry_measured.connect(lambda sample: got.append(sample.pts))

    async def publish() -> None:
        bridge.accept(TelemetryMeasured(telemetry=telemetry("s", 1)))

    loop.submit(publish()).result(60)
    qtbot.waitUntil(lambda: len(got) == 1, timeout=60_000)
    assert got == [BEYOND_32_BITS]


def test_samples_reach_the_screen_at_most_ten_times_a_second(
    open_console: Callable[[FakeServices], Console],
) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    painted: list[float] = []
    console.parts.state.streams.dataChanged.connect(lambda *_: painted.append(time.monotonic()))

    async def flood() -> None:
        for rate in range(2000):
            console.services.streams.measure("stream-1", 2_000_000 + rate)

    began = time.monotonic()
    console.run(flood())
    row = console.parts.state.streams.row_of("stream-1")
    assert row is not None
    console.until(lambda: row.telemetry is not None and row.telemetry.bitrate_bps == 2_001_999)
    # Ten drains a second, and one repaint a second for what ages.
    assert len(painted) <= (time.monotonic() - began) * 11 + 3


@pytest.mark.parametrize("why", [None, SubscriberFellBehind("20000 facts were not taken")])
def test_a_cut_subscription_is_taken_up_again_with_the_state_as_it_is(
    open_console: Callable[[FakeServices], Console], why: SubscriberFellBehind | None
) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.do(lambda: console.services.bus.cut_off(why))
    # Missed by the console: it is not subscribed just then.
    console.do(lambda: console.services.streams.views.update({"stream-2": running(2, "Late")}))
    console.until(lambda: console.parts.state.streams.rowCount() == 2)


def test_an_operator_error_nobody_handles_is_a_notice_with_its_words(
    open_console: Callable[[FakeServices], Console], tmp_path_factory: pytest.TempPathFactory
) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    console.parts.profile_controller.import_path(tmp_path_factory.mktemp("p") / "broken.json")
    shown = console.parts.notices.text
    console.until(lambda: "broken.json is damaged: it was set aside" in shown.text())


def test_a_bug_is_logged_and_said_without_its_innards(
    qtbot: QtBot, loop: BackgroundLoop, caplog: pytest.LogCaptureFixture
) -> None:
    services = FakeServices()
    client = ServiceClient(loop)
    client.bind(services)
    with qtbot.waitSignal(client.bug, timeout=60_000) as caught:
        client.ask("Start News", lambda s: s.streams.start("no such stream"))
    assert caught.args == ["Start News", BUG_WORDS]
    assert any("KeyError" in (record.exc_text or str(record.exc_info)) for record in caplog.records)


def test_before_the_services_are_up_a_request_is_refused_in_words(qtbot: QtBot, loop: BackgroundLoop) -> None:
    client = ServiceClient(loop)
    with qtbot.waitSignal(client.refused, timeout=60_000) as caught:
        client.ask("Start News", lambda s: s.streams.start("s"))
    assert caught.args is not None
    assert "not up yet" in caught.args[1]
