"""Remedies: what the product does itself it asks of nobody, and what needs a person has its button."""

from __future__ import annotations

import re

from ibe100.models.alarms.remedy import REMEDIES
from ibe100.services.alarms.catalogue import RULES


def test_every_button_belongs_to_a_condition() -> None:
    assert REMEDIES.keys() <= RULES.keys()


def test_no_remedy_asks_for_a_restart_of_a_stream() -> None:
    asked = [rule.what_to_do for rule in RULES.values()]
    assert [text for text in asked if re.search(r"(re)?start (the|a) stream|restart it", text, re.I)] == []
