"""Outputs by tsp's name, imported only when used."""

from importlib import import_module
from typing import Final

from ibe100.minitsp.chain.plugin import PacketOutput

OUTPUTS: Final[dict[str, str]] = {
    "drop": "DropOutput",
    "file": "FileOutput",
    "hls": "HlsOutput",
    "http": "HttpOutput",
    "ip": "IpOutput",
    "rist": "RistOutput",
    "srt": "SrtOutput",
}


def load(name: str) -> type[PacketOutput]:
    """The class of an output in OUTPUTS."""
    plugin: type[PacketOutput] = getattr(import_module(f"{__name__}.{name}"), OUTPUTS[name])
    return plugin
