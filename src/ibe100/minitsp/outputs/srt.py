"""Output over SRT, calling a receiver or listening for one."""

from dataclasses import replace
from typing import ClassVar, Final

from ibe100.minitsp.ffmpeg_output import DEFAULT_BURST, FfmpegOutput
from ibe100.minitsp.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.plugin import Context
from ibe100.minitsp.srt_options import (
    DEFAULT_LINGER_S,
    SRT_OPTIONS,
    again_after_s,
    srt_peer,
    warn_of_statistics,
)

_DEFAULT_LATENCY_MS: Final = 120  # libsrt's


class SrtOutput(FfmpegOutput):
    """Sends packets by SRT (tsp -O srt) through ffmpeg.

    Unlike tsp, it lingers for a second at the end of the input when no --linger is given, so that the last
    packets arrive.
    """

    name: ClassVar[str] = "srt"
    options: ClassVar[OptionTable] = OptionTable(
        *SRT_OPTIONS,
        Option("enforce-burst", short="e"),
        Option("packet-burst", OptionKind.INTEGER, "p", minimum=1, maximum=DEFAULT_BURST),
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        linger_s = arguments.integer("linger", DEFAULT_LINGER_S)
        peer = srt_peer(arguments)
        peer = replace(peer, options={**peer.options, "linger": str(linger_s)})
        drain_s = arguments.integer("latency", _DEFAULT_LATENCY_MS) / 1000
        super().__init__(arguments, context, peer, drain_s=drain_s, again_after_s=again_after_s(arguments))

    def start(self) -> None:
        warn_of_statistics(self)
        super().start()
