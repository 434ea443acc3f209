"""Things that are not as they should be, though no alarm says so: no alarms is not all is well."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from ibe100.models.alarms.machine_health import ClockState, MachineHealth
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.qt_models.alarm_groups import HiddenAlarm
from ibe100.ui.qt_models.stream_list import StreamRow

LOOKED_S = 5.0
"""The machine is looked at once a second; a look that is older is none."""
SETTLING = frozenset({StreamState.PROBING, StreamState.STARTING, StreamState.STOPPING, StreamState.WAITING})
MOST = 4

NOT_UP = ("the services are not up: nothing is watched",)


def shortcomings(
    rows: Iterable[StreamRow],
    hidden: Collection[HiddenAlarm],
    machine: MachineHealth | None,
    now: float | None = None,
) -> tuple[str, ...]:
    """Words for each of them, streams first; empty where all is as it should be. `now` is wall clock.

    Shelved alarms stand in the same line, with the time they come back, and are not told again.
    """
    streams = [words for row in rows if (words := _of_stream(row))]
    if len(streams) > MOST:
        streams = [
            *streams[: MOST - 1],
            f"{len(streams) - MOST + 1} more streams are not on air as they should",
        ]
    return (*streams, *_of_alarms(hidden), *_of_machine(machine, time.time() if now is None else now))


def words(found: Collection[str]) -> str:
    """Words beside `No alarms`."""
    return f"but: {'; '.join(found)}" if found else "all that the console watches is as it should be"


def _of_stream(row: StreamRow) -> str:
    view = row.view
    if view.tally is Tally.UNKNOWN:
        return f"{row.name} is not known: its server does not answer"
    if view.tally in (Tally.FAULT, Tally.NO_INPUT) or view.state is StreamState.FAILED:
        reason = f" ({view.reason})" if view.reason else ""
        return f"{row.name} is {row.state_words}{reason}"
    if view.state in SETTLING:
        return f"{row.name} is {view.state}"
    if view.state is StreamState.RUNNING and row.fresh() is None:
        return f"{row.name} sends no measurements"
    return ""


def _of_alarms(hidden: Collection[HiddenAlarm]) -> list[str]:
    grouped = sum(not one.is_shelved for one in hidden)
    return [f"{grouped} explained by a cause that is over"] if grouped else []


def _of_machine(machine: MachineHealth | None, now: float) -> list[str]:
    if machine is None or now - machine.at > LOOKED_S:
        return ["the machine is not measured"]
    if machine.clock.state is ClockState.NOT_SYNCHRONISED:
        return ["the clock of this machine is not synchronised"]
    return []
