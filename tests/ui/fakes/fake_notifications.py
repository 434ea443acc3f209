"""Targets of notifications in memory."""

from __future__ import annotations

from ibe100.models.alarms.notification import NotificationTarget, TargetView
from ibe100.models.errors import OperatorError


class FakeNotifications:
    """Recipients in memory; an address that begins with `bad` is never reached."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self.views: dict[str, TargetView] = {}

    def targets(self) -> tuple[TargetView, ...]:
        return tuple(self.views.values())

    async def save(self, target: NotificationTarget, url: str) -> TargetView:
        target_id = target.target_id or str(len(self.views) + 1)
        if not (url or self.urls.get(target_id)):
            raise OperatorError(f"{target.name} has no address")
        self.urls[target_id] = url or self.urls[target_id]
        kept = target.model_copy(update={"target_id": target_id})
        self.views[target_id] = TargetView(target=kept, kind=self.urls[target_id].split(":")[0])
        return self.views[target_id]

    async def remove(self, target_id: str) -> None:
        del self.views[target_id]

    async def test(self, target_id: str) -> None:
        if self.urls[target_id].startswith("bad"):
            raise OperatorError("it could not be told: the message was not taken")
        view = self.views[target_id]
        self.views[target_id] = view.model_copy(update={"told": view.told + 1, "last_told_at": 1.0})
