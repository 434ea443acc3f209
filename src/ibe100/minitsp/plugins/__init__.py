"""Packet processors by name; each is imported only when it is used, so that start-up stays short."""

from importlib import import_module
from typing import Final

from ibe100.minitsp.chain.plugin import PacketProcessor

PROCESSORS: Final[dict[str, str]] = {
    "analyze": "Analyze",
    "bitrate_monitor": "BitrateMonitor",
    "continuity": "Continuity",
    "file": "FileTap",
    "filter": "Filter",
    "influx": "Influx",
    "inject": "Inject",
    "ip": "IpTap",
    "pcrbitrate": "PcrBitrate",
    "pcrextract": "PcrExtract",
    "pcrverify": "PcrVerify",
    "pmt": "PmtEditor",
    "regulate": "Regulate",
    "remap": "Remap",
    "sdt": "SdtEditor",
    "spliceinject": "SpliceInject",
    "splicemonitor": "SpliceMonitor",
    "svremove": "ServiceRemove",
    "svrename": "ServiceRename",
    "time": "TimeSchedule",
    "until": "Until",
    "zap": "Zap",
    "tables": "Tables",
}
"""tsp's plugin name -> class in the module of the same name in this package."""


def load(name: str) -> type[PacketProcessor]:
    """The class of a processor in PROCESSORS."""
    module = import_module(f"{__name__}.{name}")
    plugin: type[PacketProcessor] = getattr(module, PROCESSORS[name])
    return plugin
