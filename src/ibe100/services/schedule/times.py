"""Times and durations as people and files write them; UTC inside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ibe100.models.errors import ConfigurationError

_WRITE_TIMES = "write it as 2026-11-22T20:15:00+01:00"
_XMLTV = re.compile(r"(\d{14}|\d{12})(?:\s*([+-]\d{4}|Z|UTC))?", re.ASCII)
_DOTTED = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4})[ T]+(\d{1,2}:\d{2}(?::\d{2})?(?:[+-]\d{2}:?\d{2}|Z| UTC)?)", re.ASCII
)
_SLASHED = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}\b.*", re.ASCII)
_FRAMES = re.compile(r"(?:.* )?\d{1,3}:\d{2}:\d{2}[:;]\d{2,3}", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d(?:\.\d+)?)", re.ASCII)
_ISO_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", re.ASCII)
_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_COMMA = re.compile(r"(.*\d),(\d+)([HMS]?)", re.ASCII)


def parse_moment(text: str, time_zone: str = "") -> float:
    """Seconds since the epoch of an ISO 8601 or XMLTV time, or of one such as `24.12.2026 21:15`.

    It carries an offset, `Z`, or the name of an IANA time zone after a space; otherwise it is local time of
    `time_zone`. Raises ConfigurationError, also for a local time that clocks skip or pass twice.
    """
    text = text.strip()
    head, _, last = text.rpartition(" ")
    if head and last[0].isalpha() and last not in ("Z", "UTC"):
        text, time_zone = head, last
    moment = _read(text)
    if moment.tzinfo is None:
        if not time_zone:
            raise ConfigurationError(
                f"time {text!r} says no offset: add Z, +01:00, or a time zone such as Europe/Berlin"
            )
        return _of_zone(moment, time_zone)
    return _seconds(moment, text)


def _read(text: str) -> datetime:
    if (match := _XMLTV.fullmatch(text)) is not None:
        digits, offset = match.groups()
        try:
            moment = datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S")
        except ValueError:
            raise ConfigurationError(f"time {text!r} is no date: write YYYYMMDDhhmmss +0100") from None
        return moment if offset is None else moment.replace(tzinfo=_offset(offset))
    if _FRAMES.fullmatch(text):
        raise ConfigurationError(f"time {text!r} counts frames, which no date does: {_WRITE_TIMES}")
    if (match := _DOTTED.fullmatch(text)) is not None:
        day, month, year, clock = match.groups()
        text = f"{year}-{month:0>2}-{day:0>2} {clock if clock[1:2].isdigit() else f'0{clock}'}"
    try:
        return datetime.fromisoformat(text.replace(" UTC", "+00:00").replace(" Z", "Z"))
    except ValueError:
        unclear = _SLASHED.fullmatch(text)
        cause = "does not say which is the day and which the month" if unclear else "cannot be read"
        raise ConfigurationError(f"time {text!r} {cause}: {_WRITE_TIMES}") from None


def _offset(text: str) -> timezone:
    if text in ("Z", "UTC"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    if minutes >= 24 * 60:
        raise ConfigurationError(f"offset {text} is no offset from UTC: write it as +0100")
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _of_zone(moment: datetime, time_zone: str) -> float:
    zone = zone_of(time_zone)
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return _seconds(first, str(moment))
    written = f"{moment:%Y-%m-%d %H:%M:%S}"
    if datetime.fromtimestamp(_seconds(first, written), zone).replace(tzinfo=None) == moment:
        raise ConfigurationError(
            f"{written} happens twice in {time_zone}, where clocks go back then: "
            f"write {_iso(first)} for the first time or {_iso(second)} for the second"
        )
    # In a gap the offset of before leads past it, and that of after to before it.
    raise ConfigurationError(
        f"{written} does not exist in {time_zone}, where clocks go forward then: "
        f"{datetime.fromtimestamp(_seconds(first, written), zone).isoformat()} may be meant"
    )


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ConfigurationError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(
            f"time zone {name!r} is not known on this machine: use an IANA name such as Europe/Berlin, "
            "or write times with their offset"
        ) from None


def _iso(moment: datetime) -> str:
    offset = moment.utcoffset()
    assert offset is not None
    return moment.replace(tzinfo=timezone(offset)).isoformat()


def _seconds(moment: datetime, written: str) -> float:
    try:
        seconds = moment.timestamp()
    except (OverflowError, ValueError):
        seconds = -1.0
    if seconds < 0:
        raise ConfigurationError(f"time {written} is out of range: 1970 to 9999")
    return seconds


def parse_duration(text: str) -> float:
    """Seconds of `90`, `1:30`, `00:01:30.5`, `90,5` or `PT1M30S`. Raises ConfigurationError."""
    written = text = text.strip()
    if _FRAMES.fullmatch(text):
        raise ConfigurationError(
            f"duration {text!r} counts frames, and how many make a second is not known here: write "
            f"{text[:-3]}.5 for half a second more, or seconds"
        )
    text = decimal_point(text)
    if _SECONDS.fullmatch(text):
        return float(text)
    if (match := _CLOCK.fullmatch(text)) is not None or (
        (match := _ISO_DURATION.fullmatch(text)) is not None and text != "PT"
    ):
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    raise ConfigurationError(f"duration {written!r} cannot be read: write seconds, 00:01:30 or PT1M30S")


def decimal_point(text: str) -> str:
    """A number whose decimals stand behind a comma, with a point; other text as it is.

    Raises ConfigurationError for `1,500`, which is one and a half here and fifteen hundred there.
    """
    match = _COMMA.fullmatch(text)
    if match is None:
        return text
    whole, decimals, unit = match.groups()
    if len(decimals) == 3 and ":" not in whole:
        raise ConfigurationError(f"{text!r} may be thousands or decimals: write it without the comma")
    return f"{whole}.{decimals}{unit}"


def format_moment(at: float, time_zone: str = "") -> str:
    """ISO 8601 with the offset of `time_zone`, or with Z; reading it again gives `at` to the microsecond."""
    if time_zone:
        return datetime.fromtimestamp(at, zone_of(time_zone)).isoformat()
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
