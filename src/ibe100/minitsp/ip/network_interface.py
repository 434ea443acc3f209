"""Network interfaces by their IPv6 address: that is how tsp's options name them, the system wants numbers."""

import ipaddress
import socket
from pathlib import Path
from typing import Final

_ADDRESSES: Final = Path(
    "/proc/net/if_inet6"
)  # Linux: address, index in hexadecimal, prefix, scope, flags, name


def interface_index(address: str) -> int:
    """The number of the interface that has an IPv6 address; 0, the system's choice, for "".

    Raises OSError where no interface has it.
    """
    if not address:
        return 0
    wanted = ipaddress.IPv6Address(address)
    if wanted.scope_id:
        return socket.if_nametoindex(wanted.scope_id)
    for line in _ADDRESSES.read_text().splitlines():
        digits, index, *_ = line.split()
        if bytes.fromhex(digits) == wanted.packed:
            return int(index, 16)
    raise OSError(0, f"no interface has the address {address}")
