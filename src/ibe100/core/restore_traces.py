"""Events after the backup, as the folders of the runners and the audit log tell of them."""

from __future__ import annotations

import base64
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ibe100.core.records.audit_lines import audit_lines
from ibe100.database.backup.restore_facts import AuditedCue, Evidence, Sights, Trace, UsedId
from ibe100.models.actor import CONSOLE
from ibe100.models.cues.contract import Contract
from ibe100.models.scte35_marker import CueAction, Direction
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.comparison import event_ids
from ibe100.scte35.direction import direction_of
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert
from ibe100.services.cues.retiming import RETIMED
from ibe100.services.streams.journal_follower import journal_identity
from ibe100.services.streams.run_record import RunRecord, read_record, write_record
from ibe100.services.streams.runner_facts import CueOnOutput
from ibe100.services.streams.runner_link import RunnerLink, RunnerSilent, read_journal

DISARMED = "cue disarmed"
SCHEDULE_CHANGES = frozenset(
    {"break planned", "planned break changed", "planned break removed", "breaks imported"}
)
_ACTIONS = {
    Direction.OUT: CueAction.TO_BREAK,
    Direction.IN: CueAction.BACK_TO_PROGRAMME,
    Direction.NONE: CueAction.SEND_SECTION,
}
"""Action of a cue that only its bytes tell of."""
_EVENT = re.compile(r"event (\d+)(?: ([A-Za-z0-9+/=]+))?(?: cue (\d+))?")


async def find_traces(streams_dir: Path) -> tuple[Trace, ...]:
    """Traces of all streams that ever ran here. Blocks on the disk."""
    folders = sorted(streams_dir.iterdir()) if streams_dir.is_dir() else []
    known = [(folder, read_record(folder)) for folder in folders]
    return tuple([await _trace(folder, record) for folder, record in known if record is not None])


async def _trace(folder: Path, record: RunRecord) -> Trace:
    told = read_journal(folder, 0)
    try:
        is_alive = await RunnerLink(folder).is_alive()
    except RunnerSilent:
        is_alive = True  # it is there, and its stream must not be taken for off
    before = [fact.seq for fact in told if fact.at < record.started_at]
    return Trace(
        stream_id=folder.name,
        stream_name=record.config.name,
        is_alive=is_alive,
        engine=record.engine,
        command=record.command,
        session_id=record.session_id,
        started_at=record.started_at,
        journal=journal_identity(folder),
        seq_before_run=max(before, default=0),
    )


def number_anew(streams_dir: Path, sessions: Mapping[str, int]) -> None:
    """Tell the next console the sessions of runs that had to be numbered anew. Raises StorageError.

    Nothing but a console reads that file: the runner is not concerned.
    """
    for stream_id, session_id in sessions.items():
        folder = streams_dir / stream_id
        if (record := read_record(folder)) is not None:
            write_record(folder, record.model_copy(update={"session_id": session_id}))


async def find_evidence(streams_dir: Path, log_dir: Path, since: float) -> Evidence:
    """Cues fired since then, and all runs and used event ids. Blocks on the disk."""
    traces, lines = await find_traces(streams_dir), sorted(_audited(log_dir), key=lambda line: line.at)
    seen = dict(_sights(streams_dir))
    used = [*_seen(seen), *(UsedId(line.stream_id, line.event_id, line.at) for line in lines)]
    records = {trace.stream_id: read_record(streams_dir / trace.stream_id) for trace in traces}
    configs = {stream_id: one.config for stream_id, one in records.items() if one is not None}
    contracts = {stream_id: config.contract for stream_id, config in configs.items()}
    told = {(line.stream_id, line.section_base64) for line in lines}
    unaudited = _unaudited(seen, configs, told, since)
    # Last, for the numbers of the others are told.
    cues = (*_cues(lines, since, contracts), *sorted(unaudited, key=lambda one: one.at))
    return Evidence(traces, seen, tuple(sorted(used, key=lambda one: one.at)), cues)


def _unaudited(
    seen: Mapping[str, Sights],
    configs: Mapping[str, StreamConfig],
    told: Container[tuple[str, str]],
    since: float,
) -> Iterator[AuditedCue]:
    """Cues that were on the output and whose console was killed before it could write their audit line.

    Other people's cues pass on the same PID: ours have an event id of the stream's range.
    """
    for stream_id, config in configs.items():
        for section_base64, at in _first_sights(seen.get(stream_id, ())).items():
            if at < since or (stream_id, section_base64) in told:
                continue
            with suppress(SpliceDecodeError, ValueError):
                section = decode(base64.b64decode(section_base64))
                ours = range(config.scte35.event_id_first, config.scte35.event_id_last + 1)
                event_id = next((one for one in event_ids(section) if one in ours), None)
                direction = direction_of(section, config.contract)
                if event_id is not None:
                    yield AuditedCue(
                        at=at,
                        who=CONSOLE.name,
                        action=_ACTIONS[direction],
                        stream_id=stream_id,
                        splice_event_id=event_id,
                        section_base64=section_base64,
                        duration_s=_announced_s(section),
                        pts_time=section.splice_pts,
                        direction=direction,
                        is_cancelled=False,
                        is_of_journal=True,
                    )


def _first_sights(seen: Sights) -> dict[str, float]:
    first: dict[str, float] = {}
    for at, section in seen:
        first.setdefault(section, at)
    return first


def _sights(streams_dir: Path) -> Iterator[tuple[str, Sights]]:
    for folder in sorted(streams_dir.iterdir()) if streams_dir.is_dir() else []:
        facts = [fact for fact in read_journal(folder, 0) if isinstance(fact, CueOnOutput)]
        yield folder.name, tuple((fact.at, fact.section_base64) for fact in facts)


def _seen(sights: Mapping[str, Sights]) -> Iterator[UsedId]:
    for stream_id, seen in sights.items():
        for section, at in _first_sights(seen).items():
            with suppress(SpliceDecodeError, ValueError):
                for event_id in event_ids(decode(base64.b64decode(section))):
                    yield UsedId(stream_id, event_id, at)


@dataclass(frozen=True, slots=True)
class AuditedLine:
    """A cue as a line of audit.log tells of it; `at` is wall clock."""

    at: float
    who: str
    action: str
    stream_id: str
    event_id: int
    section_base64: str
    cue_id: int | None
    """None in lines of versions that did not write it."""


def _audited(log_dir: Path) -> Iterator[AuditedLine]:
    """Cues in audit.log: detail is `event N`, the bytes and `cue N`; torn lines are skipped."""
    for _, values in audit_lines(log_dir):
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            event = _EVENT.fullmatch(values["detail"])
            if event and values["subject"]:
                at = datetime.fromisoformat(values["timestamp"]).timestamp()
                who, action, stream_id = (str(values[name]) for name in ("who", "event", "subject"))
                cue_id = int(event[3]) if event[3] else None
                yield AuditedLine(at, who, action, stream_id, int(event[1]), event[2] or "", cue_id)


def audited_plans(log_dir: Path, since: float) -> list[str]:
    """Changes of the schedule since then, in words, as audit.log tells of them; torn lines are skipped."""
    found = []
    for _, values in audit_lines(log_dir):
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            at = datetime.fromisoformat(values["timestamp"]).timestamp()
            if at >= since and values["event"] in SCHEDULE_CHANGES:
                found.append((at, f"{values['event']} on {values['subject']}: {values['detail']}"))
    return [words for _, words in sorted(found)]


def last_audited_cue(log_dir: Path) -> AuditedLine | None:
    """The last cue in the audit log; None where it tells of none."""
    actions = set(CueAction)
    cues = [line for line in _audited(log_dir) if line.action in actions]
    return max(cues, key=lambda line: line.at, default=None)


def _cues(
    lines: Sequence[AuditedLine], since: float, contracts: Mapping[str, Contract | None]
) -> Iterator[AuditedCue]:
    retimed = {line.cue_id: line.section_base64 for line in lines if line.action == RETIMED}
    disarmed = {(line.stream_id, line.event_id) for line in lines if line.action == DISARMED}
    for line in lines:
        if line.at < since or line.action not in set(CueAction):
            continue
        section_base64 = line.section_base64
        if line.cue_id is not None:
            section_base64 = retimed.get(line.cue_id, section_base64)
        duration_s = pts_time = None
        direction = CueAction(line.action).traits.direction
        with suppress(SpliceDecodeError, ValueError):
            section = decode(base64.b64decode(section_base64))
            pts_time = section.splice_pts
            direction = direction_of(section, contracts.get(line.stream_id))
            duration_s = _announced_s(section)
        yield AuditedCue(
            at=line.at,
            who=line.who,
            action=line.action,
            stream_id=line.stream_id,
            splice_event_id=line.event_id,
            section_base64=section_base64,
            duration_s=duration_s,
            pts_time=pts_time,
            direction=direction,
            is_cancelled=(line.stream_id, line.event_id) in disarmed,
            cue_id=line.cue_id,
        )


def _announced_s(section: SpliceInfoSection) -> float | None:
    """Seconds that a splice_insert announces; None where it announces none."""
    command = section.command
    if not isinstance(command, SpliceInsert) or command.break_duration is None:
        return None
    return command.break_duration.duration / PTS_HZ
