"""UDP sockets that receive: unicast, multicast, and source-specific multicast."""

import socket
import struct
from typing import Final

from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.ip.network_interface import interface_index
from ibe100.runner.local_socket import LocalReceiver

_ANY: Final = "0.0.0.0"
_IP_ADD_SOURCE_MEMBERSHIP: Final = 39  # linux/in.h; the socket module lacks it before 3.12
_MCAST_JOIN_SOURCE_GROUP: Final = 46
_STORAGE_BYTES: Final = 128


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
    is_ipv6 = ":" in (group or local_address)
    receiver = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        _enlarge_buffer(receiver, buffer_bytes)
        if group:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif share_port:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bind_address = group or local_address or _ANY
        try:
            if group and is_ipv6:
                receiver.bind((group, port, 0, interface_index(local_address)))
            else:
                receiver.bind((bind_address, port))
        except OSError as error:
            reason = error.strerror or error
            raise PluginError(
                f"error binding socket to local address {bind_address}:{port}: {reason}"
            ) from error
        if group:
            _join(receiver, group, local_address, source)
    except BaseException:
        receiver.close()
        raise
    return receiver


def open_local_receiver(path: str, buffer_bytes: int) -> LocalReceiver:
    """The Unix socket of a `unix:path`. Raises PluginError."""
    try:
        return LocalReceiver(path, buffer_bytes)
    except OSError as error:
        raise PluginError(f"error binding socket {path}: {error.strerror}") from error


def _join(receiver: socket.socket, group: str, interface: str, source: str) -> None:
    """Join a multicast group; only what `source` sends, if it is given."""
    try:
        if ":" in group:
            _join_ipv6(receiver, group, interface, source)
            return
        membership = socket.inet_aton(group) + socket.inet_aton(interface or _ANY)
        if source:
            request = membership + socket.inet_aton(source)
            receiver.setsockopt(socket.IPPROTO_IP, _IP_ADD_SOURCE_MEMBERSHIP, request)
        else:
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    except OSError as error:
        raise PluginError(
            f"error joining multicast group {group} on {interface or _ANY}: {error.strerror or error}"
        ) from error


def _join_ipv6(receiver: socket.socket, group: str, interface: str, source: str) -> None:
    index = interface_index(interface)
    if source:  # struct group_source_req (RFC 3678)
        request = struct.pack("@I0q", index) + _storage(group) + _storage(source)
        receiver.setsockopt(socket.IPPROTO_IPV6, _MCAST_JOIN_SOURCE_GROUP, request)
    else:
        membership = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)


def _storage(address: str) -> bytes:
    """struct sockaddr_storage of an IPv6 address."""
    body = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, address), 0)
    return body.ljust(_STORAGE_BYTES, b"\0")


def _enlarge_buffer(receiver: socket.socket, wanted_bytes: int) -> None:
    """Ask for the receive buffer; the kernel grants what its limit allows."""
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted_bytes)
