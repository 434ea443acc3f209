"""Output over RIST."""

from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context
from ibe100.minitsp.ffmpeg.output import DEFAULT_BURST, FfmpegOutput
from ibe100.minitsp.ffmpeg.rist import RIST_OPTIONS, rist_peer

_DEFAULT_BUFFER_MS: Final = 1000


class RistOutput(FfmpegOutput):
    """Sends packets by RIST (tsp -O rist) through ffmpeg, whether or not someone receives them yet.

    Until a receiver is heard, and three seconds after it was heard last, what is sent is lost.
    """

    name: ClassVar[str] = "rist"
    options: ClassVar[OptionTable] = OptionTable(
        *RIST_OPTIONS,
        Option("enforce-burst", short="e"),
        Option("packet-burst", OptionKind.INTEGER, "p", minimum=1, maximum=DEFAULT_BURST),
        max_parameters=None,
    )

    @property
    def has_receiver(self) -> bool | None:
        return self._writer is not None and bool(self._writer.rist_peers)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        drain_s = arguments.integer("buffer-size", _DEFAULT_BUFFER_MS) / 1000
        super().__init__(arguments, context, rist_peer(arguments), drain_s=drain_s)
