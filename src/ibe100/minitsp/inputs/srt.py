"""Input over SRT, calling a sender or listening for one."""

import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketInput
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.ffmpeg.input import FfmpegInput
from ibe100.minitsp.ffmpeg.srt import srt_peer, warn_of_statistics
from ibe100.minitsp.packets.packet_aligner import PacketAligner
from ibe100.minitsp.srt.connection import SrtConnection
from ibe100.minitsp.srt.connector import SrtConnector
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.minitsp.srt.libsrt_types import SrtError
from ibe100.minitsp.srt.options import SRT_OPTIONS, again_after_s
from ibe100.minitsp.srt.settings import srt_settings
from ibe100.minitsp.srt.statistics import StatisticsReport

_POLL_S: Final = 0.05
_GATHER_S: Final = 0.004


class SrtLibraryInput(ThreadedInput):
    """Receives packets by SRT (tsp -I srt).

    The end of the sender is the end of the input, unless --multiple asks to wait for another one: then a
    call that fails is made again too, until somebody answers.
    """

    name: ClassVar[str] = "srt"
    options: ClassVar[OptionTable] = OptionTable(*SRT_OPTIONS, max_parameters=1)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._settings = srt_settings(arguments, output=False)
        self._again_after_s = again_after_s(arguments)
        self._report = StatisticsReport(arguments)

    def fetch(self) -> None:
        library = find_library()
        assert library is not None  # this class is taken only where there is one
        connector = SrtConnector(self, library, self._settings, retries=self._again_after_s is not None)
        while (connection := connector.connect(self.closing)) is not None:
            self.verbose(f"connected from {connection.addresses()}")
            try:
                self._relay(connection)
            finally:
                self._log_statistics(connection, last=True)
                connection.close()
            if self.closing.is_set() or not self._goes_on():
                return

    def _goes_on(self) -> bool:
        """Log that the sender has gone; False if no other one is to be waited for, or the chain is ending."""
        again = self._again_after_s is not None
        self.log(LogLevel.INFO, f"sender disconnected{', waiting for another one' if again else ''}")
        return self._again_after_s is not None and not self.closing.wait(self._again_after_s)

    def _relay(self, connection: SrtConnection) -> None:
        """Queue what comes until the sender is gone or the chain is ending."""
        aligner = PacketAligner()
        self._report.begin(time.monotonic())
        while not self.closing.is_set():
            if connection.wait(_POLL_S):
                time.sleep(_GATHER_S)
                try:
                    data = connection.receive()
                except SrtError:
                    break
                skipped = aligner.skipped_bytes
                self.offer(aligner.feed(data))
                if aligner.skipped_bytes > skipped:
                    lost = aligner.skipped_bytes - skipped
                    self.log(LogLevel.WARNING, f"{lost:,} bytes skipped that are no packets")
            self._log_statistics(connection)
        self.offer(aligner.finish())

    def _log_statistics(self, connection: SrtConnection, *, last: bool = False) -> None:
        wanted = self._report.at_the_end if last else self._report.is_due(time.monotonic())
        statistics = connection.statistics() if wanted else None
        if statistics is not None:
            self.log(LogLevel.INFO, self._report.text(statistics))


class SrtFfmpegInput(FfmpegInput):
    """Receives packets by SRT (tsp -I srt) through ffmpeg, where the system has no libsrt.

    The end of the sender is the end of the input, unless --multiple asks to wait for another one.
    """

    name: ClassVar[str] = "srt"
    options: ClassVar[OptionTable] = OptionTable(*SRT_OPTIONS, max_parameters=1)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context, srt_peer(arguments), again_after_s(arguments))

    def start(self) -> None:
        warn_of_statistics(self)
        super().start()


SrtInput: type[PacketInput] = SrtLibraryInput if find_library() else SrtFfmpegInput
