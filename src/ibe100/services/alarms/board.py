"""Standing alarms: raised after a delay, hidden under their cause, cleared, closed once seen to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from ibe100.database.database import Database
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.errors import NotFound, OperatorError, StorageError, StreamElsewhere
from ibe100.models.messages import AlarmChanged, Message
from ibe100.models.rights import Act
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.catalogue import RULES
from ibe100.services.alarms.rule import AlarmRule, Judgement, Judgements
from ibe100.services.alarms.shelving import check_shelving, shelved, unshelved
from ibe100.services.audit_trail import AuditTrail, acting
from ibe100.services.rights import demand
from ibe100.utils.tasks import BackgroundWrites, log_fault

CAUSE_GRACE_S = 3.0
"""Consequences of a cause may be measured until so long after it is over."""
EARLY_S = 0.1
"""A sample that confirms a condition may come so much sooner than its delay is over."""
PATIENCE_S = 0.1
"""An alarm is not held longer by the disk."""
RATE_WINDOW_S = 600.0
"""More than 10 alarms within this time are a flood (EEMUA 191)."""
MOST_COUNTED = 1000
MACHINE, MACHINE_NAME = "", "this machine"
"""stream_id and name of alarms that concern no single stream."""

_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""stream_id and condition."""


@dataclass(frozen=True, slots=True)
class AlarmPlace:
    """Place of a board among those of several hosts: the name of its machine, and numbers of its own."""

    machine: str = MACHINE_NAME
    number: int = 0
    boards: int = 1

    def next_id(self, last: int) -> int:
        """The next number behind `last` that no other board gives."""
        return (last // self.boards + 1) * self.boards + self.number


class AlarmBoard:
    """Keeps one alarm per stream and condition. Lives on the loop; methods that do not wait run anywhere.

    `clock` is monotonic, `wall` is what goes on record; both in seconds.
    """

    def __init__(
        self,
        storage: Database,
        publish: Callable[[Message], None],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        rules: AlarmRules | None = None,
    ) -> None:
        self._storage = storage
        self._audit = AuditTrail(storage)
        self._publish = publish
        self._clock = clock
        self._wall = wall
        self._rules = rules or AlarmRules()
        self._writes = BackgroundWrites()
        self._work: set[asyncio.Task[None]] = set()
        self._last_id = 0
        self._standing: dict[Key, Alarm] = {}
        self._others: dict[int, Alarm] = {}
        """Alarms that stand on other hosts, by their numbers: shown here, seen to there."""
        self.place = AlarmPlace()
        self._true_since: dict[Key, float] = {}
        self._false_since: dict[Key, float] = {}
        self._over_since: dict[Key, float] = {}
        """Time at which a condition that explains others cleared."""
        self._snapshot: tuple[Alarm, ...] = ()
        self._shown_at: tuple[float, ...] = ()
        """Times of alarms put before the operator lately; replaced as a whole, for any thread reads it."""
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Take up the alarms on record; one whose condition this version does not know is closed."""
        self._last_id = await self._storage.alarms.highest_id()
        for alarm in await self._storage.alarms.open():
            if not self._is_ours(alarm):
                continue
            key = alarm.stream_id, alarm.condition
            if alarm.condition in RULES:
                self._standing[key] = alarm
            else:
                await self._keep(key, alarm.model_copy(update={"state": AlarmState.CLOSED}))
        self._remember()

    async def refresh(self) -> None:
        """Take from the record what stands on other hosts. Raises StorageError."""
        before = self._others
        found = [alarm for alarm in await self._storage.alarms.open() if not self._is_ours(alarm)]
        self._others = {alarm.alarm_id: alarm for alarm in found if alarm.condition in RULES}
        gone = [one for number, one in before.items() if number not in self._others]
        changed = [one for number, one in self._others.items() if before.get(number) != one]
        if gone or changed:
            self._remember()
        for alarm in (*changed, *(one.model_copy(update={"state": AlarmState.CLOSED}) for one in gone)):
            self._publish(AlarmChanged(alarm=alarm))

    async def lose(self, stream_id: str) -> None:
        """Judge no more of a stream that another host has: its alarms are that one's, as they stand."""
        async with self._one_at_a_time:
            for kept in (self._standing, self._true_since, self._false_since, self._over_since):
                for key in [key for key in kept if key[0] == stream_id]:
                    kept.pop(key, None)
            self._remember()

    async def gain(self, stream_id: str) -> None:
        """Take up the alarms of a stream that this host has now. Raises StorageError."""
        async with self._one_at_a_time:
            for alarm in await self._storage.alarms.open():
                if alarm.stream_id == stream_id and alarm.condition in RULES:
                    self._others.pop(alarm.alarm_id, None)
                    self._standing[alarm.stream_id, alarm.condition] = alarm
            self._remember()

    def _is_ours(self, alarm: Alarm) -> bool:
        if alarm.stream_id:
            return self._storage.custody.holds(alarm.stream_id)
        return not self._storage.custody.host or alarm.stream_name == self.place.machine

    def standing(self) -> tuple[Alarm, ...]:
        """List what is not closed, shelved and explained alarms too, most severe and newest first.

        Safe from any thread, as is `rate`.
        """
        return self._snapshot

    def rate(self) -> int:
        """Count the alarms put before the operator within the last 10 minutes, at most 1000."""
        return len(self._lately_shown())

    def _lately_shown(self) -> tuple[float, ...]:
        oldest = self._clock() - RATE_WINDOW_S
        return tuple(at for at in self._shown_at if at > oldest)

    def _count(self) -> None:
        self._shown_at = (*self._lately_shown(), self._clock())[-MOST_COUNTED:]

    async def judge(self, stream_id: str, stream_name: str, judgements: Judgements) -> None:
        """Raise or clear what was found at the same time, after the delays of the rules."""
        async with self._one_at_a_time:
            if not self._storage.custody.holds(stream_id) and stream_id != MACHINE:
                return  # it is another host's by now
            for shipped, judgement in judgements.items():
                await self._judge((stream_id, shipped.condition), stream_name, judgement)

    def judge_later(self, stream_id: str, stream_name: str, judgements: Judgements) -> None:
        """Do as `judge` for callers that cannot wait, in the order of the calls."""
        if judgements:
            self._later(self.judge(stream_id, stream_name, judgements))

    async def judge_machine(self, judgements: Judgements) -> None:
        """Do as `judge` for the machine itself."""
        await self.judge(MACHINE, self.place.machine, judgements)

    async def clear_now(self, stream_id: str, rules: Iterable[AlarmRule]) -> None:
        """Clear conditions that are not looked at any more, without a delay."""
        async with self._one_at_a_time:
            for key in [(stream_id, rule.condition) for rule in rules]:
                self._true_since.pop(key, None)
                self._false_since.pop(key, None)
                standing = self._standing.get(key)
                if standing is not None and standing.cleared_at is None:
                    await self._clear(key, standing)

    def clear_later(self, stream_id: str, rules: Iterable[AlarmRule]) -> None:
        """Do as `clear_now` for callers that cannot wait, in the order of the calls."""
        self._later(self.clear_now(stream_id, rules))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="alarms")
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(log_fault)

    def _rule(self, key: Key) -> AlarmRule:
        stream_id, condition = key
        return self._rules.rule(stream_id, RULES[condition])

    async def _judge(self, key: Key, stream_name: str, judgement: Judgement) -> None:
        rule, now = self._rule(key), self._clock()
        standing = self._standing.get(key)
        if judgement.is_true and rule.enabled:
            self._false_since.pop(key, None)
            began_s = now if judgement.since_s is None else judgement.since_s
            since = self._true_since.setdefault(key, began_s)
            if now - since < rule.on_delay_s - EARLY_S:
                return
            if standing is None or standing.cleared_at is not None:
                await self._raise(key, stream_name, judgement.value, standing)
                return
            if not rule.clears_itself and judgement.value != standing.value:
                await self._raise(key, stream_name, judgement.value, standing)
                return
            await self._bring_up_to_date(key, standing, judgement.value)
            return
        self._true_since.pop(key, None)
        if standing is None or standing.cleared_at is not None or not rule.clears_itself:
            return
        since = self._false_since.setdefault(key, now)
        if now - since >= rule.off_delay_s:
            self._false_since.pop(key, None)
            await self._clear(key, standing)

    async def _bring_up_to_date(self, key: Key, standing: Alarm, value: str) -> None:
        """A new cause goes on record; a value that moves every second is only shown."""
        cause = self._cause_of(key)
        alarm = standing.model_copy(update={"value": value, "suppressed_by": cause})
        if cause != standing.suppressed_by:
            if alarm.is_shown:
                self._count()
            await self._keep(key, alarm)
        elif value != standing.value:
            self._show(key, alarm)

    def _cause_of(self, key: Key) -> str:
        """Find the condition that explains another: it stands, or stood until a moment ago."""
        rule, now = self._rule(key), self._clock()
        causes = [(key[0], cause.condition) for cause in rule.explained_by]
        for cause in causes:
            root = self._standing.get(cause)
            if root is not None and root.cleared_at is None:
                return cause[1]
        grace_s = max(CAUSE_GRACE_S, rule.on_delay_s)
        for cause in causes:
            if now - self._over_since.get(cause, float("-inf")) < grace_s:
                return cause[1]
        return ""

    async def _raise(self, key: Key, stream_name: str, value: str, before: Alarm | None) -> None:
        """Raise a new alarm; one of the same condition that was not acknowledged makes room for it.

        The operator has one row for both; on record each has its own times.
        """
        rule = self._rule(key)
        if before is not None:
            await self._keep(key, before.model_copy(update={"state": AlarmState.CLOSED}))
        alarm = Alarm(
            alarm_id=0,
            stream_id=key[0],
            stream_name=stream_name,
            condition=rule.condition,
            severity=rule.severity,
            title=rule.title,
            value=value,
            cause=rule.cause,
            what_to_do=rule.what_to_do,
            state=AlarmState.UNACKNOWLEDGED,
            raised_at=self._wall(),
            suppressed_by=self._cause_of(key),
        )
        if before is not None and before.shelved_until is not None:
            alarm = shelved(alarm, before.shelved_until, before.shelve_reason, before.shelved_by)
        if alarm.is_shown:
            self._count()
        await self._keep(key, alarm)
        await self._hide_what_follows(key)

    async def _hide_what_follows(self, root: Key) -> None:
        for key, alarm in tuple(self._standing.items()):
            follows = key[0] == root[0] and RULES[root[1]] in RULES[key[1]].explained_by
            if follows and alarm.cleared_at is None and not alarm.suppressed_by:
                await self._keep(key, alarm.model_copy(update={"suppressed_by": root[1]}))

    async def _clear(self, key: Key, alarm: Alarm) -> None:
        """An alarm still suppressed when it clears is closed; a shelved one waits for its time to be over."""
        self._over_since[key] = self._clock()
        seen_to = alarm.state is AlarmState.ACKNOWLEDGED or bool(alarm.suppressed_by)
        closed = seen_to and alarm.shelved_until is None
        state = AlarmState.CLOSED if closed else AlarmState.CLEARED_UNACKNOWLEDGED
        await self._keep(key, alarm.model_copy(update={"state": state, "cleared_at": self._wall()}))

    async def acknowledge(self, alarm_id: int) -> Alarm:
        """Mark an alarm as seen by the operator; one whose condition is over is closed. Raises NotFound."""
        async with self._one_at_a_time:
            key, alarm = self._find(alarm_id)
            demand(Act.SEE_TO_ALARMS, alarm.stream_id)
            over = alarm.cleared_at is not None or not RULES[alarm.condition].clears_itself
            state = AlarmState.CLOSED if over else AlarmState.ACKNOWLEDGED
            changes = {"state": state, "acknowledged_at": self._wall(), "acknowledged_by": acting().on_record}
            async with self._audit.doing("alarm acknowledged", alarm.stream_id, alarm.title):
                return await self._keep(key, alarm.model_copy(update=changes))

    async def shelve(self, alarm_id: int, minutes: float, reason: str) -> Alarm:
        """Hide an alarm for a while, also when it clears and comes again.

        Raises OperatorError without a reason or for more than a day, and NotFound.
        """
        check_shelving(minutes, reason)
        async with self._one_at_a_time:
            key, alarm = self._find(alarm_id)
            demand(Act.SEE_TO_ALARMS, alarm.stream_id)
            hidden = shelved(alarm, self._wall() + minutes * 60, reason, acting().on_record)
            detail = f"{alarm.title}, for {minutes:g} minutes: {hidden.shelve_reason}"
            async with self._audit.doing("alarm shelved", alarm.stream_id, detail):
                return await self._keep(key, hidden)

    async def unshelve(self, alarm_id: int) -> Alarm:
        """End the shelving of an alarm. Raises OperatorError when it is not shelved, and NotFound."""
        async with self._one_at_a_time:
            key, alarm = self._find(alarm_id)
            demand(Act.SEE_TO_ALARMS, alarm.stream_id)
            if alarm.shelved_until is None:
                raise OperatorError(f"alarm {alarm_id} ({alarm.title}) is not shelved")
            async with self._audit.doing("alarm unshelved", alarm.stream_id, alarm.title):
                return await self._unshelve(key, alarm)

    async def unshelve_expired(self) -> None:
        """Unshelve alarms whose time is over; to be called every now and then."""
        async with self._one_at_a_time:
            for key, alarm in tuple(self._standing.items()):
                if alarm.shelved_until is not None and alarm.shelved_until <= self._wall():
                    await self._unshelve(key, alarm)

    async def _unshelve(self, key: Key, alarm: Alarm) -> Alarm:
        back = unshelved(alarm)
        if back.state is not AlarmState.CLOSED and back.is_shown:
            self._count()
        return await self._keep(key, back)

    def _find(self, alarm_id: int) -> tuple[Key, Alarm]:
        for key, alarm in self._standing.items():
            if alarm.alarm_id == alarm_id:
                return key, alarm
        if (other := self._others.get(alarm_id)) is not None:
            raise StreamElsewhere(f"alarm {alarm_id} ({other.title}) stands on another host: see to it there")
        raise NotFound(f"alarm {alarm_id} is closed already, or there never was one")

    async def _keep(self, key: Key, alarm: Alarm) -> Alarm:
        """Put an alarm on record, then on screen; on screen at once while the disk is slow, full or gone."""
        if alarm.alarm_id == 0:
            self._last_id = self.place.next_id(self._last_id)
            alarm = alarm.model_copy(update={"alarm_id": self._last_id})
        if alarm.state is not AlarmState.CLOSED:
            self._standing[key] = alarm
        is_slow = self._writes.count > 0
        write = self._writes.add(self._record(alarm), f"alarm {alarm.condition} of {alarm.stream_name}")
        if not is_slow:
            await asyncio.wait({write}, timeout=PATIENCE_S)
        self._show(key, alarm)
        return alarm

    async def _record(self, alarm: Alarm) -> None:
        try:
            await self._storage.alarms.save(alarm)
        except StorageError as error:
            _log.error("alarm %s of %s is not on record: %s", alarm.condition, alarm.stream_name, error)

    async def settled(self) -> None:
        """Returns when all is judged, and what was shown is on record, or cannot be and is in the log."""
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._writes.settled()

    def _show(self, key: Key, alarm: Alarm) -> None:
        if alarm.state is AlarmState.CLOSED:
            self._standing.pop(key, None)
        else:
            self._standing[key] = alarm
        self._remember()
        self._publish(AlarmChanged(alarm=alarm))

    def _remember(self) -> None:
        standing = (*self._standing.values(), *self._others.values())
        order = sorted(standing, key=lambda alarm: (alarm.severity, -alarm.raised_at))
        self._snapshot = tuple(order)
