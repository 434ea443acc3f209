"""Keys of cues: they work whatever has the focus, text fields, dialogs, lists and popups included."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QWidget

from ibe100.ui.actions.application_events import ApplicationEvents

HELD = frozenset({Qt.Key.Key_F11, Qt.Key.Key_F12})
KEY_EVENTS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease)


class CueKeys(QObject):
    """Takes the keys of cues before any widget does.

    `pressed` has the work of a key that is pressed once. Shift+Esc calls a cue off whatever has the focus.
    Esc alone goes to what is in front and is told of by `esc_elsewhere`: a key that closes a dialog must not
    call off a cue behind it, nor seem to have done so. F11 and F12 are held, and a shortcut knows no
    release: they go to `take_held`. Out of reach are the platform's own file dialogs only, of which Qt sees
    no key; whether a cue may go while the console is locked is for the services to say.
    """

    def __init__(
        self,
        events: ApplicationEvents,
        pressed: Mapping[Qt.Key, Callable[[], object]],
        take_held: Callable[[QKeyEvent], bool],
        call_off: Callable[[], object],
        esc_elsewhere: Callable[[], object],
    ) -> None:
        super().__init__(events)
        self._pressed, self._take_held = pressed, take_held
        self._call_off, self._esc_elsewhere = call_off, esc_elsewhere
        events.take(self._take, *KEY_EVENTS)

    def _take(self, _watched: QWidget, event: QEvent) -> bool:
        """True for a key of cues: no widget and no shortcut gets it as well."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Escape:
            return self._take_escape(event)
        if event.modifiers():
            return False
        key = Qt.Key(event.key()) if event.key() in HELD or event.key() in self._pressed else None
        if key is None:
            return False
        event.accept()
        if event.type() == QEvent.Type.ShortcutOverride:
            return True
        if key in HELD:
            return self._take_held(event)
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._pressed[key]()
        return True

    def _take_escape(self, event: QKeyEvent) -> bool:
        is_press = event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat()
        if event.modifiers() != Qt.KeyboardModifier.ShiftModifier:
            # As a shortcut of the window, where it calls the cue off, it is no press of any widget.
            if is_press and not event.modifiers():
                self._esc_elsewhere()
            return False
        event.accept()
        if is_press:
            self._call_off()
        return True
