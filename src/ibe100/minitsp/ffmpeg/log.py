"""ffmpeg's messages on standard error, in tsp's words."""

import re
from typing import Final

_CONTEXT: Final = re.compile(r"^\[[^\]]*\] ")
_REJECTED: Final = re.compile(r"REJECT reported from HS processing: (?P<reason>.*?) - not processing")
_NOT_CONNECTED: Final = re.compile(r"Connection to .* failed: (?P<reason>.*)")
_NO_HOST: Final = re.compile(r"Failed to resolve hostname (?P<host>\S*): (?P<reason>.*)")
_PORT_TAKEN: Final = re.compile(r"Error opening (?:input|output).*Address already in use")
_NO_PROTOCOL: Final = re.compile(r"Protocol not found|Unknown protocol")
_LACKS_PROTOCOL: Final = "needs TSDuck: this machine's ffmpeg lacks the protocol"
_GENERIC_ERROR: Final = "Input/output error"
_PEER_HEARD: Final = re.compile(r"\bPeer (?P<peer>\d+) (?:receiver name is|receiver with name|was dead for)")
_PEER_LOST: Final = re.compile(r"\bpeer (?P<peer>\d+) timed out")
_SRT_LIBRARY: Final = re.compile(r"^\d\d:\d\d:\d\d\.\d+/")


class RistPeers:
    """Follows which receivers of a RIST connection are heard; one that is not for three seconds is lost."""

    def __init__(self) -> None:
        self._heard: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._heard)

    def take(self, line: str) -> None:
        """Read one line of the log."""
        if match := _PEER_HEARD.search(line):
            self._heard.add(match["peer"])
        elif match := _PEER_LOST.search(line):
            self._heard.discard(match["peer"])


class FfmpegLog:
    """Reads the log of one ffmpeg; `failure` is the reason why it ended, as far as the log tells."""

    def __init__(self) -> None:
        self._reject_reason = ""
        self._failure = ""
        self._last_line = ""

    @property
    def failure(self) -> str:
        """The most telling reason seen, "" if there was none."""
        return self._failure or self._last_line

    @property
    def is_hopeless(self) -> bool:
        """True if another attempt would fail like this one."""
        return self._failure == _LACKS_PROTOCOL

    def take(self, line: str) -> None:
        """Read one line of the log."""
        if match := _REJECTED.search(line):
            self._reject_reason = match["reason"]
        elif match := _NO_HOST.search(line):
            self._failure = f"{match['host']}: {match['reason']}"
        elif match := _NOT_CONNECTED.search(line):
            self._failure = (
                f"error during srt_connect: Connection setup failure: {self._reason(match['reason'])}"
            )
        elif _PORT_TAKEN.search(line):
            self._failure = "error during srt_bind(): the address is already in use"
        elif _NO_PROTOCOL.search(line):
            self._failure = _LACKS_PROTOCOL
        elif line.startswith("[") and not _SRT_LIBRARY.match(line):
            self._last_line = _CONTEXT.sub("", line).strip()

    def _reason(self, told: str) -> str:
        if self._reject_reason:
            return f"connection rejected, reject reason: {self._reject_reason}"
        return "connection timed out" if told == _GENERIC_ERROR else told
