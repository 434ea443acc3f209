"""Hooks: programs and web addresses that are called on chosen facts; section `hooks` of the settings."""

from __future__ import annotations

import re
import shlex
from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from ibe100.models.base import Text, Value
from ibe100.models.endpoints.urls import public_url
from ibe100.models.settings.forms import told

MOST_HOOKS = 20
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class HookEvent(StrEnum):
    """A fact that a hook can be called on."""

    BREAK_BEGAN = "break_began"
    BREAK_ENDED = "break_ended"
    CUE_FAILED = "cue_failed"
    ALARM_1 = "alarm_1"
    """An alarm of severity 1 was raised; likewise the next two."""
    ALARM_2 = "alarm_2"
    ALARM_3 = "alarm_3"
    STREAM_STATE = "stream_state"
    """A stream came into another state."""


class Hook(Value):
    """Facts, and what is called on them: a program with its arguments, or a URL."""

    events: tuple[HookEvent, ...]
    target: tuple[str, ...]

    @property
    def url(self) -> str:
        """The URL; empty for a program."""
        return self.target[0] if "://" in self.target[0] else ""

    @property
    def words(self) -> str:
        """The target for logs: of a URL only its place."""
        return public_url(self.url) if self.url else self.target[0]


def read_hook(line: str) -> Hook:
    """A hook of a line such as `cue_failed,alarm_1 /usr/local/bin/tally --red`. Raises ValueError."""
    try:
        names, *target = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"{line!r}: facts, then a program or URL, are expected") from error
    known = ", ".join(HookEvent)
    try:
        events = tuple(HookEvent(name) for name in names.split(","))
    except ValueError as error:
        raise ValueError(f"{error}; there are {known}") from error
    if not target:
        raise ValueError(f"{line!r}: a program or URL is missing")
    if "://" in target[0]:
        parts = urlsplit(target[0])
        if parts.scheme not in ("http", "https") or not parts.hostname or len(target) > 1:
            raise ValueError(f"{target[0]!r}: one http or https URL is expected")
    elif not PurePath(target[0]).is_absolute():
        raise ValueError(f"{target[0]!r}: a program is given with its whole path")
    return Hook(events=events, target=tuple(target))


class HookPlan(Value):
    """Which programs and URLs are called on which facts."""

    calls: Annotated[
        tuple[Text, ...],
        Field(max_length=MOST_HOOKS),
        told(
            "Calls",
            "One a line: facts with commas between, then a program with its whole path or a URL, such as "
            "cue_failed,alarm_1 /usr/local/bin/tally.",
        ),
    ] = ()
    timeout_s: Annotated[
        float, Field(ge=0.5, le=300), told("Time limit", "A call that takes longer is ended.", "s")
    ] = 10.0
    environment: Annotated[
        tuple[Text, ...],
        Field(max_length=50),
        told(
            "Variables passed on", "Names of environment variables that programs get beside the usual ones."
        ),
    ] = ()

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        for line in self.calls:
            read_hook(line)
        for name in self.environment:
            if not _VARIABLE.fullmatch(name) or name.upper().startswith("IBE100_"):
                raise ValueError(f"{name!r} is no variable that may be passed on")
        return self

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """The calls as they were understood."""
        return tuple(read_hook(line) for line in self.calls)
