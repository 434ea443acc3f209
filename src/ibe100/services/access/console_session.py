"""Session at the console's window: who acts there, sign-in, lock, hand-over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import SecretStr

from ibe100.models.actor import EMERGENCY, NOBODY, Actor, person_of
from ibe100.models.console import MOST_NOTE, ConsolePlan, Seat
from ibe100.models.errors import NotAllowed, OperatorError
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest
from ibe100.models.users import StoredUser
from ibe100.services.access.access_service import AccessService
from ibe100.services.audit_trail import AuditTrail, acting_as
from ibe100.services.ports import CuePort
from ibe100.utils.tasks import BackgroundWrites

WINDOW = "the window"
"""Place of a login, where the API has an address."""
PROMPT_S = 0.5
EMERGENCY_ACTIONS = frozenset({CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME})

T = TypeVar("T")


class ConsoleSession:
    """Decides in whose name the window acts. It changes on the loop; what it says can be read anywhere."""

    def __init__(
        self,
        access: AccessService,
        audit: AuditTrail,
        plan: ConsolePlan,
        cues: CuePort,
        sound_alarm: Callable[[str, CueAction], Awaitable[None]],
        person: Callable[[], Actor] = person_of,
    ) -> None:
        """`person` is the user of this machine, who acts where no sign-in is asked for.

        `sound_alarm` is told of each use of the emergency key on a stream.
        """
        self._access = access
        self._audit = audit
        self._plan = plan
        self._cues = cues
        self._sound_alarm = sound_alarm
        self._person = person
        self._user: StoredUser | None = None
        self._is_locked = False
        self._note = ("", "")
        self._writes = BackgroundWrites()

    def set_plan(self, plan: ConsolePlan) -> None:
        """Change the settings; a sign-in that is asked for from now on is asked of who sits there."""
        self._plan = plan

    def actor(self) -> Actor:
        """Whoever acts at the window; a role that was changed and a user that was removed hold at once."""
        if not self._plan.sign_in:
            return self._person()
        user = self._present()
        if user is None or self._is_locked:
            return NOBODY
        return replace(user.actor, seconded=self._plan.seconded)

    def seat(self) -> Seat:
        """State for the screen; safe from any thread."""
        actor = self.actor()
        user = self._present()
        return Seat(
            asks_sign_in=self._plan.sign_in,
            person="" if actor == NOBODY else actor.name,
            role=actor.role,
            streams=actor.streams,
            has_users=self._access.has_users,
            locked_by=user.name if user is not None and self._is_locked else "",
            lock_after_min=self._plan.lock_after_min if self._plan.sign_in else 0.0,
            has_emergency_key=self._plan.sign_in and self._plan.emergency_key,
            note=self._note[0],
            note_by=self._note[1],
        )

    def refusal(self, act: Act, stream_id: str | None = None) -> str:
        """Reason for which whoever is at the window may not do this; else empty. Safe from any thread."""
        return self.actor().refusal(act, stream_id)

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do this as whoever is at the window when it begins."""
        with acting_as(self.actor()):
            return await work

    async def do_with(self, work: Coroutine[Any, Any, T], name: str, password: SecretStr) -> T:
        """Do this as whoever is at the window, with the one who signs in here as the second person.

        Raises NotSignedIn, TooManyLogins, and what the work raises.
        """
        try:
            second = await self._access.check(name, password, WINDOW)
        except OperatorError:
            work.close()
            raise
        with acting_as(replace(self.actor(), second=second.actor)):
            return await work

    async def sign_in(self, name: str, password: SecretStr, note: str = "") -> Seat:
        """Take the window, also over from another, with a note of theirs.

        Raises NotSignedIn, TooManyLogins.
        """
        user = await self._access.check(name, password, WINDOW)
        before, self._user, self._is_locked = self._present(), user, False
        came = f"from {before.name}" if before is not None and before.name != user.name else ""
        if came:
            self._note = (note.strip()[:MOST_NOTE], before.name if before is not None else "")
        with acting_as(user.actor):
            await self._audit.write("console taken" if came else "signed in", WINDOW, came)
        return self.seat()

    async def lock(self) -> Seat:
        """Lock cues and changes until somebody signs in; streams, pictures and alarms go on."""
        if self.actor() != NOBODY and self._plan.sign_in:
            self._is_locked = True
            await self._audit.write("console locked", WINDOW)
        return self.seat()

    async def sign_out(self) -> Seat:
        """Leave the window to nobody."""
        if self._present() is not None:
            await self._audit.write("signed out", WINDOW)
        self._user, self._is_locked = None, False
        return self.seat()

    async def emergency(self, stream_id: str, action: CueAction) -> Cue:
        """Take a stream to a break or back without a sign-in, also while the database is down.

        It is an alarm and on record first, then a cue as any other, with the stream's own length.
        Raises NotAllowed, CueRefused.
        """
        if not (self._plan.sign_in and self._plan.emergency_key):
            raise NotAllowed("the emergency key is switched off, or nobody has to sign in here")
        if action not in EMERGENCY_ACTIONS:
            raise NotAllowed(f"the emergency key gives no {action}")
        with acting_as(replace(EMERGENCY, streams=frozenset({stream_id}))):
            # On record before it is sent, as a rule: a database that is down keeps no cue from going.
            recording = self._writes.add(self._tell(stream_id, action), "the use of the emergency key")
            await asyncio.wait([recording], timeout=PROMPT_S)
            return await self._cues.fire(CueRequest(stream_id=stream_id, action=action))

    async def _tell(self, stream_id: str, action: CueAction) -> None:
        await self._sound_alarm(stream_id, action)
        await self._audit.write(
            "emergency key", stream_id, f"{action}, signed in: {self.seat().person or 'nobody'}"
        )

    def _present(self) -> StoredUser | None:
        return None if self._user is None else self._access.as_now(self._user)
