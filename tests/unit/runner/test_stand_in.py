"""Cues held by a runner: sent at their times, tried again, taken back, refused where they make no sense."""

from __future__ import annotations

import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.runner.loop import Loop
from ibe100.runner.stand_in import MOST_HELD, HeldCues

PORT = "cue.sock"


class Rig:
    """Held cues on a real loop, and the processor's socket."""

    def __init__(self, folder: Path) -> None:
        self.loop = Loop()
        self.folder = folder
        self.said: list[str] = []
        self.held = HeldCues(self.loop, folder, lambda: PORT, lambda _level, text: self.said.append(text))
        self.processor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.processor.setblocking(False)

    def listen(self) -> None:
        self.processor.bind(str(self.folder / PORT))

    def hold(
        self, cue: int, section: bytes, *in_s: float, until_s: float = 30.0, seen_until_s: float = 30.0
    ) -> str:
        now = time.monotonic()
        times = [[now + one, now + until_s, now + seen_until_s] for one in in_s]
        return self.held.hold({"cue": cue, "base64": b64encode(section).decode(), "times": times})

    def run(self, seconds: float) -> list[bytes]:
        """Run the loop for so long; returns what came to the processor."""
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run()
        came = []
        with pytest.raises(BlockingIOError):
            while True:
                came.append(self.processor.recv(4096))
        return came


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.loop.close()
    made.processor.close()


def test_each_repeat_goes_out_once_at_its_time_and_is_told(rig: Rig) -> None:
    rig.listen()
    assert rig.hold(7, b"out", 0.0, 0.05) == ""
    assert rig.run(0.5) == [b"out", b"out"]
    assert [text.startswith("cue 7 was sent in the place of the console") for text in rig.said] == [
        True,
        True,
    ]


def test_what_is_held_anew_or_taken_back_is_not_sent_as_before(rig: Rig) -> None:
    rig.listen()
    rig.hold(7, b"before", 0.01)
    rig.hold(7, b"after", 0.02)
    rig.hold(8, b"never", 0.01)
    rig.held.drop(8)
    rig.held.drop(9)
    assert rig.run(0.3) == [b"after"]


def test_a_processor_that_is_not_there_yet_is_tried_until_it_is_too_late(rig: Rig) -> None:
    rig.hold(7, b"late", 0.0, until_s=0.1)
    rig.hold(8, b"in time", 0.0)
    rig.loop.call_later(0.3, rig.listen)
    assert rig.run(1.5) == [b"in time"]
    assert "cue 7 was held for the console and could not be sent in time" in rig.said


def test_repeats_go_on_for_longer_once_the_first_was_seen(rig: Rig) -> None:
    rig.listen()
    rig.hold(7, b"seen", 0.05, until_s=-1.0)
    rig.hold(8, b"unseen", 0.05, until_s=-1.0)
    rig.held.saw(b64encode(b"seen").decode())
    assert rig.run(0.3) == [b"seen"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cue": "seven"}, "hold takes cue"),
        ({"times": []}, "1 to 16 times"),
        ({"times": [["now", 1.0, 2.0]]}, "finite numbers"),
        ({"times": [[1.0, 2.0]]}, "finite numbers"),
        ({"times": [[0.0, float("nan"), 1.0]]}, "finite numbers"),
        ({"base64": "?"}, "no base64"),
        ({"base64": ""}, "1 to 4096 bytes"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    rig: Rig, changes: dict[str, object], why: str
) -> None:
    request: dict[str, object] = {"cue": 7, "base64": "AAAA", "times": [[0.0, 1.0, 1.0]]}
    assert why in rig.held.hold(request | changes)


def test_so_many_cues_are_held_and_no_more(rig: Rig) -> None:
    for number in range(MOST_HELD):
        assert rig.hold(number, b"x", 60.0) == ""
    assert "at most" in rig.hold(MOST_HELD, b"x", 60.0)
    assert rig.hold(0, b"y", 60.0) == "", "one that is held already can be held otherwise"
