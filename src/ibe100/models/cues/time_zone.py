"""Time zones by name: IANA, `UTC`, and `local` for that of this machine."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

LOCAL_ZONE = "local"


@lru_cache(maxsize=64)
def zone_named(name: str) -> tzinfo | None:
    """The zone of a name; None is this machine's own, as `datetime` takes it. Raises ValueError."""
    if name == LOCAL_ZONE:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is no time zone; write UTC, local or a name such as Europe/Berlin"
        ) from error


def check_zone(name: str) -> str:
    """`name` itself. Raises ValueError when it names no zone."""
    zone_named(name)
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(check_zone)]


def local_time(at: float, zone: str) -> datetime:
    """The moment on the clocks of `zone`, with its offset from UTC."""
    return datetime.fromtimestamp(at, zone_named(zone)).astimezone(zone_named(zone))


def midnight(day: date, zone: str) -> float:
    """Midnight of `day` in `zone`, since the epoch. Raises ValueError, OverflowError, OSError."""
    named = zone_named(zone)
    begin = datetime(day.year, day.month, day.day)
    return (begin.astimezone() if named is None else begin.replace(tzinfo=named)).timestamp()
