"""Sound of a stream: which is heard, how loud, and what is said where there is no sound."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtWidgets import QWidget

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.ui.pictures.listen_bar import ListenBar
from ibe100.ui.pictures.listening import Listening
from ibe100.ui.pictures.sound_output import BYTES_PER_S, FIRST_S, MOST_S, SoundOutput, SoundStore
from ibe100.ui.themes.sizes import LEAST_WINDOW
from ibe100.ui.window.status_bar import ConsoleStatusBar

Open = Callable[[FakeServices], Console]
PORTION = bytes(BYTES_PER_S // 50)


class FakeOutput(SoundOutput):
    """A device that plays nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.reason = ""
        self.volumes: list[float] = []

    def check(self) -> None:
        self.checked.emit(self.reason)

    def start(self, volume: float) -> None:
        self.store.clear()
        self.volumes.append(volume)
        if self.reason:
            self.failed.emit(self.reason)

    def stop(self) -> None:
        self.volumes.append(0.0)

    def set_volume(self, volume: float) -> None:
        self.volumes.append(volume)


@pytest.fixture
def heard(open_console: Open) -> tuple[Console, Listening, FakeOutput]:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport")]))
    output = FakeOutput()
    listening = Listening(console.parts.client, output, console.window)
    console.parts.stream_panel.selected.connect(listening.select)
    console.select(1)
    listening.select("stream-1")
    return console, listening, output


def test_it_follows_the_selection_or_stays(heard: tuple[Console, Listening, FakeOutput]) -> None:
    console, listening, _output = heard
    playing = console.services.preview.heard
    listening.toggle()
    console.until(lambda: playing == ["stream-1"])
    console.select(2)
    console.until(lambda: playing == ["stream-2"])
    listening.set_stays(True)
    console.select(1)
    assert listening.stream_id == "stream-2"
    listening.set_stays(False)
    console.until(lambda: playing == ["stream-1"])
    listening.toggle()
    console.until(lambda: playing == [])
    assert not listening.is_on


def test_sound_reaches_the_device_and_ends_with_the_window(
    heard: tuple[Console, Listening, FakeOutput],
) -> None:
    console, listening, output = heard
    console.services.preview.sound = PORTION
    listening.toggle()
    console.until(lambda: output.store.take(10 * len(PORTION)))
    listening.close()
    console.until(lambda: console.services.preview.heard == [])


def test_level_and_mute(heard: tuple[Console, Listening, FakeOutput]) -> None:
    _console, listening, output = heard
    listening.set_level(40)
    listening.set_muted(True)
    assert (output.volumes, listening.level) == ([0.4, 0.0], 40)
    listening.set_level(50)
    assert not listening.is_muted
    assert output.volumes[-1] == 0.5


def test_a_machine_without_sound_says_so_and_the_button_is_grey(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News")]))
    listening, button = console.parts.listening, console.parts.listen_bar.button
    assert button.isEnabled()
    listening._output.failed.emit("this machine has no sound device")
    assert not button.isEnabled()
    assert button.toolTip() == button.accessibleName() == "this machine has no sound device"
    console.until(lambda: "this machine has no sound device" in console.parts.notices.text.text())
    listening._output.checked.emit("")
    assert button.isEnabled()


def test_a_gap_is_filled_before_it_plays_again_and_what_is_old_is_dropped() -> None:
    store = SoundStore()
    first = int(FIRST_S * 50)
    for _portion in range(first - 1):
        store.put(PORTION)
    assert store.take(10**6) == b""
    store.put(PORTION)
    assert len(store.take(10**6)) == first * len(PORTION)
    store.put(PORTION)
    assert store.take(10**6) == b"", "it waits again for enough"
    for _portion in range(200):
        store.put(PORTION)
    assert len(store.take(10**7)) == MOST_S * BYTES_PER_S
    store.clear()
    assert store.take(10**6) == b""


def test_only_whole_portions_are_taken_for_the_room_there_is() -> None:
    store = SoundStore()
    for _portion in range(20):
        store.put(PORTION)
    assert len(store.take(int(2.5 * len(PORTION)))) == 2 * len(PORTION)


def test_the_status_bar_stays_within_the_window_whatever_is_heard(
    heard: tuple[Console, Listening, FakeOutput],
) -> None:
    console, listening, _output = heard
    bar = ConsoleStatusBar(console.parts.state.streams, QWidget())
    console.qtbot.addWidget(bar)
    listen = ListenBar(listening, lambda _stream_id: "1 A name as long as names may be " * 4)
    bar.addPermanentWidget(listen)
    listening.toggle()
    console.until(lambda: console.services.preview.heard == ["stream-1"])
    bar.resize(LEAST_WINDOW.width(), bar.height())
    bar.show()
    assert not listen.stay.isHidden()
    assert bar.minimumSizeHint().width() <= LEAST_WINDOW.width()
    listening.toggle()
    console.until(lambda: console.services.preview.heard == [])
