"""Answers about their connection of services that are in the window's own process."""

from __future__ import annotations

from ibe100.models.console import Link


class InProcess:
    """Needs no connection: what is open is known."""

    def links(self) -> tuple[Link, ...]:
        """None: the services are in this process."""
        return ()

    async def until_known(self) -> None:
        """Return at once."""
