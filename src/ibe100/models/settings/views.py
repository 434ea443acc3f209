"""Settings as they stand: value, where it comes from, when a change holds."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from ibe100.models.base import Value
from ibe100.models.rights import Act
from ibe100.models.settings.forms import FieldForm


class OriginKind(StrEnum):
    """Kind of place that sets a value."""

    SHIPPED = "shipped"
    FILE = "file"
    ENVIRONMENT_FILE = "environment file"
    VARIABLE = "variable"
    COMMAND_LINE = "command line"


class Origin(Value):
    """Place that sets a value."""

    kind: OriginKind = OriginKind.SHIPPED
    name: str = ""
    """Path of the file, or the variable."""

    @property
    def words(self) -> str:
        """The place as a person would name it."""
        match self.kind:
            case OriginKind.SHIPPED:
                return "as shipped"
            case OriginKind.VARIABLE:
                return f"environment variable {self.name}"
            case OriginKind.COMMAND_LINE:
                return "the command line of this start"
            case OriginKind.FILE | OriginKind.ENVIRONMENT_FILE:
                return self.name
        raise AssertionError(self.kind)

    @property
    def fixed_by(self) -> str:
        """Reason for which no file can change the value; empty where one can."""
        if self.kind in (OriginKind.VARIABLE, OriginKind.COMMAND_LINE):
            return f"Fixed by {self.words}: it goes before the settings file."
        return ""


Holds = Literal["at once", "from a stream's next start", "after a restart"]


class SettingView(Value):
    """A setting as it stands."""

    name: str
    """Such as `cues.seen_timeout_s`."""
    form: FieldForm
    value: Any
    """As JSON; what the files, variables and the command line say now."""
    default: Any
    origin: Origin
    holds: Holds
    """When a change takes effect."""
    act: Act = Act.SET_SETTINGS
    """Right that a change needs."""
    is_waiting: bool = False
    """True where another value is in force until the restart."""

    @property
    def section(self) -> str:
        """First part of the name."""
        return self.name.partition(".")[0]
