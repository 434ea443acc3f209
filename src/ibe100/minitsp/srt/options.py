"""tsp's options of the srt input and output, and the addresses they name."""

from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, parse_address

_NUMBERS: Final = (
    "backlog",
    "conn-timeout",
    "ffs",
    "input-bw",
    "iptos",
    "ipttl",
    "kmpreannounce",
    "kmrefreshrate",
    "latency",
    "linger",
    "lossmaxttl",
    "max-bw",
    "min-version",
    "mss",
    "ohead-bw",
    "payload-size",
    "pbkeylen",
    "peer-idle-timeout",
    "peer-latency",
    "polling-time",
    "rcv-latency",
    "rcvbuf",
    "restart-delay",
    "sndbuf",
    "snddropdelay",
    "statistics-interval",
    "udp-rcvbuf",
    "udp-sndbuf",
)
_FLAGS: Final = (
    "enforce-encryption",
    "final-statistics",
    "messageapi",
    "nakreport",
    "no-reuse-port",
)
_TEXTS: Final = ("local-interface", "packet-filter", "passphrase", "rendezvous", "streamid", "transtype")
SRT_OPTIONS: Final = (
    *(Option(name, OptionKind.INTEGER, minimum=-1) for name in _NUMBERS),
    *(Option(name) for name in _FLAGS),
    *(Option(name, OptionKind.TEXT) for name in _TEXTS),
    Option("caller", OptionKind.TEXT, "c"),
    Option("json-line", OptionKind.TEXT, value_optional=True),
    Option("listener", OptionKind.TEXT, "l"),
    Option("multiple", short="m"),
    Option("tlpktdrop", OptionKind.BOOLEAN),
)


@dataclass(frozen=True, slots=True)
class SrtEnds:
    """Addresses of a connection: a caller has `remote`, a listener `local`, a rendezvous both."""

    local: tuple[str, int] | None
    remote: tuple[str, int] | None

    @property
    def listens(self) -> bool:
        """True if the other side has to call."""
        return self.remote is None

    @property
    def meets(self) -> bool:
        """True if both sides call (rendezvous)."""
        return self.local is not None and self.remote is not None


def srt_ends(arguments: Arguments, *, output: bool) -> SrtEnds:
    """Read the addresses. Raises OptionError.

    The parameter and --rendezvous are tsp's old way: remote and local address of an input, the other way
    round for an output.
    """
    caller, listener = arguments.text("caller"), arguments.text("listener")
    parameter = arguments.parameters[0] if arguments.parameters else ""
    rendezvous = arguments.text("rendezvous")
    old_remote, old_local = (rendezvous, parameter) if output else (parameter, rendezvous)
    caller, listener = caller or old_remote, listener or old_local
    if not caller and not listener:
        raise OptionError("no option --caller or --listener")
    ends = SrtEnds(
        parse_address(listener, "option --listener") if listener else None,
        parse_address(caller, "option --caller") if caller else None,
    )
    for text, end in ((caller, ends.remote), (listener, ends.local)):
        if end is not None and (not end[1] or (text == caller and not end[0])):
            raise OptionError(f"invalid address {text}, use address:port")
    return ends


def again_after_s(arguments: Arguments) -> float | None:
    """Seconds to wait before the next peer; None if the first one is the only one."""
    return arguments.integer("restart-delay") / 1000 if arguments.present("multiple") else None
