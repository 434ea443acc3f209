"""Rules of alarms as the house has set them: kept in a file, read again when somebody changes it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ibe100.models.alarms.settings import AlarmSettings, RuleChange, RuleView
from ibe100.models.changes import changes_between
from ibe100.models.errors import NotFound, OperatorError, StorageError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.rights import Act
from ibe100.models.stored import (
    DamagedDocument,
    keep_unknown,
    not_known,
    not_understood,
    read_stored,
    write_stored,
)
from ibe100.services.alarms.catalogue import RULES
from ibe100.services.alarms.rule import AlarmRule, parameters_of
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.rights import demand
from ibe100.utils.atomic_write import atomic_write

NO_CHANGE = RuleChange()
Rule = TypeVar("Rule", bound=AlarmRule)
Stamp = tuple[int, int]

_log = logging.getLogger(__name__)


class UnknownParameter(OperatorError):
    """A parameter that this version of a rule does not have."""


class AlarmRules:
    """The rule of each condition on each stream. Reading is safe from any thread."""

    def __init__(
        self,
        file: Path | None = None,
        publish: Callable[[Message], None] = lambda _: None,
        audit: AuditTrail | None = None,
    ) -> None:
        """Changes last as long as this object where there is no `file`."""
        self._file = file
        self._audit = audit
        self._publish = publish
        self._stamp: Stamp | None = None
        self.settings = AlarmSettings()
        self.fault = ""
        """Words for a file that is not read; empty while the rules are those of the file."""

    def rule(self, stream_id: str, shipped: Rule) -> Rule:
        """The shipped rule with what was changed of it."""
        change = self._change(stream_id, shipped.condition)
        if change is NO_CHANGE:
            return shipped
        own = _parameter_names(shipped)
        values: dict[str, Any] = {name: value for name, value in change.parameters.items() if name in own}
        for name in ("enabled", "severity", "on_delay_s", "off_delay_s"):
            if (value := getattr(change, name)) is not None:
                values[name] = value
        return replace(shipped, **values)

    def of_stream(self, stream_id: str) -> StreamRules:
        """The rules of one stream, for its watches; those of the machine for an empty stream_id."""
        return StreamRules(self, stream_id)

    async def views(self, stream_id: str = "") -> tuple[RuleView, ...]:
        """List the rules as they hold for a stream; the empty one stands for all streams."""
        return tuple(self._view(stream_id, shipped) for shipped in RULES.values())

    def _view(self, stream_id: str, shipped: AlarmRule) -> RuleView:
        rule = self.rule(stream_id, shipped)
        own = self.settings.streams.get(stream_id, {}) if stream_id else self.settings.rules
        return RuleView(
            condition=rule.condition,
            title=rule.title,
            enabled=rule.enabled,
            severity=rule.severity,
            on_delay_s=rule.on_delay_s,
            off_delay_s=rule.off_delay_s,
            parameters=parameters_of(rule),
            change=own.get(rule.condition, NO_CHANGE),
        )

    def _change(self, stream_id: str, condition: str) -> RuleChange:
        general = self.settings.rules.get(condition, NO_CHANGE)
        special = self.settings.streams.get(stream_id, {}).get(condition)
        return general if special is None else special.over(general)

    async def set(self, stream_id: str, condition: str, change: RuleChange) -> RuleView:
        """Change a rule for a stream, or with an empty stream_id for all; an empty change undoes it.

        Raises NotFound where there is no such condition, OperatorError for a parameter that it has not or
        that is out of its range, StorageError when the change cannot be kept.
        """
        demand(Act.SET_RULES, stream_id)
        _check(condition, change)
        streams = {name: dict(changes) for name, changes in self.settings.streams.items()}
        rules = dict(self.settings.rules)
        place = streams.setdefault(stream_id, {}) if stream_id else rules
        place[condition] = _with_unknown(change, place.get(condition, NO_CHANGE), RULES[condition])
        if place[condition].is_empty:
            del place[condition]
        kept = {name: changes for name, changes in streams.items() if changes}
        settings = self.settings.model_copy(update={"rules": rules, "streams": kept})
        before = self._view(stream_id, RULES[condition])
        detail = f"{before.title}: {changes_between(before.change, change)}"
        on_record = self._audit.doing("alarm rule changed", stream_id, detail) if self._audit else None
        async with on_record or contextlib.nullcontext():
            await asyncio.to_thread(self._write, settings)
        self.settings = settings
        return self._view(stream_id, RULES[condition])

    async def read_if_changed(self) -> None:
        """Read the file again if it was edited; a wrong one is a notice and changes nothing."""
        if self._file is None:
            return
        stamp = await asyncio.to_thread(_stamp_of, self._file)
        if stamp is None or stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.settings = await asyncio.to_thread(_read, self._file)
            self.fault = ""
            _log.info("alarm rules are read from %s", self._file)
            if unknown := _unknown(self.settings):
                self._warn(f"{self._file.name}: not known to this version, and kept: {', '.join(unknown)}")
        except (OSError, OperatorError) as error:
            self.fault = str(error)
            self._warn(f"The alarm rules stay as they were: {error}")

    def _warn(self, text: str) -> None:
        _log.warning("%s", text)
        self._publish(NoticePosted(at=time.time(), level="warning", text=text))

    def _write(self, settings: AlarmSettings) -> None:
        if self._file is None:
            return
        try:
            atomic_write(self._file, write_stored(settings, indent=1))
        except OSError as error:
            raise StorageError(f"alarm rules cannot be kept in {self._file}: {error.strerror}") from error
        self._stamp = _stamp_of(self._file)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """The rules as they hold for one stream at any time, also after they were changed."""

    rules: AlarmRules
    stream_id: str

    def rule(self, shipped: Rule) -> Rule:
        """The shipped rule with what was changed of it."""
        return self.rules.rule(self.stream_id, shipped)


def _check(condition: str, change: RuleChange) -> None:
    shipped = RULES.get(condition)
    if shipped is None:
        raise NotFound(f"there is no alarm called {condition}")
    parameters = {one.name: one for one in parameters_of(shipped)}
    for name, one in parameters.items():
        value = change.parameters.get(name, one.value)
        if not one.lowest <= value <= one.highest:
            raise OperatorError(
                f"{shipped.title}: {name} can be {one.lowest:g} to {one.highest:g} {one.unit}, not {value:g}"
            )
    for name in change.parameters.keys() - parameters.keys():
        raise UnknownParameter(f"{shipped.title}: there is no parameter called {name}")


def _stamp_of(file: Path) -> Stamp | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(file: Path) -> AlarmSettings:
    """Read settings, with known parameters in their ranges. Raises OperatorError with the reason, OSError."""
    try:
        settings = read_stored(AlarmSettings, file.read_bytes())
        for changes in (settings.rules, *settings.streams.values()):
            for condition, change in changes.items():
                with contextlib.suppress(NotFound, UnknownParameter):
                    _check(condition, change)
    except (DamagedDocument, OperatorError) as error:
        raise OperatorError(f"{file.name}: {error}") from error
    return settings


def _unknown(settings: AlarmSettings) -> list[str]:
    """Fields, conditions and parameters that a newer version, or a slip of the pen, has put there."""
    unknown = [*not_known(settings), *not_understood(settings)]
    for changes in (settings.rules, *settings.streams.values()):
        for condition, change in changes.items():
            shipped = RULES.get(condition)
            if shipped is None:
                unknown.append(condition)
            else:
                others = change.parameters.keys() - _parameter_names(shipped)
                unknown += [f"{condition}.{name}" for name in sorted(others)]
    return unknown


def _parameter_names(shipped: AlarmRule) -> set[str]:
    return {one.name for one in parameters_of(shipped)}


def _with_unknown(change: RuleChange, before: RuleChange, shipped: AlarmRule) -> RuleChange:
    """An edit of a change, with what this version does not know of it."""
    own = _parameter_names(shipped)
    others = {name: value for name, value in before.parameters.items() if name not in own}
    return keep_unknown(change.model_copy(update={"parameters": {**others, **change.parameters}}), before)
