"""Output as UDP or RTP datagrams, unicast or multicast."""

from typing import ClassVar

from ibe100.minitsp.chain.options import Arguments, Option, OptionTable
from ibe100.minitsp.chain.plugin import Context, PacketOutput, Packets, PluginError
from ibe100.minitsp.ip.datagram_sender import DATAGRAM_OPTIONS, DatagramSender


class IpOutput(PacketOutput):
    """Sends packets by UDP (tsp -O ip), up to --packet-burst in a datagram."""

    name: ClassVar[str] = "ip"
    options: ClassVar[OptionTable] = OptionTable(
        *DATAGRAM_OPTIONS, Option("enforce-burst", short="e"), max_parameters=1
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        whole_bursts = arguments.present("enforce-burst")
        self._sender = DatagramSender(arguments, whole_bursts=whole_bursts, may_wait=True)

    def start(self) -> None:
        self._sender.open()

    def send(self, packets: Packets) -> None:
        try:
            self._sender.send(packets)
        except OSError as error:
            raise self._failure(error) from error

    def stop(self) -> None:
        try:
            self._sender.close()
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> PluginError:
        return PluginError(f"error sending UDP message to {self._sender.place}: {error.strerror}")
