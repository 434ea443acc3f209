"""The window as an operator has it, offscreen, and hands for it: `window.py --data-dir FOLDER --engine NAME`.

A line of JSON on the standard input is one thing to do; the line on the standard output with the same `id`
is what came of it: `result`, or `refused` with the words that the window has shown. Buttons are clicked; what
has none here goes by the window's client of the services.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from ibe100.cli.console import start_console
from ibe100.models.cues.schedule import At, BreakPlan
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import Engine
from ibe100.ui.main_window import MainWindow

LOOK_MS = 20
PATIENCE_S = 20.0
"""A click that has come to nothing by then was one too many: its button was latched."""


def answer(number: int, **content: Any) -> None:
    print(json.dumps({"id": number, **content}), flush=True)


class Hands:
    """Does one thing after the other, on the Qt thread."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._looks: Callable[[], bool] | None = None
        """Looks for what came of the last thing; True once it is answered."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self._asked.put(json.loads(line))

    def look(self) -> None:
        """Go on with what is to be done."""
        window = next((one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow)), None)
        if window is None or not window.parts.client.is_bound:
            return
        if self._looks is not None:
            self._looks = None if self._looks() else self._looks
        elif not self._asked.empty():
            self._begin(window, self._asked.get())

    def _begin(self, window: MainWindow, asked: dict[str, Any]) -> None:
        match asked["do"]:
            case "click":
                self._looks = _click(window, asked)
            case "plan":
                when = At(at=asked["at"])
                plan = BreakPlan(stream_id=asked["stream"], when=when, duration_s=asked["duration_s"])
                call = window.parts.client.ask("Plan", lambda s: s.schedule.add(plan))
                call.then(
                    lambda one: answer(asked["id"], result={"break_id": one.break_id}),
                    lambda words: answer(asked["id"], refused=words),
                )
            case "disarm":
                call_off = window.parts.client.ask("Disarm", lambda s: s.cues.cancel(asked["cue_id"]))
                call_off.then(
                    lambda _: answer(asked["id"], result={}),
                    lambda words: answer(asked["id"], refused=words),
                )


def _click(window: MainWindow, asked: dict[str, Any]) -> Callable[[], bool]:
    """Choose the stream, set the panel, click; returns who looks for the cue."""
    panel, cues, stream_id = window.parts.cue_panel, window.parts.state.cues, asked["stream"]
    action = CueAction(asked["action"])
    window.parts.stream_panel.select(stream_id)
    panel.select(stream_id)
    panel.pre_roll_row.set_value(asked["pre_roll_s"])
    panel.break_row.set_value(asked.get("duration_s", 8.0))
    before = max((cue.cue_id for cue in cues.of_stream(stream_id)), default=0)
    words: list[str] = []
    heard = panel.refused.connect(lambda _, why: words.append(why))
    button = panel.buttons.to_break if action is CueAction.TO_BREAK else panel.buttons.back
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    end = time.monotonic() + PATIENCE_S

    def is_ours(cue: Cue) -> bool:
        by_others = cue.requested_by.startswith(("nemesis", "schedule", "automatic return"))
        return cue.cue_id > before and cue.action is action and not by_others

    def look() -> bool:
        found = next((cue for cue in cues.of_stream(stream_id) if is_ours(cue)), None)
        if words or (found is not None and found.state is CueState.REFUSED):
            answer(asked["id"], refused=words[0] if words else "refused")
        elif found is not None:
            result = {"cue_id": found.cue_id, "splice_event_id": found.splice_event_id}
            answer(asked["id"], result={**result, "state": str(found.state)})
        elif time.monotonic() > end:
            answer(asked["id"], refused="the click came to nothing")
        else:
            return False
        panel.refused.disconnect(heard)
        return True

    return look


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--engine", choices=("builtin", "tsduck"), required=True)
    options = parser.parse_args()
    application = QApplication(sys.argv[:1])
    hands, timer = Hands(), QTimer(application)
    timer.timeout.connect(hands.look)
    timer.start(LOOK_MS)
    sys.exit(start_console(data_dir=options.data_dir, engine=Engine(options.engine)))


if __name__ == "__main__":
    main()
