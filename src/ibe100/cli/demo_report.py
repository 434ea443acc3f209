"""Report of the demo: a table for people, a JSON object for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from rich.table import Table

from ibe100.cli.options import terminal
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.utils.units import format_event_id

CUES = 3


@dataclass
class Outcome:
    """Outcome of the demo."""

    engine: str = ""
    command: str = ""
    stream: str = ""
    output: str = ""
    cues: list[Cue] = field(default_factory=list)
    reason: str = ""

    @property
    def ok(self) -> bool:
        """True when each cue was seen on the output and took effect."""
        return len(self.cues) == CUES and all(cue.state is CueState.SPLICED for cue in self.cues)

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        return {
            "engine": self.engine,
            "command": self.command,
            "stream": self.stream,
            "output": self.output,
            "cues": [_cue_json(cue) for cue in self.cues],
            "ok": self.ok,
            **({"reason": self.reason} if self.reason else {}),
        }


def progress(cue: Cue) -> str:
    """State of a cue, in one line."""
    text = f"  event {format_event_id(cue.splice_event_id)} {cue.state}"
    if cue.sent:
        text += f" · seen {cue.seen}/{cue.sent_expected}"
    if cue.latency_ms is not None and cue.pts_time is None:
        text += f" · {cue.latency_ms:.0f} ms"
    if cue.pre_roll_ms is not None:
        text += f" · {cue.pre_roll_ms / 1000:.2f} s pre-roll"
    return text + (f" · {cue.reason}" if cue.reason else "")


def print_table(outcome: Outcome) -> None:
    """Print a row per cue; reasons stand below, where there is room for them."""
    table = Table(title=f"{outcome.stream} → {outcome.output} ({outcome.engine})", title_justify="left")
    for column in ("Cue", "Event", "State", "Seen", "Latency", "Pre-roll"):
        justify: Literal["left", "right"] = "left" if column in ("Cue", "Event", "State") else "right"
        table.add_column(column, justify=justify, no_wrap=True)
    for cue in outcome.cues:
        table.add_row(
            cue.action.value,
            format_event_id(cue.splice_event_id),
            cue.state.value,
            f"{cue.seen}/{cue.sent_expected}",
            "–" if cue.latency_ms is None else f"{cue.latency_ms:.0f} ms",
            "–" if cue.pre_roll_ms is None else f"{cue.pre_roll_ms / 1000:.2f} s",
        )
    terminal().print(table)
    for cue in outcome.cues:
        if cue.reason:
            print(f"{cue.action} {cue.state}: {cue.reason}")
    print("every cue was seen on the output" if outcome.ok else "NOT every cue was seen on the output")


def _cue_json(cue: Cue) -> dict[str, Any]:
    return {
        "action": cue.action.value,
        "splice_event_id": cue.splice_event_id,
        "state": cue.state.value,
        "sent_base64": cue.section_base64,
        "seen_base64": cue.seen_base64,
        "sent": cue.sent,
        "seen": cue.seen,
        "latency_ms": cue.latency_ms,
        "pts_time": cue.pts_time,
        "pre_roll_ms": cue.pre_roll_ms,
        "reason": cue.reason,
    }
