"""Delivers the messages of a target by apprise, from a thread per target: a slow one delays no other."""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from ibe100.services.alarms.notification_plan import Wording

QUEUE_SIZE = 100
THREAD_NAME = "ibe100-notify"
NOT_UNDERSTOOD = (
    "its address is not understood: see the list of kinds, such as mailtos://, tgram://, slack://"
)
NOT_DELIVERED = "the message was not taken: check the address, its token and the network"
TOO_MANY = "too many messages wait: it answers too slowly"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Message on its way; `outcome` is empty when it was delivered, else the reason."""

    url: str = field(repr=False)
    wording: Wording
    outcome: Future[str]


class NotificationSender:
    """Started with the first message. No address is ever logged or said: what apprise logs is thrown away."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Outgoing | None] = queue.Queue(QUEUE_SIZE)
        self._thread: threading.Thread | None = None

    def send(self, url: str, wording: Wording) -> Future[str]:
        """Queue a message; resolves to the reason why it was not delivered, or to nothing. Never blocks."""
        outgoing = Outgoing(url, wording, Future())
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(outgoing)
        except queue.Full:
            outgoing.outcome.set_result(TOO_MANY)
        return outgoing.outcome

    def close(self) -> None:
        """Take no more; what waits is not sent. Never blocks: a message under way ends with the process."""
        while True:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is not None:
                waiting.outcome.cancel()
        if self._thread is not None:
            self._queue.put_nowait(None)

    def _run(self) -> None:
        silence = logging.getLogger("apprise")
        silence.propagate = False
        silence.addHandler(logging.NullHandler())
        silence.setLevel(logging.CRITICAL + 1)
        while (outgoing := self._queue.get()) is not None:
            if outgoing.outcome.set_running_or_notify_cancel():
                outgoing.outcome.set_result(_deliver(outgoing.url, outgoing.wording))


def _deliver(url: str, wording: Wording) -> str:
    try:
        # A quarter of a second, which only those pay who want to be notified.
        from apprise import Apprise, NotifyType

        apprise = Apprise()
        if not apprise.add(url):
            return NOT_UNDERSTOOD
        kind = NotifyType.SUCCESS if wording.is_good else NotifyType.WARNING
        delivered = apprise.notify(title=wording.title, body=wording.body, notify_type=kind)
    except Exception as error:  # noqa: BLE001 - the next message must go out
        # Other people's code for a hundred services: whatever it raises may hold the address in its text.
        _log.error("a notification was not delivered: %s in the code of its kind", type(error).__name__)
        return NOT_DELIVERED
    return "" if delivered else NOT_DELIVERED
