"""Inputs by tsp's name, imported only when used."""

from importlib import import_module
from typing import Final

from ibe100.minitsp.chain.plugin import PacketInput

INPUTS: Final[dict[str, str]] = {
    "dash": "DashInput",
    "file": "FileInput",
    "hls": "HlsInput",
    "http": "HttpInput",
    "ip": "IpInput",
    "null": "NullInput",
    "pcap": "PcapInput",
    "rist": "RistInput",
    "srt": "SrtInput",
}


def load(name: str) -> type[PacketInput]:
    """The class of an input in INPUTS."""
    plugin: type[PacketInput] = getattr(import_module(f"{__name__}.{name}"), INPUTS[name])
    return plugin
