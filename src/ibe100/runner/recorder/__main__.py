"""Recorder of a stream: `python -I -S …/runner/recorder FOLDER SECONDS KEEP_FREE_MB SIDE=PORT …`.

For each side (`output`, `input`) a ring is kept in FOLDER/SIDE. A line of JSON a second at most, on standard
output, says how it stands. It ends by SIGTERM, and takes what has come by then.
"""

import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

if __package__ in (None, ""):  # run as a folder: put our packages after the standard library, not before
    sys.path[0:1] = []
    sys.path.append(str(Path(__file__).resolve().parents[3]))

from ibe100.runner.memory_order import PREVIEW, set_memory_order
from ibe100.runner.recorder.ring import Ring
from ibe100.runner.recorder.tap import Tap
from ibe100.runner.recorder.writer import BackgroundWriter

NICENESS = 10
"""Everything on air goes before."""
LOOK_S = 0.25
LONGEST_REST_S, SHORTEST_REST_S = 0.1, 0.004
WANTED_AT_A_LOOK = 4
"""Datagrams that a rest is to bring: a Unix socket may hold ten."""
REPORT_S, REPEAT_S = 1.0, 5.0
PATIENCE_S = 2.0
_ROOM_BYTES = 1 << 16


class Recorder:
    """The taps of one stream and their writers."""

    def __init__(
        self, folder: Path, seconds: float, keep_free_bytes: int, ports: Mapping[str, int | str]
    ) -> None:
        """OSError: a socket cannot be made."""
        self._writers = {
            side: BackgroundWriter(Ring(folder / side, seconds, keep_free_bytes)) for side in ports
        }
        self._taps = {side: Tap(port, self._writers[side].put) for side, port in ports.items()}
        self._selector = selectors.DefaultSelector()
        for tap in self._taps.values():
            self._selector.register(tap.socket, selectors.EVENT_READ, tap)
        self._room = memoryview(bytearray(_ROOM_BYTES))
        self._rest_s = SHORTEST_REST_S
        self._is_leaving = False
        self._told = ""
        self._told_at_s = float("-inf")

    def leave(self) -> None:
        """End `run` soon; may be called by a signal."""
        self._is_leaving = True

    def run(self) -> None:
        """Record until it is asked to leave."""
        while not self._is_leaving:
            most = 0
            for key, _ in self._selector.select(LOOK_S):
                most = max(most, key.data.take(self._room))
            for tap in self._taps.values():
                before = tap.socket
                if tap.renewed():
                    self._selector.unregister(before)
                    self._selector.register(tap.socket, selectors.EVENT_READ, tap)
            self._report(time.monotonic())
            # One awakening for several datagrams: a burst shortens the next rest at once.
            wanted_s = self._rest_s * WANTED_AT_A_LOOK / max(1, most)
            self._rest_s = max(SHORTEST_REST_S, min(LONGEST_REST_S, wanted_s, self._rest_s * 1.5))
            time.sleep(self._rest_s)
        for tap in self._taps.values():
            tap.take(self._room)
            tap.close()
        for writer in self._writers.values():
            writer.close(PATIENCE_S)

    def _report(self, now_s: float) -> None:
        if now_s - self._told_at_s < REPORT_S:
            return
        states = {side: writer.state() for side, writer in self._writers.items()}
        troubles = json.dumps({side: [state.lost, state.error] for side, state in states.items()})
        if troubles == self._told and now_s - self._told_at_s < REPEAT_S:
            return
        self._told, self._told_at_s = troubles, now_s
        line = json.dumps({side: asdict(state) for side, state in states.items()})
        try:
            os.write(sys.stdout.fileno(), line.encode() + b"\n")
        except OSError:  # the runner was killed, or is held up: the ring goes on all the same
            return


def main(argv: Sequence[str]) -> int:
    """Record; returns the exit status."""
    try:
        folder, seconds, keep_free_mb, *sides = argv[1:]
        ports = {side: _port(port) for side, _, port in (one.partition("=") for one in sides)}
        recorder = Recorder(Path(folder), float(seconds), int(keep_free_mb) << 20, ports)
    except ValueError:
        print("usage: recorder FOLDER SECONDS KEEP_FREE_MB SIDE=PORT …", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"the copy of the stream cannot be listened for: {error.strerror}", file=sys.stderr)
        return 1
    os.nice(NICENESS)
    set_memory_order(PREVIEW)
    os.set_blocking(sys.stdout.fileno(), False)
    signal.signal(signal.SIGTERM, lambda *_: recorder.leave())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recorder.run()
    sys.stdout.flush()
    os._exit(0)  # a thread that hangs in a write must not hold it


def _port(text: str) -> int | str:
    return int(text) if text.isdigit() else text


if __name__ == "__main__":
    sys.exit(main(sys.argv))
