"""Input over SRT, calling a sender or listening for one."""

from typing import ClassVar

from ibe100.minitsp.ffmpeg_input import FfmpegInput
from ibe100.minitsp.options import Arguments, OptionTable
from ibe100.minitsp.plugin import Context
from ibe100.minitsp.srt_options import SRT_OPTIONS, again_after_s, srt_peer, warn_of_statistics


class SrtInput(FfmpegInput):
    """Receives packets by SRT (tsp -I srt) through ffmpeg.

    The end of the sender is the end of the input, unless --multiple asks to wait for another one.
    """

    name: ClassVar[str] = "srt"
    options: ClassVar[OptionTable] = OptionTable(*SRT_OPTIONS, max_parameters=1)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context, srt_peer(arguments), again_after_s(arguments))

    def start(self) -> None:
        warn_of_statistics(self)
        super().start()
