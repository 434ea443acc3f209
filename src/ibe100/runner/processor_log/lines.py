"""The output of a processor: bytes become bounded lines, without secrets, with level and plugin."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

LINE_LIMIT = 4096
"""Longest line kept, in characters; the rest of a longer one is dropped."""
RAW_LIMIT = LINE_LIMIT + 1024
"""Longest line read, in bytes: room for a secret that crosses the end of what is kept."""
_MASK = "[secret]"
_SHORTEST_MASKED = 4

_TSP_LINE = re.compile(
    r"\* (?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d - )?(?:(?P<severity>[A-Z][A-Za-z ]*): )?"
    r"(?:(?P<plugin>[A-Za-z0-9_\[\]-]+): )?(?P<text>.*)",
    re.DOTALL,
)
HARMLESS = b"spliceinject: cannot find received data type, 0 bytes"
"""tsp 3.45 says so, as an error, whenever it closes its cue socket at the end of a run."""
_LEVELS = {
    "Fatal": "error",
    "Severe": "error",
    "Fatal Error": "error",
    "Severe Error": "error",
    "Error": "error",
    "Warning": "warning",
    "Debug": "debug",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as the journal keeps it; plugin is empty where the line names none."""

    level: str
    plugin: str
    text: str


def parse_log_line(text: str) -> LogLine:
    """Take tsp's shape apart: `* [date time - ][Error: ][plugin: ]text`. Any other line is info as it is."""
    match = _TSP_LINE.fullmatch(text)
    if match is None:
        return LogLine("info", "", text)
    severity = match["severity"]
    if HARMLESS.decode() in text:
        severity = None
    if severity is not None and severity not in _LEVELS:
        return LogLine("info", "", text[2:])
    return LogLine(_LEVELS.get(severity or "", "info"), match["plugin"] or "", match["text"])


class Redactor:
    """Turns raw lines into text with the secrets masked, whole option lines and their values alike."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found: set[str] = set()
        for secret in secrets:
            for line in secret.splitlines():
                found.add(line)
                found.add(line.partition("=")[2])
        self._secrets = sorted((s for s in found if len(s) >= _SHORTEST_MASKED), key=len, reverse=True)

    def __call__(self, raw: bytes) -> str:
        """The line as text of at most LINE_LIMIT characters."""
        text = raw.decode("utf-8", "replace").rstrip("\r")
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        if len(raw) >= RAW_LIMIT and self._secrets:
            text = text[: -len(self._secrets[0])]  # the cut may have gone through a secret
        return text[:LINE_LIMIT]


class LineSplitter:
    """Cuts a byte stream into lines; a partial line waits for its rest, in a bounded buffer."""

    def __init__(self) -> None:
        self._partial = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, each cut to RAW_LIMIT bytes."""
        first, *others = data.split(b"\n")
        self._partial += first[: RAW_LIMIT - len(self._partial)]
        if not others:
            return []
        lines = [bytes(self._partial), *(line[:RAW_LIMIT] for line in others[:-1])]
        self._partial = bytearray(others[-1][:RAW_LIMIT])
        return lines

    def end(self) -> list[bytes]:
        """The partial line that is left when the stream has ended."""
        return [bytes(self._partial)] if self._partial else []


class RateLimit:
    """Admits `per_second` lines in each second; reports how many were dropped when the next second begins."""

    def __init__(self, per_second: int, report: Callable[[int], None]) -> None:
        self._per_second = per_second
        self._report = report
        self._window = 0
        self._used = 0
        self._dropped = 0

    def admits(self, mono: float) -> bool:
        """True if one more line may pass at this monotonic time in seconds."""
        if int(mono) != self._window:
            self.report_dropped()
            self._window = int(mono)
            self._used = 0
        self._used += 1
        if self._used > self._per_second:
            self._dropped += 1
            return False
        return True

    def report_dropped(self) -> None:
        """Report what was dropped so far, if anything."""
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._report(dropped)
