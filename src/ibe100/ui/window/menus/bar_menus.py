"""Menus of the top bar, filled from the catalogue of actions."""

from __future__ import annotations

from PyQt6.QtWidgets import QMenu

from ibe100.ui.window.parts import Parts

SAVED_LAYOUTS = "Layouts"
PROFILE_MENU = ("save_profile", "load_profile", "", "import_profile", "export_profile")
VIEW_MENU = (
    *("dashboard", "multiview", "monitoring", "schedule", "cue_log", "as_run", "history", ""),
    *("cards_auto", "cards_large", "cards_medium", "cards_compact", ""),
    *(SAVED_LAYOUTS, "save_layout", "delete_layout", "reset_layout", ""),
    *("theme_dark", "theme_light", "theme_high_contrast", ""),
    *("text_larger", "text_smaller", "text_normal", ""),
    *("undo", "redo", "deleted_streams", ""),
    *("alarm_rules", "notifications", "machine", "hosts", ""),
    *("settings", "users", "backups", "contracts", "about", ""),
    *("palette", "keys"),
)
PERSON_MENU = ("hand_over", "lock", "", "sign_out")
"""Names of actions; an empty one is a line between groups."""


def fill_menus(parts: Parts) -> None:
    """Fill Profiles, View and the person's menu; the saved layouts are a menu within View."""
    _fill(parts, parts.top_bar.profiles.menu(), PROFILE_MENU)
    _fill(parts, parts.top_bar.view.menu(), VIEW_MENU)
    _fill(parts, parts.top_bar.person.menu(), PERSON_MENU)


def _fill(parts: Parts, menu: QMenu | None, names: tuple[str, ...]) -> None:
    assert menu is not None
    for name in names:
        if name == SAVED_LAYOUTS:
            saved = QMenu(SAVED_LAYOUTS, menu)
            parts.layout_controller.fill(saved)
            menu.addMenu(saved)
        elif name:
            menu.addAction(parts.actions[name])
        else:
            menu.addSeparator()
