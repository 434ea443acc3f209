"""The rules of alarms as the house has set them: kept in a file, read again when somebody changes it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from ibe100.models.alarms.settings import AlarmSettings, RuleChange, RuleView
from ibe100.models.base import in_words
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.messages import Message, NoticePosted
from ibe100.services.alarms.catalogue import RULES
from ibe100.services.alarms.rule import AlarmRule
from ibe100.services.alarms.signal_catalogue import COUNTED, PACED
from ibe100.utils.atomic_write import atomic_write

COUNTED_CONDITIONS = frozenset(condition for condition, _ in (*COUNTED, *PACED))
NO_CHANGE = RuleChange()
Stamp = tuple[int, int]

_log = logging.getLogger(__name__)


class AlarmRules:
    """The rule of each condition on each stream. Reading is safe from any thread."""

    def __init__(self, file: Path | None = None, publish: Callable[[Message], None] = lambda _: None) -> None:
        self._file = file
        self._publish = publish
        self._stamp: Stamp | None = None
        self.settings = AlarmSettings()

    def rule(self, stream_id: str, condition: str) -> AlarmRule:
        """The shipped rule with what was changed of it."""
        shipped, change = RULES[condition], self._change(stream_id, condition)
        if change is NO_CHANGE:
            return shipped
        return replace(
            shipped,
            severity=shipped.severity if change.severity is None else change.severity,
            on_delay_s=shipped.on_delay_s if change.on_delay_s is None else change.on_delay_s,
            off_delay_s=shipped.off_delay_s if change.off_delay_s is None else change.off_delay_s,
        )

    def is_enabled(self, stream_id: str, condition: str) -> bool:
        """Whether it is looked at."""
        return self._change(stream_id, condition).enabled is not False

    def least_per_s(self, stream_id: str, condition: str) -> int:
        """How many errors of a kind in a second make an alarm."""
        return self._change(stream_id, condition).least_per_s or 1

    def views(self, stream_id: str) -> tuple[RuleView, ...]:
        """All rules as they hold for a stream; the empty one stands for all streams."""
        return tuple(self._view(stream_id, condition) for condition in RULES)

    def _view(self, stream_id: str, condition: str) -> RuleView:
        rule = self.rule(stream_id, condition)
        own = self.settings.streams.get(stream_id, {}) if stream_id else self.settings.rules
        counted = condition in COUNTED_CONDITIONS
        return RuleView(
            condition=condition,
            title=rule.title,
            enabled=self.is_enabled(stream_id, condition),
            severity=rule.severity,
            on_delay_s=rule.on_delay_s,
            off_delay_s=rule.off_delay_s,
            least_per_s=self.least_per_s(stream_id, condition) if counted else None,
            change=own.get(condition, NO_CHANGE),
        )

    def _change(self, stream_id: str, condition: str) -> RuleChange:
        general = self.settings.rules.get(condition, NO_CHANGE)
        special = self.settings.streams.get(stream_id, {}).get(condition)
        return general if special is None else special.over(general)

    async def set(self, stream_id: str, condition: str, change: RuleChange) -> RuleView:
        """Change a rule for a stream, or with an empty stream_id for all; an empty change undoes it.

        Raises OperatorError for a condition that there is not, StorageError when it cannot be kept.
        """
        if condition not in RULES:
            raise OperatorError(f"there is no alarm called {condition}")
        if change.least_per_s is not None and condition not in COUNTED_CONDITIONS:
            raise OperatorError(
                f"{RULES[condition].title}: nothing is counted, so it has no number per second"
            )
        streams = {name: dict(changes) for name, changes in self.settings.streams.items()}
        rules = dict(self.settings.rules)
        place = streams.setdefault(stream_id, {}) if stream_id else rules
        place[condition] = change
        if change.is_empty:
            del place[condition]
        kept = {name: changes for name, changes in streams.items() if changes}
        settings = self.settings.model_copy(update={"rules": rules, "streams": kept})
        await asyncio.to_thread(self._write, settings)
        self.settings = settings
        return self._view(stream_id, condition)

    async def read_if_changed(self) -> None:
        """To be called every second: a file that was edited holds from now on; a wrong one is told of."""
        if self._file is None:
            return
        stamp = await asyncio.to_thread(_stamp_of, self._file)
        if stamp is None or stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.settings = await asyncio.to_thread(_read, self._file)
            _log.info("alarm rules are read from %s", self._file)
        except (OSError, OperatorError) as error:
            text = f"The alarm rules stay as they were: {error}"
            _log.warning("%s", text)
            self._publish(NoticePosted(at=time.time(), level="warning", text=text))

    def _write(self, settings: AlarmSettings) -> None:
        if self._file is None:
            return
        try:
            atomic_write(self._file, settings.model_dump_json(indent=1, exclude_none=True).encode())
        except OSError as error:
            raise StorageError(f"alarm rules cannot be kept in {self._file}: {error.strerror}") from error
        self._stamp = _stamp_of(self._file)


def _stamp_of(file: Path) -> Stamp | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(file: Path) -> AlarmSettings:
    """Raises OperatorError in words, OSError."""
    try:
        settings = AlarmSettings.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise OperatorError(f"{file.name}: {in_words(error)}") from error
    named = {*settings.rules, *(name for changes in settings.streams.values() for name in changes)}
    unknown = sorted(named - RULES.keys())
    if unknown:
        raise OperatorError(f"{file.name}: there is no alarm called {', '.join(unknown)}")
    return settings
