"""One processor of minitsp by itself: built from its options, fed with packets, its log kept."""

import numpy as np

from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel, PacketProcessor
from ibe100.mpegts import packet
from ibe100.mpegts.constants import PACKET_SIZE
from places import MEDIA

BLOCK_SIZES = (7, 400, 40_000)
"""Small, middling, everything at once: no result may depend on how packets are cut into blocks."""


class Log:
    """Keeps what a plugin logs."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        word = {LogLevel.ERROR: "Error: ", LogLevel.WARNING: "Warning: "}.get(level, "")
        self.lines.append(f"* {word}{plugin}: {text}")


def build(plugin: type[PacketProcessor], *options: str, bitrate_bps: int = 0) -> tuple[PacketProcessor, Log]:
    log = Log()
    context = Context(GlobalOptions(bitrate_bps=bitrate_bps), log)
    return plugin(plugin.options.parse(options), context), log


def media(name: str, times: int = 1) -> packet.PacketBlock:
    block = np.fromfile(MEDIA / name, np.uint8).reshape(-1, PACKET_SIZE)
    return np.concatenate([block] * times)


def process(plugin: PacketProcessor, packets: packet.PacketBlock, size: int) -> packet.PacketBlock:
    """What comes out of a plugin that is started, fed in blocks of `size` until it ends, and stopped."""
    plugin.start()
    passed = [np.empty((0, PACKET_SIZE), np.uint8)]
    for start in range(0, len(packets), size):
        if plugin.context.stopping:
            break
        passed.append(plugin.process(Block(packets[start : start + size].copy(), start)).packets)
    plugin.stop()
    return np.concatenate(passed)
