"""Values of libsrt's interface (srt.h): options, states, errors, statistics, addresses."""

import ctypes
import socket
import struct
import sys
from enum import IntEnum


class SocketOption(IntEnum):
    """SRT_SOCKOPT of srt.h."""

    MSS = 0
    SNDSYN = 1
    RCVSYN = 2
    FC = 4
    SNDBUF = 5
    RCVBUF = 6
    LINGER = 7
    UDP_SNDBUF = 8
    UDP_RCVBUF = 9
    RENDEZVOUS = 12
    REUSEADDR = 15
    MAXBW = 16
    SENDER = 21
    LATENCY = 23
    INPUTBW = 24
    OHEADBW = 25
    PASSPHRASE = 26
    PBKEYLEN = 27
    IPTTL = 29
    IPTOS = 30
    TLPKTDROP = 31
    SNDDROPDELAY = 32
    NAKREPORT = 33
    CONNTIMEO = 36
    LOSSMAXTTL = 42
    RCVLATENCY = 43
    PEERLATENCY = 44
    MINVERSION = 45
    STREAMID = 46
    MESSAGEAPI = 48
    PAYLOADSIZE = 49
    TRANSTYPE = 50
    KMREFRESHRATE = 51
    KMPREANNOUNCE = 52
    ENFORCEDENCRYPTION = 53
    IPV6ONLY = 54
    PEERIDLETIMEO = 55
    PACKETFILTER = 60


class SocketState(IntEnum):
    """SRT_SOCKSTATUS of srt.h."""

    INIT = 1
    OPENED = 2
    LISTENING = 3
    CONNECTING = 4
    CONNECTED = 5
    BROKEN = 6
    CLOSING = 7
    CLOSED = 8
    NONEXIST = 9


class ErrorCode(IntEnum):
    """SRT_ERRNO of srt.h, as far as errors are told apart."""

    CANNOT_SEND_NOW = 6001
    NOTHING_TO_RECEIVE = 6002


class SrtError(Exception):
    """A call of the library failed; `code` is its SRT_ERRNO."""

    def __init__(self, call: str, code: int, reason: str) -> None:
        super().__init__(f"error during {call}: {reason}")
        self.code = code
        self.reason = reason

    @property
    def is_again(self) -> bool:
        """True if the call can only not be done right now."""
        return self.code in (ErrorCode.CANNOT_SEND_NOW, ErrorCode.NOTHING_TO_RECEIVE)


def _fields(kind: type, *names: str) -> list[tuple[str, type]]:
    return [(name, kind) for name in names]


class Statistics(ctypes.Structure):
    """SRT_TRACEBSTATS of srt.h (1.4.2 and later), its names kept; `…Total` since the connection was made."""

    _fields_ = (
        *_fields(ctypes.c_int64, "msTimeStamp", "pktSentTotal", "pktRecvTotal"),
        *_fields(ctypes.c_int, "pktSndLossTotal", "pktRcvLossTotal", "pktRetransTotal", "pktSentACKTotal"),
        *_fields(ctypes.c_int, "pktRecvACKTotal", "pktSentNAKTotal", "pktRecvNAKTotal"),
        *_fields(ctypes.c_int64, "usSndDurationTotal"),
        *_fields(ctypes.c_int, "pktSndDropTotal", "pktRcvDropTotal", "pktRcvUndecryptTotal"),
        *_fields(ctypes.c_uint64, "byteSentTotal", "byteRecvTotal", "byteRcvLossTotal", "byteRetransTotal"),
        *_fields(ctypes.c_uint64, "byteSndDropTotal", "byteRcvDropTotal", "byteRcvUndecryptTotal"),
        *_fields(ctypes.c_int64, "pktSent", "pktRecv"),
        *_fields(ctypes.c_int, "pktSndLoss", "pktRcvLoss", "pktRetrans", "pktRcvRetrans"),
        *_fields(ctypes.c_int, "pktSentACK", "pktRecvACK", "pktSentNAK", "pktRecvNAK"),
        *_fields(ctypes.c_double, "mbpsSendRate", "mbpsRecvRate"),
        *_fields(ctypes.c_int64, "usSndDuration"),
        *_fields(ctypes.c_int, "pktReorderDistance"),
        *_fields(ctypes.c_double, "pktRcvAvgBelatedTime"),
        *_fields(ctypes.c_int64, "pktRcvBelated"),
        *_fields(ctypes.c_int, "pktSndDrop", "pktRcvDrop", "pktRcvUndecrypt"),
        *_fields(ctypes.c_uint64, "byteSent", "byteRecv", "byteRcvLoss", "byteRetrans"),
        *_fields(ctypes.c_uint64, "byteSndDrop", "byteRcvDrop", "byteRcvUndecrypt"),
        *_fields(ctypes.c_double, "usPktSndPeriod"),
        *_fields(ctypes.c_int, "pktFlowWindow", "pktCongestionWindow", "pktFlightSize"),
        *_fields(ctypes.c_double, "msRTT", "mbpsBandwidth"),
        *_fields(ctypes.c_int, "byteAvailSndBuf", "byteAvailRcvBuf"),
        *_fields(ctypes.c_double, "mbpsMaxBW"),
        *_fields(ctypes.c_int, "byteMSS", "pktSndBuf", "byteSndBuf", "msSndBuf", "msSndTsbPdDelay"),
        *_fields(ctypes.c_int, "pktRcvBuf", "byteRcvBuf", "msRcvBuf", "msRcvTsbPdDelay"),
        *_fields(ctypes.c_int, "pktSndFilterExtraTotal", "pktRcvFilterExtraTotal"),
        *_fields(ctypes.c_int, "pktRcvFilterSupplyTotal", "pktRcvFilterLossTotal"),
        *_fields(ctypes.c_int, "pktSndFilterExtra", "pktRcvFilterExtra", "pktRcvFilterSupply"),
        *_fields(ctypes.c_int, "pktRcvFilterLoss", "pktReorderTolerance"),
        *_fields(ctypes.c_int64, "pktSentUniqueTotal", "pktRecvUniqueTotal"),
        *_fields(ctypes.c_uint64, "byteSentUniqueTotal", "byteRecvUniqueTotal"),
        *_fields(ctypes.c_int64, "pktSentUnique", "pktRecvUnique"),
        *_fields(ctypes.c_uint64, "byteSentUnique", "byteRecvUnique"),
    )


def socket_address(host: str, port: int) -> bytes:
    """A struct sockaddr; "" is any IPv4 address. Raises OSError where a name cannot be resolved."""
    family, _, _, _, resolved = socket.getaddrinfo(
        host or "0.0.0.0", port, type=socket.SOCK_DGRAM, proto=socket.IPPROTO_UDP
    )[0]
    address = socket.inet_pton(family, str(resolved[0]))
    if family == socket.AF_INET:
        body = struct.pack("!H4s8x", port, address)
    else:
        scope = int(resolved[3]) if len(resolved) > 3 else 0
        body = struct.pack("!HI16s", port, 0, address) + struct.pack("=I", scope)
    head = struct.pack("=H", family) if sys.platform != "darwin" else bytes((len(body) + 2, family))
    return head + body


def address_text(data: bytes) -> str:
    """address:port of a struct sockaddr."""
    family = struct.unpack("=H", data[:2])[0] if sys.platform != "darwin" else data[1]
    port = int.from_bytes(data[2:4], "big")
    if family == socket.AF_INET:
        return f"{socket.inet_ntop(socket.AF_INET, data[4:8])}:{port}"
    return f"[{socket.inet_ntop(socket.AF_INET6, data[8:24])}]:{port}"
