"""Output to a file, or to standard output."""

from typing import ClassVar

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.plugin import Context, PacketOutput, Packets
from ibe100.minitsp.packets.file_writer import FILE_OPTIONS, FileWriter


class FileOutput(PacketOutput):
    """Writes one file (tsp -O file)."""

    name: ClassVar[str] = "file"
    may_block: ClassVar[bool] = True
    options: ClassVar[OptionTable] = OptionTable(
        *FILE_OPTIONS,
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._writer = FileWriter(arguments, exact=context.attended)

    @property
    def has_receiver(self) -> bool | None:
        return False if self._writer.waits_for_reader else None

    def start(self) -> None:
        self._writer.open()

    def send(self, packets: Packets) -> None:
        self._writer.write(packets)

    def stop(self) -> None:
        self._writer.close()
