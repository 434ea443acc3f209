"""What was found when the records were held against their chain."""

from __future__ import annotations

from ibe100.models.base import Value


class RecordAnchor(Value):
    """The head of the chain at a moment, kept outside the database."""

    link: int
    """Number of the last link."""
    mac: str
    """Its MAC, in hex."""
    at: float
    """Wall clock."""
    source: str
    """File it was found in."""


class RecordCheck(Value):
    """Result of a check of all that the chain covers, in words for whoever keeps the records."""

    links: int
    anchors: int
    """Heads from outside the database that were held against it."""
    faults: tuple[str, ...] = ()
    """Rows that were edited, taken out, put in or moved."""
    unproved: tuple[str, ...] = ()
    """Parts of the record for which there is no key."""
    seams: tuple[str, ...] = ()
    """Where the record does not simply go on, and why."""

    @property
    def is_intact(self) -> bool:
        """True when all is as it was recorded."""
        return not self.faults and not self.unproved
