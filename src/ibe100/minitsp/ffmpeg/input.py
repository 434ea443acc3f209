"""Packets that ffmpeg receives: the base of the srt and rist inputs."""

from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments
from ibe100.minitsp.chain.plugin import Context, LogLevel
from ibe100.minitsp.chain.retries import Retries
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.ffmpeg.pipe import FfmpegReader, Peer
from ibe100.minitsp.packets.packet_aligner import PacketAligner

_POLL_S: Final = 0.05


class FfmpegInput(ThreadedInput):
    """Receives packets through ffmpeg.

    With `again_after_s` it waits so long when a sender has gone, and goes on; a failed call is repeated too,
    until a sender answers.
    """

    leave_s: ClassVar[float] = 1.0

    def __init__(
        self, arguments: Arguments, context: Context, peer: Peer, again_after_s: float | None
    ) -> None:
        super().__init__(arguments, context)
        self._peer = peer
        self._again_after_s = again_after_s

    def fetch(self) -> None:
        retries = Retries(self, self._again_after_s is not None)
        while not self.closing.is_set():
            reader = FfmpegReader(self, self._peer)
            reader.open()
            try:
                self._relay(reader)
            finally:
                reader.close()
            if self.closing.is_set():
                return
            if not reader.connected.is_set():
                if self.closing.wait(retries.pause_s(reader.failure())):
                    return
                continue
            retries.connected()
            self.log(LogLevel.INFO, "sender disconnected")
            if self._again_after_s is None or self.closing.wait(self._again_after_s):
                return

    def _relay(self, reader: FfmpegReader) -> None:
        """Queue what comes until the sender is gone or the chain is ending."""
        aligner = PacketAligner()
        told = False
        while not self.closing.is_set():
            data = reader.read(_POLL_S)
            if data is None:
                continue
            if not data:
                break
            if not told:
                told = True
                self.verbose("connected from a sender, through ffmpeg")
            skipped = aligner.skipped_bytes
            self.offer(aligner.feed(data))
            if aligner.skipped_bytes > skipped:
                lost = aligner.skipped_bytes - skipped
                self.log(LogLevel.WARNING, f"{lost:,} bytes skipped that are no packets")
        self.offer(aligner.finish())
