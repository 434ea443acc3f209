"""Writes a copy of the packets into a file (tsp -P file)."""

from typing import ClassVar

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor
from ibe100.minitsp.packets.file_writer import FILE_OPTIONS, FileWriter


class FileTap(PacketProcessor):
    """Write packets to a file and pass them to next plugin."""

    name: ClassVar[str] = "file"
    options: ClassVar[OptionTable] = OptionTable(
        *FILE_OPTIONS,
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        arguments.parameter("filename")
        self._writer = FileWriter(arguments)

    def start(self) -> None:
        self._writer.open()

    def process(self, block: Block) -> Block:
        self._writer.write(block.packets)
        return block

    def stop(self) -> None:
        self._writer.close()
