"""Cues by all ways in: window, command line, HTTP, socket; immediate, pre-rolled, called off, planned."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from fault_list import Stream
from product import NoAnswer, Product, Refused

from ibe100_client import cues as calls
from ibe100_client import schedule

WAYS = ("cli", "http", "socket")
KINDS = ("immediate", "immediate", "pre-rolled", "pre-rolled", "called off", "planned")
RETRY_HTTP_S = 45.0
"""A request whose answer was lost is made again under its key for so long."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A cue or a planned break that the product has accepted."""

    way: str
    kind: str
    cue_id: int | None
    break_id: int | None
    event_id: int | None
    at: float


class Asker:
    """Asks for cues; several at once."""

    def __init__(self, product: Product, streams: list[Stream], chance: random.Random) -> None:
        self._product, self._streams, self._chance = product, streams, chance
        self._lock = threading.Lock()
        self.accepted: list[Accepted] = []
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self._number = 0

    def ask(self) -> None:
        """Ask for one cue, by another action or stream where the first is refused."""
        with self._lock:
            ways = ("window", "window", *WAYS) if self._product.is_window else WAYS
            way, kind = self._chance.choice(ways), self._chance.choice(KINDS)
            streams = self._chance.sample(self._streams, len(self._streams))
            self._number += 1
            key = f"nemesis-{self._number}"
        for turn, stream in enumerate(streams):
            cue = self._cue(kind)
            try:
                found = self._planned(way, stream) if kind == "planned" else self._fire(way, stream, cue, key)
            except Refused:
                self.counts["refused"] += 1
                key = f"{key}-{turn}"
                continue
            except NoAnswer:
                self.counts["no answer"] += 1
                return
            self._accept(way, kind, found)
            if kind == "called off" and found["state"] == "ARMED":
                time.sleep(self._chance.uniform(0.3, 8.0))
                self._call_off(way, found["cue_id"])
            return

    def _cue(self, kind: str) -> dict[str, Any]:
        pre_roll_s = 0.0 if kind == "immediate" else self._chance.choice((6.0, 7.5, 9.0))
        out = {"action": "TO BREAK", "pre_roll_s": pre_roll_s, "duration_s": self._chance.choice((3.0, 8.0))}
        signal = {
            "action": "TIME SIGNAL",
            "pre_roll_s": pre_roll_s,
            "segmentation": {"type": "break-start"},
        }
        back = {"action": "BACK TO PROGRAMME", "pre_roll_s": pre_roll_s}
        return self._chance.choice((out, out, signal, signal, back))

    def _fire(self, way: str, stream: Stream, cue: dict[str, Any], key: str) -> dict[str, Any]:
        match way:
            case "window":
                action = "TO BREAK" if cue["action"] == "TIME SIGNAL" else cue["action"]
                click = {"do": "click", "stream": stream.stream_id, **cue, "action": action}
                return self._product.at_window(click)
            case "socket":
                return self._product.ask(calls.fire(stream.stream_id, **cue, key=key).noting(key))
            case "http":
                return self._until_answered(f"/streams/{stream.stream_id}/cues", cue, key)
            case _:
                return self._by_command(stream, cue, key)

    def _until_answered(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        end = time.monotonic() + RETRY_HTTP_S
        while True:
            try:
                return self._product.http("POST", path, body, key)
            except NoAnswer:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def _by_command(self, stream: Stream, cue: dict[str, Any], key: str) -> dict[str, Any]:
        words = {
            "TO BREAK": ["to-break", stream.stream_id],
            "BACK TO PROGRAMME": ["to-programme", stream.stream_id],
            "TIME SIGNAL": ["signal", stream.stream_id, "break-start"],
        }[cue["action"]]
        if cue["pre_roll_s"]:
            words += ["--pre-roll", str(cue["pre_roll_s"])]
        if "duration_s" in cue:
            words += ["--duration", str(cue["duration_s"])]
        _, out, error = self._product.command("cue", *words, "--by", key, "--json")
        if not out.strip().startswith("{"):
            # A refusal and a connection that was cut look alike here: what is on record decides.
            if (
                "no console or server runs" in error
                or "ended before" in error
                or "nobody answers" in error
                or "is not known" in error
            ):
                raise NoAnswer(error)
            raise Refused(error)
        found: dict[str, Any] = json.loads(out)
        return found

    def _planned(self, way: str, stream: Stream) -> dict[str, Any]:
        start = time.time() + self._chance.uniform(11.0, 25.0)
        if way == "http":
            plan = {"title": "Nemesis", "when": {"kind": "at", "at": start}, "duration_s": 4.0}
            return self._product.http("POST", "/schedule", {"stream_id": stream.stream_id, **plan})
        if way == "window":
            plan = {"do": "plan", "stream": stream.stream_id, "at": start, "duration_s": 4.0}
            return self._product.at_window(plan)
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(start)) + "Z"
        row = {"stream": stream.stream_id, "start": text, "duration": "4", "title": "Nemesis"}
        return self._product.ask(schedule.add_row(row))

    def _call_off(self, way: str, cue_id: int) -> None:
        try:
            if way == "http":
                self._product.http("POST", f"/cues/{cue_id}/cancel")
            elif way == "window":
                self._product.at_window({"do": "disarm", "cue_id": cue_id})
            else:
                self._product.ask(calls.cancel(cue_id))
            self.counts["called off"] += 1
        except (Refused, NoAnswer):
            self.counts["not called off"] += 1

    def _accept(self, way: str, kind: str, found: dict[str, Any]) -> None:
        self.counts[f"{way}, {kind}"] += 1
        event_id = found.get("splice_event_id")
        self.accepted.append(
            Accepted(way, kind, found.get("cue_id"), found.get("break_id"), event_id, time.time())
        )
