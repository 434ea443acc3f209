"""Answers of the API: the models' own values, less their secrets."""

from __future__ import annotations

from typing import Any

from pydantic import computed_field

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.base import Value
from ibe100.models.cues.log import CueStep
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.messages import StreamView
from ibe100.models.metrics import Curve, Series
from ibe100.models.scte35_marker import Cue
from ibe100.services.streams.stream_secrets import secret_names, without_secrets


class StreamReply(StreamView):
    """A stream whose `config` can be changed and sent back: what is left out of it stays as it is kept."""

    kept_secrets: tuple[str, ...] = ()
    """Fields that are left out of `config`, or shown without user and query: `input.passphrase`, …"""


class AlarmReply(Alarm):
    """An alarm, and whether it is for the operator to see."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_shown(self) -> bool:
        """Neither shelved nor explained by another."""
        return super().is_shown


class ReturnReply(ReturnReceipt):
    """Receipt of the return feed, also as a sentence."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def delay_s(self) -> float | None:
        """Seconds from our output to the return feed."""
        return super().delay_s

    @computed_field  # type: ignore[prop-decorator]
    @property
    def words(self) -> str:
        """The receipt in one line."""
        return super().words


class CueReply(Cue):
    """A cue as it stands."""

    return_feed: ReturnReply | None = None
    """None where nobody watches a return feed."""


class WholeCueReply(CueReply):
    """A cue with every step of its life."""

    steps: tuple[CueStep, ...] = ()
    break_ends_at: float | None = None
    """Wall clock at which the break that it began is over as announced."""


class Done(Value):
    """Answer of a request that has nothing to return."""

    done: bool = True


def stream_reply(view: StreamView) -> StreamReply:
    """A stream without passphrases, its URLs without user and query."""
    kept = secret_names(view.config)
    values = dict(view) | {"config": without_secrets(view.config)}
    return StreamReply.model_construct(**values, kept_secrets=kept)


def alarm_reply(alarm: Alarm) -> AlarmReply:
    """An alarm with what the model works out."""
    return AlarmReply.model_construct(**dict(alarm))


def cue_reply(cue: Cue, receipt: ReturnReceipt | None) -> CueReply:
    """A cue with its receipt from the return feed."""
    return CueReply.model_construct(**dict(cue), return_feed=return_reply(receipt))


def return_reply(receipt: ReturnReceipt | None) -> ReturnReply | None:
    """A receipt with what the model works out."""
    if receipt is None:
        return None
    return ReturnReply.model_construct(**dict(receipt))


def series_reply(series: Series) -> dict[str, Any]:
    """A series by its name for files and options."""
    kind = series.kind
    return {"name": series.name, "title": series.title, "unit": kind.unit, "counts": kind.counts}


def curve_reply(curve: Curve) -> dict[str, Any]:
    """NaN, where nothing was measured, becomes null."""
    return {
        "stream_id": curve.stream_id,
        "series": curve.series.name,
        "unit": curve.series.kind.unit,
        "step_s": curve.step_s,
        "at": curve.at,
        "mean": curve.mean,
        "low": curve.low,
        "high": curve.high,
    }
