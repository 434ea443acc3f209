"""Datagrams of one size sent with few system calls, where the kernel can cut them apart itself."""

import socket
from typing import Final

# linux/udp.h: the kernel cuts what it is given into datagrams of this size (generic segmentation offload).
_SOL_UDP: Final = 17
_UDP_SEGMENT: Final = 103
_MOST_SEGMENTS: Final = 64
_LARGEST_PAYLOAD: Final = 65_507


SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""Address in the socket module's form: of IPv4, or of IPv6 with flow and scope."""


class DatagramBursts:
    """Sends bytes as datagrams of `size`, the last one maybe shorter.

    A kernel or a network card that cannot cut (an older Linux, another system, a datagram larger than the
    MTU) refuses the first burst of several; from then on each datagram is sent by itself.
    """

    def __init__(self, sender: socket.socket, size: int) -> None:
        self._sender = sender
        self._size = size
        self._burst_bytes = min(_MOST_SEGMENTS, _LARGEST_PAYLOAD // size) * size
        try:
            sender.setsockopt(_SOL_UDP, _UDP_SEGMENT, size)
        except OSError:
            self._burst_bytes = size

    def send(self, data: bytes, destination: SocketAddress) -> None:
        """OSError where one datagram cannot be sent; those after it are left out."""
        position = 0
        while position < len(data):
            burst = data[position : position + self._burst_bytes]
            try:
                self._sender.sendto(burst, destination)
            except BlockingIOError:
                raise
            except OSError:
                if len(burst) <= self._size:
                    raise
                self._sender.setsockopt(_SOL_UDP, _UDP_SEGMENT, 0)
                self._burst_bytes = self._size
            else:
                position += len(burst)
