"""Input of a transport stream over HTTP."""

from collections.abc import Iterator
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel, PluginError
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.packets.packet_aligner import PacketAligner
from ibe100.minitsp.web.web_options import WEB_OPTIONS

_BYTES_TO_JUDGE: Final = 1 << 20
_LEAST_PAUSE_S: Final = 0.1
"""Pause after a round that brought nothing, even without --reconnect-delay."""
_ATTENDED_PAUSE_S: Final = 0.5


class HttpInput(ThreadedInput):
    """Reads a stream from an HTTP server (tsp -I http); the server waits while the chain is busy.

    With a runner that attends to it, it asks again and again, as with --infinite --ignore-errors.
    """

    name: ClassVar[str] = "http"
    in_bursts: ClassVar[bool] = True
    options: ClassVar[OptionTable] = OptionTable(
        *WEB_OPTIONS,
        Option("ignore-errors"),
        Option("infinite", short="i"),
        Option("reconnect-delay", OptionKind.INTEGER),
        Option("repeat", OptionKind.INTEGER, "r", minimum=1),
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        arguments.exclude("infinite", "repeat")
        self._url = arguments.parameter("url")
        endless = context.attended or arguments.present("infinite")
        self._rounds_left = None if endless else arguments.integer("repeat", 1)
        self._goes_on = context.attended or arguments.present("ignore-errors")
        self._reconnect_delay_s = arguments.integer("reconnect-delay") / 1000
        if context.attended:
            self._reconnect_delay_s = max(self._reconnect_delay_s, _ATTENDED_PAUSE_S)
        self._told = ""

    def fetch(self) -> None:
        from ibe100.minitsp.web.http_client import HttpClient

        client = HttpClient(self.arguments, self._url)
        try:
            while True:
                received_bytes = self._read_once(client.stream(self._url))
                pause_s = max(self._reconnect_delay_s, 0.0 if received_bytes else _LEAST_PAUSE_S)
                if not self._another_round() or self.closing.wait(pause_s):
                    return
        finally:
            client.close()

    def _another_round(self) -> bool:
        if self._rounds_left is not None:
            self._rounds_left -= 1
        return self._rounds_left != 0

    def _read_once(self, chunks: Iterator[bytes]) -> int:
        """Queue what comes until the end; returns how many bytes of packets that was."""
        aligner = PacketAligner()
        received = 0
        try:
            for chunk in chunks:
                packets = aligner.feed(chunk)
                if packets and not received and aligner.skipped_bytes:
                    skipped = f"{aligner.skipped_bytes:,} bytes before the first packet skipped"
                    self.log(LogLevel.WARNING, skipped)
                received += len(packets)
                if not self.queue.put(packets):
                    return received
                if not received and aligner.skipped_bytes > _BYTES_TO_JUDGE:
                    raise PluginError(f"no transport stream in the first {aligner.skipped_bytes:,} bytes")
        except PluginError as error:
            if not self._goes_on or self._rounds_left == 1:
                raise
            if received or str(error) != self._told:
                self._told = str(error)
                self.log(LogLevel.WARNING, self._told)
        self.queue.put(aligner.finish())
        if aligner.skipped_bytes:
            self.log(LogLevel.WARNING, f"{aligner.skipped_bytes:,} bytes skipped that are no packets")
        if received:
            self._told = ""
        return received
