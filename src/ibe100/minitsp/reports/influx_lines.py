"""InfluxDB line protocol, in the words tsp uses."""

from collections.abc import Sequence
from typing import TypeAlias

Tags: TypeAlias = Sequence[tuple[str, str | int]]


def line(measurement: str, tags: Tags, value: int, time_ms: int) -> str:
    """`measurement,tag=x,… value=n t`: one figure at a time in milliseconds of the epoch."""
    text = "".join(f",{escape(name)}={escape(str(tag))}" for name, tag in tags)
    return f"{measurement}{text} value={value} {time_ms}"


def escape(text: str) -> str:
    """A tag's name or value with its separators escaped; line breaks become spaces."""
    flat = " ".join(text.splitlines())
    for special in "\\,= ":
        flat = flat.replace(special, f"\\{special}")
    return flat
