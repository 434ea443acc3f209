"""Opening of the settings window: built with its pages when it is first asked for, then shown again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QWidget

from ibe100.ui.alarms.alarm_sound import AlarmSound
from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.settings.about_page import AboutPage
from ibe100.ui.settings.alarm_page import AlarmPage
from ibe100.ui.settings.appearance_page import AppearancePage
from ibe100.ui.settings.backup_page import BackupPage
from ibe100.ui.settings.contracts_page import ContractsPage
from ibe100.ui.settings.notification_page import NotificationPage
from ibe100.ui.settings.pages import Page, SettingsPage
from ibe100.ui.settings.sections import (
    ABOUT,
    ALARMS,
    APPEARANCE,
    BACKUPS,
    CONTRACTS,
    NOTIFICATIONS,
    USERS,
    Section,
)
from ibe100.ui.settings.settings_model import SettingsModel
from ibe100.ui.settings.settings_window import SettingsWindow
from ibe100.ui.settings.users_page import UsersPage
from ibe100.ui.themes.appearance import AppearanceController


@dataclass(frozen=True, slots=True)
class SettingsParts:
    """Parts of the console that the pages show and change."""

    client: ServiceClient
    seat: SeatModel
    streams: StreamListModel
    appearance: AppearanceController
    sound: AlarmSound
    open_rules: Callable[[], object]
    open_notifications: Callable[[], object]
    restart: Callable[[], object]
    permit: Callable[[], object]
    """Disables the buttons that whoever is at the console may not press."""


class SettingsOpening:
    """Opens the one settings window of a console."""

    def __init__(self, parts: SettingsParts, parent: QWidget) -> None:
        self._parts, self._parent = parts, parent
        self.window: SettingsWindow | None = None

    def open(self, section: str = "") -> SettingsWindow:
        """Show the window, with a section in front."""
        if self.window is None:
            self.window = self._build()
        self.window.open_section(section)
        return self.window

    def _build(self) -> SettingsWindow:
        model = SettingsModel(self._parts.client, self._parent)

        def make(section: Section) -> Page:
            page = self._page(section, model)
            # A button that nobody may press says so from the first look on.
            QTimer.singleShot(0, self._parts.permit)
            return page

        return SettingsWindow(model, self._parts.seat, make, self._parts.restart, self._parent)

    def _page(self, section: Section, model: SettingsModel) -> Page:
        parts = self._parts
        makers: dict[str, Callable[[], Page]] = {
            APPEARANCE: lambda: AppearancePage(section, model, parts.appearance),
            ALARMS: lambda: AlarmPage(section, model, parts.seat, parts.sound, parts.open_rules),
            NOTIFICATIONS: lambda: NotificationPage(section, parts.client, parts.open_notifications),
            USERS: lambda: UsersPage(section, model, parts.client, parts.streams),
            BACKUPS: lambda: BackupPage(section, parts.client, parts.restart),
            CONTRACTS: lambda: ContractsPage(section, parts.client, parts.streams),
            ABOUT: lambda: AboutPage(section, parts.client),
        }
        make = makers.get(section.name)
        return SettingsPage(section, model, parts.seat) if make is None else make()
