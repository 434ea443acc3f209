"""Calls about planned breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from ibe100_client.calls import Asked, Call, place
from ibe100_client.values import BreakPage, Finding, ImportOutcome, PlannedBreak

PAGE = 1000

T = TypeVar("T")


class _Asks(Protocol):
    def do(self, call: Call[T]) -> T: ...


def page(stream: str | None = None, offset: int = 0, limit: int = PAGE) -> Call[BreakPage]:
    """A page of the planned breaks by the time they are due."""
    return Call("GET", "/schedule", BreakPage, {"stream": stream, "offset": offset, "limit": limit})


def all_breaks(client: _Asks, stream: str | None = None) -> Iterator[PlannedBreak]:
    """All planned breaks, page by page."""
    offset, total = 0, 1
    while offset < total:
        found = client.do(page(stream, offset))
        yield from found.breaks
        offset += PAGE
        total = found.total


def conflicts(stream: str | None = None) -> Call[tuple[Finding, ...]]:
    """Breaks that cannot be aired as planned within the next day."""
    return Call("GET", "/schedule/conflicts", tuple[Finding, ...], {"stream": stream})


def add(plan: Mapping[str, Any]) -> Call[PlannedBreak]:
    """Plan a break."""
    return Call("POST", "/schedule", PlannedBreak, body=dict(plan))


def add_row(row: Mapping[str, str]) -> Call[PlannedBreak]:
    """Plan a break as a row of a file says it; the columns are those of `docs/schedule.md`."""
    return Call("POST", "/schedule/rows", PlannedBreak, body=dict(row))


def rows(offset: int = 0, limit: int = PAGE) -> Call[dict[str, Any]]:
    """Planned breaks as rows that an import takes back: `total` and `rows`."""
    return Call("GET", "/schedule/rows", dict, {"offset": offset, "limit": limit})


def change(break_id: int, plan: Mapping[str, Any]) -> Call[PlannedBreak]:
    """Plan it otherwise."""
    return Call("PUT", place("schedule", break_id), PlannedBreak, body=dict(plan))


def remove(break_id: int) -> Call[None]:
    """Take a planned break off the schedule."""
    return Call("DELETE", place("schedule", break_id), None)


def remove_all(break_ids: Sequence[int]) -> Call[None]:
    """Take planned breaks off the schedule, all or none."""
    return Call("POST", "/schedule/remove", None, body={"break_ids": list(break_ids)})


def preview_import(name: str, content: bytes, time_zone: str = "") -> Call[ImportOutcome]:
    """Preview of an import; the suffix of its name tells the format."""
    query: dict[str, Asked] = {"name": name, "time_zone": time_zone}
    return Call("POST", "/schedule/import/preview", ImportOutcome, query, content)


def import_file(
    name: str, content: bytes, time_zone: str = "", *, skip_bad: bool = False
) -> Call[ImportOutcome]:
    """Plan what a file says, all or none; with `skip_bad` all that can be read."""
    query: dict[str, Asked] = {"name": name, "time_zone": time_zone, "skip_bad": skip_bad}
    return Call("POST", "/schedule/import", ImportOutcome, query, content)


def one(break_id: int) -> Call[PlannedBreak]:
    """A planned break; its ETag is in the headers of `Client.answer`."""
    return Call("GET", place("schedule", break_id), PlannedBreak)


def check(plan: Mapping[str, Any], break_id: int | None = None) -> Call[dict[str, Any]]:
    """Conflicts of a plan, before it is stored: `refusal` and `findings`."""
    return Call("POST", "/schedule/check", dict, {"break_id": break_id}, dict(plan))


def send_early(break_id: int) -> Call[PlannedBreak]:
    """Plan it for the first moment at which its pre-roll is still whole."""
    return Call("POST", place("schedule", break_id, "send-early"), PlannedBreak)


def accept_conflict(break_id: int, text: str) -> Call[PlannedBreak]:
    """Keep a break in spite of the conflict that `text` tells."""
    return Call("POST", place("schedule", break_id, "accept-conflict"), PlannedBreak, body={"text": text})


def export(
    first: float, end: float, format: str = "csv", break_ids: Sequence[int] | None = None
) -> Call[bytes]:
    """Breaks due from `first` to before `end`, or `break_ids` among them, as an import takes them."""
    wanted = None if break_ids is None else [str(one) for one in break_ids]
    query: dict[str, Asked] = {"first": first, "end": end, "format": format, "break_id": wanted}
    return Call("GET", "/schedule/file", bytes, query)
