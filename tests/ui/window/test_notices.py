"""Notices: kept in order with a count, none overwrites another, and no offer of undo is thrown away."""

from __future__ import annotations

from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibe100.ui.window.notice_bar import MOST_WAITING, NoticeBar


def bar(qtbot: QtBot) -> NoticeBar:
    shown = NoticeBar()
    qtbot.addWidget(shown)
    return shown


def shown(notices: NoticeBar) -> tuple[str, str]:
    return notices.text.text(), notices._more.text()


def test_every_notice_is_shown_in_its_turn_the_newest_first(themed: QApplication, qtbot: QtBot) -> None:
    notices = bar(qtbot)
    for level, text in (("info", "saved"), ("error", "port taken"), ("info", "moved")):
        notices.post(level, text)
    read = []
    while notices.isVisibleTo(None):
        read.append(shown(notices))
        notices.dismiss()
    assert read == [("moved", "2 more"), ("port taken", "1 more"), ("saved", "")]


def test_the_same_notice_again_is_one(themed: QApplication, qtbot: QtBot) -> None:
    notices = bar(qtbot)
    for text in ("port taken", "no input", "port taken"):
        notices.post("error", text)
    assert shown(notices) == ("port taken", "1 more")


def test_an_offer_of_undo_waits_behind_what_comes_after_it(themed: QApplication, qtbot: QtBot) -> None:
    notices, undone = bar(qtbot), list[str]()
    notices.post("info", "News was deleted", undo=lambda: undone.append("News"))
    notices.post("info", "there is nothing to undo in the schedule")
    for number in range(2 * MOST_WAITING):
        notices.post("info", f"note {number}")
    while shown(notices)[0] != "News was deleted":
        notices.dismiss()
    notices.undo_button.click()
    assert undone == ["News"]
    assert not notices.isVisibleTo(None)


def test_what_does_not_hold_any_more_is_withdrawn(themed: QApplication, qtbot: QtBot) -> None:
    notices = bar(qtbot)
    notices.post("warning", "TO BREAK: no null packets")
    notices.post("error", "port taken")
    notices.withdraw("TO BREAK: no null packets")
    assert shown(notices) == ("port taken", "")
    notices.post("warning", "Paste: Switch to Set-up first (Ctrl+L)")
    notices.withdraw_reason("Switch to Set-up first (Ctrl+L)")
    assert shown(notices) == ("port taken", "")
    notices.withdraw("port taken")
    assert not notices.isVisibleTo(None)
