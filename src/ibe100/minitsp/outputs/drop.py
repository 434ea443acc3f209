"""Output to nowhere (tsp -O drop)."""

from typing import ClassVar

from ibe100.minitsp.chain.options import OptionTable
from ibe100.minitsp.chain.plugin import PacketOutput, Packets


class DropOutput(PacketOutput):
    """Drops every packet."""

    name: ClassVar[str] = "drop"
    options: ClassVar[OptionTable] = OptionTable()

    def send(self, packets: Packets) -> None:
        return None
