"""Whoever acts: a person with a role, or a part of the console itself."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from ibe100.models.rights import OF_NO_STREAM, ROLE_FOR, Act, Role
from ibe100.models.scte35_marker import ANOTHER_SENDER

LONGEST_NOTE = 60
_NOT_IN_A_NAME = re.compile(r"[\s()]+")


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor by the name that goes on record, and what it may do."""

    name: str
    role: Role = Role.VIEWER
    streams: frozenset[str] | None = None
    """`stream_id` of each stream it may act on; None is all there are and will be."""
    note: str = ""
    """What it says of itself, such as the program that asks; goes on record and gives no right."""
    seconded: frozenset[Act] = frozenset()
    """Acts for which a second person is needed."""
    second: Actor | None = None
    """Whoever confirmed it with a sign-in of their own."""

    @property
    def on_record(self) -> str:
        """`anna`, `anna + ben`, or `anna (playout 2)`: names have no blanks: a note is none."""
        persons = self.name if self.second is None else f"{self.name} + {self.second.name}"
        return f"{persons} ({self.note})" if self.note else persons

    @property
    def words(self) -> str:
        """`the schedule`, or a user's name, as it stands in a sentence."""
        return f"the {self.name}" if self.name in NOT_PERSONS else self.on_record

    def refusal(self, act: Act, stream_id: str | None = None) -> str:
        """Reason for which it may not do this, else empty.

        By the role alone without a stream; with "" to what concerns all of them.
        """
        if not self.role.covers(ROLE_FOR[act]):
            if self == NOBODY:
                return f"nobody is signed in: {act} needs {ROLE_FOR[act]}"
            return f"{self.name} is {self.role}: {act} needs {ROLE_FOR[act]}"
        if self.streams is None or stream_id is None or act in OF_NO_STREAM or stream_id in self.streams:
            return ""
        if stream_id:
            return f"{self.name} may not act on this stream: {act} needs the right to it"
        return f"{self.name} may act on some streams only: {act} concerns all here"

    def noting(self, note: str) -> Actor:
        """The same actor with a note of its own."""
        cut = "".join(character for character in note if character.isprintable() and character not in "()")
        return replace(self, note=" ".join(cut.split())[:LONGEST_NOTE])


def part_of_console(name: str) -> Actor:
    """A part of the program, which may do what it is for."""
    return Actor(name, Role.ADMIN)


CONSOLE = part_of_console("console")
"""The console or server by itself."""
AUTOMATIC_RETURN = part_of_console("automatic return")
"""The return at the end of an announced duration."""
SCHEDULE = part_of_console("schedule")
PLAYLIST = part_of_console("playlist of the input")
"""The tags of an HLS input."""
NOBODY = Actor("nobody")
"""Nobody is signed in at the window."""
EMERGENCY = Actor("emergency key", Role.OPERATOR)
"""Whoever uses the emergency key at the window."""
NOT_PERSONS = frozenset(
    {
        *("operator", "command line", "nobody", ANOTHER_SENDER),
        *(CONSOLE.name, AUTOMATIC_RETURN.name, SCHEDULE.name, PLAYLIST.name),
    }
)
"""No user may go by these names; the first two stand in records of earlier versions."""


@lru_cache(maxsize=8)
def person_of(uid: int | None = None) -> Actor:
    """The user of this machine with that uid, by default ours: whoever starts the console may do all.

    The name is the system's, not a variable's; a number where it has none.
    """
    try:
        import pwd
    except ImportError:  # Windows, where nobody has a uid
        return Actor(_NOT_IN_A_NAME.sub("_", getpass.getuser()), Role.ADMIN)
    wanted = os.getuid() if uid is None else uid
    try:
        name = pwd.getpwuid(wanted).pw_name
    except KeyError:
        name = f"uid-{wanted}"
    return Actor(_NOT_IN_A_NAME.sub("_", name), Role.ADMIN)
