"""Notifications: who is told of alarms, and the way to their dialog."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtWidgets import QWidget

from ibe100.models.alarms.notification import TargetView
from ibe100.models.rights import Act
from ibe100.ui.alarms.notification_view import COLUMNS
from ibe100.ui.qt_models.keyed_table import KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.settings.pages import Page
from ibe100.ui.settings.sections import Section
from ibe100.ui.settings.setting_row import RowFrame
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.tables import quiet_table

NOBODY = "Nobody is told yet: add a recipient by mail, chat or HTTP."


class NotificationPage(Page):
    """Recipients as they stand; they are edited in their own dialog, where a test is sent."""

    def __init__(
        self,
        section: Section,
        client: ServiceClient,
        open_dialog: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(section, parent)
        self._client = client
        self.edit_button = push_button(
            "Edit recipients…", auto_default=False, kind="primary", act=Act.SET_NOTIFICATIONS
        )
        self.edit_button.clicked.connect(open_dialog)
        self.recipients = RowFrame(
            "Recipients",
            "Told of alarms when nobody is at the console; each from a priority on.",
            self.edit_button,
        )
        self.recipients.foot.show()
        self.model: KeyedTableModel[TargetView] = KeyedTableModel(
            COLUMNS, lambda view: view.target.target_id, self
        )
        self.table = quiet_table(self.model, "Recipients of alarms", stretch=3)
        scaled(self.table.setMinimumHeight, 200)
        self.body.addWidget(self.recipients)
        self.body.addWidget(self.table)

    def look(self) -> None:
        targets: Sequence[TargetView] = self._client.read(lambda s: s.notifications.targets(), ())
        self.model.show(tuple(targets))
        self.recipients.foot.setText("" if targets else NOBODY)
        self.table.setVisible(bool(targets))
