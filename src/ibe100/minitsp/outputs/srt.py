"""Output over SRT, calling a receiver or listening for one."""

import time
from dataclasses import replace
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketOutput, Packets
from ibe100.minitsp.ffmpeg.output import DEFAULT_BURST, FfmpegOutput
from ibe100.minitsp.ffmpeg.srt import DEFAULT_LINGER_S, srt_peer, warn_of_statistics
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.minitsp.srt.options import SRT_OPTIONS, again_after_s
from ibe100.minitsp.srt.sender import SrtSender
from ibe100.minitsp.srt.settings import srt_settings
from ibe100.mpegts.constants import PACKET_SIZE

_DEFAULT_LATENCY_MS: Final = 120  # libsrt's
_POLL_S: Final = 0.05
_FLUSH_S: Final = 2.0
_DRAIN_MARGIN_S: Final = 0.1
_OPTIONS: Final = OptionTable(
    *SRT_OPTIONS,
    Option("enforce-burst", short="e"),
    Option("packet-burst", OptionKind.INTEGER, "p", minimum=1, maximum=DEFAULT_BURST),
    max_parameters=1,
)


class SrtLibraryOutput(PacketOutput):
    """Sends packets by SRT (tsp -O srt).

    Starting waits for the receiver, as tsp does. When the receiver goes, the chain ends with exit 1; with
    --multiple another one is waited for, and a call that fails is made again. With --multiple and --realtime
    nothing waits: what nobody receives is dropped, so that the next receiver gets what is live.

    At the end of the input the connection stays up until the receiver has played what it holds back.
    """

    name: ClassVar[str] = "srt"
    options: ClassVar[OptionTable] = _OPTIONS

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._settings = srt_settings(arguments, output=True)
        again = again_after_s(arguments)
        self._drops = again is not None and context.tsp.realtime
        self._again_after_s = again
        self._latency_s = arguments.integer("latency", _DEFAULT_LATENCY_MS) / 1000
        self._payload_bytes = arguments.integer("packet-burst", DEFAULT_BURST) * PACKET_SIZE
        self._enforce_burst = arguments.present("enforce-burst")
        self._held = b""
        self._sender: SrtSender | None = None

    def start(self) -> None:
        library = find_library()
        assert library is not None  # this class is taken only where there is one
        self._sender = SrtSender(self, library, self._settings, self._again_after_s)
        self._sender.start()
        if not self._drops:
            self._wait_for_receiver()

    def send(self, packets: Packets) -> None:
        data = self._held + packets.tobytes() if self._held else packets.tobytes()
        end = len(data)
        if self._enforce_burst:
            end -= end % self._payload_bytes
        for start in range(0, end, self._payload_bytes):
            self._send_payload(data[start : min(start + self._payload_bytes, end)])
        self._held = data[end:]

    def stop(self) -> None:
        if self._sender is None:
            return
        if self._held and not self.context.stopping:
            self._send_payload(self._held)
        if not self.context.stopping and self._sender.connected.is_set():
            self._sender.drain(_FLUSH_S)
            time.sleep(self._latency_s + _DRAIN_MARGIN_S)
        self._sender.stop()
        if self.lost:
            self.log(LogLevel.WARNING, f"{self.lost:,} packets were dropped in all, nobody received them")

    def _send_payload(self, payload: bytes) -> None:
        assert self._sender is not None
        while not self._sender.send(payload):
            if self._sender.failure is not None:
                raise self._sender.failure
            if self._drops:
                self.lost += len(payload) // PACKET_SIZE
                return
            if not self.context.wait_until(time.monotonic() + _POLL_S):
                return

    def _wait_for_receiver(self) -> None:
        assert self._sender is not None
        while not self._sender.connected.wait(_POLL_S) and not self.context.stopping:
            if self._sender.failure is not None:
                raise self._sender.failure


class SrtFfmpegOutput(FfmpegOutput):
    """Sends packets by SRT (tsp -O srt) through ffmpeg, where the system has no libsrt.

    Unlike tsp, it does not linger when no --linger is given: at the end of the input the connection is kept
    up until the last packets have arrived, and a stop does not wait for them.
    """

    name: ClassVar[str] = "srt"
    options: ClassVar[OptionTable] = _OPTIONS

    def __init__(self, arguments: Arguments, context: Context) -> None:
        linger_s = arguments.integer("linger", DEFAULT_LINGER_S)
        peer = srt_peer(arguments, output=True)
        peer = replace(peer, options={**peer.options, "linger": str(linger_s)})
        drain_s = arguments.integer("latency", _DEFAULT_LATENCY_MS) / 1000
        super().__init__(arguments, context, peer, drain_s=drain_s, again_after_s=again_after_s(arguments))

    def start(self) -> None:
        warn_of_statistics(self)
        super().start()


SrtOutput: type[PacketOutput] = SrtLibraryOutput if find_library() else SrtFfmpegOutput
