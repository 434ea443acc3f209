"""Tells people of alarms: mail, Telegram, Slack, a web hook and whatever else apprise knows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets as random_names
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from ibe100.database.database import Database
from ibe100.models.alarms.notification import NotificationTarget, NotificationTargets, TargetView
from ibe100.models.changes import changes_between
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.messages import AlarmChanged, Message, NoticePosted
from ibe100.models.rights import Act
from ibe100.models.stored import DamagedDocument, keep_unknown, read_stored, write_stored
from ibe100.services.alarms.notification_plan import NotificationPlan, Wording
from ibe100.services.alarms.notification_sender import NotificationSender
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.rights import demand
from ibe100.services.streams.stream_secrets import SecretStore
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.set_aside import set_aside
from ibe100.utils.tasks import keep_running, log_fault

LOOK_S = 0.5
TEST = Wording("IBE-100: a test", "This is how alarms of the console will reach you.", is_good=True)

_log = logging.getLogger(__name__)


class NotificationService:
    """Lives on the loop; what is sent goes through a thread of its own."""

    def __init__(
        self,
        file: Path,
        secrets: SecretStore,
        storage: Database,
        publish: Callable[[Message], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._secrets = secrets
        self._audit = AuditTrail(storage)
        self._publish = publish
        self._clock = clock
        self._senders: dict[str, NotificationSender] = {}
        """Senders by target: one that answers slowly, or not at all, keeps no other waiting."""
        self._plans: dict[str, NotificationPlan] = {}
        self._urls: dict[str, str] = {}
        self._views: dict[str, TargetView] = {}
        self._kept = NotificationTargets()
        """Contents of the file as it was read, with what this version does not know of it."""
        self._work: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read the targets; a damaged file is set aside and logged."""
        self._kept = await asyncio.to_thread(self._read)
        for target in self._kept.targets:
            url = await asyncio.to_thread(self._secrets.get, _secret_name(target.target_id))
            self._take(target, url or "")
        self._looking = keep_running(self._look, "notifications")

    async def close(self) -> None:
        """Send no more messages."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        for sender in self._senders.values():
            sender.close()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def targets(self) -> tuple[TargetView, ...]:
        """List the targets by name; safe from any thread."""
        return tuple(sorted(self._views.values(), key=lambda view: view.target.name.casefold()))

    async def save(self, target: NotificationTarget, url: str) -> TargetView:
        """Add or change; an empty `url` keeps the one there is. Raises OperatorError."""
        demand(Act.SET_NOTIFICATIONS)
        kept = self._urls.get(target.target_id, "")
        url = url.strip() or kept
        if not url:
            raise OperatorError(f"{target.name} has no address: enter one, such as mailtos://user:…@host")
        if "://" not in url:
            raise OperatorError(
                f"the address of {target.name} has no kind in front, such as slack:// or json://"
            )
        if not target.target_id:
            target = target.model_copy(update={"target_id": random_names.token_hex(8)})
        if (view := self._views.get(target.target_id)) is not None:
            target = keep_unknown(target, view.target)
        before = view.target if view is not None else None
        address = ", another address" if url != kept else ""
        detail = f"{target.name}: {changes_between(before, target)}{address}"
        async with self._audit.doing("notification target saved", "", detail):
            if url != kept:
                await asyncio.to_thread(self._secrets.set, _secret_name(target.target_id), url)
            self._take(target, url)
            await asyncio.to_thread(self._write)
        return self._views[target.target_id]

    async def remove(self, target_id: str) -> None:
        """Remove a target and its address."""
        demand(Act.SET_NOTIFICATIONS)
        view = self._views.pop(target_id, None)
        if view is None:
            raise OperatorError("this target of notifications is gone already")
        async with self._audit.doing("notification target removed", "", view.target.name):
            self._plans.pop(target_id, None)
            self._urls.pop(target_id, None)
            if (sender := self._senders.pop(target_id, None)) is not None:
                sender.close()
            await asyncio.to_thread(self._secrets.delete, _secret_name(target_id))
            await asyncio.to_thread(self._write)

    async def test(self, target_id: str) -> None:
        """Send a message now. Raises OperatorError with the reason when it is not delivered."""
        demand(Act.SET_NOTIFICATIONS)
        if target_id not in self._urls:
            raise OperatorError("this target of notifications is gone already")
        await self._send(target_id, TEST)
        view = self._views.get(target_id)
        if view is not None and view.problem:
            raise OperatorError(f"{view.target.name} could not be told: {view.problem}")

    def hear(self, message: Message) -> None:
        """Take a message of the bus: an alarm may have to be sent on."""
        if isinstance(message, AlarmChanged):
            for target_id, plan in self._plans.items():
                self._send_all(target_id, plan.hear(message.alarm, self._clock()))

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for target_id, plan in tuple(self._plans.items()):
                self._send_all(target_id, plan.due(self._clock()))

    def _send_all(self, target_id: str, wordings: list[Wording]) -> None:
        for wording in wordings:
            task = asyncio.get_running_loop().create_task(self._send(target_id, wording))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
            task.add_done_callback(log_fault)

    async def _send(self, target_id: str, wording: Wording) -> None:
        url = self._urls.get(target_id)
        if url is None:
            return
        sender = self._senders.setdefault(target_id, NotificationSender())
        problem = await asyncio.wrap_future(sender.send(url, wording))
        before = self._views.get(target_id)
        if before is None:
            return
        changes: dict[str, object] = {"problem": problem}
        if not problem:
            changes |= {"told": before.told + 1, "last_told_at": time.time()}
        self._views[target_id] = before.model_copy(update=changes)
        if problem and (plan := self._plans.get(target_id)) is not None:
            plan.not_delivered(wording, self._clock())
        if problem and not before.problem:
            text = f"{before.target.name} could not be told of an alarm: {problem}"
            _log.warning("%s", text)
            self._publish(NoticePosted(at=time.time(), level="warning", text=text))

    def _take(self, target: NotificationTarget, url: str) -> None:
        plan = self._plans.get(target.target_id)
        if plan is None:
            self._plans[target.target_id] = NotificationPlan(target)
        else:
            plan.target = target
        self._urls[target.target_id] = url
        before = self._views.get(target.target_id, TargetView(target=target))
        self._views[target.target_id] = before.model_copy(
            update={"target": target, "kind": urlsplit(url).scheme if url else ""}
        )

    def _read(self) -> NotificationTargets:
        try:
            return read_stored(NotificationTargets, self._file.read_bytes())
        except FileNotFoundError:
            return NotificationTargets()
        except (OSError, DamagedDocument) as error:
            _log.error(
                "the targets of notifications in %s cannot be read: %s", self._file, type(error).__name__
            )
            with contextlib.suppress(OSError):  # a folder that refuses must keep no console from starting
                aside = set_aside(self._file, time.time())
                _log.error("it was set aside as %s: enter the targets again", aside.name)
            return NotificationTargets()

    def _write(self) -> None:
        kept = self._kept.model_copy(update={"targets": tuple(view.target for view in self.targets())})
        try:
            atomic_write(self._file, write_stored(kept, indent=1))
        except OSError as error:
            raise StorageError(
                f"the targets of notifications cannot be kept in {self._file}: {error.strerror}"
            ) from error


def _secret_name(target_id: str) -> str:
    return f"notification/{target_id}"
