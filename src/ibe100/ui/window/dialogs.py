"""Dialogs over the console's window: keys, command palette, system, alarm rules, notifications."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QMainWindow

from ibe100.ui.actions.command_palette import CommandPalette
from ibe100.ui.actions.key_overlay import KeyOverlay
from ibe100.ui.alarms.alarm_rules_view import AlarmRulesView
from ibe100.ui.alarms.notification_view import NotificationView
from ibe100.ui.settings.opening import SettingsOpening, SettingsParts
from ibe100.ui.streams.deleted_streams import DeletedStreamsView
from ibe100.ui.window.hosts_view import HostsView
from ibe100.ui.window.machine_view import MachineView
from ibe100.ui.window.menus.context_menus import ContextMenus
from ibe100.ui.window.menus.intake import Intake
from ibe100.ui.window.parts import Parts


class Dialogs:
    """Opens each over `parent`; every dialog deletes itself when it is closed."""

    def __init__(self, parent: QMainWindow, parts: Parts, restart: Callable[[], object]) -> None:
        """`restart` closes the console and starts it again; streams go on."""
        self._parent, self._parts = parent, parts
        self.intake = Intake(parent, parts)
        self.context_menus = ContextMenus(parent, parts)
        self.settings = SettingsOpening(
            SettingsParts(
                parts.client,
                parts.seat,
                parts.state.streams,
                parts.appearance,
                parts.sound,
                lambda: parts.actions["alarm_rules"].trigger(),
                lambda: parts.actions["notifications"].trigger(),
                restart,
                parts.permissions.apply,
            ),
            parent,
        )

    def show_keys(self) -> None:
        """Open the key overlay."""
        KeyOverlay(self._parts.actions.keys(), self._parent).show()

    def show_palette(self) -> None:
        """Open the command palette."""
        streams, actions = self._parts.state.streams, self._parts.actions
        actions.name_streams({row.view.number: row.name for row in streams.rows()})
        palette = CommandPalette(actions.available(), self._parent)
        palette.show()
        palette.edit.setFocus()

    def show_deleted_streams(self) -> None:
        """Open the list of deleted streams."""
        view = DeletedStreamsView(self._parts.client, self._parent)
        view.restored.connect(self._parts.stream_controller.restored)
        view.show()

    def show_hosts(self) -> None:
        """Open the view of the hosts that work on the same database."""
        HostsView(self._parts.client, self._parent).show()

    def show_machine(self) -> None:
        """Open the view of the machine, the console and its processes."""
        names = self._names()
        view = MachineView(lambda stream_id: names.get(stream_id, stream_id), self._parent)
        self._parts.bridge.machine_measured.connect(view.show_health)
        health = self._parts.top_bar.system.health
        if health is not None:
            view.show_health(health)
        view.show()

    def show_alarm_rules(self) -> None:
        """Open delays, priorities and thresholds of alarms."""
        view = AlarmRulesView(self._parts.client, self._names(), self._parent)
        view.changed.connect(self._parts.undo.push)
        view.show()

    def show_notifications(self) -> None:
        """Open the list of who is told of alarms."""
        NotificationView(self._parts.client, self._parent).show()

    def _names(self) -> dict[str, str]:
        return {row.stream_id: row.name for row in self._parts.state.streams.rows()}
