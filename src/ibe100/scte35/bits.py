"""Reading and writing whole fields of a section, with the field's name in every error."""

from ibe100.scte35.errors import SpliceDecodeError


class Reader:
    """Reads big-endian fields from `data`, from `at` up to `end`; raises SpliceDecodeError past the end."""

    __slots__ = ("_data", "_end", "_where", "at")

    def __init__(self, data: bytes, where: str, at: int = 0, end: int | None = None) -> None:
        self._data = data
        self._where = where
        self.at = at
        self._end = len(data) if end is None else end

    def uint(self, size: int) -> int:
        """The next `size` bytes as an unsigned number."""
        start = self.at
        stop = start + size
        if stop > self._end:
            raise SpliceDecodeError(
                self._where, f"cut short: {size} more bytes needed, {self._end - start} left"
            )
        self.at = stop
        return int.from_bytes(self._data[start:stop], "big")

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.at
        stop = start + size
        if stop > self._end:
            raise SpliceDecodeError(
                self._where, f"cut short: {size} more bytes needed, {self._end - start} left"
            )
        self.at = stop
        return self._data[start:stop]

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return self._end - self.at

    def rest(self) -> bytes:
        """All bytes not yet read."""
        return self.take(self._end - self.at)


def fit(value: int, bits: int, where: str) -> int:
    """`value`, if it is an unsigned number of `bits` bits; otherwise raises SpliceDecodeError."""
    if 0 <= value < 1 << bits:
        return value
    shown = str(value) if value.bit_length() <= 64 else f"a number of {value.bit_length()} bits"
    raise SpliceDecodeError(where, f"{shown} does not fit in {bits} bits")
