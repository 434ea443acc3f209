"""Requests about streams that the editor and the list make."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from ibe100.models.messages import StreamView
from ibe100.models.stream_config import StreamConfig
from ibe100.ui.service_client import Call, ServiceClient

if TYPE_CHECKING:
    from ibe100.services.ports import Services


class RunAfter(Enum):
    """What is done with a stream once it is saved."""

    AS_IT_IS = "as it is"
    START = "start"
    RESTART = "restart"
    RESTART_AFTER_BREAK = "restart after the break"


def add_stream(client: ServiceClient, config: StreamConfig) -> Call[StreamView]:
    """Ask for a new stream."""
    return client.ask(f"Add {config.name}", lambda s: s.streams.add(config))


def change_stream(client: ServiceClient, stream_id: str, config: StreamConfig) -> Call[StreamView]:
    """Ask for a stream to be configured otherwise."""
    return client.ask(f"Change {config.name}", lambda s: s.streams.change(stream_id, config))


def run_after(client: ServiceClient, view: StreamView, then: RunAfter) -> None:
    """Start or restart a stream that was saved; a refusal is a notice, for the editor is closed."""

    async def run(services: Services) -> StreamView:
        match then:
            case RunAfter.START:
                return await services.streams.start(view.stream_id)
            case RunAfter.RESTART:
                return await services.streams.restart(view.stream_id)
            case _:
                return await services.streams.restart_after_break(view.stream_id)

    if then is not RunAfter.AS_IT_IS:
        client.ask(f"{then.value.capitalize()} {view.name}", run)
