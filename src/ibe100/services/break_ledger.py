"""Which break is open on which stream, and so which cue makes sense next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ibe100.models.scte35_marker import Cue, CueAction, CueState


@dataclass(frozen=True, slots=True)
class OpenBreak:
    """A break that was spliced and not yet returned from by a cue of ours."""

    splice_event_id: int
    ends_at: float | None
    """When its announced duration is over and it returns by itself; None without auto_return."""

    def is_running(self, now: float) -> bool:
        """Whether the break is still on air at wall time `now`."""
        return self.ends_at is None or now < self.ends_at


class BreakLedger:
    """No IN without an OUT, no OUT within an OUT, one cue of an action at a time."""

    def __init__(self) -> None:
        self._breaks: dict[str, OpenBreak] = {}

    def open_break(self, stream_id: str) -> OpenBreak | None:
        """The last break that no cue of ours has returned from."""
        return self._breaks.get(stream_id)

    def restore(self, stream_id: str, newest_first: Iterable[Cue], *, auto_return: bool) -> None:
        """Find the open break in what is on record."""
        for cue in newest_first:
            if cue.state is CueState.SPLICED:
                self.spliced(cue, auto_return=auto_return)
                if cue.action is CueAction.BACK_TO_PROGRAMME:
                    self._breaks.pop(stream_id, None)
                return

    def spliced(self, cue: Cue, *, auto_return: bool) -> None:
        """A cue has taken effect."""
        if cue.action is CueAction.BACK_TO_PROGRAMME:
            self._breaks.pop(cue.stream_id, None)
            return
        assert cue.splice_event_id is not None
        began = cue.splice_at or cue.seen_at or cue.requested_at
        returns = auto_return and cue.duration_s is not None
        ends_at = began + cue.duration_s if returns and cue.duration_s is not None else None
        self._breaks[cue.stream_id] = OpenBreak(cue.splice_event_id, ends_at)

    def forget(self, stream_id: str) -> None:
        """The stream has ended, and with it the break."""
        self._breaks.pop(stream_id, None)

    def refusal(self, stream_id: str, action: CueAction, pending: Iterable[Cue], now: float) -> str | None:
        """Why `action` makes no sense now; None when it does."""
        waiting = next((cue for cue in pending if cue.stream_id == stream_id), None)
        if waiting is not None:
            return (
                f"{waiting.action} (event {waiting.splice_event_id}) is on its way; wait for it or disarm it"
            )
        current = self._breaks.get(stream_id)
        if action is CueAction.TO_BREAK and current is not None and current.is_running(now):
            return "the stream is in a break already; go BACK TO PROGRAMME first"
        if action is CueAction.BACK_TO_PROGRAMME and current is None:
            return "the stream is not in a break"
        return None
