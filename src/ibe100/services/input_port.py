"""Port of the inputs of streams that have several."""

from __future__ import annotations

from typing import Protocol


class InputPort(Protocol):
    """Inputs switched by hand. All raise OperatorError with words for the screen."""

    async def go_to(
        self, stream_id: str, number: int, *, hold: bool = False, for_s: float | None = None
    ) -> None:
        """Put input `number` (from 1) on air until it is lost; `hold`: also then; `for_s`: for so long."""

    async def follow_rules(self, stream_id: str) -> None:
        """Have the rules of the stream choose its input again."""
