"""Reading and writing whole fields of a section, with the field's name in every error."""

from ibe100.scte35.errors import SpliceDecodeError

_big_endian = int.from_bytes
"""Looked up once: a classmethod is bound anew at every look at it."""


class Reader:
    """Reads big-endian fields from `data`, from `at` up to `end`; raises SpliceDecodeError past the end."""

    __slots__ = ("_data", "_end", "_where", "at")

    def __init__(self, data: bytes, where: str, at: int = 0, end: int | None = None) -> None:
        self._data = data
        self._where = where
        self.at = at
        self._end = len(data) if end is None else end

    def byte(self) -> int:
        """The next byte."""
        at = self.at
        if at >= self._end:
            raise self._cut_short(1)
        self.at = at + 1
        return self._data[at]

    def uint(self, size: int) -> int:
        """The next `size` bytes as an unsigned number."""
        start = self.at
        stop = start + size
        if stop > self._end:
            raise self._cut_short(size)
        self.at = stop
        return _big_endian(self._data[start:stop], "big")

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.at
        stop = start + size
        if stop > self._end:
            raise self._cut_short(size)
        self.at = stop
        return self._data[start:stop]

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return self._end - self.at

    def rest(self) -> bytes:
        """All bytes not yet read."""
        start = self.at
        self.at = self._end
        return self._data[start : self._end]

    def _cut_short(self, needed: int) -> SpliceDecodeError:
        return SpliceDecodeError(
            self._where, f"cut short: {needed} more bytes needed, {self._end - self.at} left"
        )


def fit(value: int, bits: int, where: str, field: str = "") -> int:
    """`value`, if it is an unsigned number of `bits` bits; otherwise raises SpliceDecodeError.

    `field` of the structure `where` is its own argument, so that only a fault puts the two together.
    """
    if not value >> bits:  # no negative number is ever shifted down to 0
        return value
    shown = str(value) if value.bit_length() <= 64 else f"a number of {value.bit_length()} bits"
    raise SpliceDecodeError(f"{where}.{field}" if field else where, f"{shown} does not fit in {bits} bits")
