from __future__ import annotations

import gc

from ibe100.utils.lasting_heap import lasting_heap


def test_what_exists_is_passed_over_until_the_context_ends() -> None:
    standing = gc.get_freeze_count()
    kept = [object()]
    with lasting_heap():
        assert gc.get_freeze_count() > standing
        assert all(one is not kept for one in gc.get_objects()), "no collection looks through it"
    assert gc.get_freeze_count() == 0
    assert any(one is kept for one in gc.get_objects())


def test_cycles_that_are_garbage_already_are_not_kept() -> None:
    class Node:
        alive = 0

        def __init__(self) -> None:
            self.itself = self
            Node.alive += 1

        def __del__(self) -> None:
            Node.alive -= 1

    Node()
    with lasting_heap():
        assert Node.alive == 0
