"""Users and tokens, backups and restore, contracts, About."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QApplication

from console_under_test import Console
from fake_services import FakeServices
from fake_upkeep import kept
from fake_values import running
from ibe100.models.rights import Role
from ibe100.models.stream_state import Tally
from ibe100.ui.settings.about_page import AboutPage
from ibe100.ui.settings.backup_page import BackupPage
from ibe100.ui.settings.contracts_page import ContractsPage
from ibe100.ui.settings.field_editor import TextEditor
from ibe100.ui.settings.users_page import UsersPage

Open = Callable[[FakeServices], Console]


def users_page(console: Console) -> UsersPage:
    page = console.window.dialogs.settings.open("users").page()
    assert isinstance(page, UsersPage)
    return page


def backup_page(console: Console) -> BackupPage:
    page = console.window.dialogs.settings.open("backups").page()
    assert isinstance(page, BackupPage)
    console.until(lambda: len(page.model.rows()) == len(console.services.backups.kept))
    return page


def contracts_page(console: Console) -> ContractsPage:
    page = console.window.dialogs.settings.open("contracts").page()
    assert isinstance(page, ContractsPage)
    console.until(lambda: page.model.rows() and not page.editor._to_come)
    return page


def test_a_user_is_added_given_rights_switched_off_and_removed(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport")]))
    access = console.services.access
    page = users_page(console)
    page.name.setText("Anna")
    page.add_button.click()
    assert "allowed are 1 to 40 of a-z" in page.words.text()
    page.name.setText("anna")
    page.password.setText("short")
    page.add_button.click()
    assert "10 to 200 characters" in page.words.text()
    page.password.setText("correct horse battery")
    page.add_button.click()
    console.until(lambda: "anna" in access.by_name)
    assert access.passwords == {"anna": "correct horse battery"}
    assert page.password.text() == ""
    console.until(lambda: page.of_user.text() == "anna")
    page.chosen_role.button(Role.ENGINEER).click()
    console.until(lambda: access.by_name["anna"].role is Role.ENGINEER)
    page.rights.mode.button(False).click()
    console.until(lambda: access.by_name["anna"].streams is not None)
    page.rights.boxes["stream-2"].click()
    console.until(lambda: access.by_name["anna"].streams == ("stream-1",))
    page.new_password.setText("another horse battery")
    page.password_button.click()
    console.until(lambda: access.passwords["anna"] == "another horse battery")
    page.off_button.click()
    console.until(lambda: access.by_name["anna"].is_disabled)
    console.until(lambda: page.off_button.text() == "Switch on")
    page.remove_button.click()
    assert "anna" in access.by_name, "once is a question"
    page.remove_button.click()
    console.until(lambda: "anna" not in access.by_name)


def test_the_secret_of_a_token_is_shown_once(open_console: Open) -> None:
    services = FakeServices()
    services.access.put("anna", Role.OPERATOR)
    services.access.put("ben", Role.OPERATOR)
    console = open_console(services)
    page = users_page(console)
    tokens = page.tokens
    tokens.label_field.setText("playout 2")
    tokens.lifetime.button(30).click()
    tokens.make_button.click()
    console.until(lambda: tokens.secret.text().startswith("ibe100_"))
    assert not tokens.once.isHidden()
    (made,) = services.access.kept_tokens
    assert made.expires_at is not None
    page.table.selectRow(1)
    assert tokens.secret.text() == ""
    page.table.selectRow(0)
    assert (tokens.secret.text(), tokens.once.isHidden()) == ("", True)
    tokens.table.selectRow(0)
    tokens.revoke_button.click()
    console.until(lambda: services.access.kept_tokens == [])


def test_backups_are_made_proved_and_copied(open_console: Open, tmp_path: Path) -> None:
    services = FakeServices()
    services.backups.kept = [kept("a.tar.gz"), kept("b.tar.gz", here=False), kept("c.tar.gz", problem="torn")]
    console = open_console(services)
    page = backup_page(console)
    shown = [
        [str(page.model.index(at, column).data()) for column in range(page.model.columnCount())]
        for at in range(3)
    ]
    assert [cells[3] for cells in shown] == ["ada", "NOT MADE HERE", "–"]
    assert [cells[2].partition(" ")[0] for cells in shown] == ["proved", "not", "torn"]
    page.prove()
    console.until(lambda: page.words.text() == "✓ a.tar.gz is intact.")
    page.export(tmp_path / "copy.tar.gz")
    console.until(lambda: services.backups.exported)
    page.make()
    console.until(lambda: len(page.model.rows()) == 4)
    services.backups.fault = "the disk is full"
    page.make()
    console.until(lambda: page.words.text() == "▲ the disk is full")
    page.table.selectRow(3)
    assert not page.restore_button.isEnabled(), "one that cannot be read is no backup"


def test_a_restore_is_held_and_the_console_starts_again(open_console: Open) -> None:
    services = FakeServices([running(1, "News"), running(2, "Sport")])
    services.backups.kept = [kept("a.tar.gz")]
    console = open_console(services)
    restarted: list[None] = []
    console.window.restart_requested.connect(lambda: restarted.append(None))
    page = backup_page(console)
    page.restore_button.click()
    console.until(lambda: not page.restore.isHidden())
    assert "go on untouched" in page.restore.what.text()
    assert services.streams.views["stream-1"].name in page.restore.running.text()
    assert page.restore.foreign.isHidden()
    console.do(lambda: services.streams.update("stream-1", tally=Tally.ARMED))
    console.until(lambda: not page.restore.hold.isEnabled())
    console.do(lambda: services.streams.update("stream-1", tally=Tally.ON_AIR))
    console.until(page.restore.hold.isEnabled)
    page.restore.hold.press()
    page.restore.hold.let_go()
    assert services.backups.asked == []
    page.restore.hold.press()
    console.until(lambda: restarted)
    assert services.backups.asked == [(Path("/srv/backups/a.tar.gz"), False)]


def test_a_backup_of_elsewhere_shows_its_users_and_asks_for_a_word(open_console: Open) -> None:
    services = FakeServices()
    services.backups.kept = [kept("b.tar.gz", here=False)]
    console = open_console(services)
    page = backup_page(console)
    page.restore_button.click()
    console.until(lambda: not page.restore.isHidden())
    assert "user mallory, admin" in page.restore.foreign.text()
    assert not page.restore.hold.isEnabled()
    page.restore.known.click()
    assert page.restore.hold.isEnabled()
    page.restore.hold.held.emit()
    console.until(lambda: services.backups.asked == [(Path("/srv/backups/b.tar.gz"), True)])


def test_a_contract_that_ships_is_copied_and_the_copy_is_edited(open_console: Open) -> None:
    console = open_console(FakeServices())
    page = contracts_page(console)
    assert not page.editor.editors["scte35_pid"].isEnabled()
    assert not page.save_button.isEnabled()
    page.copy()
    console.until(lambda: page.editor.editors["scte35_pid"].isEnabled())
    pid, pre_roll = page.editor.editors["scte35_pid"], page.editor.editors["pre_roll_default_s"]
    assert isinstance(pid, TextEditor)
    assert isinstance(pre_roll, TextEditor)
    pid.line.setText("9000")
    pid.line.editingFinished.emit()
    assert "less than or equal to 8190" in page.editor.rows["scte35_pid"].fault.text()
    assert not page.save_button.isEnabled()
    pid.line.setText("0x1F4")
    pid.line.editingFinished.emit()
    pre_roll.line.setText("1")
    pre_roll.line.editingFinished.emit()
    assert "below pre_roll_min_s" in page.editor.rows["pre_roll_default_s"].fault.text()
    pre_roll.line.setText("7")
    pre_roll.line.editingFinished.emit()
    assert page.save_button.isEnabled()
    page.save()
    console.until(lambda: [one.scte35_pid for one in console.services.contracts.kept] == [500])
    assert console.services.contracts.kept[0].pre_roll_default_s == 7
    console.until(page.remove_button.isEnabled)
    page.remove()
    page.remove()
    console.until(lambda: not console.services.contracts.kept)


def test_time_signal_and_srt_have_fields_of_their_own(open_console: Open) -> None:
    console = open_console(FakeServices())
    page = contracts_page(console)
    page.copy()
    console.until(lambda: page.editor.editors["scte35_pid"].isEnabled())
    editor = page.editor
    assert editor.rows["command.start_type_id"].isHidden()
    assert editor.rows["srt.latency_min_ms"].isHidden()
    editor.editors["command.kind"].segments.button("time_signal").click()  # type: ignore[attr-defined]
    editor.editors["srt"].segments.button(True).click()  # type: ignore[attr-defined]
    assert not editor.rows["command.start_type_id"].isHidden()
    contract = editor.contract()
    assert contract is not None
    assert (contract.command.kind, contract.srt is not None) == ("time_signal", True)


def test_about_says_versions_and_licences_and_gives_no_secret_away(
    open_console: Open, tmp_path: Path
) -> None:
    console = open_console(FakeServices())
    page = console.window.dialogs.settings.open("about").page()
    assert isinstance(page, AboutPage)
    console.until(lambda: len(page.model.rows()) == 2)
    page.copy()
    console.until(lambda: page.support.foot.text().startswith("✓ Copied"))
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().startswith("IBE-100 3.0.0")
    page.save(tmp_path / "support.zip")
    console.until(lambda: console.services.support.saved == [tmp_path / "support.zip"])
