"""Copy of a stream: its name, ports and files are those that no other stream has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import count
from pathlib import Path
from typing import Any

from ibe100.models.stream_config import FileOutput, HlsOutput, StreamConfig
from ibe100.services.streams.changes.port_clash import port_clashes
from ibe100.services.streams.files.output_owners import file_clash

LONGEST_NAME = 80
LAST_PORT = 65_535


def copy_of(config: StreamConfig, others: Collection[StreamConfig]) -> StreamConfig:
    """`config` under a free name, with free ports and a free output file. Blocks on the disk.

    `others` holds the stream itself too. Where a URL holds the port it stays as it is, to be changed by hand.
    """
    taken = {other.name for other in others}
    copied = config.model_copy(update={"name": free_name(config.name, taken)})
    for _try in range(LAST_PORT):
        clashes = [one for one in port_clashes(copied, others) if one.field.endswith(".port")]
        if not clashes:
            break
        for clash in clashes:
            copied = _with_next_port(copied, clash.field.partition(".")[0])
    return _with_free_file(copied, others)


def free_name(name: str, taken: Collection[str]) -> str:
    """`Sport copy`, `Sport copy 2`, …: the first that is not taken."""
    for number in count(1):
        end = " copy" if number == 1 else f" copy {number}"
        wanted = f"{name[: LONGEST_NAME - len(end)].rstrip()}{end}"
        if wanted not in taken:
            return wanted
    raise AssertionError  # count has no end


def _with_next_port(config: StreamConfig, side: str) -> StreamConfig:
    edge: Any = getattr(config, side)
    port = 1024 if edge.port == LAST_PORT else edge.port + 1
    return config.model_copy(update={side: edge.model_copy(update={"port": port})})


def _with_free_file(config: StreamConfig, others: Iterable[StreamConfig]) -> StreamConfig:
    field = {FileOutput: "path", HlsOutput: "playlist"}.get(type(config.output))
    if field is None:
        return config
    first: Path = getattr(config.output, field)
    for number in count(2):
        if not file_clash(config, others):
            return config
        path = first.with_stem(f"{first.stem}-{number}")
        config = config.model_copy(update={"output": config.output.model_copy(update={field: path})})
    raise AssertionError  # count has no end
