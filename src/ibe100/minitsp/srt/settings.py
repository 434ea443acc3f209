"""tsp's options of the srt input and output, as libsrt understands them."""

import struct
from dataclasses import dataclass, field
from typing import Final

from ibe100.minitsp.chain.options import Arguments, OptionError
from ibe100.minitsp.srt.libsrt_types import SocketOption
from ibe100.minitsp.srt.options import SrtEnds, srt_ends

_INT: Final = struct.Struct("=i")
_INT64: Final = struct.Struct("=q")
_NUMBERS: Final = {
    "conn-timeout": SocketOption.CONNTIMEO,
    "ffs": SocketOption.FC,
    "iptos": SocketOption.IPTOS,
    "ipttl": SocketOption.IPTTL,
    "kmpreannounce": SocketOption.KMPREANNOUNCE,
    "kmrefreshrate": SocketOption.KMREFRESHRATE,
    "latency": SocketOption.LATENCY,
    "lossmaxttl": SocketOption.LOSSMAXTTL,
    "min-version": SocketOption.MINVERSION,
    "mss": SocketOption.MSS,
    "payload-size": SocketOption.PAYLOADSIZE,
    "pbkeylen": SocketOption.PBKEYLEN,
    "peer-idle-timeout": SocketOption.PEERIDLETIMEO,
    "peer-latency": SocketOption.PEERLATENCY,
    "rcv-latency": SocketOption.RCVLATENCY,
    "rcvbuf": SocketOption.RCVBUF,
    "sndbuf": SocketOption.SNDBUF,
    "snddropdelay": SocketOption.SNDDROPDELAY,
    "udp-rcvbuf": SocketOption.UDP_RCVBUF,
    "udp-sndbuf": SocketOption.UDP_SNDBUF,
}
_FLAGS: Final = {
    "enforce-encryption": SocketOption.ENFORCEDENCRYPTION,
    "nakreport": SocketOption.NAKREPORT,
}
_TEXTS: Final = {
    "packet-filter": SocketOption.PACKETFILTER,
    "passphrase": SocketOption.PASSPHRASE,
    "streamid": SocketOption.STREAMID,
}
_YES: Final = b"\1"

SocketOptions = tuple[tuple[SocketOption, bytes], ...]


@dataclass(frozen=True, slots=True)
class SrtSettings:
    """All that a connection is made of. `before` and `after` are set around the connection's beginning."""

    ends: SrtEnds
    local_interface: str
    backlog: int
    before: SocketOptions = field(repr=False)  # the passphrase is one of them
    after: SocketOptions = ()


def srt_settings(arguments: Arguments, *, output: bool) -> SrtSettings:
    """Read the settings from the options. Raises OptionError."""
    if arguments.text("transtype", "live") != "live":
        raise OptionError("option --transtype=file needs TSDuck")
    ends = srt_ends(arguments, output=output)
    before = [
        (SocketOption.SENDER, _YES if output else b"\0"),
        (SocketOption.REUSEADDR, b"\0" if arguments.present("no-reuse-port") else _YES),
        *(
            (number, _INT.pack(arguments.integer(name)))
            for name, number in _NUMBERS.items()
            if arguments.present(name)
        ),
        *((flag, _YES) for name, flag in _FLAGS.items() if arguments.present(name)),
        *((text, arguments.text(name).encode()) for name, text in _TEXTS.items() if arguments.text(name)),
    ]
    if ends.meets:
        before.append((SocketOption.RENDEZVOUS, _YES))
    if arguments.present("tlpktdrop"):
        before.append((SocketOption.TLPKTDROP, bytes((arguments.boolean("tlpktdrop"),))))
    if arguments.present("linger"):
        before.append((SocketOption.LINGER, _INT.pack(1) + _INT.pack(arguments.integer("linger"))))
    if arguments.integer("max-bw", -1) >= 0:
        before.append((SocketOption.MAXBW, _INT64.pack(arguments.integer("max-bw"))))
    after = []
    if arguments.integer("max-bw", -1) == 0:
        if arguments.present("input-bw"):
            after.append((SocketOption.INPUTBW, _INT64.pack(arguments.integer("input-bw"))))
        if arguments.present("ohead-bw"):
            after.append((SocketOption.OHEADBW, _INT.pack(arguments.integer("ohead-bw"))))
    return SrtSettings(
        ends,
        arguments.text("local-interface"),
        max(1, arguments.integer("backlog", 1)),
        tuple(before),
        tuple(after),
    )
