"""Keeps names and formats that a report could not read: they come every 2 s, or with key frames.

tsp begins each of its analyses anew (`-P analyze --interval`); without this the words of a service and of its
PIDs would come and go on screen. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from ibe100.models.stream_state import PidSample, ServiceSample


def steady_services(
    now: Iterable[ServiceSample], before: Iterable[ServiceSample]
) -> tuple[ServiceSample, ...]:
    """Return the services of now; one whose SDT did not come keeps its name and provider."""
    known = {one.service_id: one for one in before}
    return tuple(
        one
        if one.name or one.service_id not in known
        else one.model_copy(
            update={"name": known[one.service_id].name, "provider": known[one.service_id].provider}
        )
        for one in now
    )


def steady_pids(now: Iterable[PidSample], before: Iterable[PidSample]) -> tuple[PidSample, ...]:
    """Return the PIDs of now; one that is described as before but for its details keeps these."""
    known = {one.pid: one.description for one in before}
    return tuple(
        one.model_copy(update={"description": known[one.pid]})
        if one.pid in known and known[one.pid].startswith(one.description.removesuffix(")"))
        else one
        for one in now
    )
