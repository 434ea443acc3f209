"""UDP sockets that receive: unicast, multicast, and source-specific multicast."""

import socket
from typing import Final

from ibe100.minitsp.plugin import PluginError

_ANY: Final = "0.0.0.0"
_IP_ADD_SOURCE_MEMBERSHIP: Final = 39  # linux/in.h; the socket module lacks it before 3.12


def open_receiver(
    group: str,
    port: int,
    *,
    local_address: str = "",
    source: str = "",
    share_port: bool = False,
    buffer_bytes: int,
) -> socket.socket:
    """A bound socket; `group` is a multicast address or "" for unicast. Raises PluginError.

    A unicast port is never shared unless asked for: with a shared port the newcomer takes the stream away.
    """
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        _enlarge_buffer(receiver, buffer_bytes)
        if group:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif share_port:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bind_address = group or local_address or _ANY
        try:
            receiver.bind((bind_address, port))
        except OSError as error:
            reason = error.strerror or error
            raise PluginError(
                f"error binding socket to local address {bind_address}:{port}: {reason}"
            ) from error
        if group:
            _join(receiver, group, local_address or _ANY, source)
    except BaseException:
        receiver.close()
        raise
    return receiver


def _join(receiver: socket.socket, group: str, interface: str, source: str) -> None:
    """Join a multicast group; only what `source` sends, if it is given."""
    try:
        membership = socket.inet_aton(group) + socket.inet_aton(interface)
        if source:
            request = membership + socket.inet_aton(source)
            receiver.setsockopt(socket.IPPROTO_IP, _IP_ADD_SOURCE_MEMBERSHIP, request)
        else:
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    except OSError as error:
        raise PluginError(
            f"error joining multicast group {group} on {interface}: {error.strerror or error}"
        ) from error


def _enlarge_buffer(receiver: socket.socket, wanted_bytes: int) -> None:
    """Ask for the receive buffer; the kernel grants what its limit allows."""
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted_bytes)
