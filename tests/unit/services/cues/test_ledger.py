from __future__ import annotations

from ibe100.services.cues.ledger import REMEMBERED_S, CommitPace


def test_a_quick_disk_asks_for_no_margin() -> None:
    pace = CommitPace()
    assert not any(pace.note(0.012, float(at)) for at in range(100))
    assert pace.margin_s(100.0) == 0.0


def test_a_slow_disk_is_told_once_and_gives_its_longest_commit_until_it_is_forgotten() -> None:
    pace = CommitPace()
    pace.note(0.01, 0.0)
    assert pace.note(2.0, 10.0)
    assert not pace.note(1.5, 20.0)
    assert pace.margin_s(20.0) == 2.0
    assert pace.margin_s(10.0 + REMEMBERED_S) == 1.5
    assert pace.margin_s(20.0 + REMEMBERED_S) == 0.0
    assert pace.note(0.9, 20.0 + REMEMBERED_S)
