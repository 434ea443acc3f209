"""Changes of streams as the undo stack takes them: each is undone by the one that makes it again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING

from ibe100.models.messages import StreamView
from ibe100.models.stream_config import StreamConfig
from ibe100.ui.qt_models.undo_stack import Change, Superseded
from ibe100.ui.service_client import Call, ServiceClient

if TYPE_CHECKING:
    from ibe100.services.ports import Services

Outcome = Change | Superseded


class StreamChanges:
    """Makes a Change of what was done to streams."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def added(self, view: StreamView) -> Change:
        """Stream that is new in the list, or back in it."""

        async def take_back(services: Services) -> Outcome:
            if words := _differs(services, view.stream_id, view.name, view.config):
                return Superseded(words)
            return self.deleted(view.name, await services.streams.remove(view.stream_id))

        return Change(f"{view.name} is in the list.", lambda: self._ask(view.name, take_back))

    def deleted(self, name: str, deleted_id: int) -> Change:
        """Stream that was deleted."""

        async def take_back(services: Services) -> Outcome:
            return self.added(await services.streams.restore(deleted_id))

        return Change(f"{name} was deleted from the list.", lambda: self._ask(name, take_back))

    def edited(self, stream_id: str, before: StreamConfig, after: StreamConfig, words: str = "") -> Change:
        """Stream that was configured otherwise."""

        async def take_back(services: Services) -> Outcome:
            if differs := _differs(services, stream_id, after.name, after):
                return Superseded(differs)
            await services.streams.change(stream_id, before)
            return self.edited(stream_id, after, before, words)

        return Change(words or f"{after.name} is saved.", lambda: self._ask(after.name, take_back))

    def grouped(self, before: Mapping[str, str], group: str, words: str) -> Change:
        """Streams that were put into a group; `before` has the group of each by `stream_id`."""
        return self._regrouped(before, dict.fromkeys(before, group), words)

    def _regrouped(self, before: Mapping[str, str], after: Mapping[str, str], words: str) -> Change:
        async def take_back(services: Services) -> Outcome:
            now = {view.stream_id: view for view in services.streams.streams()}
            for stream_id, group in after.items():
                view = now.get(stream_id)
                if view is None or view.config.group != group:
                    name = stream_id if view is None else view.name
                    return Superseded(f"{name} was put elsewhere since.")
            for group in sorted(set(before.values())):
                await services.streams.group([one for one in before if before[one] == group], group)
            return self._regrouped(after, before, words)

        return Change(words, lambda: self._ask("group", take_back))

    def _ask(
        self, name: str, take_back: Callable[[Services], Coroutine[None, None, Outcome]]
    ) -> Call[Outcome]:
        return self._client.ask(f"Undo: {name}", take_back)


def _differs(services: Services, stream_id: str, name: str, expected: StreamConfig) -> str:
    """Words where a stream is not as this console left it; empty where it is."""
    view = next((one for one in services.streams.streams() if one.stream_id == stream_id), None)
    if view is None:
        return f"{name} is not in the list any more."
    return "" if view.config == expected else f"{view.name} was changed since by somebody else."


def names_of(views: Sequence[StreamView], most: int = 3) -> str:
    """`News, Sport and 4 more`."""
    names = [view.name for view in views]
    if len(names) <= most:
        return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
    return f"{', '.join(names[:most])} and {len(names) - most} more"
