"""Input over RIST."""

from typing import ClassVar

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.plugin import Context
from ibe100.minitsp.ffmpeg.input import FfmpegInput
from ibe100.minitsp.ffmpeg.rist import RIST_OPTIONS, rist_peer


class RistInput(FfmpegInput):
    """Receives packets by RIST (tsp -I rist) through ffmpeg; it has no end, only silence."""

    name: ClassVar[str] = "rist"
    options: ClassVar[OptionTable] = OptionTable(*RIST_OPTIONS, max_parameters=None)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context, rist_peer(arguments), None)
