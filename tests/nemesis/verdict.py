"""Record against output: each cue that was accepted is on air once, or recorded otherwise truly."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from typing import Any

from cues import Accepted
from fault_list import Stream
from observer import SPLICE_INSERT, TIME_SIGNAL, Sight
from product import Product

AIRED = ("SPLICED", "AIRED LATE")
NOT_AIRED = ("FAILED", "CANCELLED", "REFUSED")
SPREAD_S = 12.0
"""The repeats of a cue go out within its pre-roll."""


def judge(
    product: Product, streams: list[Stream], accepted: list[Accepted]
) -> tuple[list[str], Counter[str]]:
    """The disagreements, and how many cues ended in which state."""
    cues = product.rows("SELECT * FROM cues")
    breaks = product.rows("SELECT * FROM schedule")
    faults = _missing(cues, breaks, accepted)
    for stream in streams:
        own = [cue for cue in cues if cue["stream_id"] == stream.stream_id]
        faults += _against_output(stream, own)
    return faults, Counter(cue["state"] for cue in cues)


def _missing(cues: list[dict[str, Any]], breaks: list[dict[str, Any]], accepted: list[Accepted]) -> list[str]:
    faults = []
    by_id = {cue["cue_id"]: cue for cue in cues}
    planned = {one["break_id"]: one for one in breaks}
    for one in accepted:
        if one.cue_id is not None:
            cue = by_id.get(one.cue_id)
            if cue is None:
                faults.append(f"accepted and not on record: {one}")
            elif cue["splice_event_id"] != one.event_id:
                faults.append(f"on record under event {cue['splice_event_id']}: {one}")
        elif one.break_id not in planned:
            faults.append(f"planned and not on record: {one}")
        elif planned[one.break_id]["state"] in ("PLANNED", "ARMED"):
            faults.append(f"planned break {one.break_id} never ended: {planned[one.break_id]['state']}")
    return faults


def _against_output(stream: Stream, cues: list[dict[str, Any]]) -> list[str]:
    faults = []
    seen: dict[bytes, list[Sight]] = defaultdict(list)
    for sight in stream.observer.sights:
        if sight.command in (SPLICE_INSERT, TIME_SIGNAL):
            seen[sight.section].append(sight)
    owners: dict[bytes, list[dict[str, Any]]] = defaultdict(list)
    for cue in cues:
        if cue["section_base64"]:
            owners[base64.b64decode(cue["section_base64"])].append(cue)
        if cue["state"] not in (*AIRED, *NOT_AIRED):
            faults.append(f"{stream.name}: never ended: {_words(cue)}")
    for section, sights in seen.items():
        times = [f"{sight.at:.1f}" for sight in sights]
        if section not in owners:
            faults.append(f"{stream.name}: nobody's, event {sights[0].event_id} at {times}")
            continue
        states = [cue["state"] for cue in owners[section]]
        what = _words(owners[section][0])
        is_told = any(cue["seen"] for cue in owners[section])
        if not is_told and not any(state in AIRED for state in states):
            faults.append(f"{stream.name}: on air and not recorded so, at {times}: {what}")
        called_off = all(cue["state"] == "CANCELLED" for cue in owners[section])
        if called_off and not _is_withdrawn(stream, sights[-1]):
            faults.append(f"{stream.name}: called off and left announced, at {times}: {what}")
        if sights[-1].at - sights[0].at > SPREAD_S:
            faults.append(f"{stream.name}: on air twice, at {times}: {what}")
        if len(sights) > max(cue["sent_expected"] for cue in owners[section]):
            faults.append(f"{stream.name}: too many repeats, at {times}: {what}")
    for section, own in owners.items():
        if any(cue["state"] in AIRED for cue in own) and section not in seen:
            faults.append(f"{stream.name}: on record only: {_words(own[0])}")
    return faults + _double_ids(stream, cues, seen)


def _is_withdrawn(stream: Stream, last: Sight) -> bool:
    return any(
        one.is_withdrawal and one.event_id == last.event_id and one.at >= last.at
        for one in stream.observer.sights
    )


def _double_ids(stream: Stream, cues: list[dict[str, Any]], seen: dict[bytes, list[Sight]]) -> list[str]:
    outs: dict[tuple[int, int], set[bytes]] = defaultdict(set)
    for section, sights in seen.items():
        if sights[0].is_withdrawal:
            continue
        if sights[0].event_id is not None and (sights[0].is_out or sights[0].command == TIME_SIGNAL):
            outs[sights[0].command, sights[0].event_id].add(section)
    faults = [
        f"{stream.name}: event {event} went out in {len(sections)} forms"
        for (_, event), sections in outs.items()
        if len(sections) > 1
    ]
    new = Counter(
        cue["splice_event_id"]
        for cue in cues
        if cue["action"] in ("TO BREAK", "CRASH OUT", "TIME SIGNAL") and cue["splice_event_id"]
    )
    return faults + [f"{stream.name}: event {event} given {n} times" for event, n in new.items() if n > 1]


def _words(cue: dict[str, Any]) -> str:
    names = ("cue_id", "action", "state", "splice_event_id", "seen", "sent_at", "seen_at", "reason")
    return " ".join(f"{name}={cue[name]}" for name in names)
