"""Sign-in at the window: who is asked, when it locks, and the panel in the place of the cues."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QStackedWidget

from ibe100.models.console import Seat
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_state import Tally
from ibe100.ui.access.idle_watch import IdleWatch
from ibe100.ui.access.second_person import SecondPerson
from ibe100.ui.access.sign_in_panel import SignInPanel
from ibe100.ui.cues.cue_panel import CuePanel
from ibe100.ui.qt_models.console_state import ConsoleState
from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.service_client import Call, ServiceClient
from ibe100.ui.widgets.timers import repeating

if TYPE_CHECKING:
    from ibe100.models.scte35_marker import Cue

LOOK_MS = 1000
SECONDS_PER_MINUTE = 60
NOT_KNOWN = "Not known: there is no connection."
ARMED = "A cue is armed: the console is handed over once it has gone out or is disarmed."


class SignIn(QObject):
    """Shows the cue panel to who is signed in, else the sign-in; locks when nobody touches the console."""

    notice = pyqtSignal(str, str)
    """Level and words."""
    left = pyqtSignal()
    """Nobody is signed in any more."""

    def __init__(self, seat: SeatModel, state: ConsoleState, cues: CuePanel, client: ServiceClient) -> None:
        self.stack = QStackedWidget()
        super().__init__(self.stack)
        self._seat, self._state, self._cues, self._client = seat, state, cues, client
        self._hands_over = False
        self.panel = SignInPanel()
        for page in (cues, self.panel):
            self.stack.addWidget(page)
        self.idle = IdleWatch(self)
        self.idle.idle.connect(self.lock)
        self.panel.sign_in_requested.connect(self.sign_in)
        self.panel.called_off.connect(lambda: self._set_hand_over(False))
        self.panel.emergency_requested.connect(self._fire_emergency)
        seat.changed.connect(self._show)
        client.second_needed.connect(self._ask_second)
        self._timer = repeating(self, LOOK_MS, self._look)
        self._timer.start()

    def sign_in(self, name: str, password: str, note: str = "") -> None:
        """Take the console; refused while it is handed over and a cue is armed."""
        if self._hands_over and self._is_armed():
            self.panel.refuse(ARMED)
            return
        secret = SecretStr(password)
        self._client.ask("Sign in", lambda s: s.console.sign_in(name, secret, note)).then(
            self._taken, self.panel.refuse, owner=self.panel
        )

    def lock(self) -> None:
        """Lock the console; its person or another signs in again."""
        if self._seat.seat.asks_sign_in and self._seat.seat.person:
            self._client.ask("Lock", lambda s: s.console.lock()).then(self._left)

    def sign_out(self) -> None:
        """Leave the console to nobody."""
        if self._seat.seat.asks_sign_in:
            self._client.ask("Sign out", lambda s: s.console.sign_out()).then(self._left)

    def hand_over(self) -> None:
        """Ask for the next person; the present one stays until then."""
        if self._seat.seat.asks_sign_in and self._seat.seat.person:
            self._set_hand_over(True)

    def _ask_second(self, call: Call[Any], what: str, words: str) -> None:
        question = SecondPerson(what, words, self.stack.window())
        question.confirmed.connect(
            lambda name, password: self._client.confirm(call, what, name, SecretStr(password))
        )
        question.rejected.connect(lambda: self._client.call_off(call, what))
        question.open()

    def _taken(self, seat: Seat) -> None:
        self._hands_over = False
        self.panel.clear()
        self.idle.touch()
        self._seat.look()
        self._show()
        note = f" Note from {seat.note_by}: {seat.note}" if seat.note else ""
        self.notice.emit("info", f"{seat.person} is signed in as {seat.role}.{note}")

    def _left(self, _seat: Seat) -> None:
        self._hands_over = False
        self.panel.clear()
        self._seat.look()
        self._show()
        self.left.emit()

    def _set_hand_over(self, hands_over: bool) -> None:
        self._hands_over = hands_over
        self.panel.clear()
        self._show()

    def _show(self) -> None:
        seat = self._seat.seat
        self.idle.limit_s = seat.lock_after_min * SECONDS_PER_MINUTE if seat.person else 0.0
        asks = self._hands_over or not self._seat.is_taken
        self.panel.show_seat(seat, hands_over=self._hands_over)
        page = self.panel if asks else self._cues
        if self.stack.currentWidget() is not page:
            self.stack.setCurrentWidget(page)
            if asks:
                (self.panel.password if self.panel.name.text() else self.panel.name).setFocus()
        self._look()

    def _look(self) -> None:
        if self.stack.currentWidget() is self.panel:
            is_away = any(not link.is_up for link in self._client.read(lambda s: s.links(), ()))
            self.panel.show_take_over((NOT_KNOWN,) if is_away else tuple(self._to_take_over()))
            row = self._state.streams.row_of(self._cues.target_id)
            self.panel.emergency.show_target("" if row is None else f"{row.view.number} {row.name}")

    def _to_take_over(self) -> Iterator[str]:
        for row in self._state.streams.rows():
            if row.view.tally in (Tally.ARMED, Tally.IN_BREAK):
                yield f"{row.view.number} {row.name}: {row.view.tally}"
        if waiting := self._state.alarms.awaiting_count():
            yield f"{waiting} to acknowledge"
        if hidden := len(self._state.alarms.hidden_alarms()):
            yield f"{hidden} shelved or grouped"

    def _is_armed(self) -> bool:
        return any(row.view.tally is Tally.ARMED for row in self._state.streams.rows())

    def _fire_emergency(self, action: CueAction) -> None:
        stream_id = self._cues.target_id
        if stream_id:
            call = self._client.ask(f"Emergency {action}", lambda s: s.console.emergency(stream_id, action))
            call.then(self._fired)

    def _fired(self, cue: Cue) -> None:
        self._state.cues.put(cue)
        self.notice.emit("warning", f"Emergency key: {cue.action} is {cue.state}. It is on record.")
