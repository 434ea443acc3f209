"""tsp's options of the srt input and output, as ffmpeg's SRT understands them."""

from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.chain.options import Arguments, OptionError
from ibe100.minitsp.chain.plugin import LogLevel, Plugin
from ibe100.minitsp.ffmpeg.pipe import PAYLOAD_BYTES, Peer
from ibe100.minitsp.srt.options import srt_ends

_MILLISECONDS: Final = 1000  # ffmpeg takes microseconds
DEFAULT_LINGER_S: Final = 0


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
_NEEDS_LIBRARY: Final = (
    "local-interface",
    "packet-filter",
    "payload-size",
    "peer-idle-timeout",
    "polling-time",
    "rendezvous",
    "transtype",
)


def srt_peer(arguments: Arguments, *, output: bool = False) -> Peer:
    """The peer that the options describe. Raises OptionError, also for what ffmpeg cannot do."""
    for name in _NEEDS_LIBRARY:
        if arguments.present(name):
            raise OptionError(f"option --{name} needs libsrt or TSDuck")
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
    return Peer(_url(arguments, output), options, {"passphrase": passphrase} if passphrase else {})


def warn_of_statistics(plugin: Plugin) -> None:
    """Say that the statistics asked for will not come: ffmpeg gives none."""
    if any(plugin.arguments.present(name) for name in _WITHOUT_STATISTICS):
        plugin.log(LogLevel.WARNING, "no SRT statistics: they need libsrt on this machine, or TSDuck")


def _url(arguments: Arguments, output: bool) -> str:
    ends = srt_ends(arguments, output=output)
    if ends.meets:
        raise OptionError("rendezvous mode (--caller with --listener) needs libsrt or TSDuck")
    host, port = ends.remote or ends.local or ("", 0)
    mode = "listener" if ends.listens else "caller"
    place = f"[{host}]" if ":" in host else host or "0.0.0.0"
    return f"srt://{place}:{port}?mode={mode}&pkt_size={PAYLOAD_BYTES}"
