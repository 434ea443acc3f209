"""Whoever acts: an operator, a user of the API, the command line, or a part of the console itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor by the name that goes on record."""

    name: str

    @property
    def words(self) -> str:
        """`the operator`, or a user's name, as it stands in a sentence."""
        return f"the {self.name}" if self in WITHOUT_ACCOUNT else self.name


OPERATOR = Actor("operator")
"""Whoever sits at the console: there nobody signs in."""
COMMAND_LINE = Actor("command line")
CONSOLE = Actor("console")
"""The console or server by itself."""
AUTOMATIC_RETURN = Actor("automatic return")
"""The return at the end of an announced duration."""
SCHEDULE = Actor("schedule")
WITHOUT_ACCOUNT = frozenset({OPERATOR, COMMAND_LINE, CONSOLE, AUTOMATIC_RETURN, SCHEDULE})
"""No user may go by these names."""
