"""Resolve the stream that a person or a program names: by number, id or name, alike at every front end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from ibe100.models.errors import AmbiguousName, ConfigurationError, NotFound


class Named(Protocol):
    """A stream as it can be named; number None where it is no longer in the list."""

    @property
    def stream_id(self) -> str: ...
    @property
    def number(self) -> int | None: ...
    @property
    def name(self) -> str: ...


S = TypeVar("S", bound=Named)


class StreamNames(Generic[S]):
    """The streams at one moment by all that names them."""

    def __init__(self, streams: Iterable[S]) -> None:
        self._by_id = {stream.stream_id: stream for stream in streams}
        self._by_reference: dict[str, list[S]] = {}
        for stream in self._by_id.values():
            for reference in set(_references(stream)):
                self._by_reference.setdefault(reference, []).append(stream)

    def find(self, wanted: str) -> S:
        """The only stream with this number, id or name; those in the list go before those taken off it.

        Raises NotFound, AmbiguousName.
        """
        found = self._by_reference.get(wanted.strip(), [])
        found = [stream for stream in found if stream.number is not None] or found
        if len(found) == 1:
            return found[0]
        if found:
            meant = " or ".join(_shown(stream, with_id=True) for stream in found)
            raise AmbiguousName(
                f"{wanted!r} could mean {meant}: use a number, id or name that only one of them has"
            )
        hint = " (digits alone are its number)" if is_digits(wanted) else ""
        present = ", ".join(_shown(stream) for stream in self._by_id.values()) or "none"
        raise NotFound(f"there is no stream {wanted!r}{hint}; there are: {present}")

    def reference_to(self, stream_id: str) -> str:
        """The name of a stream where `find` takes it for this one, else its id or number."""
        stream = self._by_id.get(stream_id)
        references = [] if stream is None else reversed(_references(stream))
        return next((one for one in references if len(self._by_reference[one]) == 1), stream_id)


def which_stream(streams: Iterable[S], wanted: str) -> S:
    """The only one of `streams` with this number, id or name. Raises NotFound, AmbiguousName."""
    return StreamNames(streams).find(wanted)


def is_digits(text: str) -> bool:
    """True when `text` could be taken for the number of a stream."""
    return text.strip().isdecimal()


def refuse_digits(field: str, text: str) -> None:
    """Raise ConfigurationError for a name or id of digits alone: one could take it for another's number."""
    if is_digits(text):
        raise ConfigurationError(f"{field} {text!r}: digits alone are the number of a stream; add a letter")


def _references(stream: Named) -> list[str]:
    """Number, id, name. An older version allowed names of digits alone; these do not count."""
    number = [] if stream.number is None else [str(stream.number)]
    name = [] if is_digits(stream.name) else [stream.name]
    return [*number, stream.stream_id, *name]


def _shown(stream: Named, *, with_id: bool = False) -> str:
    known = stream.name if stream.number is None else f"{stream.number} {stream.name}"
    return f"{known} (id {stream.stream_id})" if with_id or stream.number is None else known
