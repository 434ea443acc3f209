"""SRT connections as a processor's log tells of them: peers, and the statistics asked for.

Statistics come as `* srt: srt-statistics:output:{ …JSON… }` several times a second. They are telemetry: they
are passed on as a sample once a second, none is a fact of the journal. That a peer came or went is in the log
too.
"""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence

from ibe100.runner.telemetry.srt_silence import Acknowledgements, Arrivals, Figures

STATISTICS_PREFIX = "srt-statistics:"
"""Value of --json-line, but for the side and a colon, that marks the statistics."""
SIDES = {"input": "-I", "output": "-O"}

_STATISTICS = re.compile(rb"\* (?:[^:]*- )?srt: srt-statistics:(input|output):(\{.*)")
_CAME = re.compile(rb"\* .*\bsrt: connected (from|to) (.*?)(?: \(local: .*)?$")
_WENT = re.compile(rb"\* .*\bsrt: (sender|receiver) disconnected")
_REFUSED = re.compile(
    rb"(?:reject reason: |rsp\(REJECT\): \d+ - |REJECT reported from HS processing: )"
    rb"(.+?)(?:, trying again| - not processing.*)?$"
)
_REASON_LIMIT = 100
_INPUT_WORDS = (b"from", b"sender")

Sample = Callable[[str, Mapping[str, object]], None]
"""Passes on a sample: its kind and its content."""


class SrtWatch:
    """The SRT edges of one stream, by `srt_input` and `srt_output` samples.

    `connected` is None where that side is no SRT; `silent`: the peer has not left, but is not heard any more;
    `json` the statistics of the last second of this connection, or None; `refused` why the last attempt to
    connect failed, while nobody is connected.
    """

    def __init__(self, sample: Sample, clock: Callable[[], float] = time.monotonic) -> None:
        self._sample = sample
        self._clock = clock
        self._sides: dict[str, dict[str, object]] = {}
        self._figures: dict[str, Figures] = {}
        self._silences: dict[str, Acknowledgements | Arrivals] = {}
        self.heard_at = float("-inf")
        """Time at which a peer came, or a connection was last measured; time.monotonic() seconds."""

    def begin(self, argv: Sequence[str]) -> None:
        """Begin with a new processor: no peer is connected yet."""
        for side, option in SIDES.items():
            is_srt = (option, "srt") in itertools.pairwise(argv)
            if is_srt or side in self._sides:
                self._change(side, False if is_srt else None)
            if not is_srt:
                self._sides.pop(side, None)

    def end(self) -> None:
        """End the connections with their processor."""
        for side in self._sides:
            self._change(side, False)

    def look(self) -> None:
        """Report a peer that is not heard any more; to be called ten times a second."""
        for side, silence in self._silences.items():
            silence.look(self._clock())
            self._tell_silence(side)

    def takes(self, raw: bytes) -> bool:
        """Read a line of the log; True if it was nothing but statistics."""
        if not self._sides or b"srt: " not in raw:
            self._look_for_refusal(raw)
            return False
        if found := _STATISTICS.match(raw):
            statistics = _numbers(found[2])
            if statistics is not None:
                self._measured(found[1].decode(), statistics)
            return True
        if found := _CAME.match(raw):
            self.heard_at = self._clock()
            side = "input" if found[1] in _INPUT_WORDS else "output"
            peer = found[2].decode("utf-8", "replace")[:_REASON_LIMIT]
            self._change(side, True, peer)
        elif found := _WENT.match(raw):
            side = "input" if found[1] in _INPUT_WORDS else "output"
            self._change(side, False)
        else:
            self._look_for_refusal(raw)
        return False

    def _look_for_refusal(self, raw: bytes) -> None:
        """A line of a plugin, or of the SRT library itself; it does not say which side is meant."""
        found = _REFUSED.search(raw) if b"EJECT" in raw or b"reject" in raw else None
        if found is None:
            return
        reason = found[1].decode("utf-8", "replace")[:_REASON_LIMIT]
        for side, facts in self._sides.items():
            if facts["connected"] is False and facts["refused"] != reason:
                self._tell(side, refused=reason)

    def _change(self, side: str, connected: bool | None, peer: str = "") -> None:
        """Note that a peer came or went, and forget what was known of the last one."""
        self._figures.pop(side, None)
        self._silences.pop(side, None)
        self._tell(side, connected=connected, peer=peer, silent=False, json=None, refused="")

    def _measured(self, side: str, statistics: dict[str, object]) -> None:
        now = self.heard_at = self._clock()
        silence = self._silences.setdefault(side, Arrivals() if side == "input" else Acknowledgements())
        silence.observe(statistics, now)
        if figures := self._figures.setdefault(side, Figures()).add(statistics, now):
            self._tell(side, connected=True, silent=silence.is_silent, json=figures, refused="")
        else:
            self._tell_silence(side)

    def _tell_silence(self, side: str) -> None:
        is_silent = self._silences[side].is_silent
        if is_silent != self._sides.get(side, {}).get("silent", False):
            self._tell(side, connected=True, silent=is_silent, refused="")

    def _tell(self, side: str, **changes: object) -> None:
        facts = self._sides.setdefault(side, {})
        facts.update(changes)
        self._sample(f"srt_{side}", facts)


def _numbers(text: bytes) -> dict[str, object] | None:
    """The JSON object if it is `{group: {span: {name: number}}}`; None for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    for group in value.values():
        if not isinstance(group, dict):
            return None
        for span in group.values():
            if not isinstance(span, dict) or not all(
                type(number) in (int, float) for number in span.values()
            ):
                return None
    return value
