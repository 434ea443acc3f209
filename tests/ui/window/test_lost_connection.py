"""A window of a server that does not answer: nothing stale is shown, nothing that acts is alive."""

from __future__ import annotations

import time
from collections.abc import Callable

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.console import Link
from ibe100.models.stream_state import Tally
from ibe100.ui.window.link_banner import link_words

Open = Callable[[FakeServices], Console]

UP = Link(host="playout-2:8100", is_up=True, known_at=1000.0, round_trip_ms=101.6)


def test_words_of_a_link() -> None:
    assert link_words(UP, 1010.0)[:2] == ("Connected to playout-2:8100", "answers in 102 ms")
    lost = UP.model_copy(update={"is_up": False, "lost_at": 1000.0, "reason": "nothing comes"})
    head, whole, *_ = link_words(lost, 1012.0)
    assert head == "No connection to playout-2:8100 for 00:12"
    assert "states are those of 00:16:40 UTC" in whole
    assert link_words(Link(host="b", reason="nobody has signed in yet"), 0.0) == (
        "Not connected to b",
        "nobody has signed in yet",
        "",
    )


def test_a_lost_server_shows_unknown_and_its_streams_come_back(open_console: Open) -> None:
    services = FakeServices([running(1, "News"), running(2, "Sport")])
    console = open_console(services)
    streams, area = console.parts.state.streams, console.parts.top_area
    assert not area.banners
    services.link = (UP,)
    console.until(lambda: area.banners and area.banners[0].head.text() == "Connected to playout-2:8100")
    console.until(area.banners[0].isVisible)
    height = area.sizeHint().height()
    services.link = (UP.model_copy(update={"is_up": False, "lost_at": time.time() - 5}),)
    console.until(lambda: {row.view.tally for row in streams.rows()} == {Tally.UNKNOWN})
    console.until(lambda: "No connection to playout-2:8100" in area.banners[0].accessibleName())
    assert area.sizeHint().height() == height  # nothing moves from under the pointer
    row = streams.rows()[0]
    assert row.tally_words.startswith("UNKNOWN 00:0")
    assert "it was ON AIR" in row.view.reason
    assert console.parts.status.running.text() == "·  0 of 2 streams running, 2 unknown  ·"
    # What is told while it is lost is not shown as if it were so now.
    console.do(lambda: services.streams.update("stream-1", tally=Tally.IN_BREAK))
    console.settle()
    assert streams.rows()[0].view.tally is Tally.UNKNOWN
    services.link = (UP,)
    console.until(lambda: [row.view.tally for row in streams.rows()] == [Tally.IN_BREAK, Tally.ON_AIR])


def test_closing_a_window_of_a_server_elsewhere_asks_nothing(open_console: Open) -> None:
    services = FakeServices([running(1, "News")])
    console = open_console(services)
    services.link = (UP,)
    console.until(lambda: console.parts.links.is_remote)
    assert console.parts.closing.may_close()
