"""Payloads that ffmpeg sends: the base of the srt and rist outputs."""

import time
from collections.abc import Callable
from typing import Final

from ibe100.minitsp.chain.options import Arguments
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketOutput, Packets, PluginError
from ibe100.minitsp.chain.retries import Retries
from ibe100.minitsp.ffmpeg.pipe import FfmpegWriter, Peer
from ibe100.mpegts.constants import PACKET_SIZE

_POLL_S: Final = 0.05
_FLUSH_S: Final = 2.0
_DRAIN_MARGIN_S: Final = 0.5
DEFAULT_BURST: Final = 7
"""Packets in a payload: as many as both protocols carry in a datagram of 1500 bytes."""


class FfmpegOutput(PacketOutput):
    """Sends packets through ffmpeg, --packet-burst of them in a payload.

    Starting waits for the connection, as tsp does. When the receiver goes, the chain ends with exit 1; with
    `again_after_s` it waits so long and then for the next one, while nothing flows, and a failed call is
    repeated. At the end of the input the connection is kept open for `drain_s` and a little more: a receiver
    drops what it still holds back when the connection ends.
    """

    def __init__(
        self,
        arguments: Arguments,
        context: Context,
        peer: Peer,
        *,
        drain_s: float,
        again_after_s: float | None = None,
    ) -> None:
        super().__init__(arguments, context)
        self._peer = peer
        self._drain_s = drain_s
        self._again_after_s = again_after_s
        self._payload_bytes = arguments.integer("packet-burst", DEFAULT_BURST) * PACKET_SIZE
        self._enforce_burst = arguments.present("enforce-burst")
        self._held = b""
        self._writer: FfmpegWriter | None = None
        self._retries = Retries(self, again_after_s is not None)

    @property
    def has_receiver(self) -> bool | None:
        return self._writer is not None and self._writer.connected.is_set()

    def start(self) -> None:
        self._connect(self._is_starting)

    def send(self, packets: Packets) -> None:
        data = self._held + packets.tobytes()
        end = len(data)
        if self._enforce_burst:
            end -= end % self._payload_bytes
        self._send_payloads(memoryview(data)[:end])
        self._held = data[end:]

    def stop(self) -> None:
        if self._writer is not None:
            if self.context.stopping:
                self._close()
            else:
                self._drain()

    def _connect(self, goes_on: Callable[[], bool]) -> None:
        """Start ffmpeg and wait until the receiver is there, as long as the chain goes on."""
        while goes_on():
            writer = FfmpegWriter(self, self._peer)
            writer.open()
            self._writer = writer
            while not writer.connected.wait(_POLL_S):
                if not goes_on():
                    return
                if writer.ended:
                    break
            else:
                self._retries.connected()
                self.verbose("connected to a receiver, through ffmpeg")
                return
            self._close()
            again_s = time.monotonic() + self._retries.pause_s(writer.failure())
            while time.monotonic() < again_s and goes_on():
                time.sleep(_POLL_S)

    def _is_starting(self) -> bool:
        return not self.context.stopping

    def _is_running(self) -> bool:
        """Lets the processors, which have started by now, do what is due."""
        return self.context.wait_until(time.monotonic())

    def _send_payloads(self, data: memoryview) -> None:
        position = 0
        while position < len(data) and self._writer is not None:
            end = position + self._payload_bytes
            try:
                if self._writer.write(data[position:end], _POLL_S):
                    position = end
                    self.lost += 0 if self.has_receiver else self._payload_bytes // PACKET_SIZE
                elif not self.context.wait_until(time.monotonic()):
                    return
            except OSError:
                self._receiver_lost()
                return

    def _receiver_lost(self) -> None:
        self._close()
        if self._again_after_s is None:
            raise PluginError("receiver disconnected")
        self.log(LogLevel.WARNING, "receiver disconnected, waiting for another one")
        if self.context.wait_until(time.monotonic() + self._again_after_s):
            self._connect(self._is_running)

    def _drain(self) -> None:
        """Send the rest and leave the receiver the time to take what its latency holds back."""
        self._send_payloads(memoryview(self._held))
        if self._writer is not None:
            time.sleep(self._drain_s + _DRAIN_MARGIN_S)
            self._writer.close(_FLUSH_S)

    def _close(self) -> None:
        assert self._writer is not None
        self._writer.close(0.0)
        self._writer = None
