"""System in the top bar: that all is well, or what is not, in words; a click opens everything measured."""

from __future__ import annotations

from PyQt6.QtWidgets import QPushButton, QWidget

from ibe100.models.alarms.machine_health import ClockState, ClockSync, MachineHealth
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.labels import set_kind
from ibe100.ui.words.tooltips import set_tooltip

HIGH_PERCENT = 90.0


def clock_words(clock: ClockSync) -> str:
    """Offset of the clock: `+0.4 ms`, `±1.2 ms`, `in sync`, or that it is not known."""
    match clock.state:
        case ClockState.NOT_KNOWN:
            return "not known"
        case ClockState.NOT_SYNCHRONISED:
            return "no sync"
    if clock.offset_ms is not None:
        return f"{clock.offset_ms:+.1f} ms"
    return "in sync" if clock.error_ms is None else f"±{clock.error_ms:.1f} ms"


def rate_words(bps: float) -> str:
    """Rate in Mb/s: `0.4`, `33`."""
    megabits = bps / 1e6
    return f"{megabits:.1f}" if megabits < 9.95 else f"{megabits:.0f}"


def figures(health: MachineHealth) -> str:
    """Everything that the machine's meters say, in one line."""
    return (
        f"CPU {health.cpu_percent:.0f} %, memory {health.memory_percent:.0f} %, "
        f"disk {health.disk_percent:.0f} %, network {rate_words(health.network_in_bps)} Mb/s in, "
        f"{rate_words(health.network_out_bps)} Mb/s out, clock {clock_words(health.clock)}"
    )


def troubles(health: MachineHealth) -> tuple[str, ...]:
    """What of the machine is not as it should be, the most important first."""
    found = ["Clock not synchronised"] if health.clock.state is ClockState.NOT_SYNCHRONISED else []
    for name, percent in (
        ("Disk", health.disk_percent),
        ("CPU", health.cpu_percent),
        ("Memory", health.memory_percent),
    ):
        if percent > HIGH_PERCENT:
            found.append(f"{name} {percent:.0f} %")
    return tuple(found)


class SystemButton(QPushButton):
    """As wide as its words, so that nothing beside it is clicked by accident."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("System", parent)
        self.health: MachineHealth | None = None
        self._is_short = False
        self.setIcon(icon("timer-sand"))
        self.setProperty("kind", "flat")
        self.setAccessibleName("System: not measured yet")
        set_tooltip(self, "The system is not measured yet")

    def show_health(self, health: MachineHealth) -> bool:
        """Show the newest measurement; True when the words take another width."""
        self.health = health
        found = troubles(health)
        self.setAccessibleName(f"System: {', '.join(found) or 'OK'}; {figures(health)}")
        set_tooltip(self, f"{figures(health)}\nClick for the whole system")
        set_kind(self, "flat_strong" if found else "flat")
        self.setIcon(icon("alert-outline", Colour.ALARM_YELLOW_TEXT) if found else icon("check"))
        return self._show_words()

    def set_short(self, short: bool) -> None:
        """Leave out all but the first words, or not."""
        self._is_short = short
        self._show_words()

    def _show_words(self) -> bool:
        if self.health is None:
            return False
        found = troubles(self.health)
        if found:
            more = f" +{len(found) - 1}" if len(found) > 1 else ""
            words = f"{found[0]}{more}" if self._is_short else " · ".join(found)
        else:
            words = "System OK"
            if not self._is_short:
                words += f" · clock {clock_words(self.health.clock)}"
        changed = len(words) != len(self.text())
        if words != self.text():
            self.setText(words)
        return changed
