"""utc_splice_time: seconds since 1980-01-06, leap seconds counted (ANSI/SCTE 35 2023r1 clause 9.7.2)."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
_FORMAT = "%Y-%m-%d %H:%M:%S"
# The days that began after an inserted leap second since the epoch (IERS Bulletin C).
_AFTER_LEAP_SECONDS = tuple(
    datetime(year, month, 1, tzinfo=UTC)
    for year, month in (
        (1981, 7),
        (1982, 7),
        (1983, 7),
        (1985, 7),
        (1988, 1),
        (1990, 1),
        (1991, 1),
        (1992, 7),
        (1993, 7),
        (1994, 7),
        (1996, 1),
        (1997, 7),
        (1999, 1),
        (2006, 1),
        (2009, 1),
        (2012, 7),
        (2015, 7),
        (2017, 1),
    )
)


def utc_text(utc_splice_time: int) -> str | None:
    """The time as `YYYY-MM-DD hh:mm:ss`; None within an inserted leap second, which no such text names."""
    counted = _EPOCH + timedelta(seconds=utc_splice_time)
    utc = counted
    for number, day in enumerate(_AFTER_LEAP_SECONDS, 1):
        if counted >= day + timedelta(seconds=number):
            utc = counted - timedelta(seconds=number)
    return f"{utc:{_FORMAT}}" if _count(utc) == utc_splice_time else None


def from_utc_text(text: str) -> int:
    """The count of `YYYY-MM-DD hh:mm:ss`; raises ValueError for another text and for what is before it."""
    return from_utc(datetime.strptime(text.strip(), _FORMAT))


def from_utc(utc: datetime) -> int:
    """The count of a time, UTC where it has no zone; raises ValueError for what is before 1980-01-06."""
    utc = utc.replace(tzinfo=UTC) if utc.tzinfo is None else utc
    if utc < _EPOCH:
        raise ValueError(f"{utc:{_FORMAT}} is before 1980-01-06")
    return _count(utc)


def _count(utc: datetime) -> int:
    return int((utc - _EPOCH).total_seconds()) + sum(utc >= day for day in _AFTER_LEAP_SECONDS)
