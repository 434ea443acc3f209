"""What a processor's log tells of its SRT connections: who is there, and the statistics asked for.

Statistics come as `* srt: srt-statistics:output:{ …JSON… }` about once a second. They are telemetry: the
latest is passed on as a sample, none is a fact of the journal. That a peer came or went is in the log too.
"""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence

STATISTICS_PREFIX = "srt-statistics:"
"""With the side and a colon, the value of --json-line that makes the statistics ours."""
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

    `connected` is None where that side is no SRT; `json` the latest statistics of this connection, or None;
    `refused` why the last attempt to connect failed, while nobody is connected.
    """

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._sides: dict[str, dict[str, object]] = {}
        self.heard_at = float("-inf")
        """When a peer came, or a connection was last measured; time.monotonic() seconds."""

    def begin(self, argv: Sequence[str]) -> None:
        """A processor starts: nobody is connected yet."""
        for side, option in SIDES.items():
            is_srt = (option, "srt") in itertools.pairwise(argv)
            if is_srt or side in self._sides:
                self._tell(side, connected=False if is_srt else None, peer="", json=None, refused="")
            if not is_srt:
                self._sides.pop(side, None)

    def end(self) -> None:
        """The processor has ended, and its connections with it."""
        for side in self._sides:
            self._tell(side, connected=False, peer="", json=None, refused="")

    def takes(self, raw: bytes) -> bool:
        """Read a line of the log; whether it was nothing but statistics."""
        if not self._sides or b"srt: " not in raw:
            self._look_for_refusal(raw)
            return False
        if found := _STATISTICS.match(raw):
            statistics = _numbers(found[2])
            if statistics is not None:
                self.heard_at = time.monotonic()
                self._tell(found[1].decode(), connected=True, json=statistics, refused="")
            return True
        if found := _CAME.match(raw):
            self.heard_at = time.monotonic()
            side = "input" if found[1] in _INPUT_WORDS else "output"
            peer = found[2].decode("utf-8", "replace")[:_REASON_LIMIT]
            self._tell(side, connected=True, peer=peer, json=None, refused="")
        elif found := _WENT.match(raw):
            side = "input" if found[1] in _INPUT_WORDS else "output"
            self._tell(side, connected=False, peer="", json=None, refused="")
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
