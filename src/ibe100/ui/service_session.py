"""Lifetime of the services: opened on the background loop, closed with the window."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from ibe100.models.errors import CertificateUnknown, OperatorError
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.service_client import CoroutineRunner, ServiceClient
from ibe100.utils.tasks import keep_running

if TYPE_CHECKING:
    from ibe100.services.ports import Services

log = logging.getLogger(__name__)
OpenServices = Callable[[], AbstractAsyncContextManager["Services"]]
Trust = Callable[[str, str], Coroutine[Any, Any, None]]
"""Notes the certificate, by its SHA-256, of a server at a place."""


class ServiceSession(QObject):
    """Opens the services; `opened` when the ports can be used, `failed` with the reason when they cannot."""

    opened = pyqtSignal()
    failed = pyqtSignal(str)
    certificate_unknown = pyqtSignal(str, str)
    """Place and SHA-256 of the certificate of a server: to be answered by `trust`."""
    _came_up = pyqtSignal(object)
    _went_wrong = pyqtSignal(object)

    def __init__(
        self,
        runner: CoroutineRunner,
        open_services: OpenServices,
        client: ServiceClient,
        bridge: EventBridge,
        trust: Trust | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._trust = trust
        self._runner, self._open_services = runner, open_services
        self._client, self._bridge = client, bridge
        self._held: Future[None] | None = None
        self._leaving = asyncio.Event()
        self._came_up.connect(self._opened, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self._went_wrong.connect(self._failed, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def open(self) -> None:
        """Begin to open the services; returns at once."""
        if self._held is None or self._held.done():
            self._held = self._runner.submit(self._hold())
            self._held.add_done_callback(self._ended)

    def trust(self, place: str, fingerprint: str) -> None:
        """Note a certificate that the operator has compared, then open the services."""
        if self._trust is not None and (self._held is None or self._held.done()):
            self._held = self._runner.submit(self._hold_trusting(self._trust(place, fingerprint)))
            self._held.add_done_callback(self._ended)

    async def _hold_trusting(self, note: Coroutine[Any, Any, None]) -> None:
        await note
        await self._hold()

    def close(self, timeout_s: float) -> None:
        """Leave the services' context and wait for it; to be called when the window is gone.

        Raises TimeoutError when they hold out longer.
        """
        is_open = self._client.is_bound
        self._client.bind(None)
        held = self._held
        if held is None or held.done():
            return
        if not is_open:
            held.cancel()
            return
        self._runner.submit(self._leave())
        if not wait([held], timeout_s).done:
            raise TimeoutError(f"the services did not close within {timeout_s:g} s")
        if not held.cancelled() and (error := held.exception()) is not None:
            log.error("the services failed while they closed", exc_info=error)

    async def _leave(self) -> None:
        self._leaving.set()

    async def _hold(self) -> None:
        self._leaving.clear()
        async with self._open_services() as services:
            self._came_up.emit(services)
            following = keep_running(lambda: self._bridge.follow(services), "what the window is told")
            leaving = asyncio.create_task(self._leaving.wait())
            done, pending = await asyncio.wait((following, leaving), return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
            for task in done:
                task.result()

    def _ended(self, held: Future[None]) -> None:
        if not held.cancelled() and held.exception() is not None:
            self._went_wrong.emit(held.exception())

    def _opened(self, services: Services) -> None:
        self._client.bind(services)
        self.opened.emit()

    def _failed(self, error: BaseException | None) -> None:
        self._client.bind(None)
        if isinstance(error, CertificateUnknown):
            self.certificate_unknown.emit(error.place, error.fingerprint)
        elif isinstance(error, OperatorError):
            self.failed.emit(str(error))
        else:
            log.error("the services ended with a bug", exc_info=error)
            self.failed.emit(
                f"An error in the console itself: {error!r}. It is in the log; running streams go on."
            )
