"""Pictures at which a splicer can cut, as a cue that is to come and one that has aired stand to them."""

from __future__ import annotations

from enum import StrEnum

from ibe100.models.base import Value


class SpliceOn(StrEnum):
    """Pictures on which splices fall."""

    ANY = "any"
    """The frame of the time that was asked for."""
    IDR = "idr"
    """The nearest picture at which decoding can begin, where one is foreseen."""


class GopKind(StrEnum):
    """Kinds of groups of pictures."""

    CLOSED = "closed"
    """It begins with an IDR, or what is as good."""
    OPEN = "open"
    """Pictures shown before its first need what was before it."""

    @classmethod
    def of(cls, is_open: bool) -> GopKind:
        """The kind of a GOP that is open, or not."""
        return cls.OPEN if is_open else cls.CLOSED


class CutForecast(Value):
    """The nearest picture at which decoding can begin that is foreseen for a splice."""

    offset_ms: float | None = None
    """Splice less that picture, so that negative is before it; None where none is foreseen."""
    kind: GopKind = GopKind.CLOSED
    """Kind of the GOP that begins with it."""
    chance: float = 1.0
    """Chance that it comes where it is foreseen, 0..1; 1 where all GOPs so far had one length."""
    why_unknown: str = ""

    @property
    def words(self) -> str:
        """The forecast in a few words."""
        if self.offset_ms is None:
            return f"IDR unknown: {self.why_unknown}"
        chance = "" if self.chance >= 1 else f" (chance {self.chance:.0%})"
        return f"{offset_words(self.offset_ms, self.kind)}{chance}"


def offset_words(offset_ms: float, kind: GopKind | None) -> str:
    """Distance of a splice from its picture: `on an IDR`, `720 ms before the next IDR`."""
    name = "open GOP" if kind is GopKind.OPEN else "IDR"
    if not round(offset_ms):
        return f"on an {name}"
    where = "before the next" if offset_ms < 0 else "after an"
    return f"{abs(offset_ms):.0f} ms {where} {name}"
