"""tsp's options of the srt input and output, as ffmpeg's SRT understands them."""

from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.ffmpeg_pipe import PAYLOAD_BYTES, Peer
from ibe100.minitsp.options import Arguments, Option, OptionError, OptionKind, parse_address
from ibe100.minitsp.plugin import LogLevel, Plugin

_MILLISECONDS: Final = 1000  # ffmpeg takes microseconds
DEFAULT_LINGER_S: Final = 1


@dataclass(frozen=True, slots=True)
class _Setting:
    """An option with a number that ffmpeg's SRT knows under another name, or in another unit."""

    option: str
    av_option: str
    factor: int = 1


_SETTINGS: Final = (
    _Setting("conn-timeout", "connect_timeout"),
    _Setting("ffs", "ffs"),
    _Setting("input-bw", "inputbw"),
    _Setting("iptos", "iptos"),
    _Setting("ipttl", "ipttl"),
    _Setting("kmpreannounce", "kmpreannounce"),
    _Setting("kmrefreshrate", "kmrefreshrate"),
    _Setting("latency", "latency", _MILLISECONDS),
    _Setting("linger", "linger"),
    _Setting("lossmaxttl", "lossmaxttl"),
    _Setting("max-bw", "maxbw"),
    _Setting("min-version", "minversion"),
    _Setting("mss", "mss"),
    _Setting("ohead-bw", "oheadbw"),
    _Setting("pbkeylen", "pbkeylen"),
    _Setting("peer-latency", "peerlatency", _MILLISECONDS),
    _Setting("rcv-latency", "rcvlatency", _MILLISECONDS),
    _Setting("rcvbuf", "rcvbuf"),
    _Setting("sndbuf", "sndbuf"),
    _Setting("snddropdelay", "snddropdelay", _MILLISECONDS),
    _Setting("udp-rcvbuf", "recv_buffer_size"),
    _Setting("udp-sndbuf", "send_buffer_size"),
)
_FLAGS: Final = {
    "enforce-encryption": "enforced_encryption",
    "messageapi": "messageapi",
    "nakreport": "nakreport",
}
_WITHOUT_STATISTICS: Final = ("final-statistics", "statistics-interval")
_NEEDS_TSDUCK_FLAGS: Final = ("bufferapi", "rs204")
_NEEDS_TSDUCK_VALUES: Final = (
    "local-interface",
    "packet-filter",
    "payload-size",
    "peer-idle-timeout",
    "polling-time",
    "rendezvous",
    "transtype",
)
SRT_OPTIONS: Final = (
    *(Option(setting.option, OptionKind.INTEGER, minimum=-1) for setting in _SETTINGS),
    *(Option(name) for name in _FLAGS),
    *(Option(name) for name in _NEEDS_TSDUCK_FLAGS),
    *(Option(name, OptionKind.TEXT) for name in _NEEDS_TSDUCK_VALUES),
    Option("backlog", OptionKind.INTEGER),
    Option("caller", OptionKind.TEXT, "c"),
    Option("final-statistics"),
    Option("json-line", OptionKind.TEXT, value_optional=True),
    Option("listener", OptionKind.TEXT, "l"),
    Option("multiple", short="m"),
    Option("no-reuse-port"),
    Option("passphrase", OptionKind.TEXT),
    Option("restart-delay", OptionKind.INTEGER),
    Option("statistics-interval", OptionKind.INTEGER),
    Option("streamid", OptionKind.TEXT),
    Option("tlpktdrop", OptionKind.BOOLEAN),
)


def srt_peer(arguments: Arguments) -> Peer:
    """The peer that the options describe. Raises OptionError, also for what only TSDuck can do."""
    for name in (*_NEEDS_TSDUCK_FLAGS, *_NEEDS_TSDUCK_VALUES):
        if arguments.present(name):
            raise OptionError(f"option --{name} needs TSDuck")
    options = {
        setting.av_option: str(arguments.integer(setting.option) * setting.factor)
        for setting in _SETTINGS
        if arguments.present(setting.option)
    }
    options |= {av_option: "1" for name, av_option in _FLAGS.items() if arguments.present(name)}
    if arguments.present("tlpktdrop"):
        options["tlpktdrop"] = str(int(arguments.boolean("tlpktdrop")))
    if arguments.text("streamid"):
        options["srt_streamid"] = arguments.text("streamid")
    passphrase = arguments.text("passphrase")
    return Peer(_url(arguments), options, {"passphrase": passphrase} if passphrase else {})


def again_after_s(arguments: Arguments) -> float | None:
    """How long to wait before the next peer; None if the first one is the only one."""
    return arguments.integer("restart-delay") / 1000 if arguments.present("multiple") else None


def warn_of_statistics(plugin: Plugin) -> None:
    """Say that the statistics asked for will not come: ffmpeg gives none."""
    for name in _WITHOUT_STATISTICS:
        if plugin.arguments.present(name):
            plugin.log(LogLevel.WARNING, f"option --{name} needs TSDuck, there will be no SRT statistics")


def _url(arguments: Arguments) -> str:
    caller, listener = arguments.text("caller"), arguments.text("listener")
    if arguments.parameters and not caller:
        caller = arguments.parameters[0]
    if caller and listener:
        raise OptionError("rendezvous mode (--caller with --listener) needs TSDuck")
    if not caller and not listener:
        raise OptionError("no option --caller or --listener")
    host, port = parse_address(caller or listener, "option --caller" if caller else "option --listener")
    if not port or (caller and not host):
        raise OptionError(f"invalid address {caller or listener}, use address:port")
    mode = "caller" if caller else "listener"
    return f"srt://{host or '0.0.0.0'}:{port}?mode={mode}&pkt_size={PAYLOAD_BYTES}"
