"""Settings window: pages made of the settings, changes, undo, reset, search, rights."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.core.settings_edit import forms
from ibe100.models.console import ConsolePlan
from ibe100.models.rights import Role
from ibe100.ui.settings import settings_window
from ibe100.ui.settings.appearance_page import AppearancePage
from ibe100.ui.settings.field_editor import ChoiceEditor, LinesEditor, SeveralEditor, TextEditor
from ibe100.ui.settings.pages import SettingsPage
from ibe100.ui.settings.sections import SECTIONS, is_of, section_of
from ibe100.ui.settings.setting_row import RowFrame, SettingRow
from ibe100.ui.settings.settings_window import RESTART, SettingsWindow
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.themes.tokens import Theme, shown_theme

Open = Callable[[FakeServices], Console]


def opened(console: Console, section: str = "") -> SettingsWindow:
    window = console.window.dialogs.settings.open(section)
    console.until(lambda: window._model.views)
    return window


def row(window: SettingsWindow, name: str) -> SettingRow:
    section = section_of(name)
    assert section is not None
    page = window.page(section.name)
    assert isinstance(page, SettingsPage)
    return page.row(name)


def type_into(window: SettingsWindow, name: str, text: str) -> None:
    editor = row(window, name).editor
    assert isinstance(editor, TextEditor)
    editor.line.setText(text)
    editor.line.editingFinished.emit()


def test_every_setting_stands_on_exactly_one_page() -> None:
    entries = [one for section in SECTIONS for _, wanted in section.groups for one in wanted]
    places = {name: sum(is_of(name, one) for one in entries) for name in forms()}
    assert {name: count for name, count in places.items() if count != 1} == {}


def test_a_row_says_value_effect_origin_and_when_a_change_holds(open_console: Open) -> None:
    services = FakeServices()
    services.settings.file.write_text(json.dumps({"cues": {"seen_timeout_s": 3}}))
    console = open_console(services)
    window = opened(console)
    timeout = row(window, "cues.seen_timeout_s")
    console.until(lambda: timeout.editor.value() == 3)
    assert "FAILED" in timeout.effect.text()
    assert "Allowed: 0.5 to 60 s" in timeout.effect.text()
    assert timeout.foot.text().endswith("app_config.json · a change holds at once")
    assert row(window, "cues.event_id_retention_days").foot.text() == "as shipped · a change holds at once"
    assert "from a stream's next start" in row(window, "engine.kind").foot.text()


def test_a_change_holds_at_once_is_undone_and_reset(open_console: Open) -> None:
    console = open_console(FakeServices())
    settings = console.services.settings
    window = opened(console, "cues")
    type_into(window, "cues.seen_timeout_s", "4")
    console.until(lambda: settings.present.cues.seen_timeout_s == 4)
    console.until(lambda: window.undo_button.isEnabled())
    assert "Seen on the output within" in window.undo_button.text()
    assert settings.lines == [("setting changed", "cues.seen_timeout_s", "2.0 → 4.0")]
    window.undo_button.click()
    console.until(lambda: settings.present.cues.seen_timeout_s == 2)
    console.until(lambda: row(window, "cues.seen_timeout_s").editor.value() == 2)
    assert not window.undo_button.isEnabled()
    type_into(window, "cues.seen_timeout_s", "5")
    console.until(lambda: settings.present.cues.seen_timeout_s == 5)
    window.reset_button.click()
    console.until(lambda: settings.present.cues.seen_timeout_s == 2)


def test_what_is_refused_stays_with_the_reason_beside_it(open_console: Open) -> None:
    console = open_console(FakeServices())
    window = opened(console, "cues")
    timeout = row(window, "cues.seen_timeout_s")
    for typed, words in (("0.1", "greater than or equal to 0.5"), ("soon", "is no number")):
        type_into(window, "cues.seen_timeout_s", typed)
        console.until(lambda words=words: words in timeout.fault.text())
        editor = timeout.editor
        assert isinstance(editor, TextEditor)
        assert editor.line.text() == typed
    assert console.services.settings.file.read_text() == "{}"
    type_into(window, "cues.seen_timeout_s", "2")
    assert timeout.fault.isHidden(), "as it is kept: nothing is wrong"


def test_values_that_are_right_together_only_are_taken_together(open_console: Open) -> None:
    console = open_console(FakeServices())
    window = opened(console, "api")
    type_into(window, "api.certificate", "/etc/ibe100/api.pem")
    certificate = row(window, "api.certificate")
    console.until(lambda: "go together" in certificate.fault.text())
    type_into(window, "api.private_key", "/etc/ibe100/api.key")
    console.until(lambda: "api" in json.loads(console.services.settings.file.read_text()))
    console.until(lambda: certificate.fault.isHidden())
    console.until(lambda: "holds after a restart" in certificate.foot.text())
    assert not window.restart_button.isHidden()


def test_a_restart_is_asked_for_twice(open_console: Open) -> None:
    console = open_console(FakeServices())
    window = opened(console, "api")
    asked: list[None] = []
    console.window.restart_requested.connect(lambda: asked.append(None))
    assert window.restart_button.isHidden()
    type_into(window, "api.port", "8200")
    console.until(lambda: not window.restart_button.isHidden())
    window.restart_button.click()
    assert (asked, window.restart_button.text() == RESTART) == ([], False)
    window.restart_button.click()
    assert asked == [None]


def test_what_the_environment_sets_is_shown_as_fixed_with_the_reason(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBE100_API__PORT", "8200")
    window = opened(open_console(FakeServices()), "api")
    port = row(window, "api.port")
    assert not port.editor.isEnabled()
    assert "Fixed by environment variable IBE100_API__PORT" in port.foot.text()


def test_switches_choices_lists_and_pairs_are_edited(open_console: Open) -> None:
    console = open_console(FakeServices())
    settings = console.services.settings
    window = opened(console)
    switch, several = row(window, "backup.enabled").editor, row(window, "console.four_eyes").editor
    lines, pairs = row(window, "api.host_names").editor, row(window, "ldap.roles").editor
    assert isinstance(switch, ChoiceEditor)
    assert isinstance(several, SeveralEditor)
    assert isinstance(lines, LinesEditor)
    assert isinstance(pairs, LinesEditor)
    switch.segments.button(False).click()
    several.boxes["delete"].click()
    lines.text.setPlainText("one.example\n\n two.example ")
    lines.text.left.emit()
    pairs.text.setPlainText("cn=mcr,dc=x = operator\nadmins = admin")
    pairs.text.left.emit()

    def written() -> object:
        return json.loads(settings.file.read_text())

    console.until(
        lambda: (
            written()
            == {
                "backup": {"enabled": False},
                "console": {"four_eyes": ["delete"]},
                "api": {"host_names": ["one.example", "two.example"]},
                "ldap": {"roles": {"cn=mcr,dc=x": "operator", "admins": "admin"}},
            }
        )
    )
    console.until(lambda: pairs.text.toPlainText() == "cn=mcr,dc=x = operator\nadmins = admin")


def test_a_search_finds_settings_by_any_words_and_says_when_there_is_none(open_console: Open) -> None:
    console = open_console(FakeServices())
    window = opened(console)
    window.search.setText("seen output FAILED")
    assert window.nav.count() == 1
    QTest.keyClick(window.search, Qt.Key.Key_Return)
    assert window.page().section.name == "cues"
    window.search.setText("backup hour")
    found = window.nav.item(0)
    assert found is not None
    assert found.text() == "Hour of the day\nStorage"
    window.search.setText("no such thing")
    assert (window.nav.count(), window.nothing.isHidden()) == (0, False)
    window._escape()
    assert window.nav.count() == len(SECTIONS), "Esc ends the search first"
    window._escape()
    assert window.isHidden()


def test_whoever_may_not_change_settings_sees_why(open_console: Open) -> None:
    services = FakeServices()
    services.console.set_plan(ConsolePlan(sign_in=True))
    console = open_console(services)
    services.console.access.add("ena", Role.ENGINEER)
    services.console._user = services.console.access.users["ena"]
    console.until(lambda: console.parts.seat.seat.person == "ena")
    window = opened(console)
    assert row(window, "cues.seen_timeout_s").editor.isEnabled()
    assert not row(window, "api.enabled").editor.isEnabled()
    assert "needs admin" in row(window, "api.enabled").foot.text()
    services.console._user = None
    console.until(lambda: not row(window, "cues.seen_timeout_s").editor.isEnabled())
    assert "nobody is signed in" in row(window, "cues.seen_timeout_s").foot.text()


def test_the_look_is_worn_at_once_and_undone(open_console: Open) -> None:
    console = open_console(FakeServices())
    window = opened(console, "appearance")
    page = window.page()
    assert isinstance(page, AppearancePage)
    before = shown_theme()
    try:
        page.themes.cards[Theme.LIGHT].click()
        assert shown_theme() is Theme.LIGHT
        page.text_size.button(130).click()
        page.flashing.button(False).click()
        page.frames.button(False).click()
        assert console.parts.appearance.look.text_size == 130
        assert (console.parts.appearance.look.flashing, console.parts.alarm_panel._may_flash) == (
            False,
            False,
        )
        assert not console.parts.top_bar.clock._shows_frames
        window.undo_button.click()
        assert console.parts.top_bar.clock._shows_frames
        window.reset_button.click()
        assert (shown_theme(), page.text_size.value(), page.flashing.value()) == (Theme.DARK, 100, True)
    finally:
        console.parts.appearance.choose(before)


def test_no_page_is_wider_than_the_smallest_window_and_no_words_are_cut(
    open_console: Open, themed: QApplication
) -> None:
    apply_theme(themed, Theme.DARK, 150)
    try:
        console = open_console(FakeServices([running(1, "News"), running(2, "Sport")]))
        window = opened(console)
        window.resize(1280, 720)
        for section in SECTIONS:
            window.open_section(section.name)
            page, name = window.page(), section.name
            console.until(lambda page=page: not getattr(page, "editor", None) or not page.editor._to_come)
            console.qtbot.wait(1)
            bar = page.horizontalScrollBar()
            assert bar is not None
            assert bar.maximum() == 0, name
            for one in page.findChildren(RowFrame):
                for words in (one.effect, one.foot):
                    if words.isVisible():
                        needed = words.heightForWidth(words.width())
                        assert words.height() >= needed, f"{name}: {words.text()}"
    finally:
        apply_theme(themed)


def test_every_control_has_a_name_for_a_screen_reader(open_console: Open) -> None:
    window = opened(open_console(FakeServices()))
    unnamed = [
        f"{page.section.name}: {type(widget).__name__}"
        for page in (window.page(section.name) for section in SECTIONS)
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not widget.accessibleName()
        and not widget.objectName().startswith("qt_")
    ]
    assert unnamed == []


def test_the_window_and_its_foot_stay_on_a_low_screen(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_window, "room_of", lambda _window: QSize(900, 480))
    window = opened(open_console(FakeServices()))
    QApplication.processEvents()
    assert window.size().boundedTo(QSize(900, 480)) == window.size()
    foot = window.undo_button
    assert foot.mapTo(window, foot.rect().bottomRight()).y() < window.height()
